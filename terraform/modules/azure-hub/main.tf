locals {
  tags   = merge(var.place.tags, { hubfleet-hub = var.hub.name, hubfleet-community = var.hub.community })
  unique = sha1("${var.place.subscription}/${var.cluster}/${var.hub.name}")
}

# What a user's server may do in Azure: be this identity, and nothing but this hub's service account may be it.
resource "azurerm_user_assigned_identity" "hub" {
  name                = "${var.cluster}-${var.hub.name}"
  resource_group_name = var.place.resource_group
  location            = var.place.location
  tags                = local.tags
}

resource "azurerm_federated_identity_credential" "hub" {
  name                      = "user-sa"
  user_assigned_identity_id = azurerm_user_assigned_identity.hub.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = var.issuer
  subject                   = "system:serviceaccount:${var.hub.namespace}:user-sa"
}

# Azure's buckets are containers of an account; the account carries the hub's tags, and so its cost.
resource "azurerm_storage_account" "scratch" {
  count = length(var.hub.scratch_buckets) > 0 ? 1 : 0

  name                            = "hub${substr(local.unique, 0, 21)}"
  resource_group_name             = var.place.resource_group
  location                        = var.place.location
  account_tier                    = "Standard"
  account_replication_type        = "LRS"
  allow_nested_items_to_be_public = false
  shared_access_key_enabled       = false
  min_tls_version                 = "TLS1_2"
  tags                            = local.tags
}

resource "azurerm_storage_container" "scratch" {
  for_each = var.hub.scratch_buckets

  name                  = length(each.key) < 3 ? "${each.key}-bucket" : each.key
  storage_account_id    = azurerm_storage_account.scratch[0].id
  container_access_type = "private"
}

resource "azurerm_storage_management_policy" "scratch" {
  count = length(var.hub.scratch_buckets) > 0 ? 1 : 0

  storage_account_id = azurerm_storage_account.scratch[0].id

  dynamic "rule" {
    for_each = var.hub.scratch_buckets
    content {
      name    = replace(rule.key, "-", "")
      enabled = true

      filters {
        blob_types   = ["blockBlob", "appendBlob"]
        prefix_match = ["${azurerm_storage_container.scratch[rule.key].name}/"]
      }
      actions {
        base_blob {
          delete_after_days_since_creation_greater_than = rule.value.expire_days
        }
      }
    }
  }
}

resource "azurerm_role_assignment" "scratch" {
  for_each = azurerm_storage_container.scratch

  scope                = each.value.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.hub.principal_id
}

resource "azurerm_role_assignment" "read" {
  for_each = toset(var.hub.read_buckets)

  scope                = each.key
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = azurerm_user_assigned_identity.hub.principal_id
}
