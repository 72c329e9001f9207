variable "cluster" {
  description = "hubfleet's name of the cluster, at most 40 characters."
  type        = string

  validation {
    condition     = length(var.cluster) >= 1 && length(var.cluster) <= 40
    error_message = "cluster must have 1 to 40 characters."
  }
}

variable "project" {
  description = "Id of the Google Cloud project."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project must be a project id."
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

variable "zone" {
  description = "Where disks and zonal file stores are made; empty where there are none."
  type        = string

  validation {
    condition     = var.zone == "" || can(regex("^[a-z]+-[a-z]+[0-9]+-[a-z]$", var.zone))
    error_message = "zone must be a zone, such as us-west1-b."
  }
}

variable "network" {
  description = "Name of the network that reaches the file store."
  type        = string

  validation {
    condition     = var.network != ""
    error_message = "network must not be empty."
  }
}

variable "storage" {
  description = "Kind, size and tier of the homes, and days that daily copies are kept (0: no copies)."
  type        = object({ kind = string, size_gb = number, tier = string, snapshot_keep_days = number })

  validation {
    condition     = contains(["none", "disk", "filestore"], var.storage.kind)
    error_message = "storage.kind must be none, disk or filestore."
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
  description = "Whether the file store refuses to be destroyed."
  type        = bool
}
