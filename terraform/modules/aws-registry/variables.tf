variable "cluster" {
  description = "hubfleet's name of the cluster: what the names of its images start with."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]*$", var.cluster))
    error_message = "cluster must be lower-case letters, digits and hyphens."
  }
}

variable "images" {
  description = "Images that have a repository: ECR makes none by itself when an image is pushed."
  type        = set(string)

  validation {
    condition     = alltrue([for image in var.images : can(regex("^[a-z0-9][a-z0-9._/-]*$", image))])
    error_message = "images must be names such as hub."
  }
}

variable "deletion_protection" {
  description = "Whether repositories that are not empty refuse to be destroyed."
  type        = bool
}
