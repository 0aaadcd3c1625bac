# A change of the local stack, to see what its review says: `make plan review ENV=local-next`.
name        = "jwt-api"
environment = "local"

issuers = [{
  issuer          = "local"
  audiences       = ["api", "mobile"]
  algorithms      = ["HS256"]
  keys            = { secret = { generate = "hmac" } }
  required_claims = ["exp", "sub"]
  leeway_seconds  = 0
}]

rules = {
  editors   = { scopes = ["profile:write"] }
  signed-in = {}
}

routes = {
  "GET /hello"        = { function = "backend", public = true, reason = "The landing page greets everybody." }
  "GET /me"           = { function = "backend", rule = "signed-in" }
  "PUT /me"           = { function = "backend", rule = "editors" }
  "GET /me/{address}" = { function = "backend", rule = "signed-in" }
}

context_claims = ["email", "foo", "scope"]
throttling     = { burst = 1000, rate = 2000 }
revocation     = {}
websocket      = { rule = "signed-in" }

deletion_protection  = false
recovery_window_days = 0
