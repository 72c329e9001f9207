output "bucket" {
  description = "Name of the bucket; the prefix of a cluster's state in it is <cluster>."
  value       = google_storage_bucket.state.name
}
