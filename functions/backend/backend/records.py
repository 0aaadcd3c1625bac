"""One record for each caller, in DynamoDB."""

import json
import os
from functools import cache
from typing import Any


def load(owner: str) -> dict[str, Any] | None:
    """The owner's record, or None where there is none."""
    item = _client().get_item(TableName=_table(), Key={"principal": {"S": owner}}, ConsistentRead=True).get("Item")
    return json.loads(item["record"]["S"]) if item else None


def store(owner: str, record: dict[str, Any]) -> None:
    """Write the owner's record in place of what was there."""
    item = {"principal": {"S": owner}, "record": {"S": json.dumps(record)}}
    _client().put_item(TableName=_table(), Item=item)


def _table() -> str:
    return os.environ["RECORDS_TABLE"]


@cache
def _client() -> Any:
    # Imported here, for GET /hello has no need of it.
    import boto3

    return boto3.client("dynamodb")
