variable "cluster" {
  description = "hubfleet's name of the cluster, at most 40 characters."
  type        = string

  validation {
    condition     = length(var.cluster) >= 1 && length(var.cluster) <= 40
    error_message = "cluster must have 1 to 40 characters."
  }
}

variable "name" {
  description = "The cloud's name of the cluster."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", var.name))
    error_message = "name must be letters, digits, hyphens and underscores, at most 100 characters."
  }
}

variable "kubernetes_version" {
  description = "Version of the control plane, two numbers; null: the newest that EKS has when the cluster is made."
  type        = string
  default     = null

  validation {
    condition     = var.kubernetes_version == null || can(regex("^1\\.[0-9]+$", var.kubernetes_version))
    error_message = "kubernetes_version must be two numbers, such as 1.35, or null."
  }
}

variable "subnets" {
  description = "Ids of private subnets in two zones or more."
  type        = list(string)

  validation {
    condition     = length(var.subnets) >= 2
    error_message = "subnets must be two or more."
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

variable "addons" {
  description = "EKS add-ons that the cluster gets."
  type        = set(string)

  validation {
    condition     = alltrue([for addon in var.addons : can(regex("^[a-z][a-z0-9-]+$", addon))])
    error_message = "addons must be names of EKS add-ons."
  }
}

variable "volume_tags" {
  description = "Tags of the volumes that Kubernetes makes."
  type        = map(string)

  validation {
    condition     = contains(keys(var.volume_tags), "hubfleet-cluster")
    error_message = "volume_tags must name the cluster."
  }
}

variable "log_days" {
  description = "Days that the control plane's logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400], var.log_days)
    error_message = "log_days must be one that CloudWatch knows, such as 7, 30 or 90."
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
