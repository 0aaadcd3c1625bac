"""AUTHORIZER_CONFIG to frozen settings, or one error that lists every mistake with its path."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jwt_authorizer import misfits
from jwt_authorizer.algorithms import HMAC_ALGORITHMS, hash_bytes
from jwt_authorizer.errors import ConfigurationError
from jwt_authorizer.schema import DEFINITIONS, complete, is_good, mistakes
from jwt_authorizer.settings import (
    FixedSource,
    Issuer,
    RemoteSource,
    Revocation,
    Rule,
    SecretSource,
    Settings,
    Telemetry,
    claim_path,
    media_type,
)
from jwt_authorizer.strict_json import finite, refuse_constant, unique_members

VARIABLE = "AUTHORIZER_CONFIG"
MAXIMUM_LEEWAY_SECONDS: int = DEFINITIONS["issuer"]["properties"]["leeway_seconds"]["maximum"]


def load(environment: Mapping[str, str]) -> Settings:
    """Return the settings in the variable AUTHORIZER_CONFIG of an environment.

    The variable holds JSON, or that JSON gzipped and base64-encoded, as Terraform's `base64gzip` makes it.
    Raises ConfigurationError that lists every mistake, a line each, by its path.
    """
    text = environment.get(VARIABLE, "").strip()
    if not text:
        raise ConfigurationError(f"{VARIABLE}: is not set; set it to the authorizer's JSON configuration")
    try:
        document = json.loads(
            text if text.startswith("{") else _unpack(text),
            object_pairs_hook=unique_members,
            parse_float=finite,
            parse_constant=refuse_constant,
        )
    except (ValueError, OSError, EOFError, RecursionError) as error:
        raise ConfigurationError(
            f"{VARIABLE}: is neither JSON nor base64-encoded gzipped JSON ({type(error).__name__}: {error})"
        ) from None
    return parse(document)


def parse(document: object) -> Settings:
    """Return the settings in a decoded configuration.

    Raises ConfigurationError that lists every mistake, a line each, by its path.
    """
    wrong = list(_mistakes(document))
    if wrong:
        noun = "mistake" if len(wrong) == 1 else "mistakes"
        raise ConfigurationError(f"{VARIABLE} has {len(wrong)} {noun}:\n" + "\n".join(wrong))
    members = complete(document, DEFINITIONS["configuration"])
    return Settings(
        issuers=tuple(_issuer(issuer, f"issuers[{index}]") for index, issuer in enumerate(members["issuers"])),
        rules={name: _rule(name, rule) for name, rule in members["rules"].items()},
        context_claims=tuple(members["context_claims"]),
        bind_policy_to_expiry=members["bind_policy_to_expiry"],
        revocation=_revocation(members["revocation"]),
        telemetry=_telemetry(members["telemetry"]),
        deny_invalid_tokens=members["on_invalid_token"] == "deny",  # noqa: S105 - no password
    )


def default_telemetry() -> Telemetry:
    """Return the telemetry of a configuration that does not mention it, or cannot be read."""
    return _telemetry(complete({}, DEFINITIONS["telemetry"]))


def _unpack(text: str) -> bytes:
    import base64
    import gzip
    import zlib

    try:
        return gzip.decompress(base64.b64decode(text, validate=True))
    except zlib.error as error:
        raise ValueError(str(error)) from None


def _mistakes(document: object) -> Iterator[str]:
    """Yield every mistake; keys are compared with each other only within what is well-formed by itself."""
    of_shape = list(mistakes(document, DEFINITIONS["configuration"]))
    yield from of_shape
    if not isinstance(document, dict):
        return
    issuers, rules = document.get("issuers"), document.get("rules")
    if isinstance(issuers, list):
        yield from misfits.of_issuers(issuers)
        for index, issuer in enumerate(issuers):
            if is_good(issuer, DEFINITIONS["issuer"]):
                yield from misfits.of_issuer(issuer, f"issuers[{index}]")
    if isinstance(rules, dict):
        for name, rule in rules.items():
            if is_good(rule, DEFINITIONS["rule"]):
                yield from misfits.of_rule(rule, f"rules.{name}")
    if not of_shape:
        yield from misfits.of_configuration(document)


def _issuer(issuer: Mapping[str, Any], path: str) -> Issuer:
    hmac = [name for name in issuer["algorithms"] if name in HMAC_ALGORITHMS]
    minimum, types = issuer["minimum_secret_bytes"], issuer["token_types"]
    return Issuer(
        path=path,
        issuer=issuer["issuer"],
        tenants=_tenants(issuer["tenants"]),
        audiences=frozenset(issuer["audiences"]),
        algorithms=tuple(issuer["algorithms"]),
        keys=_source(issuer["keys"], issuer["issuer"]),
        client_ids=frozenset(issuer["client_ids"]),
        claims={name: tuple(values) for name, values in issuer["claims"].items()},
        required_claims=tuple(issuer["required_claims"]),
        token_types=None if types is None else frozenset(map(media_type, types)),
        leeway_seconds=issuer["leeway_seconds"],
        max_age_seconds=issuer["max_age_seconds"],
        scope_claims=tuple(issuer["scope_claims"]),
        principal_claim=issuer["principal_claim"],
        integer_principal=issuer["integer_principal"],
        principal_fallback=issuer["principal_fallback"],
        usage_key_claim=issuer["usage_key_claim"],
        # A secret as long as the longest hash that it is used with (RFC 7518, section 3.2).
        minimum_secret_bytes=max(map(hash_bytes, hmac), default=0) if minimum is None else minimum,
    )


def _tenants(tenants: str | list[str] | None) -> frozenset[str]:
    return frozenset([tenants] if isinstance(tenants, str) else tenants or ())


def _source(keys: Mapping[str, Any], issuer: str | None) -> SecretSource | FixedSource | RemoteSource:
    if keys["secret"] is not None:
        (store,) = (store for store in misfits.SECRET_STORES if keys["secret"][store] is not None)
        name, encoding = keys["secret"][store], keys["secret"]["encoding"]
        return SecretSource(
            store=store,
            name=name,
            encoding=encoding,
            cache_seconds=keys["cache_seconds"],
            stale_seconds=keys["stale_seconds"],
        )
    for kind in ("jwks", "pem"):
        if keys[kind] is not None:
            return FixedSource(kind=kind, value=keys[kind])
    return RemoteSource(
        kind="discovery" if keys["discovery"] else "jwks_url",
        url=str(issuer) if keys["discovery"] else keys["jwks_url"],
        cache_seconds=keys["cache_seconds"],
        stale_seconds=keys["stale_seconds"],
        timeout_seconds=keys["timeout_seconds"],
        snapshot_seconds=keys["snapshot_seconds"],
    )


def _rule(name: str, rule: Mapping[str, Any]) -> Rule:
    places = [place.partition(".") for place in rule["token"]]
    return Rule(
        name=name,
        scopes=tuple(rule["scopes"]),
        any_scope=tuple(rule["any_scope"]),
        claims={claim_path(claim): tuple(values) for claim, values in rule["claims"].items()},
        path_equals={parameter: claim_path(claim) for parameter, claim in rule["path_equals"].items()},
        token_places=tuple((kind, name) for kind, _, name in places),
        simple_response=rule["simple_response"],
        binding=rule["binding"],
    )


def _revocation(revocation: Mapping[str, Any] | None) -> Revocation | None:
    if revocation is None:
        return None
    return Revocation(table=revocation["table"], allow_on_failure=revocation["on_failure"] == "allow")


def _telemetry(telemetry: Mapping[str, Any]) -> Telemetry:
    return Telemetry(
        namespace=telemetry["namespace"],
        log_principal=telemetry["log_principal"],
        allow_sample=telemetry["allow_sample"],
    )
