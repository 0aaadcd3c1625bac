"""Terraform's state, as ``terraform show -json`` prints it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.lib.program import UsageError
from scripts.operate.audit.translation import NOT_READ
from scripts.review_plan.access import attributes
from scripts.review_plan.plan.values import get, items, mapping


@dataclass(frozen=True)
class TerraformState:
    """The managed resources of a state, as it prints them, and the document that holds them."""

    document: Mapping[str, Any]
    resources: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, text: str) -> TerraformState:
        """The state in JSON.

        Raises:
            UsageError: there is nothing in it, or a resource of a kind that the audit does not read.
        """
        document = json.loads(text)
        root = mapping(get(document, "values", "root_module"))
        found = cls(document, tuple(entry for entry in _entries(root) if entry.get("mode") == "managed"))
        if not found.resources:
            raise UsageError("the state holds no resource: apply the environment first")
        for entry in found.resources:
            if why := _why_not(str(entry["type"])):
                raise UsageError(f"{entry['address']} is not read by the audit: {why}")
        return found

    def of(self, *types: str) -> Iterator[Mapping[str, Any]]:
        """The values of all resources of some types."""
        return (mapping(entry.get("values")) for entry in self.resources if entry["type"] in types)

    def ids(self, type_: str, attribute: str = "id") -> list[str]:
        """What the resources of a type have in an attribute, each once and in order."""
        return sorted({str(values[attribute]) for values in self.of(type_) if values.get(attribute)})


def _entries(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for entry in items(module.get("resources")):
        yield {**entry, "module_address": module.get("address", "")}
    for child in items(module.get("child_modules")):
        yield from _entries(child)


def _why_not(type_: str) -> str:
    """Why the audit cannot read a type that may say who may call; nothing for all others."""
    if type_ in NOT_READ:
        return NOT_READ[type_]
    is_unknown = type_.startswith(attributes.OF_API_GATEWAY) and type_ not in attributes.TYPES
    makes_others = type_.startswith(attributes.OTHER_MEANS) or type_ in attributes.BY_TEXT
    return "this release does not know resources of this type" if is_unknown or makes_others else ""
