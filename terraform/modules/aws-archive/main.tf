# Nothing here is deleted by itself, and nothing is deleted with the bucket: force_destroy stays false.
resource "aws_s3_bucket" "archive" {
  bucket              = "${var.cluster}-archive-${var.account}"
  object_lock_enabled = true
  force_destroy       = false
}

resource "aws_s3_bucket_public_access_block" "archive" {
  bucket                  = aws_s3_bucket.archive.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "archive" {
  bucket = aws_s3_bucket.archive.id

  versioning_configuration {
    status = "Enabled"
  }
}

# Governance: whoever has the right s3:BypassGovernanceRetention can still delete, to obey the law.
resource "aws_s3_bucket_object_lock_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.keep_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.archive]
}
