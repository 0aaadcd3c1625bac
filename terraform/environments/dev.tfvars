# Change name and issuers to yours; everything else may stay.
name        = "jwt-api"
environment = "dev"

# Whoever signs tokens reads the secret that is generated here; `make output ENV=dev NAME=generated_secrets` names it.
issuers = [{
  issuer          = "https://login.dev.example.com/"
  audiences       = ["https://api.dev.example.com"]
  algorithms      = ["HS256"]
  keys            = { secret = { generate = "hmac" } }
  required_claims = ["exp", "sub"]
}]

context_claims = ["email", "scope"]

deletion_protection  = false
log_retention_days   = 14
recovery_window_days = 0
