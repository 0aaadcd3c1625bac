"""One record for each caller, in DynamoDB.

A record's key is the caller's issuer and principal as a JSON list, whatever the configuration passes on. The item names
both again: one that does not was written by an older release under a key that others could choose, and is not read.
"""

import json
import os
from functools import cache
from typing import Any

from backend.caller import Caller

# DynamoDB takes partition keys of up to 2,048 bytes and items of up to 400 KB.
_MAXIMUM_KEY_BYTES = 2048
MAXIMUM_RECORD_BYTES = 350_000


class NotStorable(Exception):
    """What DynamoDB does not take; the message tells the caller what to send instead."""


def load(caller: Caller) -> dict[str, Any] | None:
    """The caller's record, or None where there is none. Raises NotStorable for a caller who can have none."""
    item = _client().get_item(TableName=_table(), Key={"principal": {"S": key(caller)}}, ConsistentRead=True)
    found = item.get("Item")
    if found is None or not owner(caller).items() <= found.items():
        return None
    record: dict[str, Any] = json.loads(found["record"]["S"])
    return record


def store(caller: Caller, record: dict[str, Any]) -> None:
    """Write the caller's record in place of what was there. Raises NotStorable."""
    try:
        text = json.dumps(record, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (ValueError, RecursionError):
        raise NotStorable("Send a JSON object of Unicode text and finite numbers") from None
    if size > MAXIMUM_RECORD_BYTES:
        raise NotStorable(f"Send at most {MAXIMUM_RECORD_BYTES} bytes")
    item = {"principal": {"S": key(caller)}, **owner(caller), "record": {"S": text}}
    _client().put_item(TableName=_table(), Item=item)


def key(caller: Caller) -> str:
    """The key of a caller's record. Raises NotStorable for one that is too long."""
    text = json.dumps([caller.issuer, caller.principal])
    if len(text) > _MAXIMUM_KEY_BYTES:
        raise NotStorable("Use a token whose issuer and user id are shorter: a record cannot have a key of that length")
    return text


def owner(caller: Caller) -> dict[str, dict[str, Any]]:
    """The attributes by which a record names its owner: `issuer` (null for tokens without one) and `subject`."""
    issuer = {"NULL": True} if caller.issuer is None else {"S": caller.issuer}
    return {"issuer": issuer, "subject": {"S": caller.principal}}


def _table() -> str:
    return os.environ["RECORDS_TABLE"]


@cache
def _client() -> Any:
    # Imported here, for GET /hello has no need of it.
    import boto3

    return boto3.client("dynamodb")
