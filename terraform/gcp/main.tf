provider "google" {
  project        = var.place.project
  region         = local.region
  default_labels = local.labels
  # Some services, budgets among them, want to know which project asks.
  user_project_override = true
  billing_project       = var.place.project
}

locals {
  region = regex("^[a-z]+-[a-z]+[0-9]+", var.place.location)

  # Values of labels are lower-case letters, digits, - and _, at most 63 characters; community names hold anything.
  labels    = merge({ for name, value in var.tags : name => replace(lower(value), "/[^a-z0-9_-]/", "-") }, { hubfleet-cluster = var.cluster })
  community = { for name, hub in var.hubs : name => substr(replace(lower(hub.community), "/[^a-z0-9_-]+/", "-"), 0, 63) }
  hubs      = { for name, hub in var.hubs : name => merge(hub, { name = name, community = local.community[name] }) }

  # Disks are where the core nodes are, because the NFS servers run there.
  core_zones = flatten([for name in sort(keys(var.node_pools)) : var.node_pools[name].zones if var.node_pools[name].purpose == "core"])
  home_zone  = concat(local.core_zones, local.region == var.place.location ? [""] : [var.place.location])[0]
  disks = {
    for name, hub in local.hubs : name => {
      size_gb   = hub.homes.size_gb > 0 ? hub.homes.size_gb : var.storage.size_gb
      community = hub.community
    } if hub.homes.kind == "nfs" && (hub.homes.size_gb > 0 || var.storage.kind == "disk")
  }

  services = concat(
    ["compute", "container", "iam", "cloudresourcemanager", "storage", "logging", "monitoring", "artifactregistry"],
    var.storage.kind == "filestore" ? ["file", "workflows", "workflowexecutions", "cloudscheduler"] : [],
    var.budget == null ? [] : ["billingbudgets", "cloudbilling"],
  )
}

resource "google_project_service" "these" {
  for_each = toset(local.services)

  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

module "pools" {
  source = "../modules/pools"

  node_pools = var.node_pools
  hubs       = local.hubs
}

module "network" {
  source = "../modules/gcp-network"

  name   = var.kubernetes_name
  cidr   = var.network.cidr
  region = local.region

  depends_on = [google_project_service.these]
}

module "cluster" {
  source = "../modules/gcp-cluster"

  cluster            = var.cluster
  name               = var.kubernetes_name
  project            = var.place.project
  location           = var.place.location
  kubernetes_version = var.kubernetes_version
  release_channel    = upper(var.release_channel)
  network = {
    network    = module.network.network.id
    subnetwork = module.network.subnetwork.id
    pods       = module.network.subnetwork.pods
    services   = module.network.subnetwork.services
  }
  authorized          = var.network.authorized
  labels              = local.labels
  deletion_protection = var.deletion_protection

  depends_on = [google_project_service.these]
}

module "node_pools" {
  source = "../modules/gcp-node-pools"

  kubernetes_cluster = {
    id       = module.cluster.id
    version  = var.kubernetes_version
    upgraded = var.release_channel != ""
  }
  node_account = module.cluster.node_account
  pools        = module.pools.pools
  labels       = local.labels
}

module "homes" {
  source = "../modules/gcp-homes"

  cluster             = var.cluster
  project             = var.place.project
  region              = local.region
  zone                = local.home_zone
  network             = module.network.network.name
  storage             = var.storage
  disks               = local.disks
  deletion_protection = var.deletion_protection

  depends_on = [google_project_service.these]
}

module "hub" {
  source   = "../modules/gcp-hub"
  for_each = local.hubs

  cluster             = var.cluster
  hub                 = each.value
  project             = var.place.project
  region              = local.region
  workload_pool       = module.cluster.workload_pool
  deletion_protection = var.deletion_protection

  depends_on = [google_project_service.these]
}

module "registry" {
  source = "../modules/gcp-registry"
  count  = var.registry ? 1 : 0

  cluster             = var.cluster
  project             = var.place.project
  region              = local.region
  deletion_protection = var.deletion_protection

  depends_on = [google_project_service.these]
}

module "archive" {
  source = "../modules/gcp-archive"
  count  = var.archive == null ? 0 : 1

  cluster   = var.cluster
  project   = var.place.project
  region    = local.region
  keep_days = var.archive.keep_days

  depends_on = [google_project_service.these]
}

module "budget" {
  source = "../modules/gcp-budget"
  count  = var.budget == null ? 0 : 1

  cluster = var.cluster
  project = var.place.project
  budget  = var.budget

  depends_on = [google_project_service.these]
}
