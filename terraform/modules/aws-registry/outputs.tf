output "address" {
  description = "What the names of the cluster's images start with."
  value       = one(distinct([for image, repository in aws_ecr_repository.this : trimsuffix(repository.repository_url, "/${image}")]))
}
