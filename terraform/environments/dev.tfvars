# Change name and issuers to yours; everything else may stay.
name        = "jwt-api"
environment = "dev"

# Whoever signs tokens reads the secret that is generated here; `make output ENV=dev NAME=generated_secrets` names it.
# With that secret in a file, this mints a token to try:
#   .venv/bin/python -m scripts.token mint --secret-file <file> --issuer https://login.dev.example.com/ \
#     --audience https://api.dev.example.com --claims '{"sub": "alice"}'
issuers = [{
  issuer          = "https://login.dev.example.com/"
  audiences       = ["https://api.dev.example.com"]
  algorithms      = ["HS256"]
  keys            = { secret = { generate = "hmac" } }
  required_claims = ["exp", "sub"]
}]

context_claims = ["email", "scope"]

# A denylist for `make revoke`; it must be there before it is needed, and costs a read for each decision.
# revocation = {}

deletion_protection  = false
log_retention_days   = 14
recovery_window_days = 0
