locals {
  # GKE allows 40 characters; a hub's name may have as many.
  names = {
    for name in keys(var.pools) :
    name => length(name) <= 40 ? name : "${trim(substr(name, 0, 31), "-")}-${substr(sha1(name), 0, 8)}"
  }
  # The charts' other spelling of the taints, from when GKE took no slash, which they tolerate as well.
  taints = {
    for name, pool in var.pools : name => concat(pool.taints, [
      for taint in pool.taints : merge(taint, { key = replace(taint.key, "/", "_") })
      if contains(["hub.jupyter.org/dedicated", "k8s.dask.org/dedicated"], taint.key)
    ])
  }
  effects = { NoSchedule = "NO_SCHEDULE", PreferNoSchedule = "PREFER_NO_SCHEDULE", NoExecute = "NO_EXECUTE" }
}

resource "google_container_node_pool" "this" {
  for_each = var.pools

  name               = local.names[each.key]
  cluster            = var.kubernetes_cluster.id
  version            = var.kubernetes_cluster.version
  node_locations     = length(each.value.zones) > 0 ? each.value.zones : null
  initial_node_count = min(each.value.min, 1)

  # min and max count all zones together.
  autoscaling {
    total_min_node_count = each.value.min
    total_max_node_count = each.value.max
    location_policy      = each.value.spot ? "ANY" : "BALANCED"
  }

  management {
    auto_repair  = true
    auto_upgrade = var.kubernetes_cluster.upgraded
  }

  network_config {
    enable_private_nodes = true
  }

  node_config {
    machine_type    = each.value.machine_type
    disk_size_gb    = each.value.disk_gb
    disk_type       = "pd-balanced"
    spot            = each.value.spot
    service_account = var.node_account
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    labels          = each.value.labels
    resource_labels = merge(
      var.labels,
      each.value.hub == "" ? {} : { hubfleet-hub = each.value.hub, hubfleet-community = each.value.community },
    )

    # A pod is its own identity and can not become the node's.
    workload_metadata_config {
      mode = "GKE_METADATA"
    }

    shielded_instance_config {
      enable_secure_boot          = each.value.gpu == null # the GPU's driver is not signed for it
      enable_integrity_monitoring = true
    }

    dynamic "guest_accelerator" {
      for_each = each.value.gpu == null ? [] : [each.value.gpu]
      content {
        type  = guest_accelerator.value.type
        count = guest_accelerator.value.count

        gpu_driver_installation_config {
          gpu_driver_version = "DEFAULT"
        }
      }
    }

    dynamic "taint" {
      for_each = local.taints[each.key]
      content {
        key    = taint.value.key
        value  = taint.value.value
        effect = local.effects[taint.value.effect]
      }
    }
  }

  lifecycle {
    # The autoscaler says how many; upgrade-cluster moves nodes to a version, and waits for users.
    ignore_changes = [initial_node_count, version]
  }
}
