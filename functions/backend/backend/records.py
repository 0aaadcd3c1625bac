"""One record for each principal, in DynamoDB."""

import json
import os
from functools import cache
from typing import Any


def load(principal: str) -> dict[str, Any] | None:
    """The principal's record, or None where there is none."""
    item = _client().get_item(TableName=_table(), Key={"principal": {"S": principal}}, ConsistentRead=True).get("Item")
    return json.loads(item["record"]["S"]) if item else None


def store(principal: str, record: dict[str, Any]) -> None:
    """Write the principal's record in place of what was there."""
    item = {"principal": {"S": principal}, "record": {"S": json.dumps(record)}}
    _client().put_item(TableName=_table(), Item=item)


def _table() -> str:
    return os.environ["RECORDS_TABLE"]


@cache
def _client() -> Any:
    # Imported here, for GET /hello has no need of it.
    import boto3

    return boto3.client("dynamodb")
