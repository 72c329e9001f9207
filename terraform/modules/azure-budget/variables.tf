variable "cluster" {
  description = "hubfleet's name of the cluster, at most 40 characters."
  type        = string

  validation {
    condition     = length(var.cluster) >= 1 && length(var.cluster) <= 40
    error_message = "cluster must have 1 to 40 characters."
  }
}

variable "place" {
  description = "Name and id of the resource group, the subscription and location, and the tags of everything."
  type = object({
    resource_group    = string
    resource_group_id = string
    subscription      = string
    location          = string
    tags              = map(string)
  })

  validation {
    condition     = contains(keys(var.place.tags), "hubfleet-cluster")
    error_message = "place.tags must name the cluster."
  }
}

variable "budget" {
  description = "Amount of a month in the currency of the bill, and who gets mail."
  type        = object({ amount = number, emails = list(string) })

  validation {
    condition     = var.budget.amount > 0 && length(var.budget.emails) > 0
    error_message = "budget needs an amount and addresses."
  }
}
