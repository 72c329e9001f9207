output "address" {
  description = "Address of the bucket, for archive.destination."
  value       = "s3://${aws_s3_bucket.archive.bucket}"
}
