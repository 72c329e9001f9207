output "names" {
  description = "Names of the node groups."
  value       = [for group in aws_eks_node_group.this : group.node_group_name]
}
