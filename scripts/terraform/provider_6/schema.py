"""What a release of the provider knows of the types that we use, as ``schema.json`` beside this file holds it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("schema.json")


@dataclass(frozen=True)
class Block:
    """The arguments and nested blocks that a block may have, and those among them that it must have."""

    arguments: frozenset[str] = frozenset()
    blocks: Mapping[str, Block] = field(default_factory=dict)
    required: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """The same, as JSON has it; what is empty is left out."""
        written = {
            "arguments": sorted(self.arguments),
            "blocks": {name: block.as_json() for name, block in sorted(self.blocks.items())},
            "required": sorted(self.required),
        }
        return {name: value for name, value in written.items() if value}


@dataclass(frozen=True)
class Type:
    """A type of resource: its block, and the attributes that an expression may refer to."""

    block: Block
    attributes: frozenset[str]


@dataclass(frozen=True)
class Schema:
    """A release of the provider, and its types by mode and name, such as ``resource aws_lambda_function``."""

    release: str
    types: Mapping[str, Type]


def read(file: Path = FILE) -> Schema:
    """The committed schema."""
    document = json.loads(file.read_text())
    types = {
        name: Type(_block(type_["block"]), frozenset(type_["attributes"])) for name, type_ in document["types"].items()
    }
    return Schema(document["release"], types)


def write(schema: Schema, file: Path = FILE) -> None:
    """Write a schema to a file, the same text for the same schema."""
    types = {
        name: {"attributes": sorted(type_.attributes), "block": type_.block.as_json()}
        for name, type_ in sorted(schema.types.items())
    }
    file.write_text(json.dumps({"release": schema.release, "types": types}, indent=1) + "\n")


def _block(document: Mapping[str, Any]) -> Block:
    return Block(
        frozenset(document.get("arguments", [])),
        {name: _block(block) for name, block in document.get("blocks", {}).items()},
        frozenset(document.get("required", [])),
    )
