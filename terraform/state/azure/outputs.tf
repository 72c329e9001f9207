output "bucket" {
  description = "Name of the storage account; the key of a cluster's state in its container state is <cluster>.tfstate."
  value       = azurerm_storage_account.state.name
}
