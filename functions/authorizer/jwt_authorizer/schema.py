"""How a JSON document is read member by member, with every mistake told by its path."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

# Takes a value, its path, and the list that mistakes inside the value are added to; returns the value as it is to be
# used, or raises Refused.
Read = Callable[[Any, str, list[str]], Any]


class Refused(Exception):
    """A value that does not do; the message says what to write instead."""


class Required:
    """The default of a member that has none."""


class Field(NamedTuple):
    """One member of a configuration object: how its value is read, and what it is when it is absent."""

    read: Read
    default: Any = Required


def members_of(value: object, path: str, fields: Mapping[str, Field], mistakes: list[str]) -> dict[str, Any]:
    """Read an object member by member; what is wrong is added to `mistakes`, and the member left out."""
    if not isinstance(value, dict):
        mistakes.append(f"{path or 'the configuration'}: must be an object, not {kind_of(value)}")
        return {}
    members: dict[str, Any] = {}
    for name in value:
        if name not in fields:
            mistakes.append(f"{join(path, name)}: is not a known key; write one of {', '.join(sorted(fields))}")
    for name, field in fields.items():
        if name not in value:
            if field.default is Required:
                mistakes.append(f"{join(path, name)}: is missing")
            else:
                members[name] = field.default
            continue
        try:
            members[name] = field.read(value[name], join(path, name), mistakes)
        except Refused as refusal:
            mistakes.append(f"{join(path, name)}: {refusal}")
    return members


def join(path: str, name: str) -> str:
    """The path of a member."""
    return f"{path}.{name}" if path else str(name)


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    return {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}.get(
        type(value), "an object"
    )


def string(value: Any, _path: str, _mistakes: list[str]) -> str:
    """A string that is not blank."""
    if not isinstance(value, str):
        raise Refused(f"must be a string, not {kind_of(value)}")
    if not value.strip():
        raise Refused("must not be empty")
    return value


def strings(value: Any, path: str, mistakes: list[str]) -> tuple[str, ...]:
    """A list of strings, which may be empty."""
    if not isinstance(value, list):
        raise Refused(f"must be a list of strings, not {kind_of(value)}")
    items = []
    for index, item in enumerate(value):
        try:
            items.append(string(item, path, mistakes))
        except Refused as refusal:
            mistakes.append(f"{path}[{index}]: {refusal}")
    return tuple(items)


def some_strings(value: Any, path: str, mistakes: list[str]) -> tuple[str, ...]:
    """A list of at least one string."""
    items = strings(value, path, mistakes)
    if not value:
        raise Refused("must name at least one")
    return items


def number(minimum: int, maximum: int) -> Read:
    """A whole number within bounds."""

    def read(value: Any, _path: str, _mistakes: list[str]) -> int:
        if type(value) is not int or not minimum <= value <= maximum:
            raise Refused(f"must be a whole number from {minimum} to {maximum}")
        return value

    return read


def choice(*choices: str) -> Read:
    """One of these strings."""

    def read(value: Any, _path: str, _mistakes: list[str]) -> str:
        if value not in choices:
            raise Refused(f"must be one of {', '.join(choices)}")
        return str(value)

    return read


def or_null(read: Read) -> Read:
    """What `read` takes, or null."""
    return lambda value, path, mistakes: None if value is None else read(value, path, mistakes)


def boolean(value: Any, _path: str, _mistakes: list[str]) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Refused(f"must be true or false, not {kind_of(value)}")
    return value


def fraction(value: Any, _path: str, _mistakes: list[str]) -> float:
    """A number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Refused("must be a number from 0 to 1")
    return value


def mapping(value: Any, _path: str, _mistakes: list[str]) -> dict[str, Any]:
    """An object with members of any name."""
    if not isinstance(value, dict):
        raise Refused(f"must be an object, not {kind_of(value)}")
    return value
