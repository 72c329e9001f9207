output "identity" {
  description = "Email of the service account of the hub's users."
  value       = google_service_account.hub.email
}

output "buckets" {
  description = "Names of the hub's buckets by purpose."
  value       = { for purpose, bucket in google_storage_bucket.scratch : purpose => bucket.name }
}
