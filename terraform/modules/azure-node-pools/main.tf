locals {
  # AKS allows 12 lower-case letters and digits: a hub's pool is called h, the start of its name, and a hash of it.
  names = {
    for name, pool in var.pools :
    name => pool.hub == "" ? name : "h${substr(replace(pool.hub, "-", ""), 0, 5)}${substr(sha1(pool.hub), 0, 6)}"
  }
  # AKS puts its own taint and label on spot machines, and asks that they are written down.
  spot_label = { "kubernetes.azure.com/scalesetpriority" = "spot" }
  spot_taint = { key = "kubernetes.azure.com/scalesetpriority", value = "spot", effect = "NoSchedule" }
  taints     = { for name, pool in var.pools : name => concat(pool.taints, pool.spot ? [local.spot_taint] : []) }
}

resource "azurerm_kubernetes_cluster_node_pool" "this" {
  for_each = var.pools

  name                        = local.names[each.key]
  kubernetes_cluster_id       = var.kubernetes_cluster.id
  orchestrator_version        = var.kubernetes_cluster.version
  vm_size                     = each.value.machine_type
  auto_scaling_enabled        = true
  min_count                   = each.value.min
  max_count                   = each.value.max
  os_disk_size_gb             = each.value.disk_gb
  zones                       = length(each.value.zones) > 0 ? each.value.zones : null
  vnet_subnet_id              = var.subnet
  node_public_ip_enabled      = false
  priority                    = each.value.spot ? "Spot" : "Regular"
  eviction_policy             = each.value.spot ? "Delete" : null
  spot_max_price              = each.value.spot ? -1 : null
  node_labels                 = merge(each.value.labels, each.value.spot ? local.spot_label : {})
  node_taints                 = [for taint in local.taints[each.key] : "${taint.key}=${taint.value}:${taint.effect}"]
  temporary_name_for_rotation = "t${substr(sha1(each.key), 0, 8)}"
  tags = merge(
    var.tags,
    each.value.hub == "" ? {} : { hubfleet-hub = each.value.hub, hubfleet-community = each.value.community },
  )

  dynamic "upgrade_settings" {
    for_each = each.value.spot ? [] : [1] # AKS knows no surge of spot machines
    content {
      max_surge = "1"
    }
  }

  lifecycle {
    # The autoscaler says how many; upgrade-cluster moves nodes to a version, and waits for users.
    ignore_changes = [node_count, orchestrator_version]
  }
}
