output "subnet" {
  description = "Id of the nodes' subnet, once it reaches the internet."
  value       = azurerm_subnet_nat_gateway_association.nodes.subnet_id
}

output "ranges" {
  description = "Addresses of the cluster's services. Pods have addresses of their own that nobody outside sees."
  value       = { services = cidrsubnet(var.cidr, 2, 2), dns = cidrhost(cidrsubnet(var.cidr, 2, 2), 10), pods = "100.64.0.0/12" }
}

output "ingress_address" {
  description = "Address that the hubs' domains point to."
  value       = azurerm_public_ip.ingress.ip_address
}
