# The document that says where a client without a token gets one (RFC 9728), made of the authorizer's own configuration.
# Everything here must hold up against values of any shape; what does not fit is refused by module.protected_resource.

locals {
  well_known      = "/.well-known/oauth-protected-resource"
  document_reason = "RFC 9728, section 3: a client without a token learns here where to get one."

  trusted = try(jsondecode(var.protected_resource.configuration), null)

  # The URL in its parts: https://api.example.com, then /v1, which is not the API's, then /mcp, which is. Nothing where it is
  # none.
  is_resource     = can(regex(local.definitions.protected_resource.properties.resource.pattern, var.protected_resource.resource))
  resource        = local.is_resource ? try(tostring(var.protected_resource.resource), "") : ""
  resource_origin = try(regex("^https://[^/?#]+", local.resource), "")
  resource_path   = trimsuffix(trimprefix(local.resource, local.resource_origin), "/")
  is_execute_api  = can(regex("^https://[a-z0-9-]+\\.execute-api\\.", local.resource_origin))
  base_path       = try(var.protected_resource.base_path, null) == null ? (local.is_execute_api ? var.stage_name : "") : try(tostring(var.protected_resource.base_path), "")
  base            = local.base_path == "" ? "" : "/${local.base_path}"
  called_path     = trimprefix(local.resource_path, local.base)

  # Section 3.1 puts the well-known path before the resource's own, which is the API's to serve below a domain's root only.
  document_suffix = local.base_path == "" ? local.called_path : ""
  document_paths = var.protected_resource == null ? {} : {
    for path in distinct([local.well_known, "${local.well_known}${local.document_suffix}"]) : "GET ${path}" => path
  }

  # At most one.
  metadata_urls     = [for url in ["${local.resource_origin}${local.base}${local.well_known}${local.document_suffix}"] : url if var.protected_resource != null]
  metadata_location = [for url in local.metadata_urls : "resource_metadata=\"${url}\""]

  guarding_rules = sort(distinct(compact([for route in local.written_routes : route.rule])))

  # What a token must have been granted for a rule. No header and no document can say "one of these": for any_scope all
  # are named.
  scope_prefix = try(tostring(coalesce(var.protected_resource.scope_prefix)), "")
  scopes_of = {
    for name in local.guarding_rules : name => [
      for scope in distinct(concat(try(local.trusted.rules[name].scopes, []), try(local.trusted.rules[name].any_scope, []))) : "${local.scope_prefix}${scope}"
    ]
  }

  # The rule that a client meets first guards the resource's own URL, or everything. At most one.
  rules_at_resource = distinct([for route in local.written_routes : route.rule if route.rule != null && route.path == local.called_path])
  first_rule        = length(local.guarding_rules) == 1 ? local.guarding_rules : length(local.rules_at_resource) == 1 ? local.rules_at_resource : []
  wider_rules = flatten([
    for first in local.first_rule : [for name, scopes in local.scopes_of : name if length(setsubtract(scopes, local.scopes_of[first])) > 0]
  ])

  # The attribute `scope` of a 401 and a 403, whose headers are the same for every route. At most one each.
  only_scope  = [for name in local.guarding_rules : "scope=\"${join(" ", local.scopes_of[name])}\"" if length(local.guarding_rules) == 1 && length(local.scopes_of[name]) > 0]
  wider_scope = [for name in local.wider_rules : "scope=\"${join(" ", local.scopes_of[name])}\"" if var.protected_resource != null && length(local.wider_rules) == 1]

  # The scopes to begin with: clients ask for all that the document names, and for more when a 403 says so.
  advertised_scopes = distinct(flatten([for name in(length(local.first_rule) == 1 ? local.first_rule : local.guarding_rules) : local.scopes_of[name]]))

  # An issuer of several tenants has one authorization server for each. What is no https URL, such as the name of an issuer
  # of shared secrets, is nowhere to go.
  authorization_servers = distinct([
    for name in flatten([
      for issuer in try(local.trusted.issuers, []) : strcontains(try(tostring(issuer.issuer), ""), "{tenantid}")
      ? try([for tenant in issuer.tenants : replace(issuer.issuer, "{tenantid}", tenant)], [])
      : [try(tostring(issuer.issuer), "")]
    ]) : name if can(regex("^https://[^?#]+$", name))
  ])

  document = jsonencode(merge(
    {
      authorization_servers    = local.authorization_servers
      bearer_methods_supported = ["header"]
      resource                 = local.resource
    },
    length(local.advertised_scopes) == 0 ? {} : { scopes_supported = local.advertised_scopes },
  ))

  # Amazon Cognito's access tokens have an audience only where a resource server is bound to it; else their client stands for it.
  is_cognito = [for issuer in try(local.trusted.issuers, []) : can(regex("^https://cognito-idp\\.[a-z0-9-]+\\.amazonaws\\.com(\\.cn)?/", issuer.issuer)) && try(length(issuer.audiences), -1) == 0]

  protected_resource_misfits = local.trusted == null || !local.is_resource ? [] : concat(
    [
      for index, issuer in try(local.trusted.issuers, []) : (
        local.is_cognito[index]
        ? "issuers[${index}] has neither audiences nor client_ids, and any app client of the user pool could get a token for ${local.resource}: write in client_ids the clients that are for it."
        : "protected_resource.resource is ${jsonencode(local.resource)}, which issuers[${index}].audiences does not have, so a token for it would be refused, or a token for something else accepted: write it there."
      ) if !(local.is_cognito[index] ? try(length(issuer.client_ids), 0) > 0 : contains(try(issuer.audiences, []), local.resource))
    ],
    [
      for name in setsubtract(local.guarding_rules, try(keys(local.trusted.rules), [])) : "protected_resource.configuration has no rule ${jsonencode(name)}, which guards a route: write the configuration of the authorizer that the routes' rules are of."
    ],
    [
      for name in local.guarding_rules : "protected_resource says that tokens come in the header Authorization, and rules.${name}.token is ${jsonencode(local.trusted.rules[name].token)}: add header.Authorization there."
      if can(local.trusted.rules[name].token[0]) && !contains([for place in try(local.trusted.rules[name].token, []) : lower(place)], "header.authorization")
    ],
    [
      for name, scopes in local.scopes_of : "rules.${name} has the scope ${jsonencode([for scope in scopes : scope if strcontains(scope, "'")][0])}, which API Gateway takes into no header: give the scope a name without \"'\"."
      if length([for scope in scopes : scope if strcontains(scope, "'")]) > 0
    ],
    [
      for key in keys(local.document_paths) : "Route ${jsonencode(key)} is what protected_resource serves: remove the route, or protected_resource."
      if contains(keys(local.written_routes), key)
    ],
    compact([
      length(local.guarding_rules) == 0 ? "protected_resource is set and no route has a rule, so nobody needs a token: give a route a rule, or remove protected_resource." : "",
      length(local.authorization_servers) == 0 ? "protected_resource says where clients get a token, and no issuer's name is the https URL of an authorization server: add an issuer that has one, or remove protected_resource." : "",
      try(local.trusted.on_invalid_token, "unauthorized") == "unauthorized" ? "" : "protected_resource needs a 401 for every bad token, by which clients get a new one, and on_invalid_token is ${jsonencode(local.trusted.on_invalid_token)}: write \"unauthorized\".",
      startswith("${local.resource_path}/", "${local.base}/") ? "" : "protected_resource.resource is ${jsonencode(local.resource)}, whose path does not begin with ${local.base}, where the API's own paths begin: write ${local.resource_origin}${local.base} and the path of a route, or in base_path what stands before the API's paths.",
      local.is_a_route || length(local.guarding_rules) == 0 ? "" : "protected_resource.resource is ${jsonencode(local.resource)}, and no guarded route is at ${jsonencode(local.called_path)} or below it, so clients would refuse the document: write the URL of a route that has a rule.",
    ]),
  )

  is_a_route = anytrue([
    for route in local.written_routes : startswith("${route.path}/", "${local.called_path}/") || can(regex("^${replace(replace(replace(route.path, ".", "\\."), "/\\{[^/]*\\+\\}/", ".+"), "/\\{[^/]*\\}/", "[^/]+")}$", local.called_path))
    if route.rule != null
  ])
}

resource "aws_api_gateway_integration" "document" {
  for_each = local.document_paths

  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = aws_api_gateway_method.this[each.key].resource_id
  http_method = aws_api_gateway_method.this[each.key].http_method
  type        = "MOCK"
  # As for preflights.
  content_handling  = "CONVERT_TO_TEXT"
  request_templates = { "application/json" = jsonencode({ statusCode = 200 }) }

  lifecycle {
    # MOCK calls nothing, so a method here means nothing; some AWS look-alikes report POST all the same.
    ignore_changes = [integration_http_method]
  }
}

resource "aws_api_gateway_method_response" "document" {
  for_each = local.document_paths

  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = aws_api_gateway_method.this[each.key].resource_id
  http_method         = aws_api_gateway_method.this[each.key].http_method
  status_code         = "200"
  response_parameters = { for header in keys(local.cors_headers) : "method.response.header.${header}" => true }
}

resource "aws_api_gateway_integration_response" "document" {
  for_each = local.document_paths

  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = aws_api_gateway_integration.document[each.key].resource_id
  http_method         = aws_api_gateway_integration.document[each.key].http_method
  status_code         = aws_api_gateway_method_response.document[each.key].status_code
  response_parameters = { for header, value in local.cors_headers : "method.response.header.${header}" => value }
  # With binary_media_types of */* it would be taken for base64.
  content_handling = "CONVERT_TO_TEXT"
  # A template gives $ and # a meaning of its own, and JSON has another way to write them.
  response_templates = { "application/json" = replace(replace(local.document, "$", "\\u0024"), "#", "\\u0023") }

  depends_on = [module.protected_resource]
}
