variable "place" {
  description = "Where the state of the clusters is: a project, and a region or a zone of the region."
  type = object({
    project  = string
    location = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.place.project))
    error_message = "place.project must be a project id: 6 to 30 lower-case letters, digits and hyphens."
  }
  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+(-[a-z])?$", var.place.location))
    error_message = "place.location must be a region or a zone, such as us-west1 or us-west1-b."
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
      can(regex("^[a-z][a-z0-9_-]{0,62}$", name)) && length(value) <= 63
    ])
    error_message = "tags must have names of lower-case letters, digits, - and _, starting with a letter, at most 63 characters, and values of at most 63 characters."
  }
}

variable "backend" {
  description = "What terraform/gcp gets by -backend-config, to be sure that its state is looked for where this makes a place for it."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = lookup(var.backend, "bucket", "${var.place.project}-hubfleet-state") == "${var.place.project}-hubfleet-state"
    error_message = "backend.bucket must be ${var.place.project}-hubfleet-state: that is what is made here."
  }
}
