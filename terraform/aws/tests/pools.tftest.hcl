mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] }
  }
  mock_resource "aws_eks_cluster" {
    defaults = { identity = [{ oidc = [{ issuer = "https://oidc.example.org/id/1" }] }] }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:mock" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/oidc.example.org/id/1" }
  }
}

variables {
  cluster         = "test-west"
  kubernetes_name = "hubs"
  place           = { account = "123456789012", region = "eu-west-1" }
  node_pools = {
    core = { purpose = "core", machine_type = "r6i.large", min = 1, max = 3 }
    dask = { purpose = "dask", machine_type = "r6i.4xlarge", max = 50, spot = true }
    gpu  = { purpose = "gpu", machine_type = "g5.xlarge", max = 4, gpu = { type = "a10g", count = 1 } }
    user = { purpose = "user", machine_type = "r6i.4xlarge", max = 20 }
  }
  hubs = {
    lab = {
      community = "Ocean Lab"
      use_case  = "research"
      namespace = "lab"
      homes     = { kind = "pvc" }
      node_pool = { machine_type = "g5.xlarge", max = 4, gpu = { type = "a10g", count = 2 } }
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
      module.pools.pools["gpu"].labels["hubfleet/gpu"] == "a10g"
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
