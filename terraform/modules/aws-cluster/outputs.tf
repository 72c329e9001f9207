output "name" {
  description = "The cloud's name of the cluster."
  value       = aws_eks_cluster.this.name
}

output "version" {
  description = "Kubernetes version of the control plane."
  value       = aws_eks_cluster.this.version
}

output "oidc" {
  description = "What a role trusts: the provider's ARN, and the issuer without https://."
  value       = { arn = aws_iam_openid_connect_provider.this.arn, issuer = local.issuer }
}

output "support" {
  description = "Roles of what runs in the cluster for all hubs, by purpose."
  value       = { for purpose, role in aws_iam_role.service : purpose => role.arn }
}

output "services_range" {
  description = "Addresses of the cluster's services: EKS chooses a range apart from the network's."
  value       = one(aws_eks_cluster.this.kubernetes_network_config[*].service_ipv4_cidr)
}
