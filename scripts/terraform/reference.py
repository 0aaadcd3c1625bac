"""The tables of inputs and outputs in the README of each module: ``python -m scripts.terraform.reference`` writes them.

They are made from the variables and outputs of the module's Terraform files, and stand at the end of its README, from
the heading "Inputs" on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scripts import ROOT
from scripts.gate import hcl
from scripts.gate.hcl import NEWLINE, OPERATOR, TEMPLATE, Attribute, Block, Token, Tokens
from scripts.lib.console import say

TREE: Final = ROOT / "terraform"
HEADING: Final = "## Inputs"

_SPACED: Final = frozenset(["=", "?", ":", "=>"])
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")


def folders(tree: Path = TREE) -> list[Path]:
    """The root, the root of a release, and every module that has a README and inputs or outputs."""
    places = [tree, tree / "release", *sorted(file.parent for file in (tree / "modules").rglob("README.md"))]
    return [folder for folder in places if (folder / "README.md").is_file() and tables(folder)]


def page(folder: Path) -> str:
    """The folder's README with its tables made anew."""
    text = (folder / "README.md").read_text()
    before = text.partition(f"\n{HEADING}\n")[0].rstrip()
    return f"{before}\n\n{tables(folder)}"


def tables(folder: Path) -> str:
    """The inputs and outputs of a module as Markdown, each table under its heading; an empty text for neither."""
    blocks = list(_blocks(folder))
    inputs = [_input(block) for block in blocks if block.type == "variable"]
    outputs = [_output(block) for block in blocks if block.type == "output"]
    found = []
    if inputs:
        found.append(
            f"{HEADING}\n\n| name | type | default | description |\n| --- | --- | --- | --- |\n" + "".join(inputs)
        )
    if outputs:
        found.append("## Outputs\n\n| name | description |\n| --- | --- |\n" + "".join(outputs))
    return "\n".join(found)


def text_of(tokens: Tokens) -> str:
    """An expression on one line, spaced as `terraform fmt` does."""
    found: list[str] = []
    before: Token | None = None
    for at, token in enumerate(tokens):
        if token.kind == NEWLINE:
            continue
        if before is not None and _starts_an_item(tokens, at, before, token):
            found.append(", ")
        found.append(_text(token))
        before = token
    return "".join(found)


def main() -> int:
    """Write the tables into every README; returns the exit code."""
    for folder in folders():
        (folder / "README.md").write_text(page(folder))
        say(f"{(folder / 'README.md').relative_to(ROOT)}")
    return 0


def _blocks(folder: Path) -> Iterator[Block]:
    blocks = [block for file in sorted(folder.glob("*.tf")) for block in hcl.parse(file.read_text()).blocks]
    return iter(sorted(blocks, key=lambda block: block.labels))


def _input(block: Block) -> str:
    default = block.body.attribute("default")
    type_ = block.body.attribute("type")
    cells = [
        f"`{block.labels[0]}`",
        f"`{text_of(type_.value)}`" if type_ else "",
        f"`{text_of(default.value)}`" if default else "required",
        _description(block.body.attribute("description")),
    ]
    return _row(cells)


def _output(block: Block) -> str:
    return _row([f"`{block.labels[0]}`", _description(block.body.attribute("description"))])


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _description(attribute: Attribute | None) -> str:
    """A description on one line. Outside code, Markdown would take what stands in angle brackets for HTML."""
    text = hcl.literal(attribute.value[0]) if attribute else None
    parts = " ".join((text or "").split()).split("`")
    return "`".join(part if at % 2 else part.replace("<", "&lt;") for at, part in enumerate(parts))


def _starts_an_item(tokens: Tokens, at: int, before: Token, token: Token) -> bool:
    """Whether a line break between two tokens separates the items of a list or an object."""
    broken = at > 0 and tokens[at - 1].kind == NEWLINE
    return broken and before.text not in _OPENING | {","} and token.text not in _CLOSING


def _text(token: Token) -> str:
    if token.kind == TEMPLATE:
        return f'"{hcl.literal(token)}"'
    if token.kind == OPERATOR and token.text in _SPACED:
        return f" {token.text} "
    if token.kind == OPERATOR and token.text == ",":
        return ", "
    return token.text


if __name__ == "__main__":
    sys.exit(main())
