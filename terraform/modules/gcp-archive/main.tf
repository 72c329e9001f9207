# Nothing here is deleted by itself, and nothing is deleted with the bucket: force_destroy stays false.
# Within keep_days an archive can be neither deleted nor written over, so that there are no versions to keep: Cloud
# Storage does not have both. After that, what is deleted can be brought back for 90 days.
resource "google_storage_bucket" "archive" {
  name                        = "${trim(substr("${var.project}-${var.cluster}-archive", 0, 54), "-")}-${substr(sha1(var.cluster), 0, 8)}"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  retention_policy {
    retention_period = tostring(var.keep_days * 86400)
    is_locked        = false
  }

  soft_delete_policy {
    retention_duration_seconds = 7776000
  }
}
