variable "place" {
  description = "Where the state of the clusters is: a subscription and a location"
  type = object({
    subscription = string
    location     = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.place.subscription))
    error_message = "place.subscription must be an id, such as 12345678-90ab-cdef-1234-567890abcdef."
  }
  validation {
    condition     = can(regex("^[a-z]+[0-9]?$", var.place.location))
    error_message = "place.location must be the short name of a location, such as westeurope."
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
      can(regex("^[^<>%&\\\\?/]{1,128}$", name)) && length(value) <= 256
    ])
    error_message = "tags must have names of 1 to 128 characters without < > % & ? / and backslash, and values of at most 256 characters."
  }
}

variable "backend" {
  description = "What terraform/azure gets by -backend-config, to be sure that its state is looked for where this makes a place for it."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = lookup(var.backend, "storage_account_name", "hubfleet${substr(sha256(var.place.subscription), 0, 16)}") == "hubfleet${substr(sha256(var.place.subscription), 0, 16)}"
    error_message = "backend.storage_account_name must be hubfleet${substr(sha256(var.place.subscription), 0, 16)}: that is what is made here."
  }
}
