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

variable "name" {
  description = "The cloud's name of the cluster."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", var.name))
    error_message = "name must be lower-case letters, digits and hyphens, at most 40 characters."
  }
}

variable "location" {
  description = "Region (a control plane in three zones) or zone (in one)."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+(-[a-z])?$", var.location))
    error_message = "location must be a region or a zone."
  }
}

variable "kubernetes_version" {
  description = "The lowest version of the control plane; null: the channel's."
  type        = string
  default     = null

  validation {
    condition     = var.kubernetes_version == null || can(regex("^1\\.[0-9]+", var.kubernetes_version))
    error_message = "kubernetes_version must be such as 1.35 or 1.35.4-gke.1000, or null."
  }
}

variable "release_channel" {
  description = "STABLE, REGULAR, RAPID, or empty for none."
  type        = string

  validation {
    condition     = contains(["STABLE", "REGULAR", "RAPID", ""], var.release_channel)
    error_message = "release_channel must be STABLE, REGULAR, RAPID or empty."
  }
}

variable "network" {
  description = "Ids of network and subnetwork, and the names of the ranges for pods and services."
  type        = object({ network = string, subnetwork = string, pods = string, services = string })

  validation {
    condition     = var.network.pods != "" && var.network.services != ""
    error_message = "network needs ranges for pods and services."
  }
}

variable "authorized" {
  description = "IPv4 ranges that may reach the API from outside; empty: any, with credentials."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for range in var.authorized : can(cidrnetmask(range))])
    error_message = "authorized must be IPv4 ranges."
  }
}

variable "labels" {
  description = "Labels of everything that Google makes for the cluster: nodes, disks, load balancers."
  type        = map(string)

  validation {
    condition     = contains(keys(var.labels), "hubfleet-cluster")
    error_message = "labels must name the cluster."
  }
}

variable "deletion_protection" {
  description = "Whether the cluster refuses to be destroyed."
  type        = bool
}
