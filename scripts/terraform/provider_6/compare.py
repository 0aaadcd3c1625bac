"""What of our Terraform a schema of the provider does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from scripts.gate.hcl import Body
from scripts.terraform.provider_6 import usage
from scripts.terraform.provider_6.schema import Block, Schema

# What every resource may have, whatever its type. https://developer.hashicorp.com/terraform/language/meta-arguments
_META_ARGUMENTS: Final = frozenset(["count", "depends_on", "for_each", "provider"])
_META_BLOCKS: Final = frozenset(["connection", "lifecycle", "provisioner"])


def problems(files: Iterable[Path], schema: Schema) -> list[str]:
    """A sentence for each type, argument, block and attribute that the schema does not know or that it requires."""
    read = list(files)
    used = [block for file in read for block in usage.blocks(file)]
    found = _types({block.type for block in used}, schema)
    for block in used:
        if block.type in schema.types:
            place = f"{block.file}:{block.block.line}: {'.'.join(block.block.labels)}"
            found += [
                f"{place} {said}" for said in _block(block.block.body, schema.types[block.type].block, schema, "")
            ]
    for reference in (reference for file in read for reference in usage.references(file)):
        type_ = schema.types.get(reference.type)
        if type_ and reference.attribute not in type_.attributes:
            said = f"{reference.type.split()[1]} has no attribute {reference.attribute}"
            found.append(f"{reference.file}:{reference.line}: {said} in provider {schema.release}")
    return found


def _types(used: set[str], schema: Schema) -> list[str]:
    """Whether the committed schema holds the types that are used, and those alone."""
    return [
        f"the schema does not hold {type_}: run `make provider-schema`" for type_ in sorted(used - set(schema.types))
    ] + [
        f"the schema holds {type_}, which nothing uses: run `make provider-schema`"
        for type_ in sorted(set(schema.types) - used)
    ]


def _block(body: Body, known: Block, schema: Schema, path: str) -> Iterator[str]:
    inside = f" in {path}" if path else ""
    arguments = {attribute.name for attribute in body.attributes} - (frozenset() if path else _META_ARGUMENTS)
    nested = [
        (block.labels[0], content.body)
        for block in body.blocks
        if block.type == "dynamic"
        for content in block.body.blocks
    ] + [
        (block.type, block.body) for block in body.blocks if block.type != "dynamic" and block.type not in _META_BLOCKS
    ]
    for name in sorted(arguments - known.arguments):
        yield f"has the argument {name}{inside}, which provider {schema.release} does not know"
    for name, content in nested:
        if name in known.blocks:
            yield from _block(content, known.blocks[name], schema, f"{path}.{name}" if path else name)
        else:
            yield f"has the block {name}{inside}, which provider {schema.release} does not know"
    for name in sorted(known.required - arguments - {name for name, _ in nested}):
        yield f"lacks {name}{inside}, which provider {schema.release} requires"
