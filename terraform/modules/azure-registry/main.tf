resource "azurerm_container_registry" "this" {
  name                = "hubs${substr(sha1("${var.place.subscription}/${var.cluster}"), 0, 20)}"
  resource_group_name = var.place.resource_group
  location            = var.place.location
  sku                 = "Standard"
  admin_enabled       = false
  tags                = var.place.tags
}

resource "azurerm_role_assignment" "pull" {
  scope                = azurerm_container_registry.this.id
  role_definition_name = "AcrPull"
  principal_id         = var.node_identity
}
