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

variable "budget" {
  description = "Amount of a month in the currency of the bill, and who gets mail."
  type        = object({ amount = number, emails = list(string) })

  validation {
    condition     = var.budget.amount > 0 && length(var.budget.emails) > 0 && length(var.budget.emails) <= 5
    error_message = "budget needs an amount and 1 to 5 addresses."
  }
}
