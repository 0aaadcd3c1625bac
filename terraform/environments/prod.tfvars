# Change name, issuers and the origin to yours.
name        = "jwt-api"
environment = "prod"

# The secret belongs to whoever signs the tokens; it is read by this name, in this account and region.
issuers = [{
  issuer          = "https://login.example.com/"
  audiences       = ["https://api.example.com"]
  algorithms      = ["HS512"]
  keys            = { secret = { secrets_manager = "login/token-signing" } }
  required_claims = ["exp", "iat", "sub"]
  max_age_seconds = 3600
}]

context_claims = ["email", "scope"]

# A denylist for `make revoke`; it must be there before it is needed, and costs a read for each decision.
# revocation = {}

rules = {
  signed-in = {
    # What cannot be a bearer token is refused by API Gateway itself, before any function runs.
    validation_expression = "^[Bb]earer [A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$"
  }
}

cors = { origin = "https://app.example.com" }

log_retention_days = 365
throttling         = { burst = 200, rate = 100 }
tracing            = true

# Whom the alarms tell: the ARNs of your SNS topics.
observability = { alarm_topic_arns = [] }
