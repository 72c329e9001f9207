output "vpc" {
  description = "Id of the network."
  value       = aws_vpc.this.id
}

output "private_subnets" {
  description = "Ids of the private subnets by zone."
  value       = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "ingress_address" {
  description = "Empty: a load balancer on AWS has a name that is known when the ingress controller has made it."
  value       = ""
}
