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

variables {
  cluster         = "test-west"
  kubernetes_name = "hubs"
  place           = { subscription = "12345678-90ab-cdef-1234-567890abcdef", resource_group = "hubs", location = "westeurope" }
  node_pools = {
    core = { purpose = "core", machine_type = "Standard_E4s_v5", min = 1, max = 3 }
    dask = { purpose = "dask", machine_type = "Standard_E16s_v5", max = 50, spot = true }
    gpu  = { purpose = "gpu", machine_type = "Standard_NC4as_T4_v3", max = 4, gpu = { type = "t4", count = 1 } }
    user = { purpose = "user", machine_type = "Standard_E16s_v5", max = 20 }
  }
  hubs = {
    lab = {
      community = "Ocean Lab"
      use_case  = "research"
      namespace = "lab"
      homes     = { kind = "pvc" }
      node_pool = { machine_type = "Standard_NC4as_T4_v3", max = 4, gpu = { type = "t4", count = 2 } }
    }
  }
}

run "labels_and_taints" {
  command = plan

  assert {
    condition = (
      module.pools.pools["core"].labels["hub.jupyter.org/node-purpose"] == "core" &&
      length(module.pools.pools["core"].taints) == 0
    )
    error_message = "Core nodes are labelled core and take in everything."
  }
  assert {
    condition = (
      module.pools.pools["user"].labels["hub.jupyter.org/node-purpose"] == "user" &&
      module.pools.pools["user"].taints == [{ key = "hub.jupyter.org/dedicated", value = "user", effect = "NoSchedule" }]
    )
    error_message = "User nodes are labelled user and take in users' servers only."
  }
  assert {
    condition = (
      module.pools.pools["dask"].spot &&
      module.pools.pools["dask"].taints == [{ key = "k8s.dask.org/dedicated", value = "worker", effect = "NoSchedule" }] &&
      !contains(keys(module.pools.pools["dask"].labels), "hub.jupyter.org/node-purpose")
    )
    error_message = "Dask nodes are spot, and take in Dask workers only."
  }
  assert {
    condition = (
      contains(module.pools.pools["gpu"].taints[*].key, "nvidia.com/gpu") &&
      contains(module.pools.pools["gpu"].taints[*].key, "hub.jupyter.org/dedicated") &&
      module.pools.pools["gpu"].labels["hubfleet/gpu"] == "t4"
    )
    error_message = "GPU nodes take in users' servers that ask for a GPU, and say which one they have."
  }
}

run "own_pool_of_a_hub" {
  command = plan

  assert {
    condition = (
      module.pools.pools["hub-lab"].labels["hubfleet/pool"] == "lab" &&
      contains(module.pools.pools["hub-lab"].taints, { key = "hubfleet/pool", value = "lab", effect = "NoSchedule" }) &&
      module.pools.pools["hub-lab"].hub == "lab"
    )
    error_message = "A hub's own pool is labelled and tainted with the hub's name."
  }
  assert {
    condition     = contains(module.pools.pools["hub-lab"].taints[*].key, "nvidia.com/gpu")
    error_message = "A hub's own pool with GPUs is tainted for them as well."
  }
}
