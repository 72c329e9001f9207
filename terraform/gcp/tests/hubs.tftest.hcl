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

variables {
  cluster         = "test-west"
  kubernetes_name = "hubs"
  place           = { project = "example-hubs", location = "us-west1-b" }
  node_pools = {
    core = { purpose = "core", machine_type = "n2-highmem-4", min = 1, max = 3 }
    user = { purpose = "user", machine_type = "n2-highmem-16", max = 20 }
  }
  hubs = {
    college = {
      community = "Example Community College"
      use_case  = "education"
      namespace = "college"
      homes     = { kind = "filestore", quota_gb = 10 }
    }
    lab = {
      community       = "Ocean Lab (St. John's)"
      use_case        = "research"
      namespace       = "ocean"
      homes           = { kind = "nfs", quota_gb = 50, size_gb = 500 }
      scratch_buckets = { scratch = { expire_days = 7 } }
      read_buckets    = ["ocean-data"]
    }
  }
  storage  = { kind = "filestore", size_gb = 1024 }
  registry = true
  archive  = { keep_days = 730 }
}

run "outputs_have_the_same_keys" {
  command = apply

  assert {
    condition     = keys(output.outputs) == ["archive", "homes", "hubs", "ingress_address", "registry", "services_range"]
    error_message = "outputs.yaml has the same keys on every cloud."
  }
  assert {
    condition     = output.outputs.services_range == "10.64.32.0/19"
    error_message = "The cluster's services have a range that is known."
  }
  assert {
    condition     = keys(output.outputs.homes) == ["path", "server", "storage_class"] && output.outputs.homes.server != ""
    error_message = "A file store has a server and a path."
  }
  assert {
    condition     = keys(output.outputs.hubs) == ["college", "lab"] && output.outputs.hubs["lab"].identity != ""
    error_message = "Every hub has an identity."
  }
  assert {
    condition     = keys(output.outputs.hubs["lab"].buckets) == ["scratch"] && length(output.outputs.hubs["college"].buckets) == 0
    error_message = "A hub has the buckets it asks for and no other."
  }
  assert {
    condition     = keys(output.disks) == ["lab"] && output.disks["lab"].size_gb == 500 && output.outputs.hubs["lab"].disk == output.disks["lab"]
    error_message = "A hub of kind nfs with a size has a disk of that size; others have none."
  }
  assert {
    condition     = startswith(output.outputs.archive, "gs://") && output.outputs.registry != ""
    error_message = "Archive and registry have an address."
  }
}

run "nothing_where_nothing_is_asked_for" {
  command = apply

  variables {
    hubs     = {}
    storage  = {}
    registry = false
    archive  = null
  }

  assert {
    condition = (
      output.outputs.registry == "" && output.outputs.archive == "" && output.outputs.homes.server == "" &&
      length(output.outputs.hubs) == 0 && length(output.disks) == 0
    )
    error_message = "What is not asked for is not made."
  }
}

run "disk_of_the_size_that_the_cluster_gives" {
  command = apply

  variables {
    hubs = {
      college = { community = "College", use_case = "education", namespace = "college", homes = { kind = "nfs" } }
      lab     = { community = "Lab", use_case = "research", namespace = "lab", homes = { kind = "pvc" } }
    }
    storage = { kind = "disk", size_gb = 200 }
  }

  assert {
    condition     = keys(output.disks) == ["college"] && output.disks["college"].size_gb == 200
    error_message = "With storage.kind disk each hub of kind nfs has a disk of storage.size_gb."
  }
}
