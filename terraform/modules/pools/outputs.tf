output "pools" {
  description = "Every pool, the hubs' own as hub-<hub>, with the labels and taints of its nodes. hub and community are empty for shared pools."
  value = {
    for name, pool in merge(local.shared, local.own) : name => {
      machine_type = pool.machine_type
      purpose      = pool.purpose
      min          = pool.min
      max          = pool.max
      disk_gb      = pool.disk_gb
      spot         = pool.spot
      gpu          = pool.gpu
      zones        = pool.zones
      hub          = pool.hub
      community    = pool.community
      labels = merge(
        local.labels[pool.purpose],
        { "hubfleet/pool" = pool.place },
        pool.gpu == null ? {} : { "hubfleet/gpu" = pool.gpu.type },
      )
      taints = concat(pool.taints, pool.gpu == null ? [] : [local.gpu_taint])
    }
  }
}
