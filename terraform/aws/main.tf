provider "aws" {
  region              = var.place.region
  allowed_account_ids = [var.place.account]

  default_tags {
    tags = local.tags
  }
}

data "aws_availability_zones" "these" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  tags      = merge(var.tags, { hubfleet-cluster = var.cluster })
  partition = startswith(var.place.region, "us-gov-") ? "aws-us-gov" : startswith(var.place.region, "cn-") ? "aws-cn" : "aws"
  zones     = slice(sort(data.aws_availability_zones.these.names), 0, min(3, length(data.aws_availability_zones.these.names)))

  # Tag values may hold letters, digits, spaces and + - = . _ : / @, and community names anything.
  community = { for name, hub in var.hubs : name => substr(replace(hub.community, "/[^\\pL\\pN +=._:\\/@-]/", "-"), 0, 256) }
  hubs      = { for name, hub in var.hubs : name => merge(hub, { name = name, community = local.community[name] }) }

  # Disks are where the core nodes are, because the NFS servers run there.
  core_zones = flatten([for name in sort(keys(var.node_pools)) : var.node_pools[name].zones if var.node_pools[name].purpose == "core"])
  home_zone  = concat(local.core_zones, local.zones)[0]
  disks = {
    for name, hub in local.hubs : name => {
      size_gb   = hub.homes.size_gb > 0 ? hub.homes.size_gb : var.storage.size_gb
      community = hub.community
      zone      = local.home_zone
    } if hub.homes.kind == "nfs" && (hub.homes.size_gb > 0 || var.storage.kind == "disk")
  }
}

module "pools" {
  source = "../modules/pools"

  node_pools = var.node_pools
  hubs       = local.hubs
}

module "network" {
  source = "../modules/aws-network"

  name   = var.kubernetes_name
  cidr   = var.network.cidr
  region = var.place.region
  zones  = local.zones
}

module "cluster" {
  source = "../modules/aws-cluster"

  cluster            = var.cluster
  name               = var.kubernetes_name
  kubernetes_version = var.kubernetes_version
  subnets            = values(module.network.private_subnets)
  authorized         = var.network.authorized
  addons             = var.addons
  volume_tags        = merge(local.tags, { hubfleet-copies = "daily" })
  partition          = local.partition
}

module "node_pools" {
  source = "../modules/aws-node-pools"

  cluster            = var.cluster
  kubernetes_cluster = { name = module.cluster.name, version = module.cluster.version }
  subnets            = module.network.private_subnets
  default_zone       = local.home_zone
  pools              = module.pools.pools
  tags               = local.tags
  partition          = local.partition
}

module "homes" {
  source = "../modules/aws-homes"

  cluster   = var.cluster
  network   = { vpc = module.network.vpc, cidr = var.network.cidr, subnets = module.network.private_subnets }
  region    = var.place.region
  partition = local.partition
  storage   = var.storage
  disks     = local.disks
}

module "hub" {
  source   = "../modules/aws-hub"
  for_each = local.hubs

  cluster             = var.cluster
  hub                 = each.value
  oidc                = module.cluster.oidc
  account             = var.place.account
  partition           = local.partition
  deletion_protection = var.deletion_protection
}

module "registry" {
  source = "../modules/aws-registry"
  count  = var.registry ? 1 : 0

  cluster             = var.cluster
  images              = ["hub", "proxy", "user"]
  deletion_protection = var.deletion_protection
}

module "archive" {
  source = "../modules/aws-archive"
  count  = var.archive == null ? 0 : 1

  cluster   = var.cluster
  account   = var.place.account
  keep_days = var.archive.keep_days
}

module "budget" {
  source = "../modules/aws-budget"
  count  = var.budget == null ? 0 : 1

  cluster = var.cluster
  budget  = var.budget
}
