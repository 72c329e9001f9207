# Where the state of every cluster of this account and region is kept. A state holds secrets and is the only memory of
# what belongs together: every version of it is kept, nobody outside can read it, and terraform does not destroy it.
provider "aws" {
  region              = var.place.region
  allowed_account_ids = [var.place.account]

  default_tags {
    tags = merge(var.tags, { hubfleet-purpose = "state" })
  }
}

resource "aws_s3_bucket" "state" {
  bucket        = "hubfleet-state-${var.place.account}-${var.place.region}"
  force_destroy = false

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket                  = aws_s3_bucket.state.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
