mock_provider "azurerm" {
  mock_resource "azurerm_kubernetes_cluster" {
    defaults = {
      id              = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.ContainerService/managedClusters/hubs"
      oidc_issuer_url = "https://oidc.example.org/id/1/"
    }
  }
  mock_resource "azurerm_user_assigned_identity" {
    defaults = {
      id           = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mock"
      client_id    = "11111111-2222-3333-4444-555555555555"
      principal_id = "11111111-2222-3333-4444-555555555555"
    }
  }
  mock_resource "azurerm_resource_group" {
    defaults = { id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs" }
  }
  mock_resource "azurerm_subnet" {
    defaults = { id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.Network/virtualNetworks/mock/subnets/mock" }
  }
  mock_resource "azurerm_virtual_network" {
    defaults = { id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.Network/virtualNetworks/mock" }
  }
  mock_resource "azurerm_public_ip" {
    defaults = { id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.Network/publicIPAddresses/mock" }
  }
  mock_resource "azurerm_nat_gateway" {
    defaults = { id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.Network/natGateways/mock" }
  }
  mock_resource "azurerm_log_analytics_workspace" {
    defaults = { id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.OperationalInsights/workspaces/mock" }
  }
  mock_resource "azurerm_managed_disk" {
    defaults = { id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.Compute/disks/mock" }
  }
  mock_resource "azurerm_storage_account" {
    defaults = {
      id                    = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.Storage/storageAccounts/mock"
      primary_file_host     = "mock.file.core.windows.net"
      primary_blob_endpoint = "https://mock.blob.core.windows.net/"
    }
  }
  mock_resource "azurerm_storage_container" {
    defaults = { id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.Storage/storageAccounts/mock/blobServices/default/containers/mock" }
  }
  mock_resource "azurerm_data_protection_backup_vault" {
    defaults = {
      id       = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.DataProtection/backupVaults/mock"
      identity = { principal_id = "11111111-2222-3333-4444-555555555555" }
    }
  }
  mock_resource "azurerm_data_protection_backup_policy_disk" {
    defaults = { id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.DataProtection/backupVaults/mock/backupPolicies/mock" }
  }
  mock_resource "azurerm_container_registry" {
    defaults = { id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.ContainerRegistry/registries/mock" }
  }
}

run "node_pools" {
  command = plan

  module {
    source = "../modules/azure-node-pools"
  }

  variables {
    kubernetes_cluster = { id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.ContainerService/managedClusters/hubs" }
    subnet             = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.Network/virtualNetworks/mock/subnets/mock"
    tags               = { hubfleet-cluster = "test-west" }
    pools = {
      dask = {
        machine_type = "m", min = 0, max = 50, disk_gb = 100, spot = true, zones = [], hub = "", community = ""
        labels       = { "hubfleet/pool" = "dask" }
        taints       = [{ key = "k8s.dask.org/dedicated", value = "worker", effect = "NoSchedule" }]
      }
      hub-lab = {
        machine_type = "m", min = 0, max = 4, disk_gb = 100, spot = false, zones = [], hub = "lab", community = "ocean-lab"
        gpu          = { type = "t4", count = 1 }
        labels       = { "hubfleet/pool" = "lab" }
        taints       = [{ key = "hubfleet/pool", value = "lab", effect = "NoSchedule" }]
      }
    }
  }

  assert {
    condition     = contains(azurerm_kubernetes_cluster_node_pool.this["dask"].node_taints, "k8s.dask.org/dedicated=worker:NoSchedule")
    error_message = "Dask nodes take in Dask workers only."
  }

  assert {
    condition = (
      azurerm_kubernetes_cluster_node_pool.this["dask"].priority == "Spot" &&
      azurerm_kubernetes_cluster_node_pool.this["hub-lab"].priority == "Regular"
    )
    error_message = "Dask nodes are spot, others are not."
  }

  assert {
    condition     = contains(azurerm_kubernetes_cluster_node_pool.this["hub-lab"].node_taints, "hubfleet/pool=lab:NoSchedule")
    error_message = "A hub's own pool is tainted with its name."
  }

  assert {
    condition     = alltrue([for pool in azurerm_kubernetes_cluster_node_pool.this : can(regex("^[a-z][a-z0-9]{0,11}$", pool.name))])
    error_message = "Names of pools are as AKS wants them."
  }

  assert {
    condition     = azurerm_kubernetes_cluster_node_pool.this["hub-lab"].tags == tomap({ hubfleet-cluster = "test-west", hubfleet-hub = "lab", hubfleet-community = "ocean-lab" })
    error_message = "Machines carry cluster, hub and community."
  }

  assert {
    condition     = !anytrue([for pool in azurerm_kubernetes_cluster_node_pool.this : pool.node_public_ip_enabled])
    error_message = "Nodes have no public address."
  }
}

run "hub" {
  command = plan

  module {
    source = "../modules/azure-hub"
  }

  variables {
    cluster = "test-west"
    hub = {
      name            = "lab"
      namespace       = "ocean"
      community       = "ocean-lab"
      scratch_buckets = { scratch = { expire_days = 7 } }
      read_buckets    = ["/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/oceandata"]
    }
    issuer = "https://oidc.example.org/id/1/"
    place = {
      resource_group    = "hubs"
      resource_group_id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs"
      subscription      = "12345678-90ab-cdef-1234-567890abcdef"
      location          = "westeurope"
      tags              = { hubfleet-cluster = "test-west" }
    }
  }

  assert {
    condition     = azurerm_federated_identity_credential.hub.subject == "system:serviceaccount:ocean:user-sa"
    error_message = "Only user-sa of the hub's namespace is the hub's identity."
  }

  assert {
    condition     = azurerm_storage_management_policy.scratch[0].rule[0].actions[0].base_blob[0].delete_after_days_since_creation_greater_than == 7
    error_message = "A scratch bucket's files expire."
  }

  assert {
    condition = (
      azurerm_storage_container.scratch["scratch"].container_access_type == "private" &&
      !azurerm_storage_account.scratch[0].allow_nested_items_to_be_public &&
      !azurerm_storage_account.scratch[0].shared_access_key_enabled
    )
    error_message = "A bucket is not public."
  }

  assert {
    condition     = azurerm_storage_account.scratch[0].tags == tomap({ hubfleet-cluster = "test-west", hubfleet-hub = "lab", hubfleet-community = "ocean-lab" })
    error_message = "A bucket carries cluster, hub and community."
  }

  assert {
    condition     = alltrue([for role in azurerm_role_assignment.read : role.role_definition_name == "Storage Blob Data Reader"])
    error_message = "A bucket that is read is only read."
  }
}

run "homes" {
  command = plan

  module {
    source = "../modules/azure-homes"
  }

  variables {
    place = {
      resource_group    = "hubs"
      resource_group_id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs"
      subscription      = "12345678-90ab-cdef-1234-567890abcdef"
      location          = "westeurope"
      tags              = { hubfleet-cluster = "test-west" }
    }
    cluster             = "test-west"
    zone                = "1"
    subnet              = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.Network/virtualNetworks/mock/subnets/mock"
    cluster_identity    = "11111111-2222-3333-4444-555555555555"
    storage             = { kind = "azure-files", size_gb = 100, tier = "", snapshot_keep_days = 14 }
    disks               = { lab = { size_gb = 500, community = "Ocean Lab" } }
    deletion_protection = true
  }

  assert {
    condition = (
      azurerm_managed_disk.homes["lab"].disk_size_gb == 500 &&
      !azurerm_managed_disk.homes["lab"].public_network_access_enabled
    )
    error_message = "A disk is reached by the cluster only."
  }

  assert {
    condition = (
      azurerm_managed_disk.homes["lab"].tags["hubfleet-hub"] == "lab" &&
      azurerm_managed_disk.homes["lab"].tags["hubfleet-community"] == "Ocean Lab"
    )
    error_message = "A disk carries hub and community."
  }

  assert {
    condition = (
      azurerm_data_protection_backup_policy_disk.daily[0].default_retention_duration == "P14D" &&
      keys(azurerm_data_protection_backup_instance_disk.homes) == ["lab"]
    )
    error_message = "Every disk has snapshots, kept for the days asked for."
  }

  assert {
    condition     = azurerm_storage_account.homes[0].network_rules[0].default_action == "Deny"
    error_message = "The file store is reached from the network only."
  }

  assert {
    condition = (
      azurerm_management_lock.homes[0].lock_level == "CanNotDelete" &&
      azurerm_storage_share.homes[0].enabled_protocol == "NFS"
    )
    error_message = "The file store refuses to be destroyed."
  }
}

run "cluster" {
  command = plan

  module {
    source = "../modules/azure-cluster"
  }

  variables {
    place = {
      resource_group    = "hubs"
      resource_group_id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs"
      subscription      = "12345678-90ab-cdef-1234-567890abcdef"
      location          = "westeurope"
      tags              = { hubfleet-cluster = "test-west" }
    }
    name            = "hubs"
    release_channel = "stable"
    network         = { subnet = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs/providers/Microsoft.Network/virtualNetworks/mock/subnets/mock", services = "10.64.128.0/18", dns = "10.64.128.10", pods = "100.64.0.0/12" }
    authorized      = ["192.0.2.0/24"]
    core_pool = {
      name = "core"
      pool = {
        machine_type = "m", min = 1, max = 3, disk_gb = 100, spot = false, zones = ["1"], hub = "", community = ""
        labels       = { "hub.jupyter.org/node-purpose" = "core" }
        taints       = []
      }
    }
  }

  assert {
    condition = (
      azurerm_kubernetes_cluster.this.workload_identity_enabled &&
      azurerm_kubernetes_cluster.this.oidc_issuer_enabled
    )
    error_message = "Workload identity is on."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.api_server_access_profile[0].authorized_ip_ranges == toset(["192.0.2.0/24"])
    error_message = "The API is reached only from where it may be."
  }

  assert {
    condition = (
      !azurerm_kubernetes_cluster.this.default_node_pool[0].node_public_ip_enabled &&
      azurerm_kubernetes_cluster.this.default_node_pool[0].node_labels["hub.jupyter.org/node-purpose"] == "core"
    )
    error_message = "The first pool is the core pool, and has no public address."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.network_profile[0].network_policy == "cilium"
    error_message = "Network policies are kept."
  }
}

run "archive" {
  command = plan

  module {
    source = "../modules/azure-archive"
  }

  variables {
    place = {
      resource_group    = "hubs"
      resource_group_id = "/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/hubs"
      subscription      = "12345678-90ab-cdef-1234-567890abcdef"
      location          = "westeurope"
      tags              = { hubfleet-cluster = "test-west" }
    }
    cluster   = "test-west"
    keep_days = 10
  }

  assert {
    condition = (
      azurerm_storage_container_immutability_policy.archive.immutability_period_in_days == 10 &&
      azurerm_storage_account.archive.blob_properties[0].versioning_enabled
    )
    error_message = "An archive is kept and versioned."
  }

  assert {
    condition = (
      azurerm_storage_container.archive.container_access_type == "private" &&
      !azurerm_storage_account.archive.allow_nested_items_to_be_public
    )
    error_message = "An archive is not public."
  }
}
