"""Where a value that is not known yet comes from: following the configuration's references through modules.

A plan's JSON lists what an expression refers to, not the expression. Locals, and resources of other kinds that are
unknown themselves, end the way: then the origin is not complete.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.review_plan.plan.addresses import module_instances, module_names
from scripts.review_plan.plan.document import Key, Plan, Resource, block, carries_texts, module_block

_KEYED = re.compile(r"(?P<type>\w+)\.(?P<name>[\w-]+)\[(?P<key>\"(?:[^\"\\]|\\.)*\"|\d+)\]")
_MODULE = re.compile(r"module\.(?P<name>[\w-]+)(?P<key>\[(?:\"(?:[^\"\\]|\\.)*\"|\d+)\])?(?:\.(?P<output>[\w-]+))?")
_ENDS = frozenset({"each.key", "count.index"})
_MOST_STEPS = 2000


@dataclass(frozen=True)
class Source:
    """Instances of one resource block: the module instance it is in, its type and name, and a key where one is sure."""

    modules: tuple[str, ...]
    type: str
    name: str
    keys: frozenset[str] | None

    def names(self, resource: Resource) -> bool:
        """Whether an instance is one of these."""
        if resource.type != self.type or resource.name != self.name:
            return False
        if self.keys is not None and str(resource.key) not in self.keys:
            return False
        instances = module_instances(resource.module)
        return len(instances) == len(self.modules) and all(
            mine == theirs or (mine.endswith("[*]") and theirs.partition("[")[0] == mine[:-3])
            for mine, theirs in zip(self.modules, instances, strict=True)
        )


@dataclass(frozen=True)
class Origin:
    """All that a value may come from, and whether that is all."""

    sources: frozenset[Source]
    is_complete: bool


def origin(plan: Plan, resource: Resource, attribute: str, types: frozenset[str]) -> Origin:
    """The resource blocks of some types that an attribute's expression leads to."""
    found = block(plan, resource.module, resource.type, resource.name)
    expression = (found.get("expressions") or {}).get(attribute)
    if expression is None:
        return Origin(frozenset(), False)
    walk = _Walk(plan, types)
    references = references_in(expression)
    keys = _sure_keys(found, resource.key, references)
    for reference in references:
        walk.follow(module_instances(resource.module), reference, keys, found)
    return Origin(frozenset(walk.found), walk.is_complete)


def references_in(expression: Any) -> list[str]:
    """All references of an expression, or of a block's expressions, as they were written."""
    return list(_references(expression))


def _references(expression: Any) -> Iterator[str]:
    if isinstance(expression, Mapping):
        for name, value in expression.items():
            if name == "references" and isinstance(value, list):
                yield from _written([str(reference) for reference in value])
            elif name != "constant_value":
                yield from _references(value)
    elif isinstance(expression, list):
        for part in expression:
            yield from _references(part)


def _written(references: list[str]) -> Iterator[str]:
    """The references without their own prefixes: Terraform lists ``x["a"].id``, then ``x["a"]``, then ``x``."""
    for place, reference in enumerate(references):
        before = references[place - 1] if place else ""
        if not before.startswith((f"{reference}.", f"{reference}[")):
            yield reference


def _sure_keys(found: Mapping[str, Any], key: Key, references: list[str]) -> frozenset[str] | None:
    """The instance keys that an expression can only select.

    ``x[each.key]`` selects the own key where the expression holds nothing else. ``x[each.value.rule]`` selects what
    ``for_each`` holds for this instance where it is written out.
    """
    blocks = [reference for reference in references if _is_block(reference)]
    others = {reference for reference in references if not _is_block(reference)}
    if len(blocks) != 1 or not others:
        return None
    if len(others) == 1 and others <= _ENDS:
        return frozenset({str(key)})
    values = (found.get("for_each_expression") or {}).get("constant_value")
    if isinstance(values, Mapping) and all(other.startswith("each.value") for other in others):
        return frozenset(_told(values.get(str(key)), others)) or None
    return None


def _is_block(reference: str) -> bool:
    return reference.partition(".")[0] not in ("each", "count", "path", "terraform", "self")


def _told(value: Any, references: set[str]) -> Iterator[str]:
    for reference in references:
        member = value
        for step in reference.split(".")[2:]:
            member = member.get(step) if isinstance(member, Mapping) else None
        if isinstance(member, str):
            yield member


@dataclass
class _Walk:
    plan: Plan
    types: frozenset[str]
    found: set[Source] = field(default_factory=set)
    is_complete: bool = True
    seen: set[tuple[tuple[str, ...], str, frozenset[str] | None]] = field(default_factory=set)

    def follow(
        self,
        where: tuple[str, ...],
        reference: str,
        keys: frozenset[str] | None = None,
        owner: Mapping[str, Any] | None = None,
    ) -> None:
        """Follow one reference that is written in the module instance ``where``, in the block ``owner``."""
        place = (where, reference, keys)
        if place in self.seen:
            return
        self.seen.add(place)
        if len(self.seen) > _MOST_STEPS:
            self.is_complete = False
            return
        scope, _, rest = reference.partition(".")
        if scope == "var":
            self._variable(where, rest)
        elif scope == "module":
            self._output(where, reference)
        elif scope == "each" and rest.startswith("value"):
            self._each_value(where, owner or {})
        elif scope == "data":
            self._data(where, rest)
        elif scope == "local" or not rest:
            self.is_complete = False
        elif scope not in ("each", "count", "path", "terraform", "self"):
            self._resource(where, reference, keys)

    def _all(self, where: tuple[str, ...], expression: Any) -> None:
        for reference in references_in(expression):
            self.follow(where, reference)

    def _variable(self, where: tuple[str, ...], rest: str) -> None:
        # A variable of the root module has a value in the plan, and is never unknown.
        if where:
            name = re.split(r"[.\[]", rest)[0]
            call = _call(self.plan, where[:-1], where[-1].partition("[")[0])
            self._all(where[:-1], (call.get("expressions") or {}).get(name))

    def _output(self, where: tuple[str, ...], reference: str) -> None:
        match = _MODULE.match(reference)
        call = _call(self.plan, where, match["name"]) if match else {}
        outputs = (call.get("module") or {}).get("outputs") or {}
        if not match or match["output"] not in outputs:
            self.is_complete = False
            return
        repeated = "for_each_expression" in call or "count_expression" in call
        key = match["key"] or ("[*]" if repeated else "")
        self._all((*where, f"{match['name']}{key}"), outputs[match["output"]].get("expression"))

    def _each_value(self, where: tuple[str, ...], owner: Mapping[str, Any]) -> None:
        expression = owner.get("for_each_expression") or {}
        if "constant_value" not in expression:
            self._all(where, expression)
            self.is_complete = self.is_complete and bool(references_in(expression))

    def _data(self, where: tuple[str, ...], rest: str) -> None:
        names = tuple(step.partition("[")[0] for step in where)
        type_, _, name = rest.partition(".")
        if (names, type_, re.split(r"[.\[]", name)[0]) in self.plan.deferred_data:
            self.is_complete = False

    def _resource(self, where: tuple[str, ...], reference: str, keys: frozenset[str] | None) -> None:
        keyed = _KEYED.match(reference)
        type_, _, rest = reference.partition(".")
        name = keyed["name"] if keyed else re.split(r"[.\[]", rest)[0]
        if type_ in self.types:
            sure = frozenset({str(json.loads(keyed["key"]))}) if keyed else keys
            self.found.add(Source(where, type_, name, sure))
        else:
            self._other(where, type_, name)

    def _other(self, where: tuple[str, ...], type_: str, name: str) -> None:
        """A resource of another type: what is unknown of it is AWS's own, or comes from what is written there."""
        modules = tuple(step.partition("[")[0] for step in where)
        unknown = self.plan.unknown_attributes(modules, type_, name)
        if not unknown:
            return
        if carries_texts(type_, unknown):
            self.is_complete = False
        found = block(self.plan, ".".join(f"module.{step}" for step in where), type_, name)
        written = found.get("expressions") or {}
        for attribute in sorted(unknown & written.keys()):
            for reference in references_in(written[attribute]):
                self.follow(where, reference, owner=found)


def _call(plan: Plan, where: tuple[str, ...], name: str) -> Mapping[str, Any]:
    names = tuple(step.partition("[")[0] for step in where)
    module = module_block(plan, names) or {}
    return (module.get("module_calls") or {}).get(name) or {}


__all__ = ["Origin", "Source", "module_names", "origin", "references_in"]
