"""Access rules: which one a call is about, and whether a token meets it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from jwt_authorizer.claims import equal
from jwt_authorizer.errors import ConfigurationError
from jwt_authorizer.settings import ClaimPath, Rule


class Unmet(NamedTuple):
    """Why a good token does not meet a rule: `reason` is one of `REASONS`, and the scopes that would help, if any."""

    reason: str
    missing_scopes: tuple[str, ...] = ()


# Slash, backslash and dot (RFC 3986, section 3.3), as a backend may decode them once or twice.
_SEPARATORS = ("/", "\\", "%2f", "%5c", "%2e", "%25")
REASONS = ("insufficient_scope", "insufficient_claims", "another_path")


def called_rule(invoked_function_arn: str, rules: Mapping[str, Rule]) -> Rule:
    """The rule whose alias the function was called by.

    Takes `context.invoked_function_arn`, which ends in the alias that the caller used, and the configured rules.
    Raises ConfigurationError when it was called by no alias, or by one that names no rule.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
    """
    fields = invoked_function_arn.split(":")
    alias = fields[7] if len(fields) == 8 else ""
    if alias not in rules:
        raise ConfigurationError(
            f"called by {'the alias ' + alias if alias else 'no alias'}, which names no rule;"
            f" let the API's authorizer call one of the aliases {', '.join(rules)}"
        )
    return rules[alias]


def unmet(
    rule: Rule,
    claims: Mapping[str, Any],
    granted: Collection[str],
    path_parameters: Mapping[str, str] | None,
) -> Unmet | None:
    """Why a token does not meet a rule, or None when it does.

    Takes the verified claims, the scopes that they grant, and the request's path parameters, which are None where the
    event has none to give. A claim that is missing or of an unexpected type meets nothing.
    Raises ConfigurationError for a rule about the path whose authorizer is of type TOKEN.
    """
    missing = tuple(scope for scope in rule.scopes if scope not in granted)
    if missing:
        return Unmet("insufficient_scope", missing)
    if rule.any_scope and not any(scope in granted for scope in rule.any_scope):
        return Unmet("insufficient_scope", rule.any_scope)
    if rule.claims and next(_unmet_claims(rule, claims), None) is not None:
        return Unmet("insufficient_claims")
    return _unmet_path(rule, claims, path_parameters) if rule.path_equals else None


def unmet_claim(rule: Rule, claims: Mapping[str, Any], path_parameters: Mapping[str, str] | None) -> str | None:
    """The claim for which a token does not meet a rule, as a rule may write it; None where it is a scope.

    The name is the configuration's, and tells nothing of the token but that the claim is not as the rule has it.
    """
    path = next(_unmet_claims(rule, claims), None) or next(_unequal_claims(rule, claims, path_parameters), None)
    if path is None:
        return None
    if not any("." in name or "/" in name for name in path):
        return ".".join(path)
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in path)


def _unmet_path(rule: Rule, claims: Mapping[str, Any], path_parameters: Mapping[str, str] | None) -> Unmet | None:
    if path_parameters is None:
        raise ConfigurationError(
            f"the rule {rule.name} is about the path, which events of type TOKEN do not have;"
            " attach its authorizer as type REQUEST"
        )
    if next(_unequal_claims(rule, claims, path_parameters), None) is not None:
        return Unmet("another_path")
    return None


def _unmet_claims(rule: Rule, claims: Mapping[str, Any]) -> Iterator[ClaimPath]:
    for path, accepted in rule.claims.items():
        if not any(equal(item, wanted) for item in held(claims, path) for wanted in accepted):
            yield path


def _unequal_claims(
    rule: Rule, claims: Mapping[str, Any], path_parameters: Mapping[str, str] | None
) -> Iterator[ClaimPath]:
    for parameter, path in rule.path_equals.items():
        value = value_at(claims, path)
        # Compared as it stands in the request: what one side would decode, the backend may not.
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if not _is_one_segment(text) or (path_parameters or {}).get(parameter) != text:
            yield path


def _is_one_segment(text: str) -> bool:
    """Whether every backend takes a text for one segment of a path: no dots alone, and no separator."""
    lower = text.lower()
    return text not in ("", ".", "..") and not any(separator in lower for separator in _SEPARATORS)


def scopes(claims: Mapping[str, Any], names: Sequence[str]) -> frozenset[str]:
    """The scopes granted by these claims: strings with spaces between (RFC 8693, section 4.2), or lists of strings."""
    granted: set[str] = set()
    for name in names:
        value = claims.get(name)
        if isinstance(value, str):
            granted.update(value.split(" "))
        elif isinstance(value, list):
            granted.update(item for item in value if isinstance(item, str))
    return frozenset(granted)


def held(claims: Mapping[str, Any], path: ClaimPath) -> list[Any]:
    """Every value that a claim holds at a path: of a list its items, of an object the names of its members.

    A member counts only where its value is an object that is not empty: `{"admin": {"1001": "acme"}}` holds `admin`,
    `{"admin": false}` holds nothing. A list on the way is looked through, so that `amr.method` are the methods of all
    objects in `amr`.
    """
    values: list[Any] = [claims]
    for name in path:
        values = [value[name] for value in _items(values) if isinstance(value, dict) and name in value]
    found: list[Any] = []
    for value in _items(values):
        found += [name for name, member in value.items() if _is_full(member)] if isinstance(value, dict) else [value]
    return found


def _items(values: list[Any]) -> list[Any]:
    """The values, with the items of a list in its place."""
    return [item for value in values for item in (value if isinstance(value, list) else (value,))]


def _is_full(value: Any) -> bool:
    return isinstance(value, dict) and bool(value)


def value_at(claims: Mapping[str, Any], path: ClaimPath) -> Any:
    """The value at a path of names, or None where there is none."""
    value: Any = claims
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
