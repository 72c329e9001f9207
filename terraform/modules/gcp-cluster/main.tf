# Nodes are this account, which can write logs and pull images, and nothing else.
resource "google_service_account" "nodes" {
  account_id   = "nodes-${trim(substr(var.cluster, 0, 15), "-")}-${substr(sha1(var.cluster), 0, 8)}"
  display_name = "Nodes of ${var.name}"
}

resource "google_project_iam_member" "nodes" {
  for_each = toset(["roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"])

  project = var.project
  role    = each.key
  member  = google_service_account.nodes.member
}

resource "google_container_cluster" "this" {
  name                = var.name
  location            = var.location
  min_master_version  = var.kubernetes_version
  deletion_protection = var.deletion_protection
  resource_labels     = var.labels

  network           = var.network.network
  subnetwork        = var.network.subnetwork
  networking_mode   = "VPC_NATIVE"
  datapath_provider = "ADVANCED_DATAPATH" # it also keeps the network policies

  ip_allocation_policy {
    cluster_secondary_range_name  = var.network.pods
    services_secondary_range_name = var.network.services
  }

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = false
  }

  dynamic "master_authorized_networks_config" {
    for_each = length(var.authorized) > 0 ? [1] : []
    content {
      gcp_public_cidrs_access_enabled = false

      dynamic "cidr_blocks" {
        for_each = var.authorized
        content {
          cidr_block = cidr_blocks.value
        }
      }
    }
  }

  release_channel {
    channel = var.release_channel == "" ? "UNSPECIFIED" : var.release_channel
  }

  maintenance_policy {
    daily_maintenance_window {
      start_time = "03:00"
    }
  }

  workload_identity_config {
    workload_pool = "${var.project}.svc.id.goog"
  }

  # The pools are resources of their own. This first one goes as soon as it is there.
  remove_default_node_pool = true
  initial_node_count       = 1
  node_config {
    service_account = google_service_account.nodes.email
  }

  logging_config {
    enable_components = ["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"]
  }

  monitoring_config {
    enable_components = ["SYSTEM_COMPONENTS"]
    managed_prometheus {
      enabled = false
    }
  }

  cost_management_config {
    enabled = true
  }

  cluster_autoscaling {
    enabled             = false
    autoscaling_profile = "OPTIMIZE_UTILIZATION"
  }

  addons_config {
    gcs_fuse_csi_driver_config {
      enabled = true
    }
  }

  lifecycle {
    # Only read when the cluster is made: a cluster that is adopted would be made anew for them.
    ignore_changes = [initial_node_count, node_config]
  }

  depends_on = [google_project_iam_member.nodes]
}
