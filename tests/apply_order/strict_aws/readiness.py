"""A new DynamoDB table is CREATING until the schedule lets it become ACTIVE; calls for its items fail meanwhile.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
"""

from __future__ import annotations

import functools
import json
from typing import Any

from tests.apply_order.strict_aws.schedule import schedule

ITEM_ACTIONS = frozenset(
    {"GetItem", "PutItem", "DeleteItem", "UpdateItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem"}
)


def enforce() -> None:
    """Let new tables take their time."""
    from ministack.core.responses import error_response_json
    from ministack.services import dynamodb

    create, handle = dynamodb._create_table, dynamodb.handle_request

    @functools.wraps(create)
    def create_slowly(data: dict[str, Any]) -> Any:
        answer = create(data)
        if answer[0] != 200 or schedule.is_open:
            return answer
        table = dynamodb._tables[data["TableName"]]
        table["TableStatus"] = "CREATING"
        schedule.later(f"table {data['TableName']} becomes ACTIVE", lambda: table.update(TableStatus="ACTIVE"))
        description = json.loads(answer[2])
        description["TableDescription"]["TableStatus"] = "CREATING"
        return answer[0], answer[1], json.dumps(description).encode()

    @functools.wraps(handle)
    async def handle_when_active(method: str, path: str, headers: Any, body: bytes, *rest: Any) -> Any:
        if headers.get("x-amz-target", "").rpartition(".")[2] in ITEM_ACTIONS:
            data = json.loads(body or b"{}")
            for name in [*data.get("RequestItems", {}), *([data["TableName"]] if "TableName" in data else [])]:
                table = dynamodb._tables.get(name.rpartition("/")[2])
                if table is not None and table["TableStatus"] != "ACTIVE":
                    return error_response_json("ResourceNotFoundException", "Requested resource not found", 400)
        return await handle(method, path, headers, body, *rest)

    dynamodb._create_table, dynamodb.handle_request = create_slowly, handle_when_active
