"""Where a value that is not known yet comes from: following the configuration's references through modules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.review_plan.plan.addresses import module_names
from scripts.review_plan.plan.document import Plan, Resource, block, module_block

Source = tuple[tuple[str, ...], str, str, str | None]
"""A resource block: the calls that lead to its module, its type and its name; and the key, where one is written."""

_KEYED = re.compile(r"(?P<type>\w+)\.(?P<name>[\w-]+)\[(?P<key>\"(?:[^\"\\]|\\.)*\"|\d+)\]")


def sources(plan: Plan, resource: Resource, attribute: str, types: frozenset[str]) -> frozenset[Source]:
    """The resource blocks of some types that an attribute's expression refers to, through variables and outputs.

    Locals are not part of a plan's JSON: a path through one ends there.
    """
    module = module_names(resource.module)
    expressions = block(plan, resource.module, resource.type, resource.name).get("expressions") or {}
    found: set[Source] = set()
    seen: set[tuple[tuple[str, ...], str]] = set()
    for reference in references_in(expressions.get(attribute)):
        _follow(plan, module, reference, types, found, seen)
    return frozenset(found)


def static_for_each_keys(plan: Plan, resource: Resource, attribute: str) -> frozenset[str]:
    """The keys that an attribute's expression can only mean, where ``for_each`` is written out.

    Of ``rules[each.value].id``, and of ``rules[each.value.rule].id``, that is what the map holds for this instance.
    """
    found = block(plan, resource.module, resource.type, resource.name)
    values = (found.get("for_each_expression") or {}).get("constant_value")
    told = set()
    for reference in references_in((found.get("expressions") or {}).get(attribute)):
        scope, _, rest = reference.partition(".")
        if scope == "each" and rest.startswith("value") and isinstance(values, Mapping):
            value = values.get(resource.key)
            for step in rest.split(".")[1:]:
                value = value.get(step) if isinstance(value, Mapping) else None
            told |= {value} if isinstance(value, str) else set()
    return frozenset(told)


def references_in(expression: Any) -> Iterator[str]:
    """All references in an expression, or in a block's expressions."""
    if isinstance(expression, Mapping):
        for name, value in expression.items():
            if name == "references" and isinstance(value, list):
                yield from _written([str(each) for each in value])
            else:
                yield from references_in(value)
    elif isinstance(expression, list):
        for each in expression:
            yield from references_in(each)


def _written(references: list[str]) -> Iterator[str]:
    """The references as they were written: Terraform lists ``x["a"].id``, then ``x["a"]``, then ``x`` for the first."""
    for place, reference in enumerate(references):
        before = references[place - 1] if place else ""
        if not (before.startswith((f"{reference}.", f"{reference}[")) and "[" in before):
            yield reference


def _follow(
    plan: Plan,
    module: tuple[str, ...],
    reference: str,
    types: frozenset[str],
    found: set[Source],
    seen: set[tuple[tuple[str, ...], str]],
) -> None:
    if (module, reference) in seen:
        return
    seen.add((module, reference))
    steps = reference.replace("[", ".").split(".")
    if len(steps) < 2:
        return
    onwards: Iterator[str] = iter(())
    where = module
    if steps[0] == "var" and module:
        where = module[:-1]
        call = ((module_block(plan, where) or {}).get("module_calls") or {}).get(module[-1]) or {}
        onwards = references_in((call.get("expressions") or {}).get(steps[1]))
    elif steps[0] == "module":
        where = (*module, steps[1])
        outputs = (module_block(plan, where) or {}).get("outputs") or {}
        # The module as a whole is also listed when one of its outputs is.
        name = next((step for step in steps[2:] if step in outputs), None)
        onwards = references_in((outputs.get(name) or {}).get("expression")) if name else onwards
    elif keyed := _KEYED.match(reference):
        if keyed["type"] in types:
            found.add((module, keyed["type"], keyed["name"], str(json.loads(keyed["key"]))))
    elif steps[0] in types:
        found.add((module, steps[0], steps[1], None))
    for each in onwards:
        _follow(plan, where, each, types, found, seen)
