data "google_project" "this" {
  project_id = var.project
}

resource "google_monitoring_notification_channel" "mail" {
  for_each = toset(var.budget.emails)

  display_name = "hubfleet ${var.cluster}: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }
  user_labels  = { hubfleet-cluster = var.cluster }
}

# What carries the cluster's label is counted, so that two clusters of one project have a budget each.
resource "google_billing_budget" "this" {
  billing_account = data.google_project.this.billing_account
  display_name    = "hubfleet ${var.cluster}"

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
    labels   = { hubfleet-cluster = var.cluster }
  }

  amount {
    specified_amount {
      units = tostring(floor(var.budget.amount))
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  all_updates_rule {
    monitoring_notification_channels = [for channel in google_monitoring_notification_channel.mail : channel.id]
    disable_default_iam_recipients   = true
  }
}
