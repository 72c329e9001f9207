terraform {
  required_version = ">= 1.10"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.45, < 9.0"
    }
  }

  # Filled in by -backend-config: see ../README.md.
  backend "gcs" {}
}
