# By tag and over the subscription: the nodes are in a resource group of AKS's own.
resource "azurerm_consumption_budget_subscription" "this" {
  name            = "hubfleet-${var.cluster}"
  subscription_id = "/subscriptions/${var.place.subscription}"
  amount          = var.budget.amount
  time_grain      = "Monthly"

  time_period {
    start_date = formatdate("YYYY-MM-01'T'00:00:00Z", plantimestamp())
  }

  filter {
    tag {
      name   = "hubfleet-cluster"
      values = [var.cluster]
    }
  }

  dynamic "notification" {
    for_each = [50, 90, 100]
    content {
      operator       = "GreaterThan"
      threshold      = notification.value
      contact_emails = var.budget.emails
    }
  }

  lifecycle {
    # Azure asks for the first day of the month in which the budget is made.
    ignore_changes = [time_period]
  }
}
