"""What each attribute of a way to an API says of who may call: one table of the provider's whole schema.

An attribute is in ``DECIDES``, with the part that reads it, or in ``SILENT``, with the reason why it says nothing of
who may call. A change of one that is in neither cannot be read, and stops the gate. A test holds the table against
``terraform providers schema -json`` of the provider that the lock file names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

GIVEN: Final = "AWS gives it"
PROSE: Final = "a name or a text for people"
TAGS: Final = "a tag"
ANSWER: Final = "what the answer holds"
CHECK: Final = "what a request must look like, not who may send it"
BACKEND: Final = "how the backend is called, after the lock"
SPEED: Final = "how many calls, not whose"
LOGS: Final = "what is written down"
CACHE: Final = "for how long an answer is kept, not who gets one"
PROVIDER: Final = "how the provider works"
TLS: Final = "encryption, not who calls"
REFUSAL: Final = "what a refusal looks like"
PAGES: Final = "which pages may read an answer in a browser, not who may call"
ASKING: Final = "how API Gateway calls the authorizer, which decides all the same"
KEYS: Final = "an API key counts requests and proves nothing"
CODE: Final = "how the code runs, not whose it is"
DEPLOYS: Final = "when a change goes live, which the deployments' check follows"
ADDRESS: Final = "which address the name has, not who may call it"

COMMON: Final = {
    "arn": GIVEN,
    "created_date": GIVEN,
    "description": PROSE,
    "execution_arn": GIVEN,
    "id": GIVEN,
    "invoke_url": GIVEN,
    "region": "a change of it makes another resource",
    "tags": TAGS,
    "tags_all": TAGS,
    "timeouts.create": PROVIDER,
    "timeouts.delete": PROVIDER,
    "timeouts.update": PROVIDER,
}
_RESPONSE: Final = {
    "content_handling": ANSWER,
    "response_parameters": ANSWER,
    "response_templates": ANSWER,
    "selection_pattern": ANSWER,
    "status_code": ANSWER,
}
_CORS: Final = dict.fromkeys(
    ("allow_credentials", "allow_headers", "allow_methods", "allow_origins", "expose_headers", "max_age"), PAGES
)
_THROTTLE: Final = {
    "data_trace_enabled": LOGS,
    "logging_level": LOGS,
    "throttling_burst_limit": SPEED,
    "throttling_rate_limit": SPEED,
}


def _in(block: str, attributes: Mapping[str, str]) -> dict[str, str]:
    return {f"{block}.{name}": reason for name, reason in attributes.items()}


PLACE: Final = "paths: which route it is"
API: Final = "apis: which API it belongs to"
LOCK: Final = "routes: the lock"
AUTHORIZER: Final = "authorizers: who passes"
ENTRANCE: Final = "entrances: a way to the API"
POLICY: Final = "entrances: the resource policy"
CERTIFICATES: Final = "entrances: mutual TLS"
FIREWALL: Final = "entrances: the web ACL"
NETWORK: Final = "entrances: from where it is reached"
BODY: Final = "openapi: the routes of the body"
FUNCTION: Final = "functions: which code decides"
VERSION: Final = "functions: which version decides"
PERMISSION: Final = "unread: who may invoke the function"
LIVE: Final = "unread: which deployment is served"

DECIDES: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_api_gateway_authorizer": {
        "authorizer_result_ttl_in_seconds": AUTHORIZER,
        "authorizer_uri": AUTHORIZER,
        "identity_source": AUTHORIZER,
        "provider_arns": AUTHORIZER,
        "rest_api_id": API,
        "type": AUTHORIZER,
    },
    "aws_api_gateway_base_path_mapping": {
        "api_id": ENTRANCE,
        "base_path": ENTRANCE,
        "domain_name": ENTRANCE,
        "domain_name_id": ENTRANCE,
        "stage_name": ENTRANCE,
    },
    "aws_api_gateway_domain_name": {
        "domain_name": ENTRANCE,
        "endpoint_configuration.types": NETWORK,
        "mutual_tls_authentication.truststore_uri": CERTIFICATES,
        "mutual_tls_authentication.truststore_version": CERTIFICATES,
        "policy": POLICY,
    },
    "aws_api_gateway_domain_name_access_association": {
        "access_association_source": NETWORK,
        "access_association_source_type": NETWORK,
        "domain_name_arn": NETWORK,
    },
    "aws_api_gateway_integration": {
        "http_method": PLACE,
        "resource_id": PLACE,
        "rest_api_id": API,
        "type": LOCK,
    },
    "aws_api_gateway_method": {
        "api_key_required": LOCK,
        "authorization": LOCK,
        "authorization_scopes": LOCK,
        "authorizer_id": LOCK,
        "http_method": PLACE,
        "resource_id": PLACE,
        "rest_api_id": API,
    },
    "aws_api_gateway_resource": {"parent_id": PLACE, "path_part": PLACE, "rest_api_id": API},
    "aws_api_gateway_rest_api": {
        "body": BODY,
        "disable_execute_api_endpoint": ENTRANCE,
        "endpoint_configuration.types": NETWORK,
        "endpoint_configuration.vpc_endpoint_ids": NETWORK,
        "parameters": BODY,
        "policy": POLICY,
        "put_rest_api_mode": BODY,
    },
    "aws_api_gateway_rest_api_policy": {"policy": POLICY, "rest_api_id": API},
    "aws_api_gateway_rest_api_put": {"body": BODY, "parameters": BODY, "rest_api_id": API},
    "aws_api_gateway_stage": {
        "canary_settings.deployment_id": LIVE,
        "canary_settings.stage_variable_overrides": AUTHORIZER,
        "deployment_id": LIVE,
        "rest_api_id": API,
        "stage_name": ENTRANCE,
        "variables": AUTHORIZER,
    },
    "aws_api_gateway_deployment": {
        "canary_settings.stage_variable_overrides": LIVE,
        "rest_api_id": API,
        "stage_name": LIVE,
        "variables": LIVE,
    },
    "aws_apigatewayv2_api": {
        "body": BODY,
        "disable_execute_api_endpoint": ENTRANCE,
        "protocol_type": LOCK,
        "route_key": LOCK,
        "target": LOCK,
    },
    "aws_apigatewayv2_api_mapping": {
        "api_id": ENTRANCE,
        "api_mapping_key": ENTRANCE,
        "domain_name": ENTRANCE,
        "stage": ENTRANCE,
    },
    "aws_apigatewayv2_authorizer": {
        "api_id": API,
        "authorizer_result_ttl_in_seconds": AUTHORIZER,
        "authorizer_type": AUTHORIZER,
        "authorizer_uri": AUTHORIZER,
        "identity_sources": AUTHORIZER,
        "jwt_configuration.audience": AUTHORIZER,
        "jwt_configuration.issuer": AUTHORIZER,
    },
    "aws_apigatewayv2_domain_name": {
        "domain_name": ENTRANCE,
        "domain_name_configuration.endpoint_type": NETWORK,
        "mutual_tls_authentication.truststore_uri": CERTIFICATES,
        "mutual_tls_authentication.truststore_version": CERTIFICATES,
    },
    "aws_apigatewayv2_route": {
        "api_id": API,
        "api_key_required": LOCK,
        "authorization_scopes": LOCK,
        "authorization_type": LOCK,
        "authorizer_id": LOCK,
        "route_key": PLACE,
    },
    "aws_apigatewayv2_stage": {
        "api_id": API,
        "deployment_id": LIVE,
        "name": ENTRANCE,
        "stage_variables": AUTHORIZER,
    },
    "aws_lambda_alias": {
        "function_name": VERSION,
        "function_version": VERSION,
        "name": VERSION,
        "routing_config.additional_version_weights": VERSION,
    },
    "aws_lambda_function": {
        "environment.variables": FUNCTION,
        "file_system_config.arn": FUNCTION,
        "file_system_config.local_mount_path": FUNCTION,
        "function_name": FUNCTION,
        "handler": FUNCTION,
        "image_config.command": FUNCTION,
        "image_config.entry_point": FUNCTION,
        "image_config.working_directory": FUNCTION,
        "image_uri": FUNCTION,
        "layers": FUNCTION,
        "package_type": FUNCTION,
    },
    "aws_lambda_function_url": {
        "authorization_type": LOCK,
        "function_name": ENTRANCE,
        "qualifier": ENTRANCE,
    },
    "aws_lambda_permission": {
        "action": PERMISSION,
        "event_source_token": PERMISSION,
        "function_name": PERMISSION,
        "function_url_auth_type": PERMISSION,
        "principal": PERMISSION,
        "principal_org_id": PERMISSION,
        "qualifier": PERMISSION,
        "source_account": PERMISSION,
        "source_arn": PERMISSION,
    },
    "aws_wafregional_web_acl_association": {"resource_arn": FIREWALL, "web_acl_id": FIREWALL},
    "aws_wafv2_web_acl_association": {"resource_arn": FIREWALL, "web_acl_arn": FIREWALL},
}

SILENT: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_api_gateway_account": {
        "api_key_version": GIVEN,
        "cloudwatch_role_arn": LOGS,
        "features": GIVEN,
        "reset_on_delete": PROVIDER,
        "throttle_settings": GIVEN,
    },
    "aws_api_gateway_api_key": {
        "customer_id": KEYS,
        "enabled": KEYS,
        "last_updated_date": GIVEN,
        "name": PROSE,
        "value": KEYS,
    },
    "aws_api_gateway_authorizer": {
        "authorizer_credentials": ASKING,
        "identity_validation_expression": ASKING,
        "name": PROSE,
    },
    "aws_api_gateway_base_path_mapping": {},
    "aws_api_gateway_client_certificate": {
        "expiration_date": GIVEN,
        "pem_encoded_certificate": GIVEN,
    },
    "aws_api_gateway_deployment": {
        "canary_settings.percent_traffic": DEPLOYS,
        "canary_settings.use_stage_cache": CACHE,
        "stage_description": PROSE,
        "triggers": DEPLOYS,
    },
    "aws_api_gateway_documentation_part": {
        "documentation_part_id": GIVEN,
        "location.method": PROSE,
        "location.name": PROSE,
        "location.path": PROSE,
        "location.status_code": PROSE,
        "location.type": PROSE,
        "properties": PROSE,
        "rest_api_id": PROSE,
    },
    "aws_api_gateway_documentation_version": {"rest_api_id": PROSE, "version": PROSE},
    "aws_api_gateway_domain_name": {
        "certificate_arn": TLS,
        "certificate_body": TLS,
        "certificate_chain": TLS,
        "certificate_name": TLS,
        "certificate_private_key": TLS,
        "certificate_upload_date": GIVEN,
        "cloudfront_domain_name": GIVEN,
        "cloudfront_zone_id": GIVEN,
        "domain_name_id": GIVEN,
        "endpoint_configuration.ip_address_type": ADDRESS,
        "ownership_verification_certificate_arn": TLS,
        "regional_certificate_arn": TLS,
        "regional_certificate_name": TLS,
        "regional_domain_name": GIVEN,
        "regional_zone_id": GIVEN,
        "security_policy": TLS,
    },
    "aws_api_gateway_domain_name_access_association": {},
    "aws_api_gateway_gateway_response": {
        "response_parameters": REFUSAL,
        "response_templates": REFUSAL,
        "response_type": REFUSAL,
        "rest_api_id": REFUSAL,
        "status_code": REFUSAL,
    },
    "aws_api_gateway_integration": {
        "cache_key_parameters": CACHE,
        "cache_namespace": CACHE,
        "connection_id": BACKEND,
        "connection_type": BACKEND,
        "content_handling": BACKEND,
        "credentials": BACKEND,
        "integration_http_method": BACKEND,
        "passthrough_behavior": BACKEND,
        "request_parameters": BACKEND,
        "request_templates": BACKEND,
        "timeout_milliseconds": BACKEND,
        "tls_config.insecure_skip_verification": BACKEND,
        "uri": BACKEND,
    },
    "aws_api_gateway_integration_response": {
        **_RESPONSE,
        "http_method": ANSWER,
        "resource_id": ANSWER,
        "rest_api_id": ANSWER,
    },
    "aws_api_gateway_method": {
        "operation_name": PROSE,
        "request_models": CHECK,
        "request_parameters": CHECK,
        "request_validator_id": CHECK,
    },
    "aws_api_gateway_method_response": {
        "http_method": ANSWER,
        "resource_id": ANSWER,
        "response_models": ANSWER,
        "response_parameters": ANSWER,
        "rest_api_id": ANSWER,
        "status_code": ANSWER,
    },
    "aws_api_gateway_method_settings": {
        "method_path": LOGS,
        "rest_api_id": LOGS,
        "stage_name": LOGS,
        **_in("settings", {**_THROTTLE, "metrics_enabled": LOGS}),
        "settings.cache_data_encrypted": CACHE,
        "settings.cache_ttl_in_seconds": CACHE,
        "settings.caching_enabled": CACHE,
        "settings.require_authorization_for_cache_control": CACHE,
        "settings.unauthorized_cache_control_header_strategy": CACHE,
    },
    "aws_api_gateway_model": {"content_type": CHECK, "name": PROSE, "rest_api_id": CHECK, "schema": CHECK},
    "aws_api_gateway_request_validator": {
        "name": PROSE,
        "rest_api_id": CHECK,
        "validate_request_body": CHECK,
        "validate_request_parameters": CHECK,
    },
    "aws_api_gateway_resource": {"path": GIVEN},
    "aws_api_gateway_rest_api": {
        "api_key_source": KEYS,
        "binary_media_types": ANSWER,
        "endpoint_configuration.ip_address_type": ADDRESS,
        "fail_on_warnings": PROVIDER,
        "minimum_compression_size": ANSWER,
        "name": PROSE,
        "root_resource_id": GIVEN,
    },
    "aws_api_gateway_rest_api_policy": {},
    "aws_api_gateway_rest_api_put": {"fail_on_warnings": PROVIDER, "triggers": PROVIDER},
    "aws_api_gateway_stage": {
        "access_log_settings.destination_arn": LOGS,
        "access_log_settings.format": LOGS,
        "cache_cluster_enabled": CACHE,
        "cache_cluster_size": CACHE,
        "canary_settings.percent_traffic": DEPLOYS,
        "canary_settings.use_stage_cache": CACHE,
        "client_certificate_id": "by what the backend knows API Gateway",
        "documentation_version": PROSE,
        "web_acl_arn": GIVEN,
        "xray_tracing_enabled": LOGS,
    },
    "aws_api_gateway_usage_plan": {
        "api_stages.api_id": KEYS,
        "api_stages.stage": KEYS,
        "api_stages.throttle.burst_limit": SPEED,
        "api_stages.throttle.path": SPEED,
        "api_stages.throttle.rate_limit": SPEED,
        "name": PROSE,
        "product_code": PROSE,
        "quota_settings.limit": SPEED,
        "quota_settings.offset": SPEED,
        "quota_settings.period": SPEED,
        "throttle_settings.burst_limit": SPEED,
        "throttle_settings.rate_limit": SPEED,
    },
    "aws_api_gateway_usage_plan_key": {
        "key_id": KEYS,
        "key_type": KEYS,
        "name": GIVEN,
        "usage_plan_id": KEYS,
        "value": GIVEN,
    },
    "aws_api_gateway_vpc_link": {"name": PROSE, "target_arns": BACKEND},
    "aws_apigatewayv2_api": {
        "api_endpoint": GIVEN,
        "api_key_selection_expression": KEYS,
        **_in("cors_configuration", _CORS),
        "credentials_arn": BACKEND,
        "fail_on_warnings": PROVIDER,
        "ip_address_type": ADDRESS,
        "name": PROSE,
        "route_selection_expression": "which message goes to which route, after the handshake",
        "version": PROSE,
    },
    "aws_apigatewayv2_api_mapping": {},
    "aws_apigatewayv2_authorizer": {
        "authorizer_credentials_arn": ASKING,
        "authorizer_payload_format_version": ASKING,
        "enable_simple_responses": ASKING,
        "name": PROSE,
    },
    "aws_apigatewayv2_deployment": {"api_id": DEPLOYS, "auto_deployed": GIVEN, "triggers": DEPLOYS},
    "aws_apigatewayv2_domain_name": {
        "api_mapping_selection_expression": GIVEN,
        "domain_name_configuration.certificate_arn": TLS,
        "domain_name_configuration.hosted_zone_id": GIVEN,
        "domain_name_configuration.ip_address_type": ADDRESS,
        "domain_name_configuration.ownership_verification_certificate_arn": TLS,
        "domain_name_configuration.security_policy": TLS,
        "domain_name_configuration.target_domain_name": GIVEN,
    },
    "aws_apigatewayv2_integration": {
        "api_id": BACKEND,
        "connection_id": BACKEND,
        "connection_type": BACKEND,
        "content_handling_strategy": BACKEND,
        "credentials_arn": BACKEND,
        "integration_method": BACKEND,
        "integration_response_selection_expression": GIVEN,
        "integration_subtype": BACKEND,
        "integration_type": BACKEND,
        "integration_uri": BACKEND,
        "passthrough_behavior": BACKEND,
        "payload_format_version": BACKEND,
        "request_parameters": BACKEND,
        "request_templates": BACKEND,
        "response_parameters.mappings": ANSWER,
        "response_parameters.status_code": ANSWER,
        "template_selection_expression": BACKEND,
        "timeout_milliseconds": BACKEND,
        "tls_config.server_name_to_verify": BACKEND,
    },
    "aws_apigatewayv2_integration_response": {
        "api_id": ANSWER,
        "content_handling_strategy": ANSWER,
        "integration_id": ANSWER,
        "integration_response_key": ANSWER,
        "response_templates": ANSWER,
        "template_selection_expression": ANSWER,
    },
    "aws_apigatewayv2_model": {"api_id": CHECK, "content_type": CHECK, "name": PROSE, "schema": CHECK},
    "aws_apigatewayv2_route": {
        "model_selection_expression": CHECK,
        "operation_name": PROSE,
        "request_models": CHECK,
        "request_parameter.request_parameter_key": CHECK,
        "request_parameter.required": CHECK,
        "route_response_selection_expression": ANSWER,
        "target": BACKEND,
    },
    "aws_apigatewayv2_route_response": {
        "api_id": ANSWER,
        "model_selection_expression": ANSWER,
        "response_models": ANSWER,
        "route_id": ANSWER,
        "route_response_key": ANSWER,
    },
    "aws_apigatewayv2_stage": {
        "access_log_settings.destination_arn": LOGS,
        "access_log_settings.format": LOGS,
        "auto_deploy": DEPLOYS,
        "client_certificate_id": "by what the backend knows API Gateway",
        **_in("default_route_settings", {**_THROTTLE, "detailed_metrics_enabled": LOGS}),
        **_in("route_settings", {**_THROTTLE, "detailed_metrics_enabled": LOGS}),
        "route_settings.route_key": SPEED,
    },
    "aws_apigatewayv2_vpc_link": {"name": PROSE, "security_group_ids": BACKEND, "subnet_ids": BACKEND},
    "aws_lambda_alias": {"invoke_arn": GIVEN},
    "aws_lambda_function": {
        "architectures": CODE,
        "code_sha256": GIVEN,
        "code_signing_config_arn": CODE,
        "dead_letter_config.target_arn": CODE,
        "ephemeral_storage.size": CODE,
        "filename": "the package itself, which no plan shows",
        "invoke_arn": GIVEN,
        "kms_key_arn": TLS,
        "last_modified": GIVEN,
        "logging_config.application_log_level": LOGS,
        "logging_config.log_format": LOGS,
        "logging_config.log_group": LOGS,
        "logging_config.system_log_level": LOGS,
        "memory_size": CODE,
        "publish": "whether there is a version; what an alias points at is read",
        "qualified_arn": GIVEN,
        "qualified_invoke_arn": GIVEN,
        "replace_security_groups_on_destroy": PROVIDER,
        "replacement_security_group_ids": PROVIDER,
        "reserved_concurrent_executions": SPEED,
        "role": "what the function may do, which the check of permissions follows",
        "runtime": CODE,
        "s3_bucket": "the package itself, which no plan shows",
        "s3_key": "the package itself, which no plan shows",
        "s3_object_version": "the package itself, which no plan shows",
        "signing_job_arn": GIVEN,
        "signing_profile_version_arn": GIVEN,
        "skip_destroy": PROVIDER,
        "snap_start.apply_on": CODE,
        "snap_start.optimization_status": GIVEN,
        "source_code_hash": "the package itself, which no plan shows",
        "source_code_size": GIVEN,
        "timeout": CODE,
        "tracing_config.mode": LOGS,
        "version": GIVEN,
        "vpc_config.ipv6_allowed_for_dual_stack": CODE,
        "vpc_config.security_group_ids": CODE,
        "vpc_config.subnet_ids": CODE,
        "vpc_config.vpc_id": GIVEN,
    },
    "aws_lambda_function_url": {
        **_in("cors", _CORS),
        "function_arn": GIVEN,
        "function_url": GIVEN,
        "invoke_mode": ANSWER,
        "url_id": GIVEN,
    },
    "aws_lambda_permission": {"statement_id": PROSE, "statement_id_prefix": PROSE},
    "aws_wafregional_web_acl_association": {},
    "aws_wafv2_web_acl_association": {},
}

TYPES: Final = frozenset(SILENT)
"""The types whose every attribute is in the table."""

# Attributes whose unknown value is followed to what it comes from; of all others that decide, one that is known after
# apply cannot be read.
FOLLOWED: Final = frozenset(
    {
        "api_id",
        "authorizer_id",
        "authorizer_uri",
        "deployment_id",
        "domain_name",
        "domain_name_id",
        "domain_name_arn",
        "environment.variables",
        "function_name",
        "function_version",
        "layers",
        "parent_id",
        "resource_arn",
        "resource_id",
        "rest_api_id",
        "stage",
        "stage_name",
        "http_method",
        "target",
        "web_acl_arn",
        "web_acl_id",
        "body",
        "canary_settings.deployment_id",
        "policy",
        "image_uri",
        "jwt_configuration.audience",
        "jwt_configuration.issuer",
        "provider_arns",
        "authorization_scopes",
        "authorization",
        "authorization_type",
        "mutual_tls_authentication.truststore_version",
    }
)

OF_API_GATEWAY: Final = ("aws_api_gateway_", "aws_apigatewayv2_")
"""What the types of API Gateway begin with: a newer provider may have more of them, of which nothing is known here."""

# Doors that are made by other means: a change of one cannot be read. Every other type counts as no door.
OTHER_MEANS: Final = (
    "awscc_apigateway",
    "awscc_lambda_alias",
    "awscc_lambda_permission",
    "awscc_lambda_url",
    "awscc_serverless",
    "awscc_wafv2_web_acl_association",
    "aws_serverlessapplicationrepository_cloudformation_stack",
)
# The same where their text names a way in, or is not known.
BY_TEXT: Final[Mapping[str, tuple[str, ...]]] = {
    "aws_cloudcontrolapi_resource": ("type_name",),
    "aws_cloudformation_stack": ("template_body", "template_url"),
    "aws_cloudformation_stack_set": ("template_body", "template_url"),
    "aws_cloudformation_stack_instances": (),
    "aws_cloudformation_stack_set_instance": (),
    "awscc_cloudformation_stack": ("template_body", "template_url"),
    "awscc_cloudformation_stack_set": ("template_body", "template_url"),
}
DOORS_IN_TEXT: Final = (
    "AWS::ApiGateway",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Serverless",
    "AWS::WAFv2::WebACLAssociation",
    "AWS::CloudFormation::Stack",
    "Fn::Transform",
    "Transform",
)


def is_known(type_: str, attribute: str) -> bool:
    """Whether the table says anything of an attribute, or of a block that holds it."""
    rows = {**COMMON, **SILENT.get(type_, {}), **DECIDES.get(type_, {})}
    return attribute in rows or any(name.startswith(f"{attribute}.") for name in rows) or _is_map(attribute, rows)


def decides(type_: str, attribute: str) -> str | None:
    """The row of an attribute that says who may call: itself, or the map that it is a member of; else None."""
    rows = DECIDES.get(type_, {})
    return next((name for name in rows if attribute == name or attribute.startswith(f"{name}.")), None)


def _is_map(attribute: str, rows: Mapping[str, str]) -> bool:
    return any(attribute.startswith(f"{name}.") for name in rows)
