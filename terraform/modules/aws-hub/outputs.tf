output "identity" {
  description = "ARN of the role of the hub's users."
  value       = aws_iam_role.hub.arn
}

output "buckets" {
  description = "Names of the hub's buckets by purpose."
  value       = { for purpose, bucket in aws_s3_bucket.scratch : purpose => bucket.bucket }
}
