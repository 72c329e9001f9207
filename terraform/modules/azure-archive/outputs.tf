output "address" {
  description = "Address of the container, for archive.destination."
  value       = "${azurerm_storage_account.archive.primary_blob_endpoint}${azurerm_storage_container.archive.name}"
}
