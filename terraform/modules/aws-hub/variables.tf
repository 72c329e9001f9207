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

variable "oidc" {
  description = "What the role trusts: ARN of the cluster's OpenID Connect provider, and its issuer without https://."
  type        = object({ arn = string, issuer = string })

  validation {
    condition     = !startswith(var.oidc.issuer, "https://")
    error_message = "oidc.issuer must be without https://."
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

variable "partition" {
  description = "Part of AWS that the account is in."
  type        = string

  validation {
    condition     = contains(["aws", "aws-us-gov", "aws-cn"], var.partition)
    error_message = "partition must be aws, aws-us-gov or aws-cn."
  }
}

variable "deletion_protection" {
  description = "Whether buckets that are not empty refuse to be destroyed."
  type        = bool
}
