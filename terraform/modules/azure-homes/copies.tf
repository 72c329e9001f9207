# Snapshots of the disks each night by Azure Backup, kept for the days asked for. It has none for NFS shares.
locals {
  copied = var.storage.snapshot_keep_days > 0 ? var.disks : {}
}

resource "azurerm_data_protection_backup_vault" "homes" {
  count = length(local.copied) > 0 ? 1 : 0

  name                = "${var.cluster}-homes"
  resource_group_name = var.place.resource_group
  location            = var.place.location
  datastore_type      = "OperationalStore"
  redundancy          = "LocallyRedundant"
  soft_delete         = "On"
  tags                = var.place.tags

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_data_protection_backup_policy_disk" "daily" {
  count = length(local.copied) > 0 ? 1 : 0

  name                            = "daily"
  vault_id                        = azurerm_data_protection_backup_vault.homes[0].id
  backup_repeating_time_intervals = ["R/2026-01-01T03:00:00+00:00/P1D"]
  default_retention_duration      = "P${var.storage.snapshot_keep_days}D"
}

resource "azurerm_role_assignment" "snapshots" {
  count = length(local.copied) > 0 ? 1 : 0

  scope                = var.place.resource_group_id
  role_definition_name = "Disk Snapshot Contributor"
  principal_id         = azurerm_data_protection_backup_vault.homes[0].identity[0].principal_id
}

resource "azurerm_role_assignment" "read_disk" {
  for_each = local.copied

  scope                = azurerm_managed_disk.homes[each.key].id
  role_definition_name = "Disk Backup Reader"
  principal_id         = azurerm_data_protection_backup_vault.homes[0].identity[0].principal_id
}

resource "azurerm_data_protection_backup_instance_disk" "homes" {
  for_each = local.copied

  name                         = "${each.key}-homes"
  location                     = var.place.location
  vault_id                     = azurerm_data_protection_backup_vault.homes[0].id
  disk_id                      = azurerm_managed_disk.homes[each.key].id
  snapshot_resource_group_name = var.place.resource_group
  backup_policy_id             = azurerm_data_protection_backup_policy_disk.daily[0].id

  depends_on = [azurerm_role_assignment.snapshots, azurerm_role_assignment.read_disk]
}
