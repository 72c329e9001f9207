resource "azurerm_user_assigned_identity" "cluster" {
  name                = "${var.name}-cluster"
  resource_group_name = var.place.resource_group
  location            = var.place.location
  tags                = var.place.tags
}

# The nodes are this identity, which can pull images where it is let, and nothing else.
resource "azurerm_user_assigned_identity" "nodes" {
  name                = "${var.name}-nodes"
  resource_group_name = var.place.resource_group
  location            = var.place.location
  tags                = var.place.tags
}

resource "azurerm_role_assignment" "nodes" {
  scope                = azurerm_user_assigned_identity.nodes.id
  role_definition_name = "Managed Identity Operator"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
}

# The cluster puts load balancers on the network, and gives them the address that is kept for the ingress.
resource "azurerm_role_assignment" "network" {
  scope                = var.place.resource_group_id
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
}

resource "azurerm_kubernetes_cluster" "this" {
  name                      = var.name
  resource_group_name       = var.place.resource_group
  location                  = var.place.location
  dns_prefix                = replace(var.name, "_", "-")
  kubernetes_version        = var.kubernetes_version
  automatic_upgrade_channel = var.release_channel == "" ? null : var.release_channel
  node_os_upgrade_channel   = "NodeImage"
  sku_tier                  = "Standard"
  cost_analysis_enabled     = true
  oidc_issuer_enabled       = true
  workload_identity_enabled = true
  tags                      = var.place.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.cluster.id]
  }

  kubelet_identity {
    client_id                 = azurerm_user_assigned_identity.nodes.client_id
    object_id                 = azurerm_user_assigned_identity.nodes.principal_id
    user_assigned_identity_id = azurerm_user_assigned_identity.nodes.id
  }

  api_server_access_profile {
    authorized_ip_ranges = var.authorized
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_data_plane  = "cilium"
    network_policy      = "cilium"
    outbound_type       = "userAssignedNATGateway"
    load_balancer_sku   = "standard"
    pod_cidr            = var.network.pods
    service_cidr        = var.network.services
    dns_service_ip      = var.network.dns
  }

  default_node_pool {
    name                        = var.core_pool.name
    vm_size                     = var.core_pool.pool.machine_type
    auto_scaling_enabled        = true
    min_count                   = var.core_pool.pool.min
    max_count                   = var.core_pool.pool.max
    os_disk_size_gb             = var.core_pool.pool.disk_gb
    zones                       = length(var.core_pool.pool.zones) > 0 ? var.core_pool.pool.zones : null
    vnet_subnet_id              = var.network.subnet
    node_labels                 = var.core_pool.pool.labels
    node_public_ip_enabled      = false
    temporary_name_for_rotation = "rotation"
    tags                        = var.place.tags

    upgrade_settings {
      max_surge = "1"
    }
  }

  # Pools are the ones that are written down: AKS adds none by itself.
  node_provisioning_profile {
    mode = "Manual"
  }

  lifecycle {
    # The autoscaler says how many; upgrade-cluster moves nodes to a version.
    ignore_changes = [default_node_pool[0].node_count, default_node_pool[0].orchestrator_version]
  }

  depends_on = [azurerm_role_assignment.network, azurerm_role_assignment.nodes]
}

resource "azurerm_log_analytics_workspace" "this" {
  name                = "${var.name}-logs"
  resource_group_name = var.place.resource_group
  location            = var.place.location
  sku                 = "PerGB2018"
  retention_in_days   = 30
  tags                = var.place.tags
}

resource "azurerm_monitor_diagnostic_setting" "control_plane" {
  name                       = "control-plane"
  target_resource_id         = azurerm_kubernetes_cluster.this.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  dynamic "enabled_log" {
    for_each = ["kube-apiserver", "kube-audit-admin", "kube-controller-manager", "kube-scheduler", "cluster-autoscaler"]
    content {
      category = enabled_log.value
    }
  }
}
