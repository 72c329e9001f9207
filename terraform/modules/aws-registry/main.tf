resource "aws_ecr_repository" "this" {
  for_each = var.images

  name                 = "${var.cluster}/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = !var.deletion_protection

  image_scanning_configuration {
    scan_on_push = true
  }
}
