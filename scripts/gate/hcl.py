"""Reads Terraform's language: text → tokens → blocks. Text that could be read in two ways is refused.

The tokens are those of HCL's own scanner. No expression is evaluated: its tokens are kept, with those of every template
inside it. A general parser does not serve here: python-hcl2 8.1 ends a heredoc where Terraform does not, and so takes
for text what Terraform runs.
https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Union

IDENTIFIER = "identifier"
NEWLINE = "newline"
NUMBER = "number"
OPERATOR = "operator"
TEMPLATE = "template"

_BLANK = re.compile(r"[ \t]+|/\*.*?\*/|(?:#|//)[^\n]*", re.DOTALL)
_NEWLINE = re.compile(r"\r?\n")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_IDENTIFIER = re.compile(r"[^\W\d][\w-]*")
_OPERATOR = re.compile(r"\.\.\.|::|=>|==|!=|<=|>=|&&|\|\||~(?=\})|[{}\[\]().,:?=<>!+*/%-]")
_HEREDOC = re.compile(r"(<<-?)([^\W\d][\w-]*)\r?\n")
_SEQUENCE = re.compile(r"[$%]+\{")
_STRIP = re.compile("~")
_ESCAPE = re.compile(r"\\(?:[nrt\"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)"
)
_OPENING = {"(": ")", "[": "]", "{": "}"}


class Unreadable(Exception):
    """Text that is not read to its end; ``line`` is where."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


Part = Union[str, tuple["Token", ...]]  # noqa: UP007  # "|" cannot join a type with a name that is not defined yet
"""A piece of a template: text as it is, or the tokens of an interpolation or a directive."""


class Token(NamedTuple):
    """One token. A template has its opening quote or heredoc mark as text, and its parts."""

    kind: str
    text: str
    line: int
    parts: tuple[Part, ...] = ()


Tokens = Sequence[Token]


@dataclass(frozen=True)
class Attribute:
    """``name = value``, at a line of its file."""

    name: str
    value: tuple[Token, ...]
    line: int


@dataclass
class Body:
    """What stands in a file or between the braces of a block."""

    attributes: list[Attribute] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def attribute(self, name: str) -> Attribute | None:
        """The first attribute of this name."""
        return next((attribute for attribute in self.attributes if attribute.name == name), None)


@dataclass
class Block:
    """``type "label" "label" { body }``, at a line of its file."""

    type: str
    labels: tuple[str, ...]
    body: Body
    line: int

    @property
    def name(self) -> str:
        """The block's type and labels, as they are written."""
        return " ".join([self.type, *(f'"{label}"' for label in self.labels)])


def decode(content: bytes) -> str:
    """The text of a file. Raises Unreadable when it is not UTF-8, or holds what an editor does not show."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(content[: error.start].count(b"\n") + 1, "this is not UTF-8") from None
    hidden = _REFUSED.search(text)
    if hidden:
        line = text.count("\n", 0, hidden.start()) + 1
        raise Unreadable(line, f"the character U+{ord(hidden.group()[0]):04X} is refused: no editor shows it")
    return text


def parse(text: str) -> Body:
    """The body of a file in the native syntax. Raises Unreadable."""
    try:
        return _Parser(_Scanner(text).code(nested=False)).body(nested=False)
    except RecursionError:
        raise Unreadable(1, "this is nested too deeply to be read") from None


def parse_template(text: str, line: int = 1) -> Token:
    """The token of a text that is a template as a whole, such as a template's file or a string of the JSON syntax."""
    try:
        return _Scanner(text, line).bare_template()
    except RecursionError:
        raise Unreadable(line, "this is nested too deeply to be read") from None


def normal(tokens: Tokens) -> tuple[object, ...]:
    """What two expressions that mean the same share: the tokens, without lines, newlines and comments."""
    return tuple(
        (token.kind, token.text, tuple(part if isinstance(part, str) else normal(part) for part in token.parts))
        for token in tokens
        if token.kind != NEWLINE
    )


def normal_body(body: Body) -> tuple[object, ...]:
    """What two bodies that mean the same share; the order of attributes means nothing, that of blocks may."""
    attributes = sorted((attribute.name, normal(attribute.value)) for attribute in body.attributes)
    return (*attributes, *((block.type, block.labels, normal_body(block.body)) for block in body.blocks))


def all_tokens(body: Body) -> Iterator[Token]:
    """The tokens of every value of a body, with a newline after each value."""
    for attribute in body.attributes:
        yield from attribute.value
        yield Token(NEWLINE, "\n", attribute.line)
    for block in body.blocks:
        yield from all_tokens(block.body)


def every_sequence(tokens: Tokens) -> Iterator[Tokens]:
    """These tokens, and those of each interpolation and directive inside their templates."""
    yield tokens
    for token in tokens:
        for part in token.parts:
            if not isinstance(part, str):
                yield from every_sequence(part)


class _Scanner:
    """Text → tokens, from left to right."""

    def __init__(self, text: str, line: int = 1) -> None:
        self._text = text
        self._at = 0
        self._counted = (0, line)

    def code(self, *, nested: bool) -> tuple[Token, ...]:
        """Tokens up to the end of the text or, nested, up to the brace that closes an interpolation."""
        found: list[Token] = []
        depth = 0
        while self._at < len(self._text):
            if self._take(_BLANK):
                continue
            token = self._token()
            if nested and token.text == "}" and token.kind == OPERATOR and depth == 0:
                return tuple(found)
            if token.kind == OPERATOR:
                depth += (token.text == "{") - (token.text == "}")
            found.append(token)
        if nested:
            raise self._unreadable("an interpolation does not end")
        return tuple(found)

    def bare_template(self) -> Token:
        """The whole text as one template, in which a backslash is a backslash."""
        line = self._line()
        parts: list[Part] = []
        while self._at < len(self._text):
            self._piece(parts)
        return Token(TEMPLATE, '"', line, _joined(parts))

    def _token(self) -> Token:
        line = self._line()
        if self._take(_NEWLINE):
            return Token(NEWLINE, "\n", line)
        if self._text.startswith('"', self._at):
            return self._string(line)
        if self._text.startswith("<<", self._at):
            return self._heredoc(line)
        for kind, pattern in ((NUMBER, _NUMBER), (IDENTIFIER, _IDENTIFIER), (OPERATOR, _OPERATOR)):
            match = self._take(pattern)
            if match:
                return Token(kind, match.group(), line)
        raise self._unreadable(f"{self._text[self._at]!r} stands where Terraform's language has no such character")

    def _string(self, line: int) -> Token:
        self._at += 1
        parts: list[Part] = []
        while not self._text.startswith('"', self._at):
            if self._at >= len(self._text) or self._text[self._at] in "\r\n":
                raise self._unreadable("a quoted string does not end on its line")
            if self._text[self._at] == "\\":
                parts.append(self._escape())
            else:
                self._piece(parts)
        self._at += 1
        return Token(TEMPLATE, '"', line, _joined(parts))

    def _escape(self) -> str:
        match = self._take(_ESCAPE)
        if not match:
            raise self._unreadable("a backslash is followed by what it cannot escape")
        escape = match.group()[1:]
        if escape[0] not in "uU":
            return _ESCAPED[escape]
        code = int(escape[1:], 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise self._unreadable("there is no such character")
        return chr(code)

    def _heredoc(self, line: int) -> Token:
        opening = self._take(_HEREDOC)
        if not opening:
            raise self._unreadable("`<<` begins a heredoc only with a word and the end of the line behind it")
        parts: list[Part] = []
        starts_line = True
        while self._at < len(self._text):
            if starts_line and self._closes(opening.group(2)):
                return Token(TEMPLATE, opening.group(1), line, _joined(parts))
            starts_line = self._text[self._at] == "\n"
            self._piece(parts)
        raise self._unreadable(f"the heredoc {opening.group(2)} does not end")

    def _closes(self, marker: str) -> bool:
        """Whether this line is the marker alone; spaces around it count for nothing, as in Terraform."""
        end = self._text.find("\n", self._at)
        if end < 0 or self._text[self._at : end].strip() != marker:
            return False
        self._at = end
        return True

    def _piece(self, parts: list[Part]) -> None:
        """One character of text, or one interpolation or directive."""
        sequence = _SEQUENCE.match(self._text, self._at)
        if not sequence:
            parts.append(self._text[self._at])
            self._at += 1
            return
        mark = sequence.group()
        if mark not in ("${", "%{", "$${", "%%{"):
            raise self._unreadable(f"{mark!r} can be read in more than one way")
        self._at = sequence.end()
        if len(mark) == 3:
            parts.append(mark[1:])
            return
        strips = self._take(_STRIP)
        marks = (Token(OPERATOR, "~", self._line()),) if strips else ()
        parts.append((*marks, *self.code(nested=True)))

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match

    def _line(self) -> int:
        at, line = self._counted
        self._counted = (self._at, line + self._text.count("\n", at, self._at))
        return self._counted[1]

    def _unreadable(self, reason: str) -> Unreadable:
        return Unreadable(self._line(), reason)


class _Parser:
    """Tokens → attributes and blocks."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._at = 0

    def body(self, *, nested: bool) -> Body:
        """Attributes and blocks up to the end or, nested, up to the brace that closes the block."""
        found = Body()
        while True:
            self._skip_newlines()
            token = self._peek()
            if token is None or (nested and _is(token, "}")):
                if nested and token is None:
                    raise self._unreadable("a block does not end")
                self._at += nested
                return found
            if token.kind != IDENTIFIER:
                raise self._unreadable("an attribute or a block begins with its name")
            self._at += 1
            if _is(self._peek(), "="):
                self._at += 1
                found.attributes.append(Attribute(token.text, self._value(), token.line))
            else:
                found.blocks.append(self._block(token))

    def _block(self, type_: Token) -> Block:
        labels: list[str] = []
        while not _is(self._peek(), "{"):
            label = self._peek()
            if label is None or label.kind not in (IDENTIFIER, TEMPLATE) or label.text.startswith("<<"):
                raise self._unreadable(f"the block {type_.text} has a label that is no name")
            text = label.text if label.kind == IDENTIFIER else literal(label)
            if text is None:
                raise self._unreadable(f"the block {type_.text} has a label with an interpolation")
            labels.append(text)
            self._at += 1
        self._at += 1
        return Block(type_.text, tuple(labels), self.body(nested=True), type_.line)

    def _value(self) -> tuple[Token, ...]:
        """The tokens of an expression: up to the end of the line, or of a block that stands on one line."""
        begin = self._at
        closing: list[str] = []
        while (token := self._peek()) is not None:
            if not closing and (token.kind == NEWLINE or _is(token, "}")):
                break
            self._at += 1
            if token.kind != OPERATOR:
                continue
            if token.text in _OPENING:
                closing.append(_OPENING[token.text])
            elif token.text in _OPENING.values() and (not closing or closing.pop() != token.text):
                raise self._unreadable(f"{token.text!r} closes what was not opened")
        if closing or begin == self._at:
            raise self._unreadable("an expression does not end" if closing else "an attribute has no value")
        return tuple(self._tokens[begin : self._at])

    def _skip_newlines(self) -> None:
        while (token := self._peek()) is not None and token.kind == NEWLINE:
            self._at += 1

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _unreadable(self, reason: str) -> Unreadable:
        token = self._peek() or (self._tokens[-1] if self._tokens else None)
        return Unreadable(token.line if token else 1, reason)


def literal(token: Token) -> str | None:
    """The text of a template in which nothing is interpolated, or None."""
    if token.kind != TEMPLATE or any(not isinstance(part, str) for part in token.parts):
        return None
    return "".join(part for part in token.parts if isinstance(part, str))


def _is(token: Token | None, operator: str) -> bool:
    return token is not None and token.kind == OPERATOR and token.text == operator


def _joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts, with neighbouring text joined."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        else:
            found.append(part)
    return tuple(found)
