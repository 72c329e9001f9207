variable "kubernetes_cluster" {
  description = "Id of the cluster, the version new pools start with (null: the control plane's), and whether a release channel upgrades them."
  type        = object({ id = string, version = optional(string), upgraded = bool })

  validation {
    condition     = var.kubernetes_cluster.id != ""
    error_message = "kubernetes_cluster needs an id."
  }
}

variable "node_account" {
  description = "Email of the service account that nodes are."
  type        = string

  validation {
    condition     = strcontains(var.node_account, "@")
    error_message = "node_account must be an email address."
  }
}

variable "pools" {
  description = "The pools as the module pools gives them."
  type = map(object({
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
  }))

  validation {
    condition     = alltrue([for pool in values(var.pools) : pool.max >= pool.min])
    error_message = "pools: max must not be less than min."
  }
}

variable "labels" {
  description = "Labels of the machines and their disks."
  type        = map(string)

  validation {
    condition     = contains(keys(var.labels), "hubfleet-cluster")
    error_message = "labels must name the cluster."
  }
}
