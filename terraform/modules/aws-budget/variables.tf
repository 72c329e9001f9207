variable "cluster" {
  description = "hubfleet's name of the cluster: what carries it as the tag hubfleet-cluster is counted."
  type        = string

  validation {
    condition     = var.cluster != ""
    error_message = "cluster must not be empty."
  }
}

variable "budget" {
  description = "Amount of a month in US dollars, and who gets mail."
  type        = object({ amount = number, emails = list(string) })

  validation {
    condition     = var.budget.amount > 0 && length(var.budget.emails) > 0
    error_message = "budget needs an amount and addresses."
  }
}
