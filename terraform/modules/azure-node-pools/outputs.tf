output "names" {
  description = "Names of the node pools."
  value       = [for pool in azurerm_kubernetes_cluster_node_pool.this : pool.name]
}
