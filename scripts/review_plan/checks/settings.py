"""Settings that decide what passes and what is written down: cache, identity, throttling, logs, WAF, CORS, TLS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.review_plan.access.configuration import VARIABLE, decode, quiet_changes
from scripts.review_plan.access.routes import RouteTable
from scripts.review_plan.checks.findings import Finding, Level, dangers_first
from scripts.review_plan.plan.document import Resource
from scripts.review_plan.plan.state import State
from scripts.review_plan.plan.values import UNKNOWN, Path, get, is_empty, mark, with_unknowns
from scripts.review_plan.text import Text, count, names, say

Danger = Callable[[Any, Any], bool]


@dataclass(frozen=True)
class _Setting:
    """One attribute worth a word: where it is, what it is called, and when its change is dangerous."""

    path: Path
    words: str
    danger: Danger = lambda _before, _after: False
    warning: str = ""
    unit: str = ""
    headline: bool = False
    rule: str = "setting"


def _becomes(value: Any) -> Danger:
    return lambda before, after: after == value and before != value


def _goes(before: Any, after: Any) -> bool:
    return bool(before) and before is not UNKNOWN and not after


def _holds_star(before: Any, after: Any) -> bool:
    return "*" in str(after) and "*" not in str(before)


_CACHE = _Setting(
    ("authorizer_result_ttl_in_seconds",), "authorizer cache", unit=" s", headline=True, rule="authorizer-cache"
)
_LOG_SETTINGS = {
    "data_trace_enabled": _Setting(
        (), "data trace", _becomes(True), "bodies and Authorization headers go to the logs", "", True, "data-trace"
    ),
    "logging_level": _Setting((), "execution logging", _becomes("OFF"), "", rule="logging"),
    "metrics_enabled": _Setting((), "metrics"),
    "throttling_burst_limit": _Setting(
        (), "throttling burst", _becomes(0), "0 refuses every request", headline=True, rule="throttling"
    ),
    "throttling_rate_limit": _Setting(
        (), "throttling rate", _becomes(0), "0 refuses every request", "/s", True, "throttling"
    ),
    "caching_enabled": _Setting((), "response cache"),
    "require_authorization_for_cache_control": _Setting((), "authorization to empty the cache", _becomes(False)),
}


def _log_settings(block: str) -> list[_Setting]:
    return [
        _Setting((block, 0, name), s.words, s.danger, s.warning, s.unit, s.headline, s.rule)
        for name, s in _LOG_SETTINGS.items()
    ]


_ACCESS_LOG = [
    _Setting(("access_log_settings", 0, "destination_arn"), "access log", _goes, headline=True, rule="logging"),
    _Setting(("access_log_settings", 0, "format"), "access log format", rule="logging"),
]
_TLS = [
    _Setting(("security_policy",), "lowest TLS", _becomes("TLS_1_0"), rule="endpoint"),
    _Setting(("mutual_tls_authentication",), "mutual TLS", _goes, headline=True, rule="endpoint"),
]
_EXECUTE_API = _Setting(
    ("disable_execute_api_endpoint",),
    "execute-api URL closed",
    lambda before, after: before is True and not after,
    "the API can be called past its domain name, and what stands before that",
    headline=True,
    rule="endpoint",
)
_ORIGIN = "Access-Control-Allow-Origin"
_CREDENTIALS = "Access-Control-Allow-Credentials"

_SETTINGS: Mapping[str, list[_Setting]] = {
    "aws_api_gateway_authorizer": [
        _CACHE,
        _Setting(("identity_source",), "identity source", headline=True, rule="identity-source"),
        _Setting(("identity_validation_expression",), "validation expression", rule="validation"),
        _Setting(("type",), "authorizer type", rule="identity-source"),
        _Setting(("authorizer_credentials",), "role that calls the authorizer"),
    ],
    "aws_apigatewayv2_authorizer": [
        _CACHE,
        _Setting(("identity_sources",), "identity source", headline=True, rule="identity-source"),
        _Setting(("enable_simple_responses",), "simple responses"),
        _Setting(("authorizer_payload_format_version",), "authorizer payload format"),
    ],
    "aws_api_gateway_method": [_Setting(("request_validator_id",), "request validator", _goes, rule="validation")],
    "aws_api_gateway_method_settings": _log_settings("settings"),
    "aws_api_gateway_stage": [
        *_ACCESS_LOG,
        _Setting(("xray_tracing_enabled",), "tracing"),
        _Setting(("client_certificate_id",), "client certificate", _goes, rule="endpoint"),
        _Setting(("cache_cluster_enabled",), "response cache"),
    ],
    "aws_apigatewayv2_stage": [
        *_ACCESS_LOG,
        *_log_settings("default_route_settings"),
        _Setting(("auto_deploy",), "automatic deployment"),
    ],
    "aws_api_gateway_rest_api": [
        _EXECUTE_API,
        _Setting(("endpoint_configuration", 0, "types"), "endpoint", headline=True, rule="endpoint"),
        _Setting(("api_key_source",), "API key source"),
        _Setting(("put_rest_api_mode",), "how a body is put"),
    ],
    "aws_apigatewayv2_api": [
        _EXECUTE_API,
        _Setting(("cors_configuration", 0, "allow_origins"), "CORS origins", _holds_star, "any page", "", True, "cors"),
        _Setting(("cors_configuration", 0, "allow_credentials"), "CORS credentials", _becomes(True), rule="cors"),
        _Setting(("cors_configuration", 0, "allow_headers"), "CORS headers", rule="cors"),
        _Setting(("cors_configuration", 0, "allow_methods"), "CORS methods", rule="cors"),
    ],
    "aws_api_gateway_integration_response": [
        _Setting(
            ("response_parameters", f"method.response.header.{name}"), words, danger, "any page" * star, rule="cors"
        )
        for name, words, danger, star in (
            (_ORIGIN, "CORS origin", _holds_star, 1),
            (_CREDENTIALS, "CORS credentials", _becomes("'true'"), 0),
        )
    ],
    "aws_api_gateway_gateway_response": [
        _Setting(("response_parameters", f"gatewayresponse.header.{_ORIGIN}"), "CORS origin", _holds_star, rule="cors"),
        _Setting(("status_code",), "status of a refusal"),
    ],
    "aws_lambda_function_url": [
        _Setting(("cors", 0, "allow_origins"), "CORS origins", _holds_star, rule="cors"),
    ],
    "aws_api_gateway_domain_name": _TLS,
    "aws_apigatewayv2_domain_name": [
        _Setting(
            ("domain_name_configuration", 0, "security_policy"), "lowest TLS", _becomes("TLS_1_0"), rule="endpoint"
        ),
        _TLS[1],
    ],
    "aws_api_gateway_usage_plan": [
        _Setting(("throttle_settings",), "usage plan throttling", _goes, rule="throttling"),
        _Setting(("quota_settings",), "usage plan quota", _goes, rule="throttling"),
    ],
    "aws_cloudwatch_log_group": [
        _Setting(
            ("retention_in_days",),
            "log retention",
            lambda before, after: bool(after) and (not before or after < before),
            unit=" days",
            rule="logging",
        ),
        _Setting(("kms_key_id",), "key that encrypts the logs", _goes, rule="logging"),
    ],
    "aws_wafv2_web_acl": [
        _Setting(("default_action",), "what the WAF does by default", rule="waf"),
        _Setting(("rule",), "rules of the WAF", rule="waf"),
    ],
    "aws_lambda_function": [
        _Setting(("handler",), "handler"),
        _Setting(("role",), "role of the function"),
        _Setting(("reserved_concurrent_executions",), "reserved concurrency", _becomes(0), "0 stops the function"),
    ],
}
_ASSOCIATIONS = ("aws_wafv2_web_acl_association", "aws_wafregional_web_acl_association")
# An object or a list of blocks is said to change; what changes in it is in the full diff.
_BLOCKS = frozenset({"throttle_settings", "quota_settings", "default_action", "rule", "mutual_tls_authentication"})


def findings(resources: tuple[Resource, ...], before: RouteTable, after: RouteTable) -> list[Finding]:
    """Every setting that changes, said once for all resources whose change is the same."""
    found: list[Finding] = []
    for resource in resources:
        if not resource.changes:
            continue
        if resource.type in _ASSOCIATIONS:
            found += _association(resource)
        if resource.before is not None and resource.after is not None:
            values = with_unknowns(resource.after, resource.unknown)
            for setting in _SETTINGS.get(resource.type, ()):
                if each := _changed(setting, resource, values):
                    found.append(each)
        elif resource.after is not None:
            found += _dangerous_from_the_start(resource)
        elif resource.type == "aws_cloudwatch_log_group":
            found.append(
                Finding("logging", Level.NOTICE, resource.address, ("the log group and all in it is deleted",))
            )
    found += _targets(before, after)
    return _together(found)


def configurations(before: State, after: State) -> list[Finding]:
    """What changes in the authorizers' own configuration without a word of who may call."""
    found = []
    old = {function.address: function for function in before.resources("aws_lambda_function")}
    for function in after.resources("aws_lambda_function"):
        if function.address not in old or not function.resource.changes:
            continue
        path: Path = ("environment", 0, "variables", VARIABLE)
        was, now = decode(get(old[function.address].values, *path)), decode(get(function.values, *path))
        if was is None or now is None or was == now:
            continue
        marks = (function.resource.before_sensitive, function.resource.after_sensitive)
        if any(mark(each, *path) for each in marks):
            said: Text = ("the configuration changes (marked sensitive)",)
            found.append(Finding("authorizer-configuration", Level.NOTICE, function.address, said))
            continue
        for text, dangerous in quiet_changes(was, now):
            level = Level.DANGER if dangerous else Level.NOTICE
            found.append(Finding("authorizer-configuration", level, function.address, text))
    return found


def _changed(setting: _Setting, resource: Resource, after: Any) -> Finding | None:
    was, is_now = _at(resource.before, setting.path), _at(after, setting.path)
    if was == is_now or (is_now is UNKNOWN and resource.is_replaced):
        return None
    if _is_marked(resource, setting.path):
        return Finding(setting.rule, Level.NOTICE, resource.address, (f"{setting.words} changes (sensitive)",))
    if setting.path[-1] in _BLOCKS:
        text: Text = (f"{setting.words} {'goes' if not is_now else 'comes' if not was else 'changes'}",)
    else:
        text = say(f"{setting.words} {{}} → {{}}{setting.unit}", _value(was), _value(is_now))
    danger = is_now is not UNKNOWN and setting.danger(was, is_now)
    headline = text if setting.headline else ()
    if danger and setting.warning:
        text = (*text, f": {setting.warning}")
    level = Level.DANGER if danger else Level.NOTICE
    return Finding(setting.rule, level, resource.address, text, headline)


def _dangerous_from_the_start(resource: Resource) -> list[Finding]:
    """Dangerous values of new resources."""
    found = []
    for setting in _SETTINGS.get(resource.type, ()):
        value = _at(with_unknowns(resource.after, resource.unknown), setting.path)
        if setting.warning and value not in (None, UNKNOWN) and setting.danger(None, value):
            text = say(f"{setting.words} is {{}}: {setting.warning}", _value(value))
            found.append(Finding(setting.rule, Level.DANGER, resource.address, text))
    return found


def _association(resource: Resource) -> list[Finding]:
    before = resource.before or {}
    if resource.is_destroyed:
        text = say("the WAF is taken from {}", _value(before.get("resource_arn")))
        return [Finding("waf", Level.DANGER, resource.address, text, ("a WAF is removed",))]
    if not before:
        return [Finding("waf", Level.NOTICE, resource.address, ("a WAF is put before it",))]
    return [Finding("waf", Level.NOTICE, resource.address, ("another WAF, or before something else",))]


def _targets(before: RouteTable, after: RouteTable) -> list[Finding]:
    """Routes that something else answers from now on."""
    found = []
    for route in after.all:
        old = before.routes.get(route.identity, [])
        if len(old) != 1 or not old[0].calls or not route.calls:
            continue
        if old[0].calls != route.calls:
            text = say("is answered by {} → {}", old[0].calls, route.calls)
            found.append(Finding("integration", Level.NOTICE, route.address, text))
    return found


def _together(found: list[Finding]) -> list[Finding]:
    grouped: dict[tuple[str, Level, Text], list[Finding]] = {}
    for finding in found:
        grouped.setdefault((finding.rule_id, finding.level, finding.text), []).append(finding)
    merged = []
    for (rule, level, text), same in grouped.items():
        others = (f" (and {count(len(same) - 1, 'more resource')} alike)",) if len(same) > 1 else ()
        merged.append(Finding(rule, level, same[0].address, (*text, *others), same[0].headline))
    return dangers_first(merged)


def _at(value: Any, path: Path) -> Any:
    found = get(value, *path)
    return None if is_empty(found) else found


def _is_marked(resource: Resource, path: Path) -> bool:
    return any(mark(marks, *path) for marks in (resource.before_sensitive, resource.after_sensitive))


def _value(value: Any) -> Text:
    if value is None:
        return ("none",)
    if value is UNKNOWN:
        return (f"({UNKNOWN})",)
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if isinstance(value, (int, float)):
        return (f"{value:g}" if isinstance(value, float) else str(value),)
    if isinstance(value, list) and all(isinstance(each, (str, int, float)) for each in value):
        return names(value)
    return say("{}", value if isinstance(value, str) else repr(value))
