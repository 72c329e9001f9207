mock_provider "google" {
  mock_resource "google_container_cluster" {
    defaults = { workload_identity_config = [{ workload_pool = "example-hubs.svc.id.goog" }] }
  }
  mock_resource "google_filestore_instance" {
    defaults = { networks = { ip_addresses = ["10.64.0.2"] } }
  }
  mock_resource "google_service_account" {
    defaults = {
      id     = "projects/example-hubs/serviceAccounts/account@example-hubs.iam.gserviceaccount.com"
      name   = "projects/example-hubs/serviceAccounts/account@example-hubs.iam.gserviceaccount.com"
      email  = "account@example-hubs.iam.gserviceaccount.com"
      member = "serviceAccount:account@example-hubs.iam.gserviceaccount.com"
    }
  }
}

run "node_pools" {
  command = plan

  module {
    source = "../modules/gcp-node-pools"
  }

  variables {
    kubernetes_cluster = { id = "projects/example-hubs/locations/us-west1-b/clusters/hubs", upgraded = true }
    node_account       = "nodes@example-hubs.iam.gserviceaccount.com"
    labels             = { hubfleet-cluster = "test-west" }
    pools = {
      dask = {
        machine_type = "m", min = 0, max = 50, disk_gb = 100, spot = true, zones = [], hub = "", community = ""
        labels       = { "hubfleet/pool" = "dask" }
        taints       = [{ key = "k8s.dask.org/dedicated", value = "worker", effect = "NoSchedule" }]
      }
      hub-lab = {
        machine_type = "m", min = 0, max = 4, disk_gb = 100, spot = false, zones = [], hub = "lab", community = "ocean-lab"
        gpu          = { type = "t4", count = 1 }
        labels       = { "hubfleet/pool" = "lab" }
        taints       = [{ key = "hubfleet/pool", value = "lab", effect = "NoSchedule" }]
      }
    }
  }

  assert {
    condition     = toset(google_container_node_pool.this["dask"].node_config[0].taint[*].key) == toset(["k8s.dask.org/dedicated", "k8s.dask.org_dedicated"])
    error_message = "The charts' both spellings of a taint are there."
  }

  assert {
    condition = (
      google_container_node_pool.this["dask"].node_config[0].spot &&
      !google_container_node_pool.this["hub-lab"].node_config[0].spot
    )
    error_message = "Dask nodes are spot, others are not."
  }

  assert {
    condition     = google_container_node_pool.this["hub-lab"].node_config[0].taint[0] == { key = "hubfleet/pool", value = "lab", effect = "NO_SCHEDULE" }
    error_message = "A hub's own pool is tainted with its name."
  }

  assert {
    condition     = google_container_node_pool.this["hub-lab"].node_config[0].guest_accelerator[0].count == 1
    error_message = "A pool with GPUs has them."
  }

  assert {
    condition     = google_container_node_pool.this["hub-lab"].node_config[0].resource_labels == tomap({ hubfleet-cluster = "test-west", hubfleet-hub = "lab", hubfleet-community = "ocean-lab" })
    error_message = "Machines carry cluster, hub and community."
  }

  assert {
    condition     = alltrue([for pool in google_container_node_pool.this : pool.network_config[0].enable_private_nodes])
    error_message = "Nodes have no public address."
  }

  assert {
    condition     = alltrue([for pool in google_container_node_pool.this : pool.node_config[0].workload_metadata_config[0].mode == "GKE_METADATA"])
    error_message = "A pod can not become the node."
  }
}

run "homes_with_long_names" {
  command = plan

  module {
    source = "../modules/gcp-homes"
  }

  variables {
    cluster             = "a-cluster-whose-name-has-forty-character"
    project             = "example-hubs"
    region              = "us-west1"
    zone                = "us-west1-b"
    network             = "hubs"
    storage             = { kind = "disk", size_gb = 100, tier = "", snapshot_keep_days = 30 }
    disks               = { a-hub-whose-name-is-no-shorter-than-that = { size_gb = 100, community = "lab" } }
    deletion_protection = true
  }

  assert {
    condition = alltrue([for disk in google_compute_disk.homes :
      length(disk.name) <= 63 && length(disk.create_snapshot_before_destroy_prefix) <= 48
    ])
    error_message = "The provider refuses to destroy a disk whose last copy would get a longer name."
  }
  assert {
    condition = alltrue([for disk in google_compute_disk.homes :
      startswith(disk.create_snapshot_before_destroy_prefix, "homes-${substr(sha1(var.cluster), 0, 8)}-")
    ])
    error_message = "hubfleet knows a last copy by the cluster's digits."
  }
}

run "hub" {
  command = plan

  module {
    source = "../modules/gcp-hub"
  }

  variables {
    cluster = "test-west"
    hub = {
      name            = "lab"
      namespace       = "ocean"
      community       = "ocean-lab"
      scratch_buckets = { scratch = { expire_days = 7 } }
      read_buckets    = ["ocean-data"]
    }
    project             = "example-hubs"
    region              = "us-west1"
    workload_pool       = "example-hubs.svc.id.goog"
    deletion_protection = true
  }

  assert {
    condition     = google_service_account_iam_member.hub.member == "serviceAccount:example-hubs.svc.id.goog[ocean/user-sa]"
    error_message = "Only user-sa of the hub's namespace is the hub's identity."
  }

  assert {
    condition     = length(google_service_account.hub.account_id) <= 30
    error_message = "An account's id has at most 30 characters."
  }

  assert {
    condition     = one(google_storage_bucket.scratch["scratch"].lifecycle_rule[0].condition).age == 7
    error_message = "A scratch bucket's files expire."
  }

  assert {
    condition = (
      google_storage_bucket.scratch["scratch"].public_access_prevention == "enforced" &&
      google_storage_bucket.scratch["scratch"].uniform_bucket_level_access
    )
    error_message = "A bucket is not public."
  }

  assert {
    condition     = !google_storage_bucket.scratch["scratch"].force_destroy
    error_message = "A bucket with files in it is not destroyed."
  }

  assert {
    condition     = google_storage_bucket.scratch["scratch"].labels == tomap({ hubfleet-hub = "lab", hubfleet-community = "ocean-lab" })
    error_message = "A bucket carries hub and community."
  }

  assert {
    condition     = google_storage_bucket_iam_member.read["ocean-data"].role == "roles/storage.objectViewer"
    error_message = "A bucket that is read is only read."
  }
}

run "homes" {
  command = plan

  module {
    source = "../modules/gcp-homes"
  }

  variables {
    cluster             = "test-west"
    project             = "example-hubs"
    region              = "us-west1"
    zone                = "us-west1-b"
    network             = "hubs"
    storage             = { kind = "filestore", size_gb = 1024, tier = "", snapshot_keep_days = 14 }
    disks               = { lab = { size_gb = 500, community = "ocean-lab" } }
    deletion_protection = true
  }

  assert {
    condition = (
      google_compute_disk.homes["lab"].size == 500 &&
      google_compute_disk.homes["lab"].create_snapshot_before_destroy
    )
    error_message = "A disk that goes leaves a snapshot."
  }

  assert {
    condition     = google_compute_resource_policy.copies[0].snapshot_schedule_policy[0].retention_policy[0].max_retention_days == 14
    error_message = "Snapshots are kept for the days asked for."
  }

  assert {
    condition     = google_compute_resource_policy.copies[0].snapshot_schedule_policy[0].retention_policy[0].on_source_disk_delete == "KEEP_AUTO_SNAPSHOTS"
    error_message = "Snapshots outlive the disk."
  }

  assert {
    condition     = keys(google_compute_disk_resource_policy_attachment.copies) == ["lab"]
    error_message = "Every disk has snapshots."
  }

  assert {
    condition     = google_filestore_instance.homes[0].deletion_protection_enabled
    error_message = "The file store refuses to be destroyed."
  }

  assert {
    condition = (
      google_workflows_workflow.backups[0].user_env_vars["KEEP_DAYS"] == "14" &&
      yamldecode(google_workflows_workflow.backups[0].source_contents).main != null
    )
    error_message = "The file store is backed up, and backups are kept for the days asked for."
  }
}

run "disk_without_a_zone" {
  command         = plan
  expect_failures = [google_compute_disk.homes]

  module {
    source = "../modules/gcp-homes"
  }

  variables {
    cluster             = "test-west"
    project             = "example-hubs"
    region              = "us-west1"
    zone                = ""
    network             = "hubs"
    storage             = { kind = "disk", size_gb = 100, tier = "", snapshot_keep_days = 0 }
    disks               = { lab = { size_gb = 500, community = "ocean-lab" } }
    deletion_protection = true
  }
}

run "cluster" {
  command = plan

  module {
    source = "../modules/gcp-cluster"
  }

  variables {
    cluster             = "test-west"
    project             = "example-hubs"
    name                = "hubs"
    location            = "us-west1"
    release_channel     = "STABLE"
    network             = { network = "n", subnetwork = "s", pods = "pods", services = "services" }
    authorized          = ["192.0.2.0/24"]
    labels              = { hubfleet-cluster = "test-west" }
    deletion_protection = true
  }

  assert {
    condition     = google_container_cluster.this.deletion_protection
    error_message = "The cluster refuses to be destroyed."
  }

  assert {
    condition     = google_container_cluster.this.private_cluster_config[0].enable_private_nodes
    error_message = "Nodes have no public address."
  }

  assert {
    condition     = one(google_container_cluster.this.master_authorized_networks_config[0].cidr_blocks).cidr_block == "192.0.2.0/24"
    error_message = "The API is reached only from where it may be."
  }

  assert {
    condition     = google_container_cluster.this.workload_identity_config[0].workload_pool == "example-hubs.svc.id.goog"
    error_message = "Workload Identity is on."
  }

  assert {
    condition     = google_container_cluster.this.release_channel[0].channel == "STABLE"
    error_message = "The cluster follows its channel."
  }

  assert {
    condition     = contains(google_container_cluster.this.logging_config[0].enable_components, "APISERVER")
    error_message = "The control plane writes a log."
  }
}

run "archive" {
  command = plan

  module {
    source = "../modules/gcp-archive"
  }

  variables {
    cluster   = "test-west"
    project   = "example-hubs"
    region    = "us-west1"
    keep_days = 10
  }

  assert {
    condition = (
      google_storage_bucket.archive.retention_policy[0].retention_period == "864000" &&
      !google_storage_bucket.archive.force_destroy
    )
    error_message = "An archive is kept."
  }

  assert {
    condition     = google_storage_bucket.archive.public_access_prevention == "enforced"
    error_message = "An archive is not public."
  }
}
