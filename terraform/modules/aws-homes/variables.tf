variable "cluster" {
  description = "hubfleet's name of the cluster, at most 40 characters."
  type        = string

  validation {
    condition     = length(var.cluster) >= 1 && length(var.cluster) <= 40
    error_message = "cluster must have 1 to 40 characters."
  }
}

variable "network" {
  description = "Where the file store is reachable: id, addresses and private subnets by zone."
  type        = object({ vpc = string, cidr = string, subnets = map(string) })

  validation {
    condition     = can(cidrnetmask(var.network.cidr))
    error_message = "network.cidr must be an IPv4 range."
  }
}

variable "region" {
  description = "The region of the file store."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region, such as eu-west-1."
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

variable "storage" {
  description = "Kind and tier of the homes, and days that daily copies are kept (0: no copies)."
  type        = object({ kind = string, tier = string, snapshot_keep_days = number })

  validation {
    condition     = contains(["none", "disk", "efs"], var.storage.kind)
    error_message = "storage.kind must be none, disk or efs."
  }
}

variable "disks" {
  description = "Hubs with a disk of their own: its size, the hub's community and the zone where it is made."
  type        = map(object({ size_gb = number, community = string, zone = string }))

  validation {
    condition     = alltrue([for disk in values(var.disks) : disk.size_gb >= 10])
    error_message = "disks must have 10 GB or more."
  }
}
