output "address" {
  description = "Address of the bucket, for archive.destination."
  value       = "gs://${google_storage_bucket.archive.name}"
}
