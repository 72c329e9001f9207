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

run "node_pools" {
  command = plan

  module {
    source = "../modules/aws-node-pools"
  }

  variables {
    cluster            = "test-west"
    kubernetes_cluster = { name = "hubs", version = "1.35" }
    subnets            = { eu-west-1a = "subnet-1", eu-west-1b = "subnet-2" }
    default_zone       = "eu-west-1a"
    tags               = { hubfleet-cluster = "test-west" }
    partition          = "aws"
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
    condition     = contains(aws_eks_node_group.this["dask"].taint, { key = "k8s.dask.org/dedicated", value = "worker", effect = "NO_SCHEDULE" })
    error_message = "Dask nodes take in Dask workers only."
  }

  assert {
    condition = (
      aws_eks_node_group.this["dask"].capacity_type == "SPOT" &&
      aws_eks_node_group.this["hub-lab"].capacity_type == "ON_DEMAND"
    )
    error_message = "Dask nodes are spot, others are not."
  }

  assert {
    condition     = contains(aws_eks_node_group.this["hub-lab"].taint, { key = "hubfleet/pool", value = "lab", effect = "NO_SCHEDULE" })
    error_message = "A hub's own pool is tainted with its name."
  }

  assert {
    condition     = aws_eks_node_group.this["hub-lab"].ami_type == "AL2023_x86_64_NVIDIA"
    error_message = "A pool with GPUs has their driver."
  }

  assert {
    condition     = aws_eks_node_group.this["hub-lab"].subnet_ids == toset(["subnet-1"])
    error_message = "Nodes are where the volumes are."
  }

  assert {
    condition     = alltrue([for part in aws_launch_template.this["hub-lab"].tag_specifications : part.tags["hubfleet-cluster"] == "test-west" && part.tags["hubfleet-hub"] == "lab" && part.tags["hubfleet-community"] == "ocean-lab"])
    error_message = "Machines and their disks carry cluster, hub and community."
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.this : template.metadata_options[0].http_tokens == "required" && template.metadata_options[0].http_put_response_hop_limit == 1])
    error_message = "A pod can not become the node."
  }
}

run "network" {
  command = apply

  module {
    source = "../modules/aws-network"
  }

  variables {
    name   = "hubs"
    cidr   = "10.64.0.0/16"
    zones  = ["eu-west-1a", "eu-west-1b"]
    region = "eu-west-1"
  }

  assert {
    condition     = !anytrue([for subnet in aws_subnet.private : subnet.map_public_ip_on_launch]) && !anytrue([for subnet in aws_subnet.public : subnet.map_public_ip_on_launch])
    error_message = "Nothing gets a public address by being there."
  }

  assert {
    condition     = length(distinct(concat(values(aws_subnet.private)[*].cidr_block, values(aws_subnet.public)[*].cidr_block))) == 4
    error_message = "Subnets have ranges of their own."
  }

  assert {
    condition     = aws_default_security_group.closed.ingress == null || length(aws_default_security_group.closed.ingress) == 0
    error_message = "The default security group lets nothing in."
  }
}

run "hub" {
  command = apply

  module {
    source = "../modules/aws-hub"
  }

  variables {
    cluster = "test-west"
    hub = {
      name            = "lab"
      namespace       = "ocean"
      community       = "ocean-lab"
      scratch_buckets = { scratch = { expire_days = 7 } }
      read_buckets    = ["ocean-data"]
    }
    oidc                = { arn = "arn:aws:iam::123456789012:oidc-provider/oidc.example.org/id/1", issuer = "oidc.example.org/id/1" }
    account             = "123456789012"
    partition           = "aws"
    deletion_protection = true
  }

  assert {
    condition     = jsondecode(aws_iam_role.hub.assume_role_policy).Statement[0].Condition.StringEquals["oidc.example.org/id/1:sub"] == "system:serviceaccount:ocean:user-sa"
    error_message = "Only user-sa of the hub's namespace is the hub's identity."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.scratch["scratch"].rule[0].expiration[0].days == 7
    error_message = "A scratch bucket's files expire."
  }

  assert {
    condition = (
      aws_s3_bucket_public_access_block.scratch["scratch"].restrict_public_buckets &&
      aws_s3_bucket_public_access_block.scratch["scratch"].block_public_policy
    )
    error_message = "A bucket is not public."
  }

  assert {
    condition = (
      !aws_s3_bucket.scratch["scratch"].force_destroy &&
      length(aws_s3_bucket.scratch["scratch"].bucket) <= 63
    )
    error_message = "A bucket with files in it is not destroyed, and its name fits."
  }

  assert {
    condition     = aws_s3_bucket.scratch["scratch"].tags == tomap({ hubfleet-hub = "lab", hubfleet-community = "ocean-lab" })
    error_message = "A bucket carries hub and community."
  }

  assert {
    condition     = !anytrue([for statement in jsondecode(aws_iam_role_policy.buckets[0].policy).Statement : contains(flatten([statement.Resource]), "arn:aws:s3:::ocean-data/*") && anytrue([for action in statement.Action : action != "s3:GetObject"])])
    error_message = "A bucket that is read is only read."
  }
}

run "homes" {
  command = plan

  module {
    source = "../modules/aws-homes"
  }

  variables {
    cluster   = "test-west"
    network   = { vpc = "vpc-1", cidr = "10.64.0.0/16", subnets = { eu-west-1a = "subnet-1" } }
    region    = "eu-west-1"
    partition = "aws"
    storage   = { kind = "efs", tier = "", snapshot_keep_days = 14 }
    disks     = { lab = { size_gb = 500, community = "Ocean Lab", zone = "eu-west-1a" } }
  }

  assert {
    condition = (
      aws_ebs_volume.homes["lab"].final_snapshot &&
      aws_ebs_volume.homes["lab"].encrypted &&
      aws_ebs_volume.homes["lab"].size == 500
    )
    error_message = "A disk that goes leaves a snapshot."
  }

  assert {
    condition = (
      aws_ebs_volume.homes["lab"].tags["hubfleet-copies"] == "daily" &&
      aws_ebs_volume.homes["lab"].tags["hubfleet-hub"] == "lab" &&
      aws_ebs_volume.homes["lab"].tags["hubfleet-community"] == "Ocean Lab"
    )
    error_message = "A disk is copied each night, and carries hub and community."
  }

  assert {
    condition = (
      aws_efs_file_system.homes[0].encrypted &&
      aws_efs_file_system.homes[0].tags["hubfleet-copies"] == "daily"
    )
    error_message = "The file store is copied each night."
  }

  assert {
    condition     = one(aws_backup_plan.homes[0].rule).lifecycle[0].delete_after == 14
    error_message = "Copies are kept for the days asked for."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.nfs[0].cidr_ipv4 == "10.64.0.0/16"
    error_message = "The file store is reached from the network only."
  }
}

run "cluster" {
  command = plan

  module {
    source = "../modules/aws-cluster"
  }

  variables {
    cluster     = "test-west"
    name        = "hubs"
    subnets     = ["subnet-1", "subnet-2"]
    authorized  = ["192.0.2.0/24"]
    addons      = ["vpc-cni", "aws-ebs-csi-driver"]
    volume_tags = { hubfleet-cluster = "test-west" }
    partition   = "aws"
  }

  assert {
    condition = (
      aws_eks_cluster.this.vpc_config[0].public_access_cidrs == toset(["192.0.2.0/24"]) &&
      aws_eks_cluster.this.vpc_config[0].endpoint_private_access
    )
    error_message = "The API is reached only from where it may be."
  }

  assert {
    condition     = contains(aws_eks_cluster.this.enabled_cluster_log_types, "audit")
    error_message = "The control plane writes a log."
  }

  assert {
    condition     = jsondecode(aws_eks_addon.this["vpc-cni"].configuration_values).enableNetworkPolicy == "true"
    error_message = "Network policies are kept."
  }

  assert {
    condition     = jsondecode(aws_eks_addon.this["aws-ebs-csi-driver"].configuration_values).controller.extraVolumeTags["hubfleet-cluster"] == "test-west"
    error_message = "Volumes that Kubernetes makes carry the cluster."
  }
}

run "archive" {
  command = plan

  module {
    source = "../modules/aws-archive"
  }

  variables {
    cluster   = "test-west"
    account   = "123456789012"
    keep_days = 10
  }

  assert {
    condition = (
      aws_s3_bucket_object_lock_configuration.archive.rule[0].default_retention[0].days == 10 &&
      !aws_s3_bucket.archive.force_destroy
    )
    error_message = "An archive is kept."
  }

  assert {
    condition = (
      aws_s3_bucket_versioning.archive.versioning_configuration[0].status == "Enabled" &&
      aws_s3_bucket_public_access_block.archive.restrict_public_buckets
    )
    error_message = "An archive is versioned and not public."
  }
}
