variable "cluster" {
  description = "hubfleet's name of the cluster, at most 40 characters."
  type        = string

  validation {
    condition     = length(var.cluster) >= 1 && length(var.cluster) <= 40
    error_message = "cluster must have 1 to 40 characters."
  }
}

variable "account" {
  description = "The account's number: names of buckets are unique in the whole of AWS."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "account must be 12 digits."
  }
}

variable "keep_days" {
  description = "Days in which no version of an archive can be deleted."
  type        = number

  validation {
    condition     = var.keep_days >= 1 && var.keep_days <= 36500
    error_message = "keep_days must be from 1 to 36500."
  }
}
