resource "aws_api_gateway_domain_name" "this" {
  domain_name                            = var.domain_name
  certificate_arn                        = var.endpoint_type == "EDGE" ? var.certificate_arn : null
  regional_certificate_arn               = var.endpoint_type == "REGIONAL" ? var.certificate_arn : null
  ownership_verification_certificate_arn = var.ownership_verification_certificate_arn
  security_policy                        = "TLS_1_2"
  tags                                   = var.tags

  endpoint_configuration {
    types = [var.endpoint_type]
  }

  dynamic "mutual_tls_authentication" {
    for_each = local.mutual_tls == null ? [] : [local.mutual_tls]

    content {
      truststore_uri     = mutual_tls_authentication.value.truststore_uri
      truststore_version = try(mutual_tls_authentication.value.truststore_version, null)
    }
  }
}

resource "aws_api_gateway_base_path_mapping" "this" {
  for_each = var.mappings

  domain_name = aws_api_gateway_domain_name.this.domain_name
  base_path   = each.key
  api_id      = each.value.rest_api_id
  stage_name  = each.value.stage_name
}
