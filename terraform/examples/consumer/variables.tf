variable "name" {
  description = "Prefix of the name of everything."
  type        = string
  default     = "orders"
  nullable    = false
}
