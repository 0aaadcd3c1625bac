"""The denylist: a DynamoDB table of tokens, and of subjects whose tokens up to some time are no longer good.

Its key names issuer and token id, or issuer and subject; never anything made of the token's text, which can be written
in another way and still be the same token.
"""

import json
from collections.abc import Mapping
from typing import Any

from jwt_authorizer.errors import ClaimInvalid, ClaimMissing, RevocationUnavailable, TokenRevoked, aws_code
from jwt_authorizer.settings import Revocation

KEY = "revoked"
ISSUED_BEFORE = "issued_before"
EXPIRES_AT = "expires_at"
# DynamoDB's own limit for a partition key; these are ASCII.
_MAXIMUM_KEY_BYTES = 2048


def token_key(issuer: str | None, token_id: str) -> str:
    """The key of one token, by its `jti`."""
    return json.dumps(["jti", issuer, token_id])


def subject_key(issuer: str | None, subject: str) -> str:
    """The key of all tokens of a subject that were issued before the entry's time."""
    return json.dumps(["sub", issuer, subject])


class Denylist:
    """The table, read once for each decision."""

    def __init__(self, settings: Revocation, client: Any = None) -> None:
        self._settings = settings
        self._client = client or _client()

    def check(self, claims: Mapping[str, Any]) -> None:
        """Raise TokenRevoked for verified claims that the table names, by token or by subject.

        Raises ClaimMissing for a token with neither `jti` nor `sub`, which nothing could revoke, ClaimInvalid for a
        `jti` that is no string and for what is too long to be looked up, RevocationUnavailable when the table cannot be
        read.
        """
        for item in self._read(_keys(claims)):
            before = item.get(ISSUED_BEFORE)
            # A token that does not say when it was issued may be one of those.
            if before is None or claims.get("iat") is None or claims["iat"] < float(before["N"]):
                raise TokenRevoked

    def _read(self, keys: list[str]) -> list[dict[str, Any]]:
        wanted = {"Keys": [{KEY: {"S": key}} for key in keys], "ConsistentRead": True}
        try:
            answer = self._client.batch_get_item(RequestItems={self._settings.table: wanted})
        except Exception as error:
            raise RevocationUnavailable(f"the table {self._settings.table} cannot be read: {aws_code(error)}") from None
        if answer.get("UnprocessedKeys"):
            raise RevocationUnavailable(f"the table {self._settings.table} cannot be read: throttled")
        items = answer.get("Responses", {}).get(self._settings.table)
        if not isinstance(items, list):
            raise RevocationUnavailable(f"the table {self._settings.table} cannot be read: it is not in the answer")
        return items


def _keys(claims: Mapping[str, Any]) -> list[str]:
    issuer, token_id, subject = claims.get("iss"), claims.get("jti"), claims.get("sub")
    if token_id is not None and not isinstance(token_id, str):
        raise ClaimInvalid("jti")
    keys = [token_key(issuer, token_id)] if token_id is not None else []
    keys += [subject_key(issuer, subject)] if subject is not None else []
    if not keys:
        raise ClaimMissing("jti or sub")
    if any(len(key) > _MAXIMUM_KEY_BYTES for key in keys):
        raise ClaimInvalid("jti or sub")
    return keys


def _client() -> Any:
    # Imported here, for only a configuration with a denylist has need of it.
    import boto3
    from botocore.config import Config

    return boto3.client(
        "dynamodb",
        config=Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2}),
    )
