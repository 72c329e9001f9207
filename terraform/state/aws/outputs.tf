output "bucket" {
  description = "Name of the bucket; the key of a cluster's state in it is <cluster>/terraform.tfstate."
  value       = aws_s3_bucket.state.bucket
}
