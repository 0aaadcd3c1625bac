"""What our Terraform uses of the AWS provider: its blocks, and the attributes that expressions refer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.gate import hcl
from scripts.gate.hcl import IDENTIFIER, OPERATOR, Block, Body, Tokens

_MODES: Final = frozenset(["data", "ephemeral", "resource"])
_PREFIX: Final = "aws_"


@dataclass(frozen=True)
class Used:
    """A block of the provider in a file: its type, such as ``resource aws_lambda_function``, and what it holds."""

    file: Path
    type: str
    block: Block


@dataclass(frozen=True)
class Reference:
    """An expression's use of an attribute, at a line of a file."""

    file: Path
    line: int
    type: str
    attribute: str


def files(folders: Iterable[Path]) -> list[Path]:
    """The Terraform files of some folders and those below, without what Terraform keeps there itself."""
    return sorted(
        file
        for folder in folders
        for file in folder.rglob("*.tf")
        if ".terraform" not in file.relative_to(folder).parts
    )


def blocks(file: Path) -> Iterator[Used]:
    """The blocks of a file that are the provider's."""
    for block in hcl.parse(file.read_text()).blocks:
        if block.type in _MODES and block.labels[0].startswith(_PREFIX):
            yield Used(file, f"{block.type} {block.labels[0]}", block)


def references(file: Path) -> Iterator[Reference]:
    """The attributes of the provider's resources that the file's expressions name.

    ``aws_x.name.attribute``, with an index or a splat after the name. What a loop reads from a whole resource by a
    name of its own is not followed.
    """
    for tokens in _expressions(hcl.parse(file.read_text())):
        for sequence in hcl.every_sequence(tokens):
            for at, token in enumerate(sequence):
                if token.kind == IDENTIFIER and token.text.startswith(_PREFIX):
                    mode = _mode(sequence, at)
                    attribute = _attribute(sequence, at)
                    if mode and attribute:
                        yield Reference(file, token.line, f"{mode} {token.text}", attribute)


def _expressions(body: Body) -> Iterator[Tokens]:
    for attribute in body.attributes:
        yield attribute.value
    for block in body.blocks:
        yield from _expressions(block.body)


def _mode(tokens: Tokens, at: int) -> str | None:
    """The mode of the resource whose type stands there; None where the name is another's member."""
    if at == 0 or not _is(tokens, at - 1, "."):
        return "resource"
    before = tokens[at - 2].text if at >= 2 else ""
    return before if before in _MODES else None


def _attribute(tokens: Tokens, at: int) -> str | None:
    """The attribute that follows a type and a name, or None where the whole resource is meant."""
    at += 3
    if _is(tokens, at, "["):
        depth = 0
        while at < len(tokens):
            depth += _is(tokens, at, "[") - _is(tokens, at, "]")
            at += 1
            if depth == 0:
                break
    if _is(tokens, at, ".") and at + 1 < len(tokens) and tokens[at + 1].kind == IDENTIFIER:
        return tokens[at + 1].text
    return None


def _is(tokens: Tokens, at: int, operator: str) -> bool:
    return at < len(tokens) and tokens[at].kind == OPERATOR and tokens[at].text == operator
