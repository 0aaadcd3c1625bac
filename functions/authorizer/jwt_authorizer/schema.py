"""The JSON Schema of AUTHORIZER_CONFIG: the mistakes in a value, and the value with its defaults.

`configuration.schema.json` is written in a subset of JSON Schema 2020-12; terraform/modules/schema reads the same
subset and says the same sentences: https://json-schema.org/draft/2020-12/schema
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

# One object of the schema: what a value must be, and what to write where it is not.
Row = Mapping[str, Any]

_NOT_BLANK = r"\S"


def _load() -> dict[str, Any]:
    # By the module's loader, for the plan review runs this from a zipapp.
    data = globals()["__loader__"].get_data(os.path.join(os.path.dirname(__file__), "configuration.schema.json"))
    definitions: dict[str, Any] = json.loads(data)["$defs"]
    return definitions


DEFINITIONS = _load()


def mistakes(value: object, row: Row, path: str = "") -> Iterator[str]:
    """Yield one sentence for each mistake: which key, what it is, and what to write instead.

    `path` is where the value stands. A value that may be secret is not quoted.
    """
    row = resolve(row)
    if not _fits(value, row):
        is_quoted = "" if row.get("writeOnly") else f" is {quoted(value)}"
        yield f"{path or row['title']}{is_quoted}: write {row['description']}."
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if "$ref" in row.get("items", ()):
                yield from mistakes(item, row["items"], f"{path}[{index}]")
    elif isinstance(value, dict):
        yield from _mistakes_of_members(value, row, path)


def is_good(value: object, row: Row) -> bool:
    """Whether there is no mistake in a value."""
    return next(mistakes(value, row, "value"), None) is None


def complete(value: Any, row: Row) -> Any:
    """Return a value without mistakes with its defaults: every known key is there, None where it has no default."""
    row = resolve(row)
    if isinstance(value, list) and "$ref" in row.get("items", ()):
        return [complete(item, row["items"]) for item in value]
    if not isinstance(value, dict):
        return value
    if "properties" in row:
        return {
            name: complete(value[name] if name in value else member.get("default"), member)
            for name, member in _known(row).items()
        }
    return {name: complete(item, _additional(row) or {}) for name, item in value.items()}


def resolve(row: Row) -> Row:
    """Return a row with the definition that its `$ref` names; what stands beside it overrides the definition."""
    return {**DEFINITIONS[row["$ref"].rpartition("/")[2]], **row} if "$ref" in row else row


def quoted(value: object) -> str:
    """Return a value as Terraform's `jsonencode` writes it, without the credentials of a URL."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return re.sub(r'//[^/"]*@', "//...@", text).encode("utf-8", "backslashreplace").decode()


def join(path: str, name: str) -> str:
    """Return the path of a member."""
    return f"{path}.{name}" if path else name


def _known(row: Row) -> dict[str, Row]:
    """The keys that the function knows; some are the module's alone."""
    return {name: member for name, member in row["properties"].items() if member.get("x-only") != "module"}


def _additional(row: Row) -> Row | None:
    """The row of the members that have none of their own, or None where there must not be any."""
    additional = row.get("additionalProperties")
    return additional if isinstance(additional, dict) else None


def _mistakes_of_members(value: Mapping[str, Any], row: Row, path: str) -> Iterator[str]:
    known = _known(row) if "properties" in row else {}
    additional = _additional(row)
    for name, item in value.items():
        at = join(path, name)
        if "propertyNames" in row and not _fits(name, row["propertyNames"]):
            yield f"{at} is not a name for it: write {row['propertyNames']['description']}."
        member = known.get(name, additional)
        if member is not None:
            yield from mistakes(item, member, at)
        elif known:
            yield f"{at} is not a known key: {_belongs(name)}write one of {', '.join(sorted(known))}."
    for name in row.get("required", ()):
        if name in known and name not in value:
            yield f"{join(path, name)} is missing: write {resolve(known[name])['description']}."


def _belongs(name: str) -> str:
    """Where a key belongs that stands in a wrong place; an empty text where it belongs nowhere."""
    places = [
        definition["title"]
        for _, definition in sorted(DEFINITIONS.items())
        if name in definition.get("properties", ()) and name in _known(definition)
    ]
    return f"it belongs in {' or '.join(places)}; " if places else ""


def _fits(value: object, row: Row) -> bool:
    """Whether a value is what its row says; the members of an object have rows of their own."""
    types = row.get("type", ())
    if types and not any(_is_of_type(value, name) for name in ([types] if isinstance(types, str) else types)):
        return False
    if not _is_listed(value, row):
        return False
    if isinstance(value, str):
        return _string_fits(value, row)
    if isinstance(value, list):
        return _list_fits(value, row)
    if isinstance(value, dict):
        return bool(len(value) >= row.get("minProperties", 0))
    return not _is_of_type(value, "number") or bool(row.get("minimum", value) <= value <= row.get("maximum", value))


def _is_listed(value: object, row: Row) -> bool:
    if "enum" in row and not any(_equal(value, accepted) for accepted in row["enum"]):
        return False
    return "const" not in row or _equal(value, row["const"])


def _string_fits(value: str, row: Row) -> bool:
    if len(value) > row.get("maxLength", len(value)):
        return False
    refused = row.get("not", {})
    if value in refused.get("enum", ()) or ("pattern" in refused and re.search(refused["pattern"], value)):
        return False
    pattern = row.get("pattern")
    if pattern is None or pattern == _NOT_BLANK:
        # The commonest pattern needs no regular expression, whose compilation a cold start would pay for.
        return pattern is None or bool(value.strip())
    # The whole value: Python's `$` alone lets a line break follow.
    return re.fullmatch(pattern, value) is not None


def _list_fits(value: list[Any], row: Row) -> bool:
    if not row.get("minItems", 0) <= len(value) <= row.get("maxItems", len(value)):
        return False
    if row.get("uniqueItems") and len({quoted(item) for item in value}) < len(value):
        return False
    items = row.get("items", {})
    return "$ref" in items or all(_fits(item, items) for item in value)


def _is_of_type(value: object, name: str) -> bool:
    if name == "integer":
        return type(value) is int
    if name == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, _TYPES[name])


def _equal(value: object, accepted: object) -> bool:
    """Whether two JSON values are one: True is not 1."""
    return value == accepted and type(value) is type(accepted)


_TYPES: dict[str, type] = {"string": str, "boolean": bool, "array": list, "object": dict, "null": type(None)}
