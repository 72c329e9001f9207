output "id" {
  description = "Id of the cluster."
  value       = azurerm_kubernetes_cluster.this.id
}

output "issuer" {
  description = "Address of the issuer of the cluster's tokens."
  value       = azurerm_kubernetes_cluster.this.oidc_issuer_url
}

output "identity" {
  description = "Principal that the cluster is: it attaches disks."
  value       = azurerm_user_assigned_identity.cluster.principal_id
}

output "node_identity" {
  description = "Principal that the nodes are: it pulls images."
  value       = azurerm_user_assigned_identity.nodes.principal_id
}

output "support" {
  description = "Empty: AKS brings autoscaler and volumes itself."
  value       = {}
}
