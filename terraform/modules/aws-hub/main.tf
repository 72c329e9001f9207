locals {
  tags = { hubfleet-hub = var.hub.name, hubfleet-community = var.hub.community }
  # The end of a name tells cluster and hub apart whatever the words before it were cut to: a-b + c, a + b-c.
  unique = substr(sha1("${var.cluster}/${var.hub.name}"), 0, 8)
  short  = "${trim(substr(var.cluster, 0, 18), "-")}-${trim(substr(var.hub.name, 0, 18), "-")}"
  buckets = {
    for purpose in keys(var.hub.scratch_buckets) :
    purpose => "${trim(substr("${local.short}-${purpose}", 0, 41), "-")}-${var.account}-${substr(sha1("${var.cluster}/${var.hub.name}/${purpose}"), 0, 8)}"
  }
  arns = { for purpose, bucket in aws_s3_bucket.scratch : purpose => bucket.arn }
  read = [for bucket in var.hub.read_buckets : "arn:${var.partition}:s3:::${bucket}"]
  statements = concat(
    length(local.arns) == 0 ? [] : [
      { Effect = "Allow", Action = ["s3:ListBucket", "s3:GetBucketLocation"], Resource = values(local.arns) },
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        Resource = [for arn in values(local.arns) : "${arn}/*"]
      },
    ],
    length(local.read) == 0 ? [] : [
      { Effect = "Allow", Action = ["s3:ListBucket", "s3:GetBucketLocation"], Resource = local.read },
      { Effect = "Allow", Action = ["s3:GetObject"], Resource = [for arn in local.read : "${arn}/*"] },
    ],
  )
}

# What a user's server may do in AWS: be this role, and nothing but this hub's service account may be it.
resource "aws_iam_role" "hub" {
  name        = "hubfleet-${local.short}-${local.unique}"
  description = "Users of hub ${var.hub.name} of ${var.cluster}"
  tags        = local.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = var.oidc.arn }
      Condition = { StringEquals = {
        "${var.oidc.issuer}:sub" = "system:serviceaccount:${var.hub.namespace}:user-sa"
        "${var.oidc.issuer}:aud" = "sts.amazonaws.com"
      } }
    }]
  })
}

resource "aws_iam_role_policy" "buckets" {
  count = length(var.hub.scratch_buckets) + length(var.hub.read_buckets) > 0 ? 1 : 0

  name   = "buckets"
  role   = aws_iam_role.hub.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_s3_bucket" "scratch" {
  for_each = var.hub.scratch_buckets

  bucket        = local.buckets[each.key]
  force_destroy = !var.deletion_protection
  tags          = local.tags
}

resource "aws_s3_bucket_public_access_block" "scratch" {
  for_each = aws_s3_bucket.scratch

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "scratch" {
  for_each = var.hub.scratch_buckets

  bucket = aws_s3_bucket.scratch[each.key].id

  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = each.value.expire_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}
