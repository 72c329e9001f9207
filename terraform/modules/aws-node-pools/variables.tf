variable "cluster" {
  description = "hubfleet's name of the cluster, at most 40 characters."
  type        = string

  validation {
    condition     = length(var.cluster) >= 1 && length(var.cluster) <= 40
    error_message = "cluster must have 1 to 40 characters."
  }
}

variable "kubernetes_cluster" {
  description = "The cloud's name of the cluster, and its Kubernetes version, which new pools start with."
  type        = object({ name = string, version = string })

  validation {
    condition     = var.kubernetes_cluster.name != ""
    error_message = "kubernetes_cluster needs a name."
  }
}

variable "subnets" {
  description = "Ids of the private subnets by zone."
  type        = map(string)

  validation {
    condition     = length(var.subnets) >= 1
    error_message = "subnets must not be empty."
  }
}

variable "default_zone" {
  description = "Where pools without zones of their own are: one zone, because a volume can not leave its zone."
  type        = string

  validation {
    condition     = contains(keys(var.subnets), var.default_zone)
    error_message = "default_zone must be one that has a subnet."
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
    condition     = alltrue(flatten([for pool in values(var.pools) : [for zone in pool.zones : contains(keys(var.subnets), zone)]]))
    error_message = "zones of a pool must be zones of the cluster's network: the first three of the region."
  }
}

variable "tags" {
  description = "Tags of the machines and their disks, which no default of the provider reaches."
  type        = map(string)

  validation {
    condition     = contains(keys(var.tags), "hubfleet-cluster")
    error_message = "tags must name the cluster."
  }
}

variable "partition" {
  description = "Part of AWS that the account is in."
  type        = string

  validation {
    condition     = contains(["aws", "aws-us-gov", "aws-cn"], var.partition)
    error_message = "partition must be aws, aws-us-gov or aws-cn."
  }
}
