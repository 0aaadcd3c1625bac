# Somebody else's API: plain resources, in which few lines are new. Each method names its rule's authorizer in
# `authorization` and `authorizer_id`, and the deployment is replaced when a method or an authorizer changes.

resource "aws_api_gateway_rest_api" "orders" {
  # checkov:skip=CKV_AWS_237:The API stands for somebody else's, whose settings these are; the example changes none but its authorizers.
  name = var.name
}

resource "aws_api_gateway_resource" "orders" {
  rest_api_id = aws_api_gateway_rest_api.orders.id
  parent_id   = aws_api_gateway_rest_api.orders.root_resource_id
  path_part   = "orders"
}

resource "aws_api_gateway_method" "orders" {
  # checkov:skip=CKV2_AWS_53:The API stands for somebody else's, whose settings these are; the example changes none but its authorizers.
  for_each = { GET = "signed-in", POST = "orders-write" }

  rest_api_id   = aws_api_gateway_rest_api.orders.id
  resource_id   = aws_api_gateway_resource.orders.id
  http_method   = each.key
  authorization = "CUSTOM"
  authorizer_id = module.rest_authorizer.authorizers[each.value].id
}

# What is behind the methods does not matter here.
resource "aws_api_gateway_integration" "orders" {
  for_each = aws_api_gateway_method.orders

  rest_api_id       = aws_api_gateway_rest_api.orders.id
  resource_id       = aws_api_gateway_resource.orders.id
  http_method       = each.value.http_method
  type              = "MOCK"
  request_templates = { "application/json" = jsonencode({ statusCode = 200 }) }
}

resource "aws_api_gateway_method_response" "orders" {
  for_each = aws_api_gateway_method.orders

  rest_api_id = aws_api_gateway_rest_api.orders.id
  resource_id = aws_api_gateway_resource.orders.id
  http_method = each.value.http_method
  status_code = "200"
}

resource "aws_api_gateway_integration_response" "orders" {
  for_each = aws_api_gateway_integration.orders

  rest_api_id        = aws_api_gateway_rest_api.orders.id
  resource_id        = aws_api_gateway_resource.orders.id
  http_method        = each.value.http_method
  status_code        = aws_api_gateway_method_response.orders[each.key].status_code
  response_templates = { "application/json" = jsonencode({ orders = [] }) }
}

resource "aws_api_gateway_deployment" "orders" {
  rest_api_id = aws_api_gateway_rest_api.orders.id

  # A deployment is a copy of the API: what changes above goes live only with a new one.
  triggers = {
    answers = sha256(jsonencode([
      [for integration in aws_api_gateway_integration.orders : integration.request_templates],
      [for response in aws_api_gateway_integration_response.orders : response.response_templates],
    ]))
    authorizers = sha256(jsonencode([for authorizer in module.rest_authorizer.authorizers : authorizer.fingerprint]))
    methods     = sha256(jsonencode([for method in aws_api_gateway_method.orders : [method.http_method, method.resource_id, method.authorization, method.authorizer_id]]))
  }

  depends_on = [
    aws_api_gateway_integration_response.orders,
    aws_api_gateway_method.orders,
  ]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "orders" {
  # checkov:skip=CKV_AWS_73:The API stands for somebody else's, whose settings these are; the example changes none but its authorizers.
  # checkov:skip=CKV_AWS_76:The API stands for somebody else's, whose settings these are; the example changes none but its authorizers.
  # checkov:skip=CKV_AWS_120:The API stands for somebody else's, whose settings these are; the example changes none but its authorizers.
  # checkov:skip=CKV2_AWS_29:The API stands for somebody else's, whose settings these are; the example changes none but its authorizers.
  # checkov:skip=CKV2_AWS_4:The API stands for somebody else's, whose settings these are; the example changes none but its authorizers.
  # checkov:skip=CKV2_AWS_51:The API stands for somebody else's, whose settings these are; the example changes none but its authorizers.
  rest_api_id   = aws_api_gateway_rest_api.orders.id
  deployment_id = aws_api_gateway_deployment.orders.id
  stage_name    = "v1"
}
