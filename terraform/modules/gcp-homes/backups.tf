# Filestore has no schedule of its own. A workflow makes a backup each night, and when that went well removes those
# older than the days to keep.
locals {
  backed_up = local.filestore == 1 && local.copied ? 1 : 0
  unique    = substr(sha1(var.cluster), 0, 8)
}

resource "google_service_account" "backups" {
  count = local.backed_up

  account_id   = "copies-${trim(substr(var.cluster, 0, 14), "-")}-${local.unique}"
  display_name = "Backups of the homes of ${var.cluster}"
}

resource "google_project_iam_member" "backups" {
  for_each = local.backed_up == 1 ? toset(["roles/file.editor", "roles/workflows.invoker"]) : toset([])

  project = var.project
  role    = each.key
  member  = google_service_account.backups[0].member
}

resource "google_workflows_workflow" "backups" {
  count = local.backed_up

  name                = "homes-${var.cluster}"
  region              = var.region
  description         = "A backup of the homes, and an end to old ones"
  service_account     = google_service_account.backups[0].id
  deletion_protection = false
  source_contents     = file("${path.module}/backups.workflow.yaml")
  user_env_vars = {
    PARENT    = "projects/${var.project}/locations/${var.region}"
    INSTANCE  = google_filestore_instance.homes[0].id
    SHARE     = "homes"
    CLUSTER   = var.cluster
    KEEP_DAYS = tostring(var.storage.snapshot_keep_days)
  }
}

resource "google_cloud_scheduler_job" "backups" {
  count = local.backed_up

  name        = "homes-${var.cluster}"
  region      = var.region
  description = "Starts the backup of the homes each night"
  schedule    = "0 3 * * *"
  time_zone   = "Etc/UTC"

  http_target {
    http_method = "POST"
    uri         = "https://workflowexecutions.googleapis.com/v1/${google_workflows_workflow.backups[0].id}/executions"

    oauth_token {
      service_account_email = google_service_account.backups[0].email
    }
  }

  retry_config {
    retry_count = 3
  }
}
