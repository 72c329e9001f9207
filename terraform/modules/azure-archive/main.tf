# Nothing here is deleted by itself. Azure refuses to delete an account while the policy holds a blob in it.
resource "azurerm_storage_account" "archive" {
  name                            = "arch${substr(sha1("${var.place.subscription}/${var.cluster}/archive"), 0, 20)}"
  resource_group_name             = var.place.resource_group
  location                        = var.place.location
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  access_tier                     = "Cool"
  allow_nested_items_to_be_public = false
  shared_access_key_enabled       = false
  min_tls_version                 = "TLS1_2"
  tags                            = var.place.tags

  blob_properties {
    versioning_enabled = true

    delete_retention_policy {
      days = 90
    }
    container_delete_retention_policy {
      days = 90
    }
  }
}

resource "azurerm_storage_container" "archive" {
  name                  = "archive"
  storage_account_id    = azurerm_storage_account.archive.id
  container_access_type = "private"
}

resource "azurerm_storage_container_immutability_policy" "archive" {
  storage_container_resource_manager_id = azurerm_storage_container.archive.id
  immutability_period_in_days           = var.keep_days
  locked                                = false
}
