output "store" {
  description = "The file store: address, exported folder and StorageClass; empty where there is none."
  value = {
    server        = try("${aws_efs_file_system.homes[0].id}.efs.${var.region}.${var.partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"}", "")
    path          = local.efs == 1 ? "/" : ""
    storage_class = ""
  }
}

output "disks" {
  description = "Disks by hub: volume id, zone and size."
  value = {
    for hub, disk in aws_ebs_volume.homes : hub => { id = disk.id, zone = disk.availability_zone, size_gb = disk.size }
  }
}
