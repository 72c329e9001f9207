locals {
  filestore = var.storage.kind == "filestore" ? 1 : 0
  tier      = local.filestore == 1 ? coalesce(var.storage.tier, "BASIC_HDD") : ""
  regional  = contains(["REGIONAL", "ENTERPRISE"], local.tier)
  copied    = var.storage.snapshot_keep_days > 0
  # A name has at most 63 characters, and starts with a letter.
  disk_names = {
    for hub in keys(var.disks) :
    hub => "homes-${trim(substr(var.cluster, 0, 20), "-")}-${trim(substr(hub, 0, 26), "-")}-${substr(sha1("${var.cluster}/${hub}"), 0, 8)}"
  }
  # A last copy gets no labels: hubfleet's look at leftovers knows it by the cluster's digits. The provider takes no more
  # than 48 characters, and adds the time.
  last_copies = {
    for hub in keys(var.disks) :
    hub => "homes-${substr(sha1(var.cluster), 0, 8)}-${trim(substr(hub, 0, 23), "-")}-${substr(sha1("${var.cluster}/${hub}"), 0, 8)}"
  }
}

# A disk for each hub behind an NFS server in the cluster. It grows in place. When it must go, its last content stays
# as a snapshot.
resource "google_compute_disk" "homes" {
  for_each = var.disks

  name                                  = local.disk_names[each.key]
  description                           = "Homes of hub ${each.key} of ${var.cluster}"
  zone                                  = var.zone
  size                                  = each.value.size_gb
  type                                  = var.storage.kind == "disk" && var.storage.tier != "" ? var.storage.tier : "pd-balanced"
  create_snapshot_before_destroy        = true
  create_snapshot_before_destroy_prefix = local.last_copies[each.key]
  labels                                = { hubfleet-hub = each.key, hubfleet-community = each.value.community }

  lifecycle {
    # A disk can not move: another first zone of the core pool would make it anew, empty.
    ignore_changes = [zone, name, description]

    precondition {
      condition     = var.zone != ""
      error_message = "A disk needs a zone: with a region as place.location, name zones of the core pool. The first one gets the disks."
    }
  }
}

resource "google_compute_resource_policy" "copies" {
  count = local.copied && length(var.disks) > 0 ? 1 : 0

  name        = "homes-${trim(substr(var.cluster, 0, 40), "-")}"
  region      = var.region
  description = "Snapshots of homes each night"

  snapshot_schedule_policy {
    schedule {
      daily_schedule {
        days_in_cycle = 1
        start_time    = "03:00"
      }
    }
    retention_policy {
      max_retention_days    = var.storage.snapshot_keep_days
      on_source_disk_delete = "KEEP_AUTO_SNAPSHOTS"
    }
    snapshot_properties {
      labels = { hubfleet-cluster = var.cluster }
    }
  }
}

resource "google_compute_disk_resource_policy_attachment" "copies" {
  for_each = { for hub, disk in google_compute_disk.homes : hub => disk if local.copied }

  name = google_compute_resource_policy.copies[0].name
  disk = each.value.name
  zone = each.value.zone
}

resource "google_filestore_instance" "homes" {
  count = local.filestore

  name                        = "homes-${var.cluster}"
  description                 = "Homes of the hubs of ${var.cluster}"
  location                    = local.regional ? var.region : var.zone
  tier                        = local.tier
  deletion_protection_enabled = var.deletion_protection
  deletion_protection_reason  = var.deletion_protection ? "It holds the homes of all hubs" : null

  file_shares {
    name        = "homes"
    capacity_gb = var.storage.size_gb
  }

  networks {
    network = var.network
    modes   = ["MODE_IPV4"]
  }

  lifecycle {
    ignore_changes = [location, name, networks[0].reserved_ip_range]

    precondition {
      condition     = local.regional || var.zone != ""
      error_message = "A filestore of this tier needs a zone: with a region as place.location, name zones of the core pool, or use REGIONAL."
    }
  }
}
