provider "azurerm" {
  subscription_id     = var.place.subscription
  storage_use_azuread = true

  features {
    resource_group {
      prevent_deletion_if_contains_resources = true
    }
  }
}

locals {
  tags = merge(var.tags, { hubfleet-cluster = var.cluster })
  hubs = { for name, hub in var.hubs : name => merge(hub, { name = name, community = substr(hub.community, 0, 256) }) }
  place = {
    resource_group    = azurerm_resource_group.this.name
    resource_group_id = azurerm_resource_group.this.id
    subscription      = var.place.subscription
    location          = var.place.location
    tags              = local.tags
  }

  # AKS makes one pool with the cluster, which can not go: the first core pool that may be it.
  core_pool = sort([for name, pool in var.node_pools : name if pool.purpose == "core" && pool.min >= 1 && !pool.spot])[0]

  # Disks are where the core nodes are, because the NFS servers run there.
  home_zone = concat(var.node_pools[local.core_pool].zones, [""])[0]
  disks = {
    for name, hub in local.hubs : name => {
      size_gb   = hub.homes.size_gb > 0 ? hub.homes.size_gb : var.storage.size_gb
      community = hub.community
    } if hub.homes.kind == "nfs" && (hub.homes.size_gb > 0 || var.storage.kind == "disk")
  }
}

resource "azurerm_resource_group" "this" {
  name     = var.place.resource_group
  location = var.place.location
  tags     = local.tags
}

module "pools" {
  source = "../modules/pools"

  node_pools = var.node_pools
  hubs       = local.hubs
}

module "network" {
  source = "../modules/azure-network"

  name  = var.kubernetes_name
  place = local.place
  cidr  = var.network.cidr
}

module "cluster" {
  source = "../modules/azure-cluster"

  name               = var.kubernetes_name
  place              = local.place
  kubernetes_version = var.kubernetes_version
  release_channel    = lower(var.release_channel)
  network            = merge(module.network.ranges, { subnet = module.network.subnet })
  authorized         = var.network.authorized
  core_pool          = { name = local.core_pool, pool = module.pools.pools[local.core_pool] }
}

module "node_pools" {
  source = "../modules/azure-node-pools"

  kubernetes_cluster = { id = module.cluster.id, version = var.kubernetes_version }
  subnet             = module.network.subnet
  pools              = { for name, pool in module.pools.pools : name => pool if name != local.core_pool }
  tags               = local.tags
}

module "homes" {
  source = "../modules/azure-homes"

  cluster             = var.cluster
  place               = local.place
  zone                = local.home_zone
  subnet              = module.network.subnet
  cluster_identity    = module.cluster.identity
  storage             = var.storage
  disks               = local.disks
  deletion_protection = var.deletion_protection
}

module "hub" {
  source   = "../modules/azure-hub"
  for_each = local.hubs

  cluster = var.cluster
  hub     = each.value
  issuer  = module.cluster.issuer
  place   = local.place
}

module "registry" {
  source = "../modules/azure-registry"
  count  = var.registry ? 1 : 0

  cluster       = var.cluster
  place         = local.place
  node_identity = module.cluster.node_identity
}

module "archive" {
  source = "../modules/azure-archive"
  count  = var.archive == null ? 0 : 1

  cluster   = var.cluster
  place     = local.place
  keep_days = var.archive.keep_days
}

module "budget" {
  source = "../modules/azure-budget"
  count  = var.budget == null ? 0 : 1

  cluster = var.cluster
  place   = local.place
  budget  = var.budget
}
