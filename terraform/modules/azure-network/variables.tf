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

variable "cidr" {
  description = "Addresses: the first half is the network's, where nodes are; the third quarter is for services of the cluster."
  type        = string

  validation {
    condition     = can(cidrsubnet(var.cidr, 2, 3))
    error_message = "cidr must be an IPv4 range such as 10.64.0.0/16."
  }
}
