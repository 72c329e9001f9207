variable "cluster" {
  description = "hubfleet's name of the cluster, at most 40 characters."
  type        = string

  validation {
    condition     = length(var.cluster) >= 1 && length(var.cluster) <= 40
    error_message = "cluster must have 1 to 40 characters."
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

variable "node_identity" {
  description = "Principal that the nodes are: it may pull."
  type        = string

  validation {
    condition     = var.node_identity != ""
    error_message = "node_identity must not be empty."
  }
}
