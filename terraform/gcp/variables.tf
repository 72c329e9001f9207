# The same names on every cloud: see ../README.md.

variable "cluster" {
  description = "hubfleet's name of the cluster: its folder below clusters/, and the value of the tag hubfleet-cluster."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", var.cluster)) && length(var.cluster) <= 40
    error_message = "cluster must be lower-case letters, digits and hyphens (not at its ends), at most 40 characters."
  }
}

variable "kubernetes_name" {
  description = "The cloud's name of the Kubernetes cluster."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", var.kubernetes_name))
    error_message = "kubernetes_name must be lower-case letters, digits and hyphens, starting with a letter, at most 40 characters."
  }
}

variable "place" {
  description = "Where the cluster is: a project, and a region (nodes in several zones) or a zone."
  type = object({
    project  = string
    location = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.place.project))
    error_message = "place.project must be a project id: 6 to 30 lower-case letters, digits and hyphens."
  }
  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+(-[a-z])?$", var.place.location))
    error_message = "place.location must be a region or a zone, such as us-west1 or us-west1-b."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version of control plane and nodes; null: what the cloud or the release channel gives."
  type        = string
  default     = null

  validation {
    condition = (
      var.kubernetes_version == null || can(regex("^1\\.[0-9]+(\\.[0-9]+(-gke\\.[0-9]+)?)?$", var.kubernetes_version))
    )
    error_message = "kubernetes_version must be such as 1.35, 1.35.4 or 1.35.4-gke.1000, or null."
  }
}

variable "release_channel" {
  description = "GKE upgrades the cluster as this channel does: STABLE, REGULAR or RAPID; empty: no channel."
  type        = string
  default     = "STABLE"
  nullable    = false

  validation {
    condition     = contains(["STABLE", "REGULAR", "RAPID", ""], upper(var.release_channel))
    error_message = "release_channel must be STABLE, REGULAR, RAPID, or empty."
  }
}

variable "network" {
  description = "Addresses of the cluster's own network, and the ranges that may reach the Kubernetes API (empty: from anywhere, with credentials)."
  type = object({
    cidr       = optional(string, "10.64.0.0/16")
    authorized = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition = can(cidrnetmask(var.network.cidr)) && try(
      cidrhost(var.network.cidr, 0) == split("/", var.network.cidr)[0], false
    )
    error_message = "network.cidr must be an IPv4 range that starts at its first address, such as 10.64.0.0/16."
  }
  validation {
    condition     = can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)", var.network.cidr))
    error_message = "network.cidr must be private: within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
  }
  validation {
    condition = try(
      tonumber(split("/", var.network.cidr)[1]) >= 12 && tonumber(split("/", var.network.cidr)[1]) <= 16, false
    )
    error_message = "network.cidr must have a prefix of /12 to /16."
  }
  validation {
    condition     = alltrue([for range in var.network.authorized : can(cidrnetmask(range))])
    error_message = "network.authorized must be IPv4 ranges, such as 192.0.2.0/24 (one address: 192.0.2.1/32)."
  }
  validation {
    condition     = !anytrue([for range in var.network.authorized : endswith(range, "/0")])
    error_message = "network.authorized must not hold the whole internet; leave it empty to say that."
  }
}

variable "node_pools" {
  description = "Machines by pool. purpose core: the hubs and the cluster's own services; user: users' servers; gpu: users' servers with accelerators; dask: workers of Dask clusters. zones empty: the cloud's choice."
  type = map(object({
    purpose      = string
    machine_type = string
    min          = optional(number, 0)
    max          = number
    disk_gb      = optional(number, 100)
    spot         = optional(bool, false)
    gpu          = optional(object({ type = string, count = number }))
    zones        = optional(list(string), [])
  }))
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.node_pools) : can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", name))])
    error_message = "Names of node_pools must be lower-case letters, digits and hyphens, starting with a letter, at most 40 characters."
  }
  validation {
    condition = alltrue([
      for pool in values(var.node_pools) :
      contains(["core", "user", "dask", "gpu"], pool.purpose)
    ])
    error_message = "node_pools: purpose must be core, user, dask or gpu."
  }
  validation {
    condition = anytrue([
      for pool in values(var.node_pools) :
      pool.purpose == "core" && pool.min >= 1 && !pool.spot
    ])
    error_message = "node_pools needs a pool of purpose core with min 1 or more and without spot: the hubs themselves run there."
  }
  validation {
    condition = alltrue([
      for pool in values(var.node_pools) :
      pool.max >= 1 && pool.max <= 1000 && pool.min >= 0 && pool.min <= pool.max &&
      floor(pool.min) == pool.min && floor(pool.max) == pool.max
    ])
    error_message = "node_pools: min and max must be whole numbers with 0 <= min <= max, and max from 1 to 1000."
  }
  validation {
    condition = alltrue([
      for pool in values(var.node_pools) :
      pool.disk_gb >= 30 && pool.disk_gb <= 10000 && floor(pool.disk_gb) == pool.disk_gb
    ])
    error_message = "node_pools: disk_gb must be a whole number from 30 to 10000."
  }
  validation {
    condition     = alltrue([for pool in values(var.node_pools) : (pool.purpose == "gpu") == (pool.gpu != null)])
    error_message = "node_pools: gpu is for pools of purpose gpu, and they need it."
  }
  validation {
    condition = alltrue([
      for pool in values(var.node_pools) :
      pool.gpu == null ? true : pool.gpu.type != "" && pool.gpu.count >= 1 && pool.gpu.count <= 16
    ])
    error_message = "node_pools: gpu needs a type, and a count from 1 to 16."
  }
  validation {
    condition     = length(setintersection(keys(var.node_pools), keys(var.hubs))) == 0
    error_message = "A node pool must not have a hub's name: the label hubfleet/pool would mean two things."
  }
  validation {
    condition     = !anytrue([for name in keys(var.node_pools) : startswith(name, "hub-")])
    error_message = "Names of node_pools must not start with hub-: these are the hubs' own pools."
  }
  validation {
    condition = (
      alltrue([for hub in values(var.hubs) : hub.node_pool != null]) ||
      anytrue([for pool in values(var.node_pools) : pool.purpose == "user"])
    )
    error_message = "node_pools needs a pool of purpose user: there are hubs without a pool of their own."
  }
}

variable "hubs" {
  description = "The hubs of the cluster: whose they are, where users' homes are (kind as in cluster.yaml; size_gb: the whole store, quota_gb: one user), their own machines, buckets, and the namespace whose service account user-sa is the hub's cloud identity."
  type = map(object({
    community = string
    use_case  = string
    namespace = string
    homes = object({
      kind     = string
      quota_gb = optional(number, 0)
      size_gb  = optional(number, 0)
    })
    node_pool = optional(object({
      machine_type = string
      min          = optional(number, 0)
      max          = number
      disk_gb      = optional(number, 100)
      spot         = optional(bool, false)
      gpu          = optional(object({ type = string, count = number }))
    }))
    scratch_buckets = optional(map(object({ expire_days = number })), {})
    read_buckets    = optional(list(string), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for name in concat(keys(var.hubs), [for hub in values(var.hubs) : hub.namespace]) :
      can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", name)) && length(name) <= 40
    ])
    error_message = "hubs: names and namespaces must be lower-case letters, digits and hyphens (not at the ends), at most 40 characters."
  }
  validation {
    condition     = length(distinct([for hub in values(var.hubs) : hub.namespace])) == length(var.hubs)
    error_message = "hubs: two hubs must not share a namespace, or each would have the other's data."
  }
  validation {
    condition = alltrue([
      for hub in values(var.hubs) :
      contains(["pvc", "nfs", "filestore", "efs", "azure-files", "none"], hub.homes.kind)
    ])
    error_message = "hubs: homes.kind must be pvc, nfs, filestore, efs, azure-files or none."
  }
  validation {
    condition = alltrue([
      for hub in values(var.hubs) :
      !contains(["filestore", "efs", "azure-files"], hub.homes.kind) || hub.homes.kind == var.storage.kind
    ])
    error_message = "hubs: homes.kind filestore, efs or azure-files needs the same storage.kind on the cluster."
  }
  validation {
    condition = alltrue([
      for hub in values(var.hubs) :
      hub.homes.size_gb == 0 || (hub.homes.size_gb >= 10 && hub.homes.size_gb <= 64000)
    ])
    error_message = "hubs: homes.size_gb must be from 10 to 64000, or 0 where the hub has no disk of its own."
  }
  validation {
    condition = alltrue([
      for hub in values(var.hubs) :
      hub.homes.quota_gb >= 0 && (hub.homes.size_gb == 0 || hub.homes.quota_gb <= hub.homes.size_gb)
    ])
    error_message = "hubs: homes.quota_gb (one user) must not be negative or larger than homes.size_gb (all users)."
  }
  validation {
    condition = alltrue([
      for pool in [for hub in values(var.hubs) : hub.node_pool if hub.node_pool != null] :
      pool.max >= 1 && pool.max <= 1000 && pool.min >= 0 && pool.min <= pool.max &&
      pool.disk_gb >= 30 && pool.disk_gb <= 10000
    ])
    error_message = "hubs: node_pool needs 0 <= min <= max, max from 1 to 1000, and disk_gb from 30 to 10000."
  }
  validation {
    condition = alltrue([
      for pool in [for hub in values(var.hubs) : hub.node_pool if hub.node_pool != null] :
      pool.gpu == null ? true : pool.gpu.type != "" && pool.gpu.count >= 1 && pool.gpu.count <= 16
    ])
    error_message = "hubs: node_pool.gpu needs a type, and a count from 1 to 16."
  }
  validation {
    condition = alltrue(flatten([
      for hub in values(var.hubs) : [
        for purpose, bucket in hub.scratch_buckets :
        can(regex("^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$", purpose)) && bucket.expire_days >= 1 && bucket.expire_days <= 3650
      ]
    ]))
    error_message = "hubs: scratch_buckets need a short lower-case name, such as scratch, and expire_days from 1 to 3650."
  }
  validation {
    condition = alltrue([
      for bucket in flatten([for hub in values(var.hubs) : hub.read_buckets]) :
      can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", bucket))
    ])
    error_message = "hubs: read_buckets must be names of buckets, without gs://."
  }
}

variable "storage" {
  description = "Where the hubs' homes are. filestore: one file store for the hubs whose homes.kind is filestore. disk: a disk of size_gb for each hub of homes.kind nfs that names no size_gb itself, behind an NFS server in the cluster. tier (empty: the default) is for disk: a kind of persistent disk, such as pd-balanced; filestore: BASIC_HDD, BASIC_SSD, ZONAL, REGIONAL or ENTERPRISE. snapshot_keep_days: days that the daily copies of disks and store are kept; 0: no copies."
  type = object({
    kind               = optional(string, "none")
    size_gb            = optional(number, 0)
    tier               = optional(string, "")
    snapshot_keep_days = optional(number, 30)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["none", "disk", "filestore"], var.storage.kind)
    error_message = "storage.kind must be none, disk or filestore."
  }
  validation {
    condition = (
      var.storage.size_gb >= 0 &&
      floor(var.storage.size_gb) == var.storage.size_gb &&
      (var.storage.kind != "disk" || var.storage.size_gb >= 10)
    )
    error_message = "storage.size_gb must be a whole number, and 10 or more for kind disk."
  }
  validation {
    condition = (
      var.storage.snapshot_keep_days >= 0 &&
      var.storage.snapshot_keep_days <= 365 &&
      floor(var.storage.snapshot_keep_days) == var.storage.snapshot_keep_days
    )
    error_message = "storage.snapshot_keep_days must be a whole number from 0 (no copies) to 365."
  }
  validation {
    condition = (
      var.storage.kind != "filestore" || contains(["", "BASIC_HDD", "BASIC_SSD", "ZONAL", "REGIONAL", "ENTERPRISE"], var.storage.tier)
    )
    error_message = "storage.tier of a filestore must be BASIC_HDD, BASIC_SSD, ZONAL, REGIONAL or ENTERPRISE."
  }
  validation {
    condition     = var.storage.kind != "filestore" || var.storage.size_gb >= 1024
    error_message = "storage.size_gb of a filestore must be 1024 or more."
  }
}

variable "registry" {
  description = "Whether to make an image registry that the cluster's nodes can pull from."
  type        = bool
  default     = false
  nullable    = false
}

variable "archive" {
  description = "A bucket for archives of hubs that were taken down; what is in it can not be deleted for keep_days. null: none."
  type        = object({ keep_days = number })
  default     = null

  validation {
    condition = var.archive == null ? true : (
      var.archive.keep_days >= 1 &&
      var.archive.keep_days <= 36500 &&
      floor(var.archive.keep_days) == var.archive.keep_days
    )
    error_message = "archive.keep_days must be a whole number from 1 to 36500."
  }
}

variable "budget" {
  description = "Mail to these addresses when the cluster's cost of a month reaches 50, 90 and 100 percent of the amount (in the currency of the bill). null: no budget."
  type = object({
    amount = number
    emails = list(string)
  })
  default = null

  validation {
    condition     = var.budget == null ? true : var.budget.amount > 0
    error_message = "budget.amount must be more than 0."
  }
  validation {
    condition = var.budget == null ? true : (
      length(var.budget.emails) >= 1 &&
      length(var.budget.emails) <= 5 &&
      alltrue([for email in var.budget.emails : can(regex("^[^@\\s<>]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", email))])
    )
    error_message = "budget.emails must be 1 to 5 email addresses."
  }
}

variable "tags" {
  description = "Further tags (labels on Google Cloud) of everything that is made. The names hubfleet-* are hubfleet's own."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = !anytrue([for name in keys(var.tags) : startswith(lower(name), "hubfleet-")])
    error_message = "tags must not start with hubfleet-: these name cluster, hub and community."
  }
  validation {
    condition = alltrue([
      for name, value in var.tags :
      can(regex("^[a-z][a-z0-9_-]{0,62}$", name)) && length(value) <= 63
    ])
    error_message = "tags must have names of lower-case letters, digits, - and _, starting with a letter, at most 63 characters, and values of at most 63 characters."
  }
}

variable "deletion_protection" {
  description = "Whether cluster and file store refuse to be destroyed, and buckets and registries that are not empty. To take a cluster down, false is applied first, on its own. Disks and archives are kept whatever this says: see the README."
  type        = bool
  default     = true
  nullable    = false
}
