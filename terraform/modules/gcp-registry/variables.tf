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

variable "deletion_protection" {
  description = "Whether the registry refuses to be destroyed."
  type        = bool
}
