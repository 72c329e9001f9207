# Copies each night of every volume and file store that is tagged for it, by AWS Backup, kept for the days asked for.
locals {
  copied = var.storage.snapshot_keep_days > 0 ? 1 : 0
}

resource "aws_backup_vault" "homes" {
  count = local.copied

  name = "hubfleet-${var.cluster}-homes"
}

resource "aws_backup_plan" "homes" {
  count = local.copied

  name = "hubfleet-${var.cluster}-homes"

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.homes[0].name
    schedule          = "cron(0 3 * * ? *)"
    start_window      = 60
    completion_window = 720
    recovery_point_tags = {
      hubfleet-cluster = var.cluster
    }

    lifecycle {
      delete_after = var.storage.snapshot_keep_days
    }
  }
}

resource "aws_iam_role" "copies" {
  count = local.copied

  name        = "hubfleet-${var.cluster}-copies"
  description = "Makes and restores copies of homes"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "backup.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "copies" {
  for_each = local.copied == 1 ? toset(["Backup", "Restores"]) : toset([])

  role       = aws_iam_role.copies[0].name
  policy_arn = "arn:${var.partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor${each.key}"
}

resource "aws_backup_selection" "homes" {
  count = local.copied

  name         = "homes"
  plan_id      = aws_backup_plan.homes[0].id
  iam_role_arn = aws_iam_role.copies[0].arn
  resources    = ["*"]

  condition {
    string_equals {
      key   = "aws:ResourceTag/hubfleet-cluster"
      value = var.cluster
    }
    string_equals {
      key   = "aws:ResourceTag/hubfleet-copies"
      value = "daily"
    }
  }
}
