# What a pool's nodes are called and what they keep away, the same on every cloud, so that the scheduling of the
# JupyterHub chart (https://z2jh.jupyter.org/en/stable/administrator/optimization.html) finds them:
# users' pods prefer nodes labelled user and tolerate their taint, hub and proxy prefer nodes labelled core.
# Core nodes have no taint, because the cluster's own services must find a place too.
locals {
  labels = {
    core = { "hub.jupyter.org/node-purpose" = "core" }
    user = { "hub.jupyter.org/node-purpose" = "user" }
    gpu  = { "hub.jupyter.org/node-purpose" = "user" }
    dask = { "k8s.dask.org/node-purpose" = "worker" }
  }
  user_taint = { key = "hub.jupyter.org/dedicated", value = "user", effect = "NoSchedule" }
  dask_taint = { key = "k8s.dask.org/dedicated", value = "worker", effect = "NoSchedule" }
  # Kubernetes adds the toleration to pods that ask for a GPU (admission plugin ExtendedResourceToleration).
  gpu_taint = { key = "nvidia.com/gpu", value = "present", effect = "NoSchedule" }
  taints    = { core = [], user = [local.user_taint], gpu = [local.user_taint], dask = [local.dask_taint] }

  shared = {
    for name, pool in var.node_pools : name => merge(pool, { hub = "", community = "", place = name, taints = local.taints[pool.purpose] })
  }
  own = {
    for name, hub in var.hubs : "hub-${name}" => merge(hub.node_pool, {
      purpose   = "user"
      zones     = []
      hub       = name
      community = hub.community
      place     = name
      taints    = [local.user_taint, { key = "hubfleet/pool", value = name, effect = "NoSchedule" }]
    }) if hub.node_pool != null
  }
}
