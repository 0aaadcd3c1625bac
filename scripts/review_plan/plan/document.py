"""Reading what ``terraform show -json`` prints of a plan.

https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from scripts.review_plan.errors import ReviewError
from scripts.review_plan.plan.addresses import module_names
from scripts.review_plan.plan.values import get, items, leaves, mapping

# Types whose unknown values are random, or what they compute; and those of which only the id is.
_MAKE_THEIR_OWN: Final = ("random_", "time_", "tls_")
_ONLY_AN_ID: Final = ("null_resource", "terraform_data")

Key = str | int | None

_FORMATS: Final = ("0", "1")
# Resources of AWS whose unknown attributes hold what somebody else wrote.
_CARRIERS: Final = (
    "aws_cloudcontrolapi_resource",
    "aws_cloudformation_",
    "aws_lambda_invocation",
    "aws_secretsmanager_secret_version",
    "aws_serverlessapplicationrepository_",
    "aws_servicecatalog_provisioned_product",
    "aws_ssm_parameter",
)


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
        """Whether anything is done to it, or its state is taken over from elsewhere."""
        return self.actions not in (("no-op",), ("read",))

    @property
    def is_replaced(self) -> bool:
        """Whether it is destroyed and created again, in either order."""
        return "create" in self.actions and "delete" in self.actions

    @property
    def is_forgotten(self) -> bool:
        """Whether Terraform lets go of it and it lives on."""
        return "forget" in self.actions

    @property
    def is_destroyed(self) -> bool:
        """Whether nothing of it stays."""
        return self.actions == ("delete",)


@dataclass(frozen=True)
class Plan:
    """A plan: every managed resource instance, changed or not, and what the configuration says of each.

    ``deferred`` are the resources whose change Terraform puts off; ``deposed`` what a failed apply left behind, and
    this plan destroys; ``deferred_data`` the data sources that are read at apply only, by module, type and name.
    """

    resources: tuple[Resource, ...]
    configuration: Mapping[str, Any]
    outputs: Mapping[str, Any]
    drift: tuple[Resource, ...]
    deferred: tuple[Resource, ...]
    deposed: tuple[Resource, ...]
    deferred_data: frozenset[tuple[tuple[str, ...], str, str]]
    data: tuple[Resource, ...]
    checks: tuple[tuple[str, str], ...]
    terraform: str
    sha256: str

    @cached_property
    def _with_unknowns(self) -> Mapping[tuple[tuple[str, ...], str, str], frozenset[str]]:
        """Resource block => the attributes of which any instance's value is not known."""
        found: dict[tuple[tuple[str, ...], str, str], set[str]] = {}
        for resource in self.resources:
            unknown = {str(path[0]) if path else "" for path, leaf in leaves(resource.unknown or {}) if leaf}
            if unknown:
                found.setdefault((module_names(resource.module), resource.type, resource.name), set()).update(unknown)
        return {of: frozenset(attributes) for of, attributes in found.items()}

    @cached_property
    def carries_unknown_texts(self) -> bool:
        """Whether something holds an unknown text that its author chose, and which may be any id or ARN.

        What AWS gives its own resources is an id or an ARN of that resource.
        """
        data = any(not type_.endswith("_policy_document") for _, type_, _ in self.deferred_data)
        return data or any(carries_texts(type_, unknown) for (_, type_, _), unknown in self._with_unknowns.items())

    def unknown_attributes(self, modules: tuple[str, ...], type_: str, name: str) -> frozenset[str]:
        """The attributes of a resource block whose value only the apply decides, for any instance of it."""
        return self._with_unknowns.get((modules, type_, name), frozenset())


def carries_texts(type_: str, unknown: frozenset[str]) -> bool:
    """Whether one of a resource's unknown attributes may hold a text that somebody else chose."""
    if type_ in _ONLY_AN_ID:
        return unknown != {"id"}
    makes_its_own = type_.startswith(_MAKE_THEIR_OWN) and type_ != "random_shuffle"
    return not makes_its_own and (not type_.startswith("aws_") or type_.startswith(_CARRIERS))


def read(data: bytes) -> Plan:
    """Read a plan's JSON.

    Raises:
        ReviewError: it is not one, is of a format that is not known, or ended in an error.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ReviewError(
            f"the plan is not JSON ({error}): give the output of `terraform show -json <plan file>`"
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("configuration"), dict):
        raise ReviewError("this is no plan: give the output of `terraform show -json <plan file>`")
    version = str(document.get("format_version", ""))
    if version.partition(".")[0] not in _FORMATS:
        raise ReviewError(f"the plan has the format {version or 'of no number'}, and this reads formats 0 and 1")
    if document.get("errored"):
        raise ReviewError("the plan ended in an error and is not whole: make one that Terraform would apply")
    try:
        return _plan(document, hashlib.sha256(data).hexdigest())
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ReviewError(f"the plan is not as Terraform writes them ({type(error).__name__}: {error})") from None


def _plan(document: Mapping[str, Any], sha256: str) -> Plan:
    entries = items(document.get("resource_changes"))
    managed = [entry for entry in entries if entry.get("mode") == "managed"]
    resources = [_resource(entry) for entry in managed if "deposed" not in entry]
    seen = {resource.address for resource in resources}
    # With -target, what the plan leaves alone is in the prior state only.
    state = mapping(get(document, "prior_state", "values", "root_module"))
    resources += [resource for resource in _unchanged(state, "managed") if resource.address not in seen]
    deferred = [entry["resource_change"] for entry in items(document.get("deferred_changes"))]
    return Plan(
        resources=tuple(resources),
        configuration=document["configuration"],
        outputs=_outputs(document),
        drift=tuple(
            _resource(entry) for entry in items(document.get("resource_drift")) if entry.get("mode") == "managed"
        ),
        deferred=tuple(_resource(entry) for entry in deferred if entry.get("mode") == "managed"),
        deposed=tuple(_resource(entry) for entry in managed if "deposed" in entry),
        deferred_data=frozenset(
            (module_names(str(entry.get("module_address") or "")), str(entry["type"]), str(entry["name"]))
            for entry in (*entries, *deferred)
            if entry.get("mode") == "data"
        ),
        data=tuple(_unchanged(state, "data")),
        checks=tuple(_checks(document)),
        terraform=str(document.get("terraform_version", "")),
        sha256=sha256,
    )


def _outputs(document: Mapping[str, Any]) -> dict[str, Any]:
    outputs = mapping(get(document, "planned_values", "outputs"))
    return {name: output.get("value") for name, output in outputs.items() if not output.get("sensitive")}


def _checks(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for check in items(document.get("checks")):
        if check.get("status") == "fail":
            address = str(mapping(check.get("address")).get("to_display", "?"))
            for instance in items(check.get("instances")):
                for problem in items(instance.get("problems")):
                    yield address, str(problem.get("message", ""))


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
        replace_paths=tuple(tuple(path) for path in items(change.get("replace_paths"))),
        reason=entry.get("action_reason"),
        previous_address=entry.get("previous_address"),
        importing=change.get("importing") is not None,
    )


def _unchanged(module: Mapping[str, Any], mode: str) -> Iterator[Resource]:
    for entry in items(module.get("resources")):
        if entry.get("mode") == mode:
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
    for child in items(module.get("child_modules")):
        yield from _unchanged(child, mode)


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
