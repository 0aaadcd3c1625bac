"""MiniStack with one more thing mended: the authorizer cache of a REST API's stage can be emptied.

MiniStack keeps authorizers' answers as API Gateway does, and does not know FlushStageAuthorizersCache, without which a
revoked token would be good on the local stack for as long as its answer is kept.
``tests/local/test_ministack_flush.py`` fails when a newer MiniStack needs this no more.
https://docs.aws.amazon.com/apigateway/latest/api/API_FlushStageAuthorizersCache.html
"""

from __future__ import annotations

import functools
from typing import Any


def mend() -> None:
    """Let the control plane of REST APIs answer ``DELETE /restapis/{id}/stages/{stage}/cache/authorizers``."""
    from ministack.services import apigateway_v1

    handle = apigateway_v1.handle_request

    @functools.wraps(handle)
    async def handle_flushes_too(method: str, path: str, *rest: Any) -> Any:
        parts = path.strip("/").split("/")
        if method != "DELETE" or parts[0] != "restapis" or parts[2::2] != ["stages", "cache"] or len(parts) != 6:
            return await handle(method, path, *rest)
        cache = apigateway_v1._authorizer_cache
        for key in [key for key in cache if (key[2], key[4]) == (parts[1], parts[3])]:
            del cache[key]
        return 202, {}, b""

    apigateway_v1.handle_request = handle_flushes_too
