"""The authorizer's settings, frozen, as `config` reads them."""

from collections.abc import Mapping
from typing import Any

from jwt_authorizer.record import Record


class SecretSource(Record):
    """An HMAC secret: `store` is one of `SECRET_STORES`, `name` what it is called there."""

    store: str
    name: str
    encoding: str
    cache_seconds: int
    stale_seconds: int


class FixedSource(Record):
    """Public keys within the configuration: `kind` is `jwks` with a JWK Set, or `pem` with a text."""

    kind: str
    value: Any


class RemoteSource(Record):
    """Public keys to be fetched: `kind` is `jwks_url` with that URL, or `discovery` with the issuer's."""

    kind: str
    url: str
    cache_seconds: int
    stale_seconds: int
    timeout_seconds: int
    snapshot_seconds: int


class Issuer(Record):
    """One trusted issuer: what its tokens must carry and the keys that prove them.

    `path` is where it stands in the configuration, for errors that only show when its keys are fetched. `tenants` are
    those that `{tenantid}` in `issuer` may stand for, `any` among them for all; empty where `issuer` is exact.
    """

    path: str
    issuer: str | None
    tenants: frozenset[str]
    audiences: frozenset[str]
    algorithms: tuple[str, ...]
    keys: SecretSource | FixedSource | RemoteSource
    client_ids: frozenset[str]
    claims: Mapping[str, tuple[Any, ...]]
    required_claims: tuple[str, ...]
    token_types: frozenset[str] | None
    leeway_seconds: float
    max_age_seconds: float | None
    scope_claims: tuple[str, ...]
    principal_claim: str
    integer_principal: bool
    principal_fallback: str | None
    usage_key_claim: str | None
    minimum_secret_bytes: int


# How to get from the claims to a value: the names of the members to follow.
ClaimPath = tuple[str, ...]


class Rule(Record):
    """One access rule; the alias of the same name is how a call says that it is about this one.

    `scopes` are all needed and one of `any_scope`, where there are any; each claim in `claims` must equal or contain
    one of its values; each path parameter in `path_equals` must equal its claim. `token_places` say where in a request
    the token may be, such as `("header", "Authorization")`. `simple_response` says that an HTTP API expects
    `isAuthorized` in place of a policy. `binding` is `mtls` for tokens that are bound to the caller's certificate.
    """

    name: str
    scopes: tuple[str, ...]
    any_scope: tuple[str, ...]
    claims: Mapping[ClaimPath, tuple[Any, ...]]
    path_equals: Mapping[str, ClaimPath]
    token_places: tuple[tuple[str, str], ...]
    simple_response: bool
    binding: str | None


class Revocation(Record):
    """The denylist's table, and whether tokens pass while it cannot be read."""

    table: str
    allow_on_failure: bool


class Telemetry(Record):
    """What is written about decisions: metrics into `namespace`, if any, and the share of allows that is logged."""

    namespace: str | None
    log_principal: bool
    allow_sample: float


class Settings(Record):
    """The whole configuration."""

    issuers: tuple[Issuer, ...]
    rules: Mapping[str, Rule]
    context_claims: tuple[str, ...]
    deny_invalid_tokens: bool
    bind_policy_to_expiry: bool
    revocation: Revocation | None
    telemetry: Telemetry


def media_type(name: str) -> str:
    """A `typ` value as it is compared: in lower case, without the `application/` that RFC 7515 lets one leave out."""
    return name.lower().removeprefix("application/")


def claim_path(name: str) -> ClaimPath:
    """The members to follow: a name, dots between the names of nested ones, or a JSON Pointer (RFC 6901)."""
    if name.startswith("/"):
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in name[1:].split("/"))
    return tuple(name.split("."))
