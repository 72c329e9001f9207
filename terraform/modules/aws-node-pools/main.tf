locals {
  tags = {
    for name, pool in var.pools : name => merge(
      var.tags, { Name = "${var.kubernetes_cluster.name}-${name}" },
      pool.hub == "" ? {} : { hubfleet-hub = pool.hub, hubfleet-community = pool.community },
    )
  }
  # Machine types of Amazon's own processor have a g behind the generation: m7g, c8gd.
  image = {
    for name, pool in var.pools : name => (
      pool.gpu != null ? "AL2023_x86_64_NVIDIA" :
      can(regex("^[a-z]+[0-9]+g", pool.machine_type)) ? "AL2023_ARM_64_STANDARD" : "AL2023_x86_64_STANDARD"
    )
  }
  effects = { NoSchedule = "NO_SCHEDULE", PreferNoSchedule = "PREFER_NO_SCHEDULE", NoExecute = "NO_EXECUTE" }
}

resource "aws_iam_role" "node" {
  name        = "hubfleet-${var.cluster}-node"
  description = "The nodes of ${var.kubernetes_cluster.name}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "node" {
  for_each = toset(["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"])

  role       = aws_iam_role.node.name
  policy_arn = "arn:${var.partition}:iam::aws:policy/${each.key}"
}

resource "aws_launch_template" "this" {
  for_each = var.pools

  name        = "hubfleet-${var.cluster}-${each.key}"
  description = "Machines of pool ${each.key} of ${var.kubernetes_cluster.name}"
  tags        = local.tags[each.key]

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size           = each.value.disk_gb
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  # One hop: a pod can not become the node's role.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "volume", "network-interface"]
    content {
      resource_type = tag_specifications.value
      tags          = local.tags[each.key]
    }
  }
}

resource "aws_eks_node_group" "this" {
  for_each = var.pools

  cluster_name    = var.kubernetes_cluster.name
  node_group_name = each.key
  node_role_arn   = aws_iam_role.node.arn
  version         = var.kubernetes_cluster.version
  subnet_ids      = [for zone in coalescelist(each.value.zones, [var.default_zone]) : var.subnets[zone]]
  ami_type        = local.image[each.key]
  capacity_type   = each.value.spot ? "SPOT" : "ON_DEMAND"
  instance_types  = [each.value.machine_type]
  labels          = each.value.labels
  tags            = local.tags[each.key]

  launch_template {
    id      = aws_launch_template.this[each.key].id
    version = aws_launch_template.this[each.key].latest_version
  }

  scaling_config {
    min_size     = each.value.min
    max_size     = each.value.max
    desired_size = each.value.min
  }

  dynamic "taint" {
    for_each = each.value.taints
    content {
      key    = taint.value.key
      value  = taint.value.value
      effect = local.effects[taint.value.effect]
    }
  }

  lifecycle {
    # The autoscaler says how many; upgrade-cluster moves nodes to a version, and waits for users.
    # A pool that is adopted and has an SSH key would be made anew for it.
    ignore_changes = [scaling_config[0].desired_size, version, release_version, remote_access]
  }

  depends_on = [aws_iam_role_policy_attachment.node]
}
