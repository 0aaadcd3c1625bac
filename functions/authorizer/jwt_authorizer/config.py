"""AUTHORIZER_CONFIG to frozen settings, or one error that lists every mistake with its path."""

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jwt_authorizer.algorithms import ALGORITHMS
from jwt_authorizer.errors import ConfigurationError
from jwt_authorizer.keys.secret import ENCODINGS, READERS, default_minimum_bytes

VARIABLE = "AUTHORIZER_CONFIG"
MAXIMUM_LEEWAY_SECONDS = 300
# What API Gateway itself puts under requestContext.authorizer.
RESERVED_CONTEXT_NAMES = frozenset(("claims", "principalId", "integrationLatency"))


class Secret(NamedTuple):
    """Where an HMAC secret is kept: `store` is a key of `keys.secret.READERS`, `name` what it is called there."""

    store: str
    name: str
    encoding: str


class Issuer(NamedTuple):
    """One trusted issuer: what its tokens must carry and the keys that prove them.

    `path` is where it stands in the configuration, for errors that only show when its keys are fetched.
    """

    path: str
    issuer: str | None
    audiences: frozenset[str]
    algorithms: tuple[str, ...]
    secret: Secret
    required_claims: tuple[str, ...]
    token_types: frozenset[str] | None
    leeway_seconds: float
    max_age_seconds: float | None
    principal_claim: str
    principal_fallback: str | None
    minimum_secret_bytes: int


class Rule(NamedTuple):
    """One access rule; the alias of the same name is how a call says that it is about this one."""

    name: str


class Settings(NamedTuple):
    """The whole configuration."""

    issuers: tuple[Issuer, ...]
    rules: Mapping[str, Rule]
    context_claims: tuple[str, ...]
    deny_invalid_tokens: bool


def load(environment: Mapping[str, str]) -> Settings:
    """The settings in the variable AUTHORIZER_CONFIG of an environment.

    The variable holds JSON, or that JSON gzipped and base64-encoded, as Terraform's `base64gzip` makes it.
    Raises ConfigurationError that lists every mistake, a line each, by its path.
    """
    text = environment.get(VARIABLE, "").strip()
    if not text:
        raise ConfigurationError(f"{VARIABLE}: is not set; set it to the authorizer's JSON configuration")
    try:
        document = json.loads(text if text.startswith("{") else gzip.decompress(base64.b64decode(text, validate=True)))
    except (ValueError, binascii.Error, OSError, EOFError, zlib.error) as error:
        raise ConfigurationError(
            f"{VARIABLE}: is neither JSON nor base64-encoded gzipped JSON ({type(error).__name__}: {error})"
        ) from None
    return parse(document)


def parse(document: object) -> Settings:
    """The settings in a decoded configuration. Raises ConfigurationError that lists every mistake by its path."""
    mistakes: list[str] = []
    members = _members(document, "", _SETTINGS_FIELDS, mistakes)
    if mistakes:
        noun = "mistake" if len(mistakes) == 1 else "mistakes"
        raise ConfigurationError(f"{VARIABLE} has {len(mistakes)} {noun}:\n" + "\n".join(mistakes))
    return Settings(
        issuers=tuple(members["issuers"]),
        rules=members["rules"],
        context_claims=members["context_claims"],
        deny_invalid_tokens=members["on_invalid_token"] == "deny",  # noqa: S105 - no password
    )


class _Refused(Exception):
    """A value that does not do; the message says what to write instead."""


class _Required:
    """The default of a member that has none."""


class _Field(NamedTuple):
    """One member of a configuration object: how its value is read, and what it is when it is absent."""

    read: Callable[[Any, str, list[str]], Any]
    default: Any = _Required


def _members(value: object, path: str, fields: Mapping[str, _Field], mistakes: list[str]) -> dict[str, Any]:
    """Read an object member by member; what is wrong is added to `mistakes`, and the member left out."""
    if not isinstance(value, dict):
        mistakes.append(f"{path or VARIABLE}: must be an object, not {_kind(value)}")
        return {}
    members: dict[str, Any] = {}
    for name in value:
        if name not in fields:
            mistakes.append(f"{_join(path, name)}: is not a known key; write one of {', '.join(sorted(fields))}")
    for name, field in fields.items():
        if name not in value:
            if field.default is _Required:
                mistakes.append(f"{_join(path, name)}: is missing")
            else:
                members[name] = field.default
            continue
        try:
            members[name] = field.read(value[name], _join(path, name), mistakes)
        except _Refused as refusal:
            mistakes.append(f"{_join(path, name)}: {refusal}")
    return members


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else str(name)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}.get(
        type(value), "an object"
    )


def _string(value: Any, _path: str, _mistakes: list[str]) -> str:
    if not isinstance(value, str):
        raise _Refused(f"must be a string, not {_kind(value)}")
    if not value.strip():
        raise _Refused("must not be empty")
    return value


def _strings(value: Any, path: str, mistakes: list[str]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _Refused(f"must be a list of strings, not {_kind(value)}")
    items = []
    for index, item in enumerate(value):
        try:
            items.append(_string(item, path, mistakes))
        except _Refused as refusal:
            mistakes.append(f"{path}[{index}]: {refusal}")
    return tuple(items)


def _some_strings(value: Any, path: str, mistakes: list[str]) -> tuple[str, ...]:
    items = _strings(value, path, mistakes)
    if not value:
        raise _Refused("must name at least one")
    return items


def _number(minimum: int, maximum: int) -> Callable[[Any, str, list[str]], int]:
    def read(value: Any, _path: str, _mistakes: list[str]) -> int:
        if type(value) is not int or not minimum <= value <= maximum:
            raise _Refused(f"must be a whole number from {minimum} to {maximum}")
        return value

    return read


def _choice(*choices: str) -> Callable[[Any, str, list[str]], str]:
    def read(value: Any, _path: str, _mistakes: list[str]) -> str:
        if value not in choices:
            raise _Refused(f"must be one of {', '.join(choices)}")
        return str(value)

    return read


def _or_null(read: Callable[[Any, str, list[str]], Any]) -> Callable[[Any, str, list[str]], Any]:
    return lambda value, path, mistakes: None if value is None else read(value, path, mistakes)


def _algorithms(value: Any, path: str, mistakes: list[str]) -> tuple[str, ...]:
    names = _some_strings(value, path, mistakes)
    for name in names:
        if name not in ALGORITHMS:
            raise _Refused(f"{name} is not supported; write some of {', '.join(ALGORITHMS)}")
    return names


def _token_types(value: Any, path: str, mistakes: list[str]) -> frozenset[str]:
    return frozenset(media_type(name) for name in _some_strings(value, path, mistakes))


def media_type(name: str) -> str:
    """A `typ` value as it is compared: in lower case, without the `application/` that RFC 7515 lets one leave out."""
    return name.lower().removeprefix("application/")


def _context_claims(value: Any, path: str, mistakes: list[str]) -> tuple[str, ...]:
    names = _strings(value, path, mistakes)
    if "*" in names and len(names) > 1:
        raise _Refused('must be ["*"] alone, or name the claims')
    for name in names:
        if name in RESERVED_CONTEXT_NAMES:
            raise _Refused(f"{name} is a name that API Gateway keeps for itself; leave it out")
    return names


def _secret(value: Any, path: str, mistakes: list[str]) -> Secret | None:
    members = _members(value, path, _SECRET_FIELDS, mistakes)
    stores = [store for store in READERS if members.get(store) is not None]
    if len(stores) != 1 or "encoding" not in members:
        if isinstance(value, dict) and len(stores) != 1:
            raise _Refused(f"must name exactly one of {', '.join(READERS)}")
        return None
    return Secret(stores[0], members[stores[0]], members["encoding"])


def _keys(value: Any, path: str, mistakes: list[str]) -> dict[str, Any]:
    return _members(value, path, _KEYS_FIELDS, mistakes)


def _issuer(value: Any, path: str, mistakes: list[str]) -> Issuer | None:
    known = len(mistakes)
    members = _members(value, path, _ISSUER_FIELDS, mistakes)
    if len(mistakes) > known:
        return None
    minimum = members["minimum_secret_bytes"]
    return Issuer(
        path=path,
        issuer=members["issuer"],
        audiences=frozenset(members["audiences"]),
        algorithms=members["algorithms"],
        secret=members["keys"]["secret"],
        required_claims=members["required_claims"],
        token_types=members["token_types"],
        leeway_seconds=members["leeway_seconds"],
        max_age_seconds=members["max_age_seconds"],
        principal_claim=members["principal_claim"],
        principal_fallback=members["principal_fallback"],
        minimum_secret_bytes=default_minimum_bytes(members["algorithms"]) if minimum is None else minimum,
    )


def _issuers(value: Any, path: str, mistakes: list[str]) -> list[Issuer | None]:
    if not isinstance(value, list) or not value:
        raise _Refused("must be a list of at least one issuer")
    issuers = [_issuer(item, f"{path}[{index}]", mistakes) for index, item in enumerate(value)]
    names = [item.get("issuer", "") if isinstance(item, dict) else "" for item in value]
    if None in names and len(names) > 1:
        raise _Refused("an issuer without a name (null) must be the only entry")
    for name in sorted({name for name in names if isinstance(name, str) and name and names.count(name) > 1}):
        mistakes.append(f"{path}: {name} is there more than once; write one entry for each issuer")
    return issuers


def _rules(value: Any, path: str, mistakes: list[str]) -> dict[str, Rule]:
    if not isinstance(value, dict) or not value:
        raise _Refused('must be an object of at least one rule, such as {"signed-in": {}}')
    for name, rule in value.items():
        if not is_alias_name(name):
            mistakes.append(
                f"{_join(path, name)}: a rule is also a Lambda alias: its name has 1 to 128 letters, digits,"
                " - and _, and is not digits alone"
            )
        _members(rule, _join(path, name), _RULE_FIELDS, mistakes)
    return {name: Rule(name) for name in value}


def is_alias_name(name: str) -> bool:
    """Whether Lambda takes this as an alias's name: https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html."""
    letters = name.replace("-", "").replace("_", "")
    return 0 < len(name) <= 128 and name.isascii() and (not letters or letters.isalnum()) and not name.isdigit()


_SECRET_FIELDS = {store: _Field(_string, None) for store in READERS} | {"encoding": _Field(_choice(*ENCODINGS), "utf8")}
_KEYS_FIELDS = {"secret": _Field(_secret)}
_RULE_FIELDS: dict[str, _Field] = {}
_ISSUER_FIELDS = {
    "issuer": _Field(_or_null(_string)),
    "audiences": _Field(_strings),
    "algorithms": _Field(_algorithms),
    "keys": _Field(_keys),
    "required_claims": _Field(_strings, ("exp",)),
    "token_types": _Field(_or_null(_token_types), None),
    "leeway_seconds": _Field(_number(0, MAXIMUM_LEEWAY_SECONDS), 10),
    "max_age_seconds": _Field(_or_null(_number(1, 10 * 366 * 86400)), None),
    "principal_claim": _Field(_string, "sub"),
    "principal_fallback": _Field(_or_null(_string), None),
    "minimum_secret_bytes": _Field(_or_null(_number(1, 1024)), None),
}
_SETTINGS_FIELDS = {
    "issuers": _Field(_issuers),
    "rules": _Field(_rules),
    "context_claims": _Field(_context_claims, ()),
    "on_invalid_token": _Field(_choice("unauthorized", "deny"), "unauthorized"),
}
