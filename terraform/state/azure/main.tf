# Where the state of every cluster of this subscription is kept. A state holds secrets and is the only memory of what
# belongs together: every version of it is kept, nobody outside can read it, and terraform does not destroy it.
provider "azurerm" {
  subscription_id     = var.place.subscription
  storage_use_azuread = true

  features {}
}

locals {
  tags = merge(var.tags, { hubfleet-purpose = "state" })
}

resource "azurerm_resource_group" "state" {
  name     = "hubfleet-state"
  location = var.place.location
  tags     = local.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_account" "state" {
  name                            = "hubfleet${substr(sha256(var.place.subscription), 0, 16)}"
  resource_group_name             = azurerm_resource_group.state.name
  location                        = azurerm_resource_group.state.location
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  allow_nested_items_to_be_public = false
  shared_access_key_enabled       = false
  min_tls_version                 = "TLS1_2"
  tags                            = local.tags

  blob_properties {
    versioning_enabled = true

    delete_retention_policy {
      days = 90
    }
    container_delete_retention_policy {
      days = 90
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_container" "state" {
  name                  = "state"
  storage_account_id    = azurerm_storage_account.state.id
  container_access_type = "private"

  lifecycle {
    prevent_destroy = true
  }
}
