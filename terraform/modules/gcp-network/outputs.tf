output "network" {
  description = "Id and name of the network."
  value       = { id = google_compute_network.this.id, name = google_compute_network.this.name }
}

output "subnetwork" {
  description = "Id of the nodes' subnetwork, the names of its ranges for pods and services, and the services' range."
  value = {
    id             = google_compute_subnetwork.nodes.id
    pods           = "pods"
    services       = "services"
    services_range = one([for range in google_compute_subnetwork.nodes.secondary_ip_range : range.ip_cidr_range if range.range_name == "services"])
  }
}

output "ingress_address" {
  description = "Address that the hubs' domains point to."
  value       = google_compute_address.ingress.address
}
