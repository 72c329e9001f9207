output "store" {
  description = "The file store: address, exported folder and StorageClass; empty where there is none."
  value = {
    server        = try(google_filestore_instance.homes[0].networks[0].ip_addresses[0], "")
    path          = local.filestore == 1 ? "/homes" : ""
    storage_class = ""
  }
}

output "disks" {
  description = "Disks by hub: volume handle, zone and size."
  value = {
    for hub, disk in google_compute_disk.homes : hub => { id = disk.id, zone = disk.zone, size_gb = disk.size }
  }
}
