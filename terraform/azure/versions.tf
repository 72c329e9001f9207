terraform {
  required_version = ">= 1.10"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.2"
    }
  }

  # Filled in by -backend-config: see ../README.md.
  backend "azurerm" {}
}
