"""What MiniStack gets wrong, and a proof then stumbles over.

A secret's new version carries every label that it is given; MiniStack keeps ``AWSCURRENT`` alone.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
"""

from __future__ import annotations

import functools
import json
from typing import Any


def mend() -> None:
    """Keep in this process every label of a secret's new version."""
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
