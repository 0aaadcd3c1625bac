# The stack on this machine: `make up` and `make demo`.
name        = "jwt-api"
environment = "local"

issuers = [{
  issuer          = "local"
  audiences       = ["api"]
  algorithms      = ["HS256"]
  keys            = { secret = { generate = "hmac" } }
  required_claims = ["exp", "sub"]
  leeway_seconds  = 0 # one machine, one clock
}]

context_claims = ["email", "foo", "scope"]
revocation     = {}
websocket      = { rule = "signed-in" }

deletion_protection  = false
recovery_window_days = 0
