output "address" {
  description = "What the names of the cluster's images start with."
  value       = azurerm_container_registry.this.login_server
}
