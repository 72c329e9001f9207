output "identity" {
  description = "Client id of the identity of the hub's users."
  value       = azurerm_user_assigned_identity.hub.client_id
}

output "buckets" {
  description = "Addresses of the hub's containers by purpose."
  value = {
    for purpose, container in azurerm_storage_container.scratch :
    purpose => "${azurerm_storage_account.scratch[0].primary_blob_endpoint}${container.name}"
  }
}
