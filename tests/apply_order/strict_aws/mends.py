"""What MiniStack gets wrong and an apply of a change then stumbles over.

A patched time to live of a REST authorizer is a number, as in AWS's answers; MiniStack keeps the text of the patch.
A secret's new version carries every label that it is given; MiniStack keeps ``AWSCURRENT`` alone.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
"""

from __future__ import annotations

import functools
import json
from typing import Any


def mend() -> None:
    """Mend both in this process."""
    _mend_authorizers()
    _mend_secrets()


def _mend_authorizers() -> None:
    from ministack.services import apigateway_v1

    apply = apigateway_v1._apply_patch

    @functools.wraps(apply)
    def apply_numbers(target: dict[str, Any], operations: Any) -> Any:
        result = apply(target, operations)
        seconds = target.get("authorizerResultTtlInSeconds")
        if isinstance(seconds, str):
            target["authorizerResultTtlInSeconds"] = int(seconds)
        return result

    apigateway_v1._apply_patch = apply_numbers


def _mend_secrets() -> None:
    from ministack.services import secretsmanager

    put = secretsmanager._put_secret_value

    @functools.wraps(put)
    def put_with_labels(data: dict[str, Any]) -> Any:
        answer = put(data)
        labels = data.get("VersionStages", [])
        if answer[0] != 200 or "AWSCURRENT" not in labels:
            return answer
        version = json.loads(answer[2])["VersionId"]
        _, secret = secretsmanager._resolve(data["SecretId"])
        for label in labels:
            secretsmanager._remove_stage_everywhere(secret, label, except_version_id=version)
            if label not in secret["Versions"][version]["Stages"]:
                secret["Versions"][version]["Stages"].append(label)
        return answer

    secretsmanager._put_secret_value = put_with_labels
