output "outputs" {
  description = "What clusters/<cluster>/outputs.yaml says; the same keys on every cloud, empty where there is nothing. No secrets."
  value = {
    ingress_address = module.network.ingress_address
    registry        = try(module.registry[0].address, "")
    services_range  = module.network.ranges.services
    homes           = module.homes.store
    archive         = try(module.archive[0].address, "")
    hubs = {
      for name, hub in module.hub : name => {
        identity = hub.identity
        buckets  = hub.buckets
        disk     = try(module.homes.disks[name], null)
      }
    }
  }
}

output "disks" {
  description = "Disks of hubs behind an NFS server in the cluster, by hub: id (a volume handle of the cloud's CSI driver), zone and size."
  value       = module.homes.disks
}

output "support" {
  description = "Cloud identities of what runs in the cluster for all hubs, by purpose."
  value       = module.cluster.support
}
