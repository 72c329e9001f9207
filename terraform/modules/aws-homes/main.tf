locals {
  efs = var.storage.kind == "efs" ? 1 : 0
  # Whoever makes the daily copies finds what to copy by this tag, volumes that Kubernetes makes among it.
  copies = { hubfleet-copies = "daily" }
}

# A disk for each hub behind an NFS server in the cluster. It grows in place. When it must go, its last content stays
# as a snapshot.
resource "aws_ebs_volume" "homes" {
  for_each = var.disks

  availability_zone = each.value.zone
  size              = each.value.size_gb
  type              = var.storage.kind == "disk" && var.storage.tier != "" ? var.storage.tier : "gp3"
  encrypted         = true
  final_snapshot    = true
  tags = merge(local.copies, {
    Name               = "${var.cluster}-${each.key}-homes"
    hubfleet-hub       = each.key
    hubfleet-community = each.value.community
  })

  lifecycle {
    # A disk can not move: another first zone of the core pool would make it anew, empty.
    ignore_changes = [availability_zone, encrypted]
  }
}

resource "aws_efs_file_system" "homes" {
  count = local.efs

  creation_token  = "hubfleet-${var.cluster}-homes"
  encrypted       = true
  throughput_mode = coalesce(var.storage.tier, "elastic")
  tags            = merge(local.copies, { Name = "${var.cluster}-homes" })

  lifecycle {
    ignore_changes = [creation_token, encrypted]
  }
}

resource "aws_security_group" "homes" {
  count = local.efs

  name        = "hubfleet-${var.cluster}-homes"
  description = "NFS from within the network"
  vpc_id      = var.network.vpc
  tags        = { Name = "${var.cluster}-homes" }
}

resource "aws_vpc_security_group_ingress_rule" "nfs" {
  count = local.efs

  security_group_id = aws_security_group.homes[0].id
  description       = "NFS from within the network"
  cidr_ipv4         = var.network.cidr
  ip_protocol       = "tcp"
  from_port         = 2049
  to_port           = 2049
}

resource "aws_efs_mount_target" "homes" {
  for_each = { for zone, subnet in var.network.subnets : zone => subnet if local.efs == 1 }

  file_system_id  = aws_efs_file_system.homes[0].id
  subnet_id       = each.value
  security_groups = [aws_security_group.homes[0].id]
}
