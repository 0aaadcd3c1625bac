variable "definitions" {
  description = "As the module schema has them."
  type        = any
  nullable    = false
}

variable "parents" {
  description = "The nodes of the level above, as the output `nodes` has them."
  type        = any
  nullable    = false
}
