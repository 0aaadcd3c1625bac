"""Give the example backend's old records their owners: ``python -m scripts.operate.records --table … --kept-by …``.

Older releases kept a record under the principal alone, or under issuer and principal as JSON where the authorizer
passed `iss` on. The backend reads neither: a caller who may choose an id could choose somebody else's key.
The operator alone knows which of the two the records are: ``--kept-by principal --issuer <iss>``, with an empty issuer
for tokens that carry none, or ``--kept-by pair``.

Without ``--write`` it says what it would do. A record that has its owner is never overwritten; the old ones stay.
Exits 0 when it is done, 1 when DynamoDB refuses, 2 when the arguments make no sense.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.lib import aws
from scripts.lib.console import say
from scripts.lib.program import Error, UsageError, run


def owned(item: Mapping[str, Any], kept_by: str, issuer: str | None) -> dict[str, Any] | None:
    """An old record as the backend writes it now, or None for what is no record of that kind.

    Takes the item, ``principal`` or ``pair``, and for the former the issuer of all of them, None for tokens without.
    """
    subject = item["principal"]["S"]
    if kept_by == "pair":
        try:
            issuer, subject = json.loads(subject)
        except (ValueError, TypeError):
            return None
        if not isinstance(issuer, str) or not isinstance(subject, str):
            return None
    named = {"NULL": True} if issuer is None else {"S": issuer}
    key = {"S": json.dumps([issuer, subject])}
    return {"principal": key, "issuer": named, "subject": {"S": subject}, "record": item["record"]}


def adopt(client: Any, table: str, kept_by: str, issuer: str | None, *, write: bool) -> tuple[int, int]:
    """Go through a table; returns how many records have got an owner, and how many were left alone."""
    adopted = left = 0
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            if "subject" in item:
                continue
            new = owned(item, kept_by, issuer)
            if new is None or (write and not _put(client, table, new)):
                left += 1
            else:
                adopted += 1
    return adopted, left


def _put(client: Any, table: str, item: Mapping[str, Any]) -> bool:
    """Write a record unless its owner has one by now."""
    try:
        client.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(subject)")
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="records", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--table", required=True, help="the table of records, such as orders-dev-records")
    parser.add_argument("--kept-by", required=True, choices=("principal", "pair"), help="what the old keys are")
    parser.add_argument("--issuer", help="whose subjects they are, with --kept-by principal; empty for tokens without")
    parser.add_argument("--write", action="store_true", help="do it; else only say what would be done")
    given = parser.parse_args(arguments)
    return run("records", lambda: _run(given))


def _run(given: argparse.Namespace) -> int:
    if (given.kept_by == "principal") != (given.issuer is not None):
        raise UsageError("write --issuer with --kept-by principal, and only with it: a pair names its own")
    client = aws.client("dynamodb")
    try:
        adopted, left = adopt(client, given.table, given.kept_by, given.issuer or None, write=given.write)
    except (BotoCoreError, ClientError) as error:
        raise Error(f"the table {given.table} cannot be changed: {aws.failure(error)}") from None
    have = "have" if given.write else "would have"
    say(f"{adopted} records {have} their owner; {left} were left alone: no such key, or a newer record is there.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
