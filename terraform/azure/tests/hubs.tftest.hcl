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
    user = { purpose = "user", machine_type = "Standard_E16s_v5", max = 20 }
  }
  hubs = {
    college = {
      community = "Example Community College"
      use_case  = "education"
      namespace = "college"
      homes     = { kind = "azure-files", quota_gb = 10 }
    }
    lab = {
      community       = "Ocean Lab (St. John's)"
      use_case        = "research"
      namespace       = "ocean"
      homes           = { kind = "nfs", quota_gb = 50, size_gb = 500 }
      scratch_buckets = { scratch = { expire_days = 7 } }
      read_buckets    = ["/subscriptions/12345678-90ab-cdef-1234-567890abcdef/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/oceandata"]
    }
  }
  storage  = { kind = "azure-files", size_gb = 100 }
  registry = true
  archive  = { keep_days = 730 }
}

run "outputs_have_the_same_keys" {
  command = apply

  assert {
    condition     = keys(output.outputs) == ["archive", "homes", "hubs", "ingress_address", "registry", "services_range"]
    error_message = "outputs.yaml has the same keys on every cloud."
  }
  assert {
    condition     = output.outputs.services_range == "10.64.128.0/18"
    error_message = "The cluster's services have a range that is known."
  }
  assert {
    condition     = keys(output.outputs.homes) == ["path", "server", "storage_class"] && output.outputs.homes.server != ""
    error_message = "A file store has a server and a path."
  }
  assert {
    condition     = keys(output.outputs.hubs) == ["college", "lab"] && output.outputs.hubs["lab"].identity != ""
    error_message = "Every hub has an identity."
  }
  assert {
    condition     = keys(output.outputs.hubs["lab"].buckets) == ["scratch"] && length(output.outputs.hubs["college"].buckets) == 0
    error_message = "A hub has the buckets it asks for and no other."
  }
  assert {
    condition     = keys(output.disks) == ["lab"] && output.disks["lab"].size_gb == 500 && output.outputs.hubs["lab"].disk == output.disks["lab"]
    error_message = "A hub of kind nfs with a size has a disk of that size; others have none."
  }
  assert {
    condition     = startswith(output.outputs.archive, "") && output.outputs.registry != ""
    error_message = "Archive and registry have an address."
  }
}

run "nothing_where_nothing_is_asked_for" {
  command = apply

  variables {
    hubs     = {}
    storage  = {}
    registry = false
    archive  = null
  }

  assert {
    condition = (
      output.outputs.registry == "" && output.outputs.archive == "" && output.outputs.homes.server == "" &&
      length(output.outputs.hubs) == 0 && length(output.disks) == 0
    )
    error_message = "What is not asked for is not made."
  }
}

run "disk_of_the_size_that_the_cluster_gives" {
  command = apply

  variables {
    hubs = {
      college = { community = "College", use_case = "education", namespace = "college", homes = { kind = "nfs" } }
      lab     = { community = "Lab", use_case = "research", namespace = "lab", homes = { kind = "pvc" } }
    }
    storage = { kind = "disk", size_gb = 200 }
  }

  assert {
    condition     = keys(output.disks) == ["college"] && output.disks["college"].size_gb == 200
    error_message = "With storage.kind disk each hub of kind nfs has a disk of storage.size_gb."
  }
}
