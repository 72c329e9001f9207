locals {
  files = var.storage.kind == "azure-files" ? 1 : 0
}

# A disk for each hub behind an NFS server in the cluster. It grows in place.
resource "azurerm_managed_disk" "homes" {
  for_each = var.disks

  name                          = "${var.cluster}-${each.key}-homes"
  resource_group_name           = var.place.resource_group
  location                      = var.place.location
  zone                          = var.zone == "" ? null : var.zone
  storage_account_type          = var.storage.kind == "disk" && var.storage.tier != "" ? var.storage.tier : "Premium_LRS"
  create_option                 = "Empty"
  disk_size_gb                  = each.value.size_gb
  network_access_policy         = "DenyAll"
  public_network_access_enabled = false
  tags                          = merge(var.place.tags, { hubfleet-hub = each.key, hubfleet-community = each.value.community })

  lifecycle {
    # A disk can not move: another first zone of the core pool would make it anew, empty.
    ignore_changes = [zone, name, create_option]
  }
}

resource "azurerm_role_assignment" "attach" {
  for_each = azurerm_managed_disk.homes

  scope                = each.value.id
  role_definition_name = "Contributor"
  principal_id         = var.cluster_identity
}

# NFS needs premium files and goes without TLS, so that nothing but the nodes' subnet is let in.
resource "azurerm_storage_account" "homes" {
  count = local.files

  name                            = "homes${substr(sha1("${var.place.subscription}/${var.cluster}/homes"), 0, 19)}"
  resource_group_name             = var.place.resource_group
  location                        = var.place.location
  account_kind                    = "FileStorage"
  account_tier                    = "Premium"
  account_replication_type        = coalesce(var.storage.tier, "LRS")
  https_traffic_only_enabled      = false
  allow_nested_items_to_be_public = false
  shared_access_key_enabled       = false
  tags                            = var.place.tags

  network_rules {
    default_action             = "Deny"
    virtual_network_subnet_ids = [var.subnet]
  }

  dynamic "share_properties" {
    for_each = var.storage.snapshot_keep_days > 0 ? [1] : []
    content {
      # A share that is deleted comes back for so long.
      retention_policy {
        days = var.storage.snapshot_keep_days
      }
    }
  }
}

resource "azurerm_storage_share" "homes" {
  count = local.files

  name               = "homes"
  storage_account_id = azurerm_storage_account.homes[0].id
  enabled_protocol   = "NFS"
  quota              = var.storage.size_gb
}

resource "azurerm_management_lock" "homes" {
  count = local.files == 1 && var.deletion_protection ? 1 : 0

  name       = "homes"
  scope      = azurerm_storage_account.homes[0].id
  lock_level = "CanNotDelete"
  notes      = "It holds the homes of all hubs"
}
