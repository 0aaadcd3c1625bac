"""This repository's authorizer configuration: read from a function, and compared key by key by its schema.

``configuration.schema.json`` says in ``x-review`` what a change of each key means for callers. A key that the schema
does not know cannot be read, and stops the gate.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from jwt_authorizer.schema import DEFINITIONS
from scripts.review_plan.access.access_rules import compare_rules, shown
from scripts.review_plan.access.difference import Difference, looser, other_keys, tighter, unread
from scripts.review_plan.access.places import KEYS, NOBODY, PLACES, TOKEN
from scripts.review_plan.plan.values import items, mapping
from scripts.review_plan.text import Text, names, say, typed

VARIABLE: Final = "AUTHORIZER_CONFIG"
_MOST_BYTES: Final = 1_000_000
_EMPTY_IS_ANY: Final = "empty is any"
_NO_ACCESS: Final = "no access"
_ONE_OF: Final[Mapping[str, str]] = {
    "any_scope": "scope",
    "audiences": "audience",
    "client_ids": "client",
    "token_types": "type",
}
"""What a list that is empty lets any of pass."""


def decode(value: Any) -> Mapping[str, Any] | None:
    """The configuration in the variable: JSON, or that gzipped and in base64. None when it is neither."""
    if not isinstance(value, str):
        return None
    try:
        text: str | bytes = value
        if not value.lstrip().startswith("{"):
            unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
            text = unpacking.decompress(base64.b64decode(value, validate=True), _MOST_BYTES)
        found = json.loads(text)
    except (ValueError, zlib.error, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def secret_variables(configuration: Mapping[str, Any]) -> frozenset[str]:
    """The environment variables that hold the issuers' secrets."""
    secrets = [
        mapping(mapping(mapping(issuer).get("keys")).get("secret")) for issuer in items(configuration.get("issuers"))
    ]
    return frozenset(secret["environment"] for secret in secrets if isinstance(secret.get("environment"), str))


def compare_rule(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """What changes for the callers of one rule's routes."""
    return compare_rules(before, after) + _compare_members("rule", before, after, ("cache_seconds",), "of the rule")


def compare_configurations(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """What changes for the callers of every rule's routes: issuers, revocation and whatever is not a rule."""
    keys = sorted(({*before} | {*after}) - {"issuers", "rules"})
    difference = _compare_issuers(before.get("issuers"), after.get("issuers"))
    return difference + _compare_members("configuration", before, after, keys, "")


def quiet_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[Text, bool]]:
    """The changes that say nothing of who may call, each with whether it is dangerous all the same."""
    found = []
    for key, row in _rows("configuration").items():
        if row.get("x-review") == _NO_ACCESS and key != "rules":
            found += _quiet(key, before.get(key), after.get(key), row)
    old, new = mapping(before.get("rules")), mapping(after.get("rules"))
    for rule in sorted(old.keys() & new.keys()):
        for key, row in _rows("rule").items():
            if row.get("x-review") == _NO_ACCESS:
                found += _quiet(key, mapping(old[rule]).get(key), mapping(new[rule]).get(key), row, rule)
    return found


def _quiet(key: str, was: Any, now: Any, row: Mapping[str, Any], rule: str | None = None) -> list[tuple[Text, bool]]:
    was, now = _defaulted(was, row), _defaulted(now, row)
    if typed(was) == typed(now):
        return []
    of_rule = say(" of rule {}", rule) if rule is not None else ()
    # The backend may decide by what it is passed.
    dangerous = key == "context_claims" and "*" in items(now)
    return [((key, *of_rule, ": ", *_listed(was), " → ", *_listed(now)), dangerous)]


def _compare_issuers(before: Any, after: Any) -> Difference:
    """Issuers by name; entries of one name are paired in order, those that are the same first."""
    if not isinstance(before, list) or not isinstance(after, list):
        return Difference() if typed(before) == typed(after) else unread(("the list of issuers cannot be read",))
    old = [issuer for issuer in before if typed(issuer) not in {typed(other) for other in after}]
    new = [issuer for issuer in after if typed(issuer) not in {typed(other) for other in before}]
    difference = Difference()
    for issuer in old:
        same = [other for other in new if mapping(other).get("issuer") == mapping(issuer).get("issuer")]
        name = shown(mapping(issuer).get("issuer"))
        if same:
            new.remove(same[0])
            difference += _compare_issuer(name, mapping(issuer), mapping(same[0]))
        else:
            difference += tighter(say("tokens of {} are no longer accepted", name))
    for issuer in new:
        difference += looser(say("tokens of {} are accepted", shown(mapping(issuer).get("issuer"))))
    return difference


def _compare_issuer(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    keys = sorted({*before, *after} - {"issuer"})
    return _compare_members("issuer", before, after, keys, say("of issuer {}", name))


def _compare_members(
    definition: str, before: Mapping[str, Any], after: Mapping[str, Any], keys: Any, of: str | Text
) -> Difference:
    difference = Difference()
    rows = _rows(definition)
    for key in keys:
        if key not in rows:
            if typed(before.get(key)) != typed(after.get(key)):
                difference += unread((*_of(key, of), " changes, which this release does not know"))
            continue
        was, now = _defaulted(before.get(key), rows[key]), _defaulted(after.get(key), rows[key])
        if typed(was) != typed(now):
            difference += _compare_value(definition, key, rows[key], was, now, of)
    return difference


def _compare_value(definition: str, key: str, row: Mapping[str, Any], was: Any, now: Any, of: str | Text) -> Difference:
    reference = str(row.get("$ref", "")).rpartition("/")[2]
    place = PLACES.get(f"{definition}.{key}", "callers that nobody can name")
    gains = ((place,),) if place not in (TOKEN, KEYS, NOBODY) else ()
    if reference and key == "revocation" and (was is None or now is None):
        goes = say("{} goes", key) if now is None else say("{} comes", key)
        return replace(looser(goes), gains=gains) if now is None else tighter(goes)
    if reference and isinstance(was, dict) and isinstance(now, dict):
        keys = sorted({*was, *now})
        return _compare_members(reference, was, now, keys, (f"of {key}", *((" ", *of) if of else ())))
    if place == KEYS:
        return other_keys((*_of(key, of), " changes"))
    direction = _DIRECTIONS.get(str(row.get("x-review")))
    if direction is None:
        is_quiet = row.get("x-review") == _NO_ACCESS
        return Difference() if is_quiet else Difference(True, True, ((*_of(key, of), " changes"),), gains=gains)
    is_looser, is_tighter = direction(was, now, row)
    nothing = f"any {_ONE_OF.get(key, 'value')}" if row.get("x-review") == _EMPTY_IS_ANY else "none"
    said: Text = (": ", *_listed(was, nothing), " → ", *_listed(now, nothing))
    return Difference(is_looser, is_tighter, ((*_of(key, of), *said),), gains=gains if is_looser else ())


def _of(key: str, of: str | Text) -> Text:
    written = of if isinstance(of, tuple) else (of,)
    return (*say("{}", key), *((" ", *written) if any(written) else ()))


def _rows(definition: str) -> Mapping[str, Mapping[str, Any]]:
    rows: Mapping[str, Mapping[str, Any]] = DEFINITIONS[definition].get("properties", {})
    return rows


def _defaulted(value: Any, row: Mapping[str, Any]) -> Any:
    return row.get("default") if value is None else value


def _listed(value: Any, nothing: str = "none") -> Text:
    values = items(value)
    return names([shown(item) for item in values]) if values else (nothing,)


Direction = Callable[[Any, Any, Mapping[str, Any]], tuple[bool, bool]]


def _more_is_looser(was: Any, now: Any, _row: Mapping[str, Any]) -> tuple[bool, bool]:
    old, new = {typed(value) for value in items(was)}, {typed(value) for value in items(now)}
    return bool(new - old), bool(old - new)


def _more_or_any(was: Any, now: Any, row: Mapping[str, Any]) -> tuple[bool, bool]:
    """Of tenants: ``any`` is more than every list; none is an exact issuer, whose change says the rest."""
    if isinstance(was, list) and isinstance(now, list):
        return _more_is_looser(was, now, row)
    return now is not None, was is not None


def _more_is_tighter(was: Any, now: Any, row: Mapping[str, Any]) -> tuple[bool, bool]:
    if isinstance(was, dict) and isinstance(now, dict):
        old, new = set(map(typed, was.items())), set(map(typed, now.items()))
        return bool(old - new), bool(new - old)
    return _more_is_looser(now, was, row)


def _empty_is_any(was: Any, now: Any, row: Mapping[str, Any]) -> tuple[bool, bool]:
    if not was or not now:
        return bool(was), bool(now)
    return _more_is_looser(was, now, row)


def _larger_is_looser(was: Any, now: Any, _row: Mapping[str, Any]) -> tuple[bool, bool]:
    # No number is no limit.
    if not (_is_number(was) or was is None) or not (_is_number(now) or now is None):
        return True, True
    old, new = (float("inf") if value is None else float(value) for value in (was, now))
    return new > old, new < old


def _true_is_tighter(was: Any, now: Any, _row: Mapping[str, Any]) -> tuple[bool, bool]:
    return was is True and now is not True, now is True and was is not True


def _present_is_tighter(was: Any, now: Any, _row: Mapping[str, Any]) -> tuple[bool, bool]:
    return now is None or was is not None, was is None or now is not None


def _later_is_looser(was: Any, now: Any, row: Mapping[str, Any]) -> tuple[bool, bool]:
    order = items(row.get("enum"))
    if was not in order or now not in order:
        return True, True
    return order.index(now) > order.index(was), order.index(now) < order.index(was)


def _names_and_values(was: Any, now: Any, _row: Mapping[str, Any]) -> tuple[bool, bool]:
    found = compare_rules({"claims": was}, {"claims": now})
    return found.looser, found.tighter


def _any_change(_was: Any, _now: Any, _row: Mapping[str, Any]) -> tuple[bool, bool]:
    return True, True


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_DIRECTIONS: Final[Mapping[str, Direction]] = {
    "any change": _any_change,
    _EMPTY_IS_ANY: _empty_is_any,
    "larger is looser": _larger_is_looser,
    "later is looser": _later_is_looser,
    "more is looser": _more_is_looser,
    "more is looser, any is all": _more_or_any,
    "more is tighter": _more_is_tighter,
    "present is tighter": _present_is_tighter,
    "more names are tighter, more values are looser": _names_and_values,
    "true is tighter": _true_is_tighter,
}
