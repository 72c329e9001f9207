mock_provider "google" {
  mock_resource "google_container_cluster" {
    defaults = { workload_identity_config = [{ workload_pool = "example-hubs.svc.id.goog" }] }
  }
  mock_resource "google_filestore_instance" {
    defaults = { networks = { ip_addresses = ["10.64.0.2"] } }
  }
  mock_resource "google_service_account" {
    defaults = {
      id     = "projects/example-hubs/serviceAccounts/account@example-hubs.iam.gserviceaccount.com"
      name   = "projects/example-hubs/serviceAccounts/account@example-hubs.iam.gserviceaccount.com"
      email  = "account@example-hubs.iam.gserviceaccount.com"
      member = "serviceAccount:account@example-hubs.iam.gserviceaccount.com"
    }
  }
}

variables {
  cluster         = "test-west"
  kubernetes_name = "hubs"
  place           = { project = "example-hubs", location = "us-west1-b" }
  node_pools = {
    core = { purpose = "core", machine_type = "n2-highmem-4", min = 1, max = 3 }
    dask = { purpose = "dask", machine_type = "n2-highmem-16", max = 50, spot = true }
    gpu  = { purpose = "gpu", machine_type = "n1-standard-8", max = 4, gpu = { type = "nvidia-tesla-t4", count = 1 } }
    user = { purpose = "user", machine_type = "n2-highmem-16", max = 20 }
  }
  hubs = {
    lab = {
      community = "Ocean Lab"
      use_case  = "research"
      namespace = "lab"
      homes     = { kind = "pvc" }
      node_pool = { machine_type = "n1-standard-8", max = 4, gpu = { type = "nvidia-tesla-t4", count = 2 } }
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
      module.pools.pools["gpu"].labels["hubfleet/gpu"] == "nvidia-tesla-t4"
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
