variable "kubernetes_cluster" {
  description = "Id of the cluster, and the version new pools start with (null: the control plane's)."
  type        = object({ id = string, version = optional(string) })

  validation {
    condition     = var.kubernetes_cluster.id != ""
    error_message = "kubernetes_cluster needs an id."
  }
}

variable "subnet" {
  description = "Id of the nodes' subnet."
  type        = string

  validation {
    condition     = var.subnet != ""
    error_message = "subnet must not be empty."
  }
}

variable "pools" {
  description = "The pools as the module pools gives them, without the one that AKS made with the cluster."
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

variable "tags" {
  description = "Tags of the machines."
  type        = map(string)

  validation {
    condition     = contains(keys(var.tags), "hubfleet-cluster")
    error_message = "tags must name the cluster."
  }
}
