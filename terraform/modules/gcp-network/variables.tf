variable "name" {
  description = "Name of the network: the cluster's."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", var.name))
    error_message = "name must be lower-case letters, digits and hyphens, at most 40 characters."
  }
}

variable "cidr" {
  description = "The network's addresses, /12 to /16: an eighth each for nodes and services, a half for pods."
  type        = string

  validation {
    condition     = can(cidrsubnet(var.cidr, 3, 7))
    error_message = "cidr must be an IPv4 range such as 10.64.0.0/16."
  }
}

variable "region" {
  description = "The region."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region, such as us-west1."
  }
}

