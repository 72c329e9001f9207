output "names" {
  description = "Names of the node pools."
  value       = [for pool in google_container_node_pool.this : pool.name]
}
