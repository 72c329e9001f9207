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

variable "zone" {
  description = "Zone of the disks; empty: none, as the core nodes have none."
  type        = string

  validation {
    condition     = contains(["", "1", "2", "3"], var.zone)
    error_message = "zone must be 1, 2, 3 or empty."
  }
}

variable "subnet" {
  description = "Id of the subnet that reaches the file store."
  type        = string

  validation {
    condition     = var.subnet != ""
    error_message = "subnet must not be empty."
  }
}

variable "cluster_identity" {
  description = "Principal that the cluster is: it attaches the disks."
  type        = string

  validation {
    condition     = var.cluster_identity != ""
    error_message = "cluster_identity must not be empty."
  }
}

variable "storage" {
  description = "Kind, size and tier of the homes, and days that daily copies are kept (0: no copies)."
  type        = object({ kind = string, size_gb = number, tier = string, snapshot_keep_days = number })

  validation {
    condition     = contains(["none", "disk", "azure-files"], var.storage.kind)
    error_message = "storage.kind must be none, disk or azure-files."
  }
}

variable "disks" {
  description = "Hubs with a disk of their own: its size and the hub's community."
  type        = map(object({ size_gb = number, community = string }))

  validation {
    condition     = alltrue([for disk in values(var.disks) : disk.size_gb >= 10])
    error_message = "disks must have 10 GB or more."
  }
}

variable "deletion_protection" {
  description = "Whether the file store is locked against being destroyed."
  type        = bool
}
