resource "google_artifact_registry_repository" "this" {
  repository_id = "hubfleet-${var.cluster}"
  location      = var.region
  description   = "Images of the hubs of ${var.cluster}"
  format        = "DOCKER"
  # The provider has no other word for it: a repository goes with its images.
  deletion_policy = var.deletion_protection ? "PREVENT" : "DELETE"
}
