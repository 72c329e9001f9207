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
}

run "cluster_with_capitals" {
  command         = plan
  expect_failures = [var.cluster]

  variables {
    cluster = "Test"
  }
}

run "name_with_a_space" {
  command         = plan
  expect_failures = [var.kubernetes_name]

  variables {
    kubernetes_name = "my hubs"
  }
}

run "place_unknown" {
  command         = plan
  expect_failures = [var.place]

  variables {
    place = { subscription = "x", resource_group = "hubs", location = "westeurope" }
  }
}

run "version_is_a_word" {
  command         = plan
  expect_failures = [var.kubernetes_version]

  variables {
    kubernetes_version = "latest"
  }
}

run "channel_unknown" {
  command         = plan
  expect_failures = [var.release_channel]

  variables {
    release_channel = "NIGHTLY"
  }
}

run "network_is_public" {
  command         = plan
  expect_failures = [var.network]

  variables {
    network = { cidr = "8.8.0.0/16" }
  }
}

run "network_too_small" {
  command         = plan
  expect_failures = [var.network]

  variables {
    network = { cidr = "10.0.0.0/26" }
  }
}

run "network_starts_in_the_middle" {
  command         = plan
  expect_failures = [var.network]

  variables {
    network = { cidr = "10.0.3.0/16" }
  }
}

run "api_open_to_the_world_by_range" {
  command         = plan
  expect_failures = [var.network]

  variables {
    network = { authorized = ["0.0.0.0/0"] }
  }
}

run "no_core_pool" {
  command         = plan
  expect_failures = [var.node_pools]

  variables {
    node_pools = { user = { purpose = "user", machine_type = "m", max = 3 } }
  }
}

run "core_on_spot" {
  command         = plan
  expect_failures = [var.node_pools]

  variables {
    node_pools = { core = { purpose = "core", machine_type = "m", min = 1, max = 3, spot = true } }
  }
}

run "min_above_max" {
  command         = plan
  expect_failures = [var.node_pools]

  variables {
    node_pools = { core = { purpose = "core", machine_type = "m", min = 1, max = 3 }, user = { purpose = "user", machine_type = "m", max = 3 }, big = { purpose = "user", machine_type = "m", min = 5, max = 3 } }
  }
}

run "purpose_unknown" {
  command         = plan
  expect_failures = [var.node_pools]

  variables {
    node_pools = { core = { purpose = "core", machine_type = "m", min = 1, max = 3 }, user = { purpose = "user", machine_type = "m", max = 3 }, big = { purpose = "batch", machine_type = "m", max = 3 } }
  }
}

run "gpu_pool_without_gpu" {
  command         = plan
  expect_failures = [var.node_pools]

  variables {
    node_pools = { core = { purpose = "core", machine_type = "m", min = 1, max = 3 }, user = { purpose = "user", machine_type = "m", max = 3 }, big = { purpose = "gpu", machine_type = "m", max = 3 } }
  }
}

run "pool_named_like_a_hubs_own" {
  command         = plan
  expect_failures = [var.node_pools]

  variables {
    node_pools = { core = { purpose = "core", machine_type = "m", min = 1, max = 3 }, user = { purpose = "user", machine_type = "m", max = 3 }, hub-x = { purpose = "user", machine_type = "m", max = 3 } }
  }
}

run "homes_unknown" {
  command         = plan
  expect_failures = [var.hubs]

  variables {
    hubs = { lab = { community = "Lab", use_case = "research", namespace = "lab", homes = { kind = "ftp" } } }
  }
}

run "homes_without_their_store" {
  command         = plan
  expect_failures = [var.hubs]

  variables {
    hubs = { lab = { community = "Lab", use_case = "research", namespace = "lab", homes = { kind = "azure-files" } } }
  }
}

run "quota_above_the_store" {
  command         = plan
  expect_failures = [var.hubs]

  variables {
    hubs = { lab = { community = "Lab", use_case = "research", namespace = "lab", homes = { kind = "nfs", quota_gb = 90, size_gb = 50 } } }
  }
}

run "bucket_that_never_expires" {
  command         = plan
  expect_failures = [var.hubs]

  variables {
    hubs = { lab = { community = "Lab", use_case = "research", namespace = "lab", homes = { kind = "pvc" }, scratch_buckets = { scratch = { expire_days = 0 } } } }
  }
}

run "bucket_with_an_address" {
  command         = plan
  expect_failures = [var.hubs]

  variables {
    hubs = { lab = { community = "Lab", use_case = "research", namespace = "lab", homes = { kind = "pvc" }, read_buckets = ["gs://data"] } }
  }
}

run "namespace_shared" {
  command         = plan
  expect_failures = [var.hubs]

  variables {
    hubs = {
      a = { community = "A", use_case = "research", namespace = "lab", homes = { kind = "pvc" } }
      b = { community = "B", use_case = "research", namespace = "lab", homes = { kind = "pvc" } }
    }
  }
}

run "storage_of_another_cloud" {
  command         = plan
  expect_failures = [var.storage]

  variables {
    storage = { kind = "efs" }
  }
}

run "disks_without_a_size" {
  command         = plan
  expect_failures = [var.storage]

  variables {
    storage = { kind = "disk" }
  }
}

run "copies_kept_forever" {
  command         = plan
  expect_failures = [var.storage]

  variables {
    storage = { snapshot_keep_days = 9999 }
  }
}

run "archive_for_no_time" {
  command         = plan
  expect_failures = [var.archive]

  variables {
    archive = { keep_days = 0 }
  }
}

run "budget_without_mail" {
  command         = plan
  expect_failures = [var.budget]

  variables {
    budget = { amount = 100, emails = [] }
  }
}

run "budget_with_a_name" {
  command         = plan
  expect_failures = [var.budget]

  variables {
    budget = { amount = 100, emails = ["ada"] }
  }
}

run "tag_of_hubfleets_own" {
  command         = plan
  expect_failures = [var.tags]

  variables {
    tags = { hubfleet-hub = "x" }
  }
}
