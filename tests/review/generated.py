"""Plans written by hand, for what Terraform need not be asked: size, and shapes of other people's Terraform."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def change(
    address: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    key: str | None = None,
    unknown: Any = None,
    actions: Sequence[str] = (),
    before_sensitive: Any = None,
    after_sensitive: Any = None,
) -> dict[str, Any]:
    """One resource of a plan's ``resource_changes``; an address without brackets, whose key is given apart."""
    *module, type_, name = address.split(".")
    kept = "no-op" if before == after else "update"
    does = ["create" if before is None else "delete" if after is None else kept]
    return {
        "address": address if key is None else f"{address}[{json.dumps(key)}]",
        **({"module_address": ".".join(module)} if module else {}),
        "mode": "managed",
        "type": type_,
        "name": name,
        **({"index": key} if key is not None else {}),
        "change": {
            "actions": list(actions) or does,
            "before": before,
            "after": after,
            "after_unknown": unknown or {},
            "before_sensitive": before_sensitive or {},
            "after_sensitive": after_sensitive or {},
        },
    }


def plan(*changes: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> bytes:
    """A plan's JSON."""
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "resource_changes": changes,
            "configuration": {"root_module": root or {}},
        }
    ).encode()


def large(resources: int) -> bytes:
    """A plan of an API with so many resources, half of which change."""
    changes = [
        change("aws_api_gateway_rest_api.this", *[{"id": "api", "name": "large", "root_resource_id": "root"}] * 2),
        change(
            "aws_api_gateway_authorizer.this",
            *[{"id": "auth", "name": "signed-in", "rest_api_id": "api", "type": "TOKEN", "authorizer_uri": "elsewhere"}]
            * 2,
        ),
    ]
    for number in range(max(0, resources - len(changes)) // 4):
        path = f"thing-{number}"
        where = {"rest_api_id": "api", "resource_id": f"r{number}", "http_method": "GET"}
        place = {"id": f"r{number}", "rest_api_id": "api", "parent_id": "root", "path_part": path, "path": f"/{path}"}
        changes.append(change("aws_api_gateway_resource.this", place, place, key=path))
        guarded = {**where, "id": f"m{number}", "authorization": "CUSTOM", "authorizer_id": "auth"}
        opened = {**guarded, "authorization": "NONE", "authorizer_id": None}
        changes.append(
            change("aws_api_gateway_method.this", guarded, opened if number % 2 else guarded, key=f"GET /{path}")
        )
        answers = {**where, "id": f"i{number}", "type": "AWS_PROXY", "uri": "arn:aws:lambda:x:1:function:backend"}
        changes.append(change("aws_api_gateway_integration.this", *[answers] * 2, key=f"GET /{path}"))
        secret = {"id": f"p{number}", "name": path, "value": f"secret-value-{number}"}
        changes.append(
            change(
                "aws_ssm_parameter.this",
                secret,
                {**secret, "value": f"newer-value-{number}"},
                key=path,
                before_sensitive={"value": True},
                after_sensitive={"value": True},
            )
        )
    return plan(*changes)
