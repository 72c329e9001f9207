locals {
  labels = { hubfleet-hub = var.hub.name, hubfleet-community = var.hub.community }
  # The end of a name tells cluster and hub apart whatever the words before it were cut to: a-b + c, a + b-c.
  unique = substr(sha1("${var.cluster}/${var.hub.name}"), 0, 8)
  buckets = {
    for purpose in keys(var.hub.scratch_buckets) :
    purpose => "${trim(substr("${var.project}-${var.hub.name}-${purpose}", 0, 54), "-")}-${substr(sha1("${var.cluster}/${var.hub.name}/${purpose}"), 0, 8)}"
  }
}

# What a user's server may do in Google Cloud: be this account, and nothing but this hub's service account may be it.
resource "google_service_account" "hub" {
  account_id   = "hub-${trim(substr(var.hub.name, 0, 17), "-")}-${local.unique}"
  display_name = "Users of hub ${var.hub.name} of ${var.cluster}"
  description  = "hubfleet-cluster=${var.cluster} hubfleet-hub=${var.hub.name} hubfleet-community=${var.hub.community}"
}

resource "google_service_account_iam_member" "hub" {
  service_account_id = google_service_account.hub.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.workload_pool}[${var.hub.namespace}/user-sa]"
}

resource "google_storage_bucket" "scratch" {
  for_each = var.hub.scratch_buckets

  name                        = local.buckets[each.key]
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection
  labels                      = local.labels

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = each.value.expire_days
    }
  }
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 1
    }
  }

  # What expires is meant to go; keeping it longer is only paid for.
  soft_delete_policy {
    retention_duration_seconds = 0
  }
}

resource "google_storage_bucket_iam_member" "scratch" {
  for_each = google_storage_bucket.scratch

  bucket = each.value.name
  role   = "roles/storage.objectUser"
  member = google_service_account.hub.member
}

resource "google_storage_bucket_iam_member" "read" {
  for_each = toset(var.hub.read_buckets)

  bucket = each.key
  role   = "roles/storage.objectViewer"
  member = google_service_account.hub.member
}
