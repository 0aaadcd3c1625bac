"""AUTHORIZER_CONFIG to frozen settings, or one error that lists every mistake with its path."""

import json
from collections.abc import Mapping
from typing import Any

from jwt_authorizer.algorithms import ALGORITHMS, HMAC_ALGORITHMS, hash_bytes
from jwt_authorizer.errors import ConfigurationError
from jwt_authorizer.schema import (
    Field,
    Refused,
    boolean,
    choice,
    fraction,
    join,
    mapping,
    members_of,
    number,
    or_null,
    some_strings,
    string,
    strings,
)
from jwt_authorizer.settings import (
    ClaimPath,
    FixedSource,
    Issuer,
    RemoteSource,
    Revocation,
    Rule,
    SecretSource,
    Settings,
    Telemetry,
    media_type,
)
from jwt_authorizer.strict_json import finite, refuse_constant, unique_members
from jwt_authorizer.urls import is_https_url

VARIABLE = "AUTHORIZER_CONFIG"
DEFAULT_TELEMETRY = Telemetry("JwtAuthorizer", False, 1)
MAXIMUM_LEEWAY_SECONDS = 300
SECRET_STORES = ("environment", "secrets_manager", "ssm")
SECRET_ENCODINGS = ("utf8", "base64", "hex")
# What API Gateway itself puts under requestContext.authorizer.
RESERVED_CONTEXT_NAMES = frozenset(("claims", "principalId", "integrationLatency"))


def load(environment: Mapping[str, str]) -> Settings:
    """The settings in the variable AUTHORIZER_CONFIG of an environment.

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


def _unpack(text: str) -> bytes:
    import base64
    import gzip
    import zlib

    try:
        return gzip.decompress(base64.b64decode(text, validate=True))
    except zlib.error as error:
        raise ValueError(str(error)) from None


def parse(document: object) -> Settings:
    """The settings in a decoded configuration. Raises ConfigurationError that lists every mistake by its path."""
    mistakes: list[str] = []
    members = members_of(document, "", _SETTINGS_FIELDS, mistakes)
    if not mistakes and members["bind_policy_to_expiry"]:
        mistakes += [
            f"rules.{name}.simple_response: must not be true beside bind_policy_to_expiry, for it has no policy to bind"
            for name, rule in members["rules"].items()
            if rule.simple_response
        ]
    if mistakes:
        noun = "mistake" if len(mistakes) == 1 else "mistakes"
        raise ConfigurationError(f"{VARIABLE} has {len(mistakes)} {noun}:\n" + "\n".join(mistakes))
    return Settings(
        issuers=tuple(members["issuers"]),
        rules=members["rules"],
        context_claims=members["context_claims"],
        bind_policy_to_expiry=members["bind_policy_to_expiry"],
        revocation=members["revocation"],
        telemetry=members["telemetry"],
        deny_invalid_tokens=members["on_invalid_token"] == "deny",  # noqa: S105 - no password
    )


def _algorithms(value: Any, path: str, mistakes: list[str]) -> tuple[str, ...]:
    names = some_strings(value, path, mistakes)
    for name in names:
        if name not in ALGORITHMS:
            raise Refused(f"{name} is not supported; write some of {', '.join(ALGORITHMS)}")
    return names


def _token_types(value: Any, path: str, mistakes: list[str]) -> frozenset[str]:
    return frozenset(media_type(name) for name in some_strings(value, path, mistakes))


def _context_claims(value: Any, path: str, mistakes: list[str]) -> tuple[str, ...]:
    names = strings(value, path, mistakes)
    if "*" in names and len(names) > 1:
        raise Refused('must be ["*"] alone, or name the claims')
    for name in names:
        if name in RESERVED_CONTEXT_NAMES:
            raise Refused(f"{name} is a name that API Gateway keeps for itself; leave it out")
    return names


def _url(value: Any, path: str, mistakes: list[str]) -> str:
    url = string(value, path, mistakes)
    if not is_https_url(url):
        raise Refused("must be an https URL with a host, and without credentials or fragment")
    return url


def _true(value: Any, _path: str, _mistakes: list[str]) -> bool:
    if value is not True:
        raise Refused("must be true, or left out")
    return True


def _public_jwks(value: Any, path: str, mistakes: list[str]) -> dict[str, Any]:
    jwks = mapping(value, path, mistakes)
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not keys:
        raise Refused('must be a JWK Set: {"keys": [...]} with at least one key')
    for index, key in enumerate(keys):
        if isinstance(key, dict) and (key.get("kty") == "oct" or "d" in key):
            mistakes.append(
                f"{path}.keys[{index}]: is a secret or private key, which a configuration must not hold;"
                " write the public members alone, and replace this key"
            )
    return jwks


def _claim_values(value: Any, path: str, mistakes: list[str]) -> dict[str, tuple[Any, ...]]:
    values: dict[str, tuple[Any, ...]] = {}
    for name, wanted in mapping(value, path, mistakes).items():
        if not isinstance(wanted, list) or not wanted or not all(isinstance(v, str | int | float) for v in wanted):
            mistakes.append(f"{join(path, name)}: must be a list of the strings, numbers or booleans to accept")
        else:
            values[name] = tuple(wanted)
    return values


def _secret(value: Any, path: str, mistakes: list[str]) -> tuple[str, str, str] | None:
    members = members_of(value, path, _SECRET_FIELDS, mistakes)
    if not isinstance(value, dict):
        return None
    stores = [store for store in SECRET_STORES if members.get(store) is not None]
    if len(stores) != 1:
        raise Refused(f"must name exactly one of {', '.join(SECRET_STORES)}")
    return stores[0], members[stores[0]], members.get("encoding", "utf8")


def _keys(value: Any, path: str, mistakes: list[str]) -> dict[str, Any]:
    members = members_of(value, path, _KEYS_FIELDS, mistakes)
    if not isinstance(value, dict):
        return members
    kinds = [kind for kind in KEY_KINDS if kind in value]
    if len(kinds) != 1:
        raise Refused(f"must hold exactly one of {', '.join(KEY_KINDS)}")
    for name, meaningful in _TIMED_KINDS.items():
        if name in value and kinds[0] not in meaningful:
            mistakes.append(f"{join(path, name)}: has no meaning beside {kinds[0]}; leave it out")
    return members | {"kind": kinds[0]}


def _source(keys: dict[str, Any], issuer: str | None) -> SecretSource | FixedSource | RemoteSource:
    kind = keys["kind"]
    if kind == "secret":
        store, name, encoding = keys["secret"]
        return SecretSource(store, name, encoding, keys["cache_seconds"], keys["stale_seconds"])
    if kind in ("jwks", "pem"):
        return FixedSource(kind, keys[kind])
    return RemoteSource(
        kind,
        keys["jwks_url"] if kind == "jwks_url" else str(issuer),
        keys["cache_seconds"],
        keys["stale_seconds"],
        keys["timeout_seconds"],
        keys["snapshot_seconds"],
    )


def _issuer(value: Any, path: str, mistakes: list[str]) -> Issuer | None:
    known = len(mistakes)
    members = members_of(value, path, _ISSUER_FIELDS, mistakes)
    if len(mistakes) > known:
        return None
    algorithms, keys = members["algorithms"], members["keys"]
    hmac = [name for name in algorithms if name in HMAC_ALGORITHMS]
    if hmac and len(hmac) < len(algorithms):
        mistakes.append(f"{path}.algorithms: HMAC and public-key algorithms never share an issuer; write one kind only")
    elif bool(hmac) != (keys["kind"] == "secret"):
        mistakes.append(
            f"{path}.keys: {keys['kind']} does not go with {', '.join(algorithms)};"
            " HS256 and its like need secret, all others need one of jwks_url, discovery, jwks, pem"
        )
    if keys["kind"] == "discovery" and not is_https_url(members["issuer"]):
        mistakes.append(f"{path}.keys.discovery: needs an issuer that is an https URL; or write jwks_url instead")
    if members["minimum_secret_bytes"] is not None and not hmac:
        mistakes.append(f"{path}.minimum_secret_bytes: has no meaning without a secret; leave it out")
    if len(mistakes) > known:
        return None
    minimum = members["minimum_secret_bytes"]
    return Issuer(
        path=path,
        issuer=members["issuer"],
        audiences=frozenset(members["audiences"]),
        algorithms=algorithms,
        keys=_source(keys, members["issuer"]),
        client_ids=frozenset(members["client_ids"]),
        claims=members["claims"],
        required_claims=members["required_claims"],
        token_types=members["token_types"],
        leeway_seconds=members["leeway_seconds"],
        max_age_seconds=members["max_age_seconds"],
        scope_claims=members["scope_claims"],
        principal_claim=members["principal_claim"],
        principal_fallback=members["principal_fallback"],
        # A secret as long as the longest hash that it is used with (RFC 7518, section 3.2).
        minimum_secret_bytes=max(map(hash_bytes, hmac), default=0) if minimum is None else minimum,
    )


def _issuers(value: Any, path: str, mistakes: list[str]) -> list[Issuer | None]:
    if not isinstance(value, list) or not value:
        raise Refused("must be a list of at least one issuer")
    issuers = [_issuer(item, f"{path}[{index}]", mistakes) for index, item in enumerate(value)]
    names = [item.get("issuer", "") if isinstance(item, dict) else "" for item in value]
    if None in names and len(names) > 1:
        raise Refused("an issuer without a name (null) must be the only entry")
    for name in sorted({name for name in names if isinstance(name, str) and name and names.count(name) > 1}):
        mistakes.append(f"{path}: {name} is there more than once; write one entry for each issuer")
    return issuers


def _scopes(value: Any, path: str, mistakes: list[str]) -> tuple[str, ...]:
    scopes = strings(value, path, mistakes)
    for scope in scopes:
        # RFC 6749, section 3.3; anything else could not be told apart in a token, or in the answer's header.
        if not all("!" <= character <= "~" and character not in '"\\' for character in scope):
            raise Refused(f"{scope!r} cannot be a scope; write each without spaces, quotes and backslashes")
    return scopes


def _claim_path(name: str) -> ClaimPath:
    """A claim by its name, by dots between the names of nested ones, or as a JSON Pointer (RFC 6901)."""
    if name.startswith("/"):
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in name[1:].split("/"))
    if "://" in name:
        pointer = "/" + name.replace("~", "~0").replace("/", "~1")
        raise Refused(f"{name} holds dots and slashes of its own; write it as a JSON Pointer: {pointer}")
    parts = tuple(name.split("."))
    if not all(parts):
        raise Refused(f"{name!r} is no claim; write a name, or names with a dot between them")
    return parts


def _rule_claims(value: Any, path: str, mistakes: list[str]) -> dict[ClaimPath, tuple[Any, ...]]:
    return {_claim_path(name): wanted for name, wanted in _claim_values(value, path, mistakes).items()}


def _path_equals(value: Any, path: str, mistakes: list[str]) -> dict[str, ClaimPath]:
    return {
        parameter: _claim_path(string(claim, path, mistakes))
        for parameter, claim in mapping(value, path, mistakes).items()
    }


def _token_places(value: Any, path: str, mistakes: list[str]) -> tuple[tuple[str, str], ...]:
    places = []
    for place in some_strings(value, path, mistakes):
        kind, _, name = place.partition(".")
        if kind not in ("header", "querystring", "cookie", "subprotocol") or not name:
            raise Refused(
                f"{place} is no place in a request; write header.<name>, querystring.<name>, cookie.<name>"
                " or subprotocol.<name>"
            )
        places.append((kind, name))
    return tuple(places)


def _rule(name: str, value: Any, path: str, mistakes: list[str]) -> Rule | None:
    known = len(mistakes)
    if not is_alias_name(name):
        mistakes.append(
            f"{path}: a rule is also a Lambda alias: its name has 1 to 128 letters, digits, - and _,"
            " and is not digits alone"
        )
    members = members_of(value, path, _RULE_FIELDS, mistakes)
    if members.get("path_equals") and members.get("cache_seconds"):
        mistakes.append(f"{path}.cache_seconds: must be 0 beside path_equals, whose answer differs from path to path")
    if len(mistakes) > known:
        return None
    return Rule(
        name=name,
        scopes=members["scopes"],
        any_scope=members["any_scope"],
        claims=members["claims"],
        path_equals=members["path_equals"],
        token_places=members["token"],
        simple_response=members["simple_response"],
    )


def _rules(value: Any, path: str, mistakes: list[str]) -> dict[str, Rule | None]:
    if not isinstance(value, dict) or not value:
        raise Refused('must be an object of at least one rule, such as {"signed-in": {}}')
    return {name: _rule(name, rule, join(path, name), mistakes) for name, rule in value.items()}


def _revocation(value: Any, path: str, mistakes: list[str]) -> Revocation | None:
    known = len(mistakes)
    members = members_of(value, path, _REVOCATION_FIELDS, mistakes)
    if len(mistakes) > known:
        return None
    return Revocation(members["table"], members["on_failure"] == "allow")


def _telemetry(value: Any, path: str, mistakes: list[str]) -> Telemetry | None:
    known = len(mistakes)
    members = members_of(value, path, _TELEMETRY_FIELDS, mistakes)
    return None if len(mistakes) > known else Telemetry(**members)


def is_alias_name(name: str) -> bool:
    """Whether Lambda takes this as an alias's name: https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html."""
    letters = name.replace("-", "").replace("_", "")
    return 0 < len(name) <= 128 and name.isascii() and (not letters or letters.isalnum()) and not name.isdigit()


_SECRET_FIELDS = {store: Field(string, None) for store in SECRET_STORES} | {
    "encoding": Field(choice(*SECRET_ENCODINGS), "utf8"),
}
KEY_KINDS = ("secret", "jwks_url", "discovery", "jwks", "pem")
_TIMED_KINDS = {
    "cache_seconds": ("secret", "jwks_url", "discovery"),
    "stale_seconds": ("secret", "jwks_url", "discovery"),
    "timeout_seconds": ("jwks_url", "discovery"),
    "snapshot_seconds": ("jwks_url", "discovery"),
}
_KEYS_FIELDS = {
    "secret": Field(_secret, None),
    "jwks_url": Field(_url, None),
    "discovery": Field(_true, None),
    "jwks": Field(_public_jwks, None),
    "pem": Field(string, None),
    "cache_seconds": Field(number(1, 86400), 300),
    "stale_seconds": Field(number(0, 7 * 86400), 3600),
    "timeout_seconds": Field(number(1, 10), 3),
    "snapshot_seconds": Field(number(0, 90 * 86400), 0),
}
_RULE_FIELDS = {
    "scopes": Field(_scopes, ()),
    "any_scope": Field(_scopes, ()),
    "claims": Field(_rule_claims, {}),
    "path_equals": Field(_path_equals, {}),
    "token": Field(_token_places, (("header", "Authorization"),)),
    "cache_seconds": Field(or_null(number(0, 3600)), None),
    "simple_response": Field(boolean, False),
}
_ISSUER_FIELDS = {
    "issuer": Field(or_null(string)),
    "audiences": Field(strings),
    "algorithms": Field(_algorithms),
    "keys": Field(_keys),
    "client_ids": Field(strings, ()),
    "claims": Field(_claim_values, {}),
    "required_claims": Field(strings, ("exp",)),
    "token_types": Field(or_null(_token_types), None),
    "leeway_seconds": Field(number(0, MAXIMUM_LEEWAY_SECONDS), 10),
    "max_age_seconds": Field(or_null(number(1, 10 * 366 * 86400)), None),
    "scope_claims": Field(strings, ("scope", "scp")),
    "principal_claim": Field(string, "sub"),
    "principal_fallback": Field(or_null(string), None),
    "minimum_secret_bytes": Field(or_null(number(1, 1024)), None),
}
_REVOCATION_FIELDS = {
    "table": Field(string),
    "on_failure": Field(choice("refuse", "allow"), "refuse"),
}
_TELEMETRY_FIELDS = {
    "namespace": Field(or_null(string), "JwtAuthorizer"),
    "log_principal": Field(boolean, False),
    "allow_sample": Field(fraction, 1),
}
_SETTINGS_FIELDS = {
    "issuers": Field(_issuers),
    "rules": Field(_rules),
    "context_claims": Field(_context_claims, ()),
    "bind_policy_to_expiry": Field(boolean, False),
    "revocation": Field(or_null(_revocation), None),
    "telemetry": Field(_telemetry, DEFAULT_TELEMETRY),
    "on_invalid_token": Field(choice("unauthorized", "deny"), "unauthorized"),
}
