variable "node_pools" {
  description = "The cluster's pools by name."
  type = map(object({
    purpose      = string
    machine_type = string
    min          = number
    max          = number
    disk_gb      = number
    spot         = bool
    gpu          = optional(object({ type = string, count = number }))
    zones        = list(string)
  }))

  validation {
    condition     = alltrue([for pool in values(var.node_pools) : contains(["core", "user", "dask", "gpu"], pool.purpose)])
    error_message = "node_pools: purpose must be core, user, dask or gpu."
  }
}

variable "hubs" {
  description = "The hubs that may have a pool of their own, by name."
  type = map(object({
    community = string
    node_pool = optional(object({
      machine_type = string
      min          = number
      max          = number
      disk_gb      = number
      spot         = bool
      gpu          = optional(object({ type = string, count = number }))
    }))
  }))

  validation {
    condition     = alltrue([for hub in values(var.hubs) : hub.node_pool == null ? true : hub.node_pool.max >= 1])
    error_message = "hubs: a node_pool needs a max of 1 or more."
  }
}
