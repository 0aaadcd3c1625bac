"""Reads Terraform's JSON syntax into the same blocks as the native one. Every string in it is a template.

https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from scripts.gate.hcl import IDENTIFIER, NUMBER, OPERATOR, Attribute, Block, Body, Token, Unreadable, parse_template

LABELS = {
    "check": 1,
    "data": 2,
    "ephemeral": 2,
    "import": 0,
    "locals": 0,
    "module": 1,
    "moved": 0,
    "output": 1,
    "provider": 1,
    "removed": 0,
    "resource": 2,
    "terraform": 0,
    "variable": 1,
}
"""How many labels a block of the top level has."""


def parse(text: str) -> Body:
    """The blocks of a configuration file. Raises Unreadable."""
    found = Body()
    for member in _objects(_load(text)):
        for type_, value in member.items():
            if type_ == "//":
                continue
            if type_ not in LABELS:
                raise Unreadable(_line(text, type_), f"there is no block {type_!r} in Terraform's language")
            for labels, body in _labelled(value, LABELS[type_]):
                line = _line(text, type_, *labels)
                found.blocks.append(Block(type_, labels, _body(body, line), line))
    return found


def parse_variables(text: str) -> Body:
    """The values of a file of variables; nothing in them is a template. Raises Unreadable."""
    document = _load(text)
    if not isinstance(document, dict):
        raise Unreadable(1, "a file of variables is an object")
    return Body([Attribute(name, tuple(_plain(value)), _line(text, name)) for name, value in document.items()])


def _load(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise Unreadable(error.lineno, f"this is not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(1, f"this is not JSON that is read in one way: {error}") from None


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member occurs twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects that stand where one or a list of them may stand."""
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            raise Unreadable(1, "a block is an object, or a list of objects")
        yield item


def _labelled(value: Any, count: int) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for item in _objects(value):
        if count == 0:
            yield (), item
            continue
        for label, below in item.items():
            if label != "//":
                yield from (((label, *labels), body) for labels, body in _labelled(below, count - 1))


def _body(value: dict[str, Any], line: int) -> Body:
    """A body whose nested blocks are attributes, for the JSON does not tell one from the other."""
    return Body([Attribute(name, tuple(_tokens(item, line)), line) for name, item in value.items() if name != "//"])


def _tokens(value: Any, line: int) -> Iterator[Token]:
    if isinstance(value, str):
        yield parse_template(value, line)
    elif isinstance(value, dict):
        yield Token(OPERATOR, "{", line)
        for name, item in value.items():
            yield parse_template(name, line)
            yield Token(OPERATOR, "=", line)
            yield from _tokens(item, line)
            yield Token(OPERATOR, ",", line)
        yield Token(OPERATOR, "}", line)
    elif isinstance(value, list):
        yield Token(OPERATOR, "[", line)
        for item in value:
            yield from _tokens(item, line)
            yield Token(OPERATOR, ",", line)
        yield Token(OPERATOR, "]", line)
    else:
        yield _scalar(value, line)


def _plain(value: Any) -> Iterator[Token]:
    """The tokens of a value in which text is text."""
    if isinstance(value, str):
        yield Token("template", '"', 1, (value,))
    elif isinstance(value, (dict, list)):
        yield Token("template", "json", 1, (json.dumps(value, sort_keys=True),))
    else:
        yield _scalar(value, 1)


def _scalar(value: Any, line: int) -> Token:
    kind = NUMBER if isinstance(value, (int, float)) and not isinstance(value, bool) else IDENTIFIER
    return Token(kind, json.dumps(value), line)


def _line(text: str, *names: str) -> int:
    """The line of the last of these names, each looked for behind the one before it."""
    at = 0
    for name in names:
        found = re.compile(re.escape(json.dumps(name, ensure_ascii=False))).search(text, at)
        at = found.start() if found else at
    return text.count("\n", 0, at) + 1
