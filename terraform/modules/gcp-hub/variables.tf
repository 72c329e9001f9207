variable "cluster" {
  description = "hubfleet's name of the cluster."
  type        = string

  validation {
    condition     = var.cluster != ""
    error_message = "cluster must not be empty."
  }
}

variable "hub" {
  description = "The hub: name, namespace, and the buckets it has and reads."
  type = object({
    name            = string
    namespace       = string
    community       = string
    scratch_buckets = map(object({ expire_days = number }))
    read_buckets    = list(string)
  })

  validation {
    condition     = var.hub.name != "" && var.hub.namespace != ""
    error_message = "hub needs a name and a namespace."
  }
  validation {
    condition     = alltrue([for bucket in values(var.hub.scratch_buckets) : bucket.expire_days >= 1])
    error_message = "hub: scratch_buckets need expire_days of 1 or more."
  }
}

variable "workload_pool" {
  description = "Where the cluster's service accounts come from: <project>.svc.id.goog."
  type        = string

  validation {
    condition     = endswith(var.workload_pool, ".svc.id.goog")
    error_message = "workload_pool must be <project>.svc.id.goog."
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
  description = "Whether buckets that are not empty refuse to be destroyed."
  type        = bool
}
