variable "place" {
  description = "Where the state of the clusters is: an account (other credentials are refused) and a region."
  type = object({
    account = string
    region  = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.place.account))
    error_message = "place.account must be an account number of 12 digits, as text."
  }
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.place.region))
    error_message = "place.region must be a region, such as eu-west-1."
  }
}

variable "tags" {
  description = "Further tags (labels on Google Cloud) of everything that is made. The names hubfleet-* are hubfleet's own."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = !anytrue([for name in keys(var.tags) : startswith(lower(name), "hubfleet-")])
    error_message = "tags must not start with hubfleet-: these name cluster, hub and community."
  }
  validation {
    condition = alltrue([
      for name, value in var.tags :
      can(regex("^[A-Za-z0-9 _.:/=+@-]{1,128}$", name)) && length(value) <= 256
    ])
    error_message = "tags must have names of letters, digits, spaces and _ . : / = + - @, at most 128 characters, and values of at most 256 characters."
  }
}

variable "backend" {
  description = "What terraform/aws gets by -backend-config, to be sure that its state is looked for where this makes a place for it."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = lookup(var.backend, "bucket", "hubfleet-state-${var.place.account}-${var.place.region}") == "hubfleet-state-${var.place.account}-${var.place.region}"
    error_message = "backend.bucket must be hubfleet-state-${var.place.account}-${var.place.region}: that is what is made here."
  }
}
