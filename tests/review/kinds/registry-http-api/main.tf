# The calling side of a registry's module for HTTP APIs: one map of routes, and one of authorizers.
module "api" {
  source = "./api"

  name = "shop"

  authorizers = {
    login = {
      audience = ["shop"]
      issuer   = "https://login.example.com/"
    }
    partners = {
      audience = ["shop"]
      issuer   = "https://partners.example.com/"
    }
  }

  routes = {
    "GET /orders" = {
      authorization_type   = "JWT"
      authorizer_key       = "login"
      authorization_scopes = ["orders:read"]
      integration          = { uri = "https://orders.example.com" }
    }
    "POST /orders" = {
      authorization_type = "JWT"
      authorizer_key     = "login"
      integration        = { uri = "https://orders.example.com" }
    }
    "GET /catalogue" = {
      authorization_type = "AWS_IAM"
      integration        = { uri = "https://catalogue.example.com" }
    }
  }

  tags = { Team = "shop" }
}
