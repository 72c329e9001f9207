variable "name" {
  description = "The cloud's name of the cluster."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$", var.name))
    error_message = "name must be letters, digits, hyphens and underscores, at most 63 characters."
  }
}

variable "place" {
  description = "Name and id of the resource group, the subscription and location, and the tags of everything."
  type = object({
    resource_group    = string
    resource_group_id = string
    subscription      = string
    location          = string
    tags              = map(string)
  })

  validation {
    condition     = contains(keys(var.place.tags), "hubfleet-cluster")
    error_message = "place.tags must name the cluster."
  }
}

variable "kubernetes_version" {
  description = "Version of the control plane; null: the one that AKS recommends."
  type        = string
  default     = null

  validation {
    condition     = var.kubernetes_version == null || can(regex("^1\\.[0-9]+", var.kubernetes_version))
    error_message = "kubernetes_version must be such as 1.35 or 1.35.4, or null."
  }
}

variable "release_channel" {
  description = "patch, stable, rapid, node-image, or empty for none."
  type        = string

  validation {
    condition     = contains(["patch", "stable", "rapid", "node-image", ""], var.release_channel)
    error_message = "release_channel must be patch, stable, rapid, node-image or empty."
  }
}

variable "network" {
  description = "Id of the nodes' subnet, and the addresses of services, their DNS and pods."
  type        = object({ subnet = string, services = string, dns = string, pods = string })

  validation {
    condition     = can(cidrnetmask(var.network.services)) && can(cidrnetmask(var.network.pods))
    error_message = "network needs IPv4 ranges for services and pods."
  }
}

variable "authorized" {
  description = "IPv4 ranges that may reach the API from outside; empty: any, with credentials."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for range in var.authorized : can(cidrnetmask(range))])
    error_message = "authorized must be IPv4 ranges."
  }
}

variable "core_pool" {
  description = "Name and settings of the core pool that AKS makes with the cluster."
  type = object({
    name = string
    pool = object({
      machine_type = string
      min          = number
      max          = number
      disk_gb      = number
      spot         = bool
      gpu          = optional(object({ type = string, count = number }))
      zones        = list(string)
      hub          = string
      community    = string
      labels       = map(string)
      taints       = list(object({ key = string, value = string, effect = string }))
    })
  })

  validation {
    condition     = length(var.core_pool.pool.taints) == 0 && !var.core_pool.pool.spot
    error_message = "core_pool must have no taints and no spot: AKS runs the cluster's own services there."
  }
}
