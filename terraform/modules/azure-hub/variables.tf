variable "cluster" {
  description = "hubfleet's name of the cluster."
  type        = string

  validation {
    condition     = var.cluster != ""
    error_message = "cluster must not be empty."
  }
}

variable "hub" {
  description = "The hub: name, namespace, the buckets it has, and the resource ids of those it reads."
  type = object({
    name            = string
    namespace       = string
    community       = string
    scratch_buckets = map(object({ expire_days = number }))
    read_buckets    = list(string)
  })

  validation {
    condition     = var.hub.name != "" && var.hub.namespace != ""
    error_message = "hub needs a name and a namespace."
  }
  validation {
    condition     = alltrue([for bucket in values(var.hub.scratch_buckets) : bucket.expire_days >= 1])
    error_message = "hub: scratch_buckets need expire_days of 1 or more."
  }
}

variable "issuer" {
  description = "Address of the issuer of the cluster's tokens."
  type        = string

  validation {
    condition     = startswith(var.issuer, "https://")
    error_message = "issuer must start with https://."
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

