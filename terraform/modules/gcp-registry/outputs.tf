output "address" {
  description = "What the names of the cluster's images start with."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.this.repository_id}"
}
