"""What is destroyed or replaced, and why: Terraform's own reasons in words."""

from __future__ import annotations

from scripts.review_plan.checks.findings import Finding, Level
from scripts.review_plan.plan.document import Resource
from scripts.review_plan.text import Text, first, say

_REASONS = {
    "delete_because_count_index": "its count is lower",
    "delete_because_each_key": "its key is gone from for_each",
    "delete_because_no_module": "its module is no longer called",
    "delete_because_no_move_target": "it was moved to what is not there",
    "delete_because_no_resource_config": "it is no longer in the configuration",
    "delete_because_wrong_repetition": "count or for_each came or went",
    "replace_because_cannot_update": "cannot be changed in place",
    "replace_because_tainted": "it is tainted",
    "replace_by_request": "asked for by -replace",
    "replace_by_triggers": "replace_triggered_by",
}
# What holds data, or a name that callers use, and is not made again by making it again.
_PRECIOUS = (
    "aws_api_gateway_rest_api",
    "aws_apigatewayv2_api",
    "aws_cloudwatch_log_group",
    "aws_cognito_user_pool",
    "aws_db_instance",
    "aws_dynamodb_table",
    "aws_kms_key",
    "aws_rds_cluster",
    "aws_s3_bucket",
    "aws_secretsmanager_secret",
    "aws_ssm_parameter",
)


def findings(resources: tuple[Resource, ...], deposed: tuple[Resource, ...] = ()) -> list[Finding]:
    """All deletions, then all replacements; within each, first what holds data; then what an earlier apply left."""
    found = [resource for resource in resources if "delete" in resource.actions or resource.is_forgotten]
    order = sorted(found, key=lambda resource: (resource.is_replaced, resource.type not in _PRECIOUS, resource.address))
    left: Text = ("what an earlier apply left of it is destroyed",)
    return [
        *(_finding(resource) for resource in order),
        *(Finding("deposed", Level.PLAIN, resource.address, left) for resource in deposed),
    ]


def _finding(resource: Resource) -> Finding:
    if resource.is_forgotten:
        text: Text = ("is forgotten, and lives on without Terraform",)
        return Finding("destroyed", Level.PLAIN, resource.address, text)
    precious = resource.type in _PRECIOUS
    if resource.is_destroyed:
        text = ("is destroyed", *_because(resource))
    else:
        order = "created, then destroyed" if resource.actions[0] == "create" else "destroyed, then created"
        text = (f"is replaced ({order})", *_because(resource))
    if precious:
        text = (*text, " (what it holds goes with it)")
    rule = "replaced" if resource.is_replaced else "destroyed"
    return Finding(rule, Level.DANGER if precious else Level.PLAIN, resource.address, text)


def _because(resource: Resource) -> Text:
    paths = sorted({".".join(str(step) for step in path) for path in resource.replace_paths if path})
    if resource.is_replaced and paths:
        return say(": {} cannot be changed in place", first([say("{}", path) for path in paths], 5))
    if resource.reason:
        return (f": {_REASONS[resource.reason]}",) if resource.reason in _REASONS else say(": {}", resource.reason)
    return ()
