"""What is live beside what the state says: each difference, and both as the plan that the review reads.

That plan's "before" is the state and its "after" is what is live.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scripts.operate.audit.live import Live
from scripts.operate.audit.state import TerraformState
from scripts.operate.audit.translation import KINDS, Values, in_the_spelling_of, is_same, key
from scripts.review_plan.plan.values import get, is_empty

NAME: Final = "not_in_the_state"
"""What a resource that Terraform does not know is called."""


@dataclass(frozen=True)
class Difference:
    """A resource that is not as the state says: attribute => its value in the state, and the live one.

    ``before`` is None for what the state does not know, ``after`` for what is gone.
    """

    entry: Mapping[str, Any]
    before: Values | None
    after: Values | None
    attributes: Mapping[str, tuple[Any, Any]]
    is_of_document: bool = False
    """Whether it stands for what a document of the state says, so that routes alone can be compared."""

    @property
    def address(self) -> str:
        return str(self.entry["address"])

    @property
    def change(self) -> dict[str, Any]:
        """It as a plan's JSON has it."""
        action = "create" if self.before is None else "delete" if self.after is None else "update"
        marks = self.entry.get("sensitive_values") or {}
        change = {
            "actions": [action],
            "before": self.before,
            "after": self.after,
            "after_unknown": {},
            "before_sensitive": marks,
            "after_sensitive": marks,
        }
        return {**{name: value for name, value in self.entry.items() if name in _OF_ENTRY}, "change": change}


_OF_ENTRY: Final = ("address", "module_address", "mode", "type", "name", "index")


def compare(state: TerraformState, live: Iterable[Live]) -> list[Difference]:
    """Every resource that differs, what the state knows first."""
    found = {(one.type, key(one.type, one.values)): one for one in live}
    documents = frozenset(_documents(state))
    known = [*_of_state(state, found)]
    return [*known, *_added(found.values(), documents), *_without_documents(state, known)]


def _of_state(state: TerraformState, found: dict[tuple[str, tuple[str, ...]], Live]) -> Iterator[Difference]:
    for entry in state.resources:
        type_, before = str(entry["type"]), entry["values"]
        if type_ not in KINDS:
            continue
        one = found.pop((type_, key(type_, before)), None)
        if one is None:
            yield Difference(entry, before, None, {})
            continue
        pairs = {name: (_at(before, name), one.values[name]) for name in KINDS[type_].sources if name in one.values}
        if type_ in _WITH_POLICY:
            was, now = pairs["policy"]
            pairs["policy"] = was, in_the_spelling_of(was, now, key(type_, before)[0])
        differing = {name: pair for name, pair in pairs.items() if not is_same(name, *pair)}
        if differing:
            after = _with(before, {name: now for name, (_, now) in differing.items()})
            yield Difference(entry, before, after, differing)


_WITH_POLICY: Final = ("aws_api_gateway_rest_api", "aws_api_gateway_rest_api_policy")


def _added(found: Iterable[Live], documents: frozenset[str]) -> Iterator[Difference]:
    """What the state does not know, of the things that it owns."""
    for one in found:
        if one.is_owned:
            index = "/".join(part for part in key(one.type, one.values) if part)
            entry = {
                "address": f"{one.type}.{NAME}[{json.dumps(index)}]",
                "mode": "managed",
                "type": one.type,
                "name": NAME,
                "index": index,
            }
            api = one.values.get("rest_api_id") or one.values.get("api_id")
            yield Difference(entry, None, _with({"id": index}, one.values), {}, api in documents)


def _documents(state: TerraformState) -> Iterator[str]:
    """The APIs whose routes a document of the state makes, or API Gateway by itself."""
    for values in state.of(*_WITH_DOCUMENT):
        if any(not is_empty(values.get(name)) for name in _DOCUMENT):
            yield str(values.get("rest_api_id") or values.get("id"))


def _without_documents(state: TerraformState, known: Iterable[Difference]) -> Iterator[Difference]:
    """The APIs without their documents: live, the routes are resources of their own."""
    differing = {difference.address: difference for difference in known}
    for entry in state.resources:
        if entry["type"] not in _WITH_DOCUMENT or all(is_empty(entry["values"].get(name)) for name in _DOCUMENT):
            continue
        other = differing.get(str(entry["address"]))
        if other is None or other.after is not None:
            after = _with(other.after if other and other.after else entry["values"], dict.fromkeys(_DOCUMENT))
            yield Difference(entry, entry["values"], after, {}, True)


_WITH_DOCUMENT: Final = ("aws_api_gateway_rest_api", "aws_api_gateway_rest_api_put", "aws_apigatewayv2_api")
_DOCUMENT: Final = ("body", "target", "route_key")


def plan(state: TerraformState, differences: Iterable[Difference]) -> bytes:
    """The plan of what changed the state into what is live, as ``terraform show -json`` prints one."""
    document = {
        "format_version": "1.2",
        "terraform_version": state.document.get("terraform_version", ""),
        "configuration": {"root_module": {}},
        "planned_values": {"outputs": get(state.document, "values", "outputs") or {}},
        "prior_state": {"values": state.document["values"]},
        # An API without its document stands for the same API as it differs otherwise.
        "resource_changes": list({each.address: each.change for each in differences}.values()),
    }
    return json.dumps(document).encode()


def _at(values: Mapping[str, Any], name: str) -> Any:
    """An attribute's value, in a block that is there once where its name has a dot."""
    block, _, inner = name.rpartition(".")
    return get(values, block, 0, inner) if block else values.get(name)


def _with(values: Mapping[str, Any], attributes: Mapping[str, Any]) -> Values:
    """Values with these attributes put in."""
    found: Values = dict(values)
    for name, value in attributes.items():
        block, _, inner = name.rpartition(".")
        if block:
            found[block] = [{**(get(found, block, 0) or {}), inner: value}]
        else:
            found[name] = value
    return found
