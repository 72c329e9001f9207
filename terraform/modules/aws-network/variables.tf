variable "name" {
  description = "Name of the network: the cluster's."
  type        = string

  validation {
    condition     = var.name != ""
    error_message = "name must not be empty."
  }
}

variable "cidr" {
  description = "The network's addresses, /16 to /20."
  type        = string

  validation {
    condition     = can(cidrsubnet(var.cidr, 4, 15))
    error_message = "cidr must be an IPv4 range such as 10.64.0.0/16."
  }
}

variable "zones" {
  description = "Two or three availability zones; nodes without zones of their own, and disks, are in the first one."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 3
    error_message = "zones must be two or three: EKS asks for two, the address plan has room for three."
  }
}

variable "region" {
  description = "The region of the network."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region, such as eu-west-1."
  }
}

variable "flow_log_days" {
  description = "Days that refused connections are kept in the log."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400], var.flow_log_days)
    error_message = "flow_log_days must be one that CloudWatch knows, such as 7, 30 or 90."
  }
}
