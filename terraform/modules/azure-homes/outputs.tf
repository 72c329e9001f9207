output "store" {
  description = "The file store: address, exported folder and StorageClass; empty where there is none."
  value = {
    server        = try(azurerm_storage_account.homes[0].primary_file_host, "")
    path          = try("/${azurerm_storage_account.homes[0].name}/${azurerm_storage_share.homes[0].name}", "")
    storage_class = ""
  }
}

output "disks" {
  description = "Disks by hub: volume handle, size, and zone as nodes are labelled with it: <location>-<number>, or none."
  value = {
    for hub, disk in azurerm_managed_disk.homes : hub => { id = disk.id, zone = try("${var.place.location}-${coalesce(disk.zone)}", "none"), size_gb = disk.disk_size_gb }
  }
}
