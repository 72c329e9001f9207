# The tag must be activated once for cost allocation in the account that pays; until then the budget counts nothing.
# https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
resource "aws_budgets_budget" "this" {
  name         = "hubfleet-${var.cluster}"
  budget_type  = "COST"
  limit_amount = tostring(var.budget.amount)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:hubfleet-cluster$%s", var.cluster)]
  }

  dynamic "notification" {
    for_each = [50, 90, 100]
    content {
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      notification_type          = "ACTUAL"
      subscriber_email_addresses = var.budget.emails
    }
  }
}
