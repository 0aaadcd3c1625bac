"""Reading what ``terraform show -json`` prints of a plan.

https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.review_plan.errors import ReviewError
from scripts.review_plan.plan.addresses import module_names

Key = str | int | None


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource instance and what happens to it; ``before`` and ``after`` are None where it does not exist."""

    address: str
    module: str
    type: str
    name: str
    key: Key
    actions: tuple[str, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    unknown: Any
    before_sensitive: Any
    after_sensitive: Any
    replace_paths: tuple[tuple[str | int, ...], ...]
    reason: str | None
    previous_address: str | None
    importing: bool

    @property
    def changes(self) -> bool:
        """Whether anything is done to it."""
        return self.actions not in (("no-op",), ("read",))

    @property
    def is_replaced(self) -> bool:
        """Whether it is destroyed and created again, in either order."""
        return "create" in self.actions and "delete" in self.actions

    @property
    def is_destroyed(self) -> bool:
        """Whether nothing of it stays."""
        return self.actions == ("delete",)


@dataclass(frozen=True)
class Plan:
    """A plan: every managed resource instance, changed or not, and what the configuration says of each."""

    resources: tuple[Resource, ...]
    configuration: Mapping[str, Any]
    outputs: Mapping[str, Any]
    drift: tuple[Resource, ...]
    checks: tuple[tuple[str, str], ...]
    terraform: str
    sha256: str


def read(data: bytes) -> Plan:
    """Read a plan's JSON. Raises ReviewError when it is not one."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ReviewError(
            f"the plan is not JSON ({error}): give the output of `terraform show -json <plan file>`"
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("configuration"), dict):
        raise ReviewError("this is no plan: give the output of `terraform show -json <plan file>`")
    version = str(document.get("format_version", ""))
    if version.partition(".")[0] != "1":
        raise ReviewError(f"the plan has the format {version or 'of no number'}, and this reads format 1")
    if document.get("errored"):
        raise ReviewError("the plan ended in an error and is not whole: make one that Terraform would apply")
    try:
        return _plan(document, hashlib.sha256(data).hexdigest())
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ReviewError(f"the plan is not as Terraform writes them ({type(error).__name__}: {error})") from None


def _plan(document: Mapping[str, Any], sha256: str) -> Plan:
    changes = [each for each in document.get("resource_changes") or [] if each.get("mode") == "managed"]
    resources = [_resource(each) for each in changes if "deposed" not in each]
    seen = {resource.address for resource in resources}
    # With -target, what the plan leaves alone is in the prior state only.
    state = ((document.get("prior_state") or {}).get("values") or {}).get("root_module") or {}
    resources += [each for each in _unchanged(state) if each.address not in seen]
    outputs = {
        name: each.get("value")
        for name, each in ((document.get("planned_values") or {}).get("outputs") or {}).items()
        if not each.get("sensitive")
    }
    checks = tuple(
        (str((each.get("address") or {}).get("to_display", "?")), str(problem.get("message", "")))
        for each in document.get("checks") or []
        if each.get("status") == "fail"
        for instance in each.get("instances") or []
        for problem in instance.get("problems") or []
    )
    return Plan(
        tuple(resources),
        document["configuration"],
        outputs,
        tuple(_resource(each) for each in document.get("resource_drift") or [] if each.get("mode") == "managed"),
        checks,
        str(document.get("terraform_version", "")),
        sha256,
    )


def _resource(entry: Mapping[str, Any]) -> Resource:
    change = entry["change"]
    return Resource(
        address=str(entry["address"]),
        module=str(entry.get("module_address") or ""),
        type=str(entry["type"]),
        name=str(entry["name"]),
        key=entry.get("index"),
        actions=tuple(change["actions"]),
        before=change.get("before"),
        after=change.get("after"),
        unknown=change.get("after_unknown") or {},
        before_sensitive=change.get("before_sensitive") or {},
        after_sensitive=change.get("after_sensitive") or {},
        replace_paths=tuple(tuple(path) for path in change.get("replace_paths") or []),
        reason=entry.get("action_reason"),
        previous_address=entry.get("previous_address"),
        importing=change.get("importing") is not None,
    )


def _unchanged(module: Mapping[str, Any]) -> Iterator[Resource]:
    for entry in module.get("resources") or []:
        if entry.get("mode") == "managed":
            values, marks = entry.get("values"), entry.get("sensitive_values") or {}
            yield Resource(
                address=str(entry["address"]),
                module=str(module.get("address") or ""),
                type=str(entry["type"]),
                name=str(entry["name"]),
                key=entry.get("index"),
                actions=("no-op",),
                before=values,
                after=values,
                unknown={},
                before_sensitive=marks,
                after_sensitive=marks,
                replace_paths=(),
                reason=None,
                previous_address=None,
                importing=False,
            )
    for child in module.get("child_modules") or []:
        yield from _unchanged(child)


def block(plan: Plan, resource_module: str, type_: str, name: str) -> Mapping[str, Any]:
    """What the configuration says of a resource: its block, or an empty mapping when it is there no more."""
    module = module_block(plan, module_names(resource_module))
    for entry in (module or {}).get("resources") or []:
        if entry.get("type") == type_ and entry.get("name") == name and entry.get("mode") == "managed":
            return entry  # type: ignore[no-any-return]
    return {}


def module_block(plan: Plan, names: tuple[str, ...]) -> Mapping[str, Any] | None:
    """The configuration of a module, by the names of the calls that lead to it; None when it is there no more."""
    module = plan.configuration.get("root_module") or {}
    for name in names:
        call = (module.get("module_calls") or {}).get(name)
        if call is None:
            return None
        module = call.get("module") or {}
    return module
