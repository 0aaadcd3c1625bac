"""Who gains by each key of the configuration: the place of every key of ``configuration.schema.json``.

A change is about tokens, and then a token shows it; or about the keys that prove tokens, which no plan holds; or about
what the plan's reader has to be told in words. A test fails for a key that has no place here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TOKEN: Final = "a token shows it"  # noqa: S105 - no password
KEYS: Final = "which key signs"
NOBODY: Final = "nobody gains"

_WITHDRAWN: Final = "tokens signed with a key that the issuer has withdrawn, for longer"
_CACHED: Final = "tokens that expire or are revoked meanwhile, for as long as API Gateway keeps the answer"
_REVOKED: Final = "tokens that the denylist names"

PLACES: Final[Mapping[str, str]] = {
    "configuration.issuers": TOKEN,
    "configuration.rules": TOKEN,
    "configuration.context_claims": NOBODY,
    "configuration.bind_policy_to_expiry": "tokens that have expired, for as long as API Gateway keeps the answer",
    "configuration.on_invalid_token": NOBODY,
    "configuration.revocation": _REVOKED,
    "configuration.telemetry": NOBODY,
    "issuer.issuer": TOKEN,
    "issuer.tenants": TOKEN,
    "issuer.audiences": TOKEN,
    "issuer.algorithms": TOKEN,
    "issuer.keys": KEYS,
    "issuer.required_claims": TOKEN,
    "issuer.claims": TOKEN,
    "issuer.client_ids": TOKEN,
    "issuer.token_types": TOKEN,
    "issuer.leeway_seconds": TOKEN,
    "issuer.max_age_seconds": TOKEN,
    "issuer.scope_claims": TOKEN,
    "issuer.principal_claim": "callers that the backend takes for somebody else, because another claim names them",
    "issuer.integer_principal": TOKEN,
    "issuer.principal_fallback": "callers that the backend takes for somebody else, because another text names them",
    "issuer.usage_key_claim": NOBODY,
    "issuer.minimum_secret_bytes": KEYS,
    "keys.secret": KEYS,
    "keys.jwks_url": KEYS,
    "keys.discovery": KEYS,
    "keys.jwks": KEYS,
    "keys.pem": KEYS,
    "keys.cache_seconds": _WITHDRAWN,
    "keys.stale_seconds": _WITHDRAWN,
    "keys.timeout_seconds": NOBODY,
    "keys.snapshot_seconds": _WITHDRAWN,
    "secret.secrets_manager": KEYS,
    "secret.ssm": KEYS,
    "secret.environment": KEYS,
    "secret.generate": KEYS,
    "secret.encoding": KEYS,
    "rule.scopes": TOKEN,
    "rule.any_scope": TOKEN,
    "rule.claims": TOKEN,
    "rule.path_equals": TOKEN,
    "rule.binding": TOKEN,
    "rule.token": NOBODY,
    "rule.cache_seconds": _CACHED,
    "rule.simple_response": NOBODY,
    "rule.type": NOBODY,
    "rule.identity_source": NOBODY,
    "rule.validation_expression": NOBODY,
    "revocation.table": _REVOKED,
    "revocation.on_failure": "tokens that the denylist names, while it cannot be read",
    "revocation.deletion_protection": NOBODY,
    "telemetry.namespace": NOBODY,
    "telemetry.log_principal": NOBODY,
    "telemetry.allow_sample": NOBODY,
}
