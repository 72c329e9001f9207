# Where the state of every cluster of this project is kept. A state holds secrets and is the only memory of what
# belongs together: every version of it is kept, nobody outside can read it, and terraform does not destroy it.
provider "google" {
  project = var.place.project
}

resource "google_storage_bucket" "state" {
  name                        = "${var.place.project}-hubfleet-state"
  location                    = regex("^[a-z]+-[a-z]+[0-9]+", var.place.location)
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  labels = merge(
    { for name, value in var.tags : name => replace(lower(value), "/[^a-z0-9_-]/", "-") },
    { hubfleet-purpose = "state" },
  )

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = 7776000
  }

  lifecycle {
    prevent_destroy = true
  }
}
