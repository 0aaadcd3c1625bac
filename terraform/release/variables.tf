variable "architecture" {
  description = "Which of the packages beside the modules to deploy, \"arm64\" (the default) or \"x86_64\"; only where `manifest` is null."
  type        = string
  default     = null
}

variable "context_claims" {
  description = "Claims that the backend receives in the request context; [\"*\"] passes all."
  type        = list(string)
  default     = []
  nullable    = false
}

# `any`, as in the module jwt-authorizer, which refuses unknown keys; so are `revocation` and `rules`.
variable "issuers" {
  description = "Whose tokens are accepted, and how each is verified: a list of objects with `issuer`, `audiences`, `algorithms`, `keys` and more. docs/configuration.md lists every key."
  type        = any
  nullable    = false
}

variable "manifest" {
  description = "Path of the manifest.json of packages that you have built; null for the packages beside the modules."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of the names of everything, such as orders-dev."
  type        = string
  nullable    = false
}

variable "on_invalid_token" {
  description = "What a client with an invalid token gets: \"unauthorized\" is a 401, \"deny\" an explicit Deny and so a 403."
  type        = string
  default     = "unauthorized"
  nullable    = false
}

variable "rest_api_id" {
  description = "Id of the REST API that gets the authorizers."
  type        = string
  nullable    = false
}

variable "revocation" {
  description = "A DynamoDB table of tokens and subjects that are refused before they expire: an object, {} for the defaults; null for no table."
  type        = any
  default     = null
}

variable "rules" {
  description = "Access rules by name, each of them an authorizer of the API; {} is met by any good token. docs/configuration.md lists every key of a rule."
  type        = any
  default     = { signed-in = {} }
  nullable    = false
}

variable "tags" {
  description = "Tags of everything that takes them."
  type        = map(string)
  default     = {}
  nullable    = false
}
