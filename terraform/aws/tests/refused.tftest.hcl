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
    user = { purpose = "user", machine_type = "r6i.4xlarge", max = 20 }
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
    place = { account = "12", region = "eu-west-1" }
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
    hubs = { lab = { community = "Lab", use_case = "research", namespace = "lab", homes = { kind = "efs" } } }
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
    storage = { kind = "filestore" }
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
