variable "application" {
  description = "The application's name: second part of both repositories' names."
  type        = string
  default     = "hello-server"
  nullable    = false
}

variable "branch" {
  description = "The branch that releases come from."
  type        = string
  default     = "main"
  nullable    = false
}

variable "kept_images" {
  description = "How many images the repository keeps; older ones expire."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.kept_images >= 2 && floor(var.kept_images) == var.kept_images
    error_message = "kept_images must be a whole number of at least 2, since a rollback needs the image before the newest; got ${var.kept_images}."
  }
}

variable "prefix" {
  description = "First part of every name: the participant's."
  type        = string
  nullable    = false
}

variable "step" {
  description = "Label of the step that introduces these resources: a tag on each."
  type        = string
  default     = "1.1"
  nullable    = false
}
