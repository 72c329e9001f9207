output "id" {
  description = "Id of the cluster."
  value       = google_container_cluster.this.id
}

output "workload_pool" {
  description = "Where the cluster's service accounts come from, for Workload Identity."
  value       = google_container_cluster.this.workload_identity_config[0].workload_pool
}

output "node_account" {
  description = "Email of the service account that nodes are."
  value       = google_service_account.nodes.email
}

output "support" {
  description = "Empty: GKE brings autoscaler and volumes itself."
  value       = {}
}
