output "address" {
  description = "What the names of the cluster's images start with."
  value       = trimsuffix(aws_ecr_repository.this[sort(var.images)[0]].repository_url, "/${sort(var.images)[0]}")
}
