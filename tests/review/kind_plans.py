"""Real plans of other people's Terraform, without an account: each kind below ``kinds``, and each change of it.

A state is made up as AWS would leave it: what the create plan knows is taken from there, what only AWS gives (ids and
ARNs) gets a made-up value, and the plan is repeated until nothing changes any more. That takes a minute, so it is kept.
Each change is a copy of the kind with some text replaced, and is planned from that state. One plan of many module calls
is far quicker than a plan for each, so all are planned at once, and the plan's JSON is cut into one for each.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.terraform import Terraform, local_environment
from tests.plan.support import LOCK_FILE, REGION, REPOSITORY

KINDS = Path(__file__).parent / "kinds"
CHANGES = "changes.yaml"
STATE = KINDS / "state.json"
"""The resources of a state from which no kind changes anything; ``settle`` makes it."""

ACCOUNT = "123456789012"
MOST_ROUNDS = 8
LISTS = (
    "binary_media_types",
    "cidr_blocks",
    "dns_entry",
    "managed_policy_arns",
    "network_interface_ids",
    "route_table_ids",
)
MAPS = ("outputs", "parameters")
NO_CHANGES = (["no-op"], ["read"])

ROOT: dict[str, Any] = {
    "provider": {
        "aws": {
            "region": REGION,
            "skip_credentials_validation": True,
            "skip_metadata_api_check": True,
            "skip_requesting_account_id": True,
        }
    }
}


@dataclass(frozen=True)
class Change:
    """One change of a kind and what an expert says of it.

    ``edits`` are texts to replace: file, old text, new text. ``routes`` are the statuses of the routes that change, by
    route, with `` @ <API>`` behind the route where several APIs have it. ``is_create`` plans the kind from nothing.
    """

    kind: str
    name: str
    because: str
    exit: int
    routes: Mapping[str, str]
    edits: tuple[tuple[str, str, str], ...]
    is_create: bool = False

    @property
    def id(self) -> str:
        """What the change is called in a test."""
        return f"{self.kind}: {self.name}"

    @property
    def module(self) -> str:
        """What its module call is called."""
        return re.sub(r"[^a-zA-Z0-9]+", "-", self.id)


def read() -> list[Change]:
    """Every change of every kind, as the tables below ``kinds`` say."""
    return [change for file in sorted(KINDS.glob(f"*/{CHANGES}")) for change in _changes(file)]


def _changes(file: Path) -> Iterator[Change]:
    for name, row in yaml.safe_load(file.read_text()).items():
        unknown = set(row) - {"because", "exit", "routes", "edits"}
        assert not unknown, f"{file}: {name} has {unknown}"
        yield Change(
            kind=file.parent.name,
            name=name,
            because=row["because"],
            exit=row["exit"],
            routes=row.get("routes") or {},
            edits=tuple((edit["file"], edit["old"], edit["new"]) for edit in row.get("edits", [])),
            is_create=name == "create",
        )


def make(folder: Path, changes: list[Change]) -> dict[str, bytes]:
    """Plan every change in a folder; returns each plan as ``terraform show -json`` prints it, by the change's id."""
    terraform = _terraform(folder)
    resources = json.loads(STATE.read_text())
    for change in changes:
        _edited(KINDS / change.kind, folder / change.module, change)
    _write_root(folder, [change.module for change in changes])
    _write_state(folder, [copy for change in changes if not change.is_create for copy in _copied(resources, change)])
    terraform.ask("init", "-input=false")
    whole = _plan(terraform)
    return {change.id: json.dumps(_cut(whole, change.module)).encode() for change in changes}


def settle(folder: Path) -> None:
    """Make the kinds' state anew: plan them in a folder until nothing changes, and write it beside them."""
    terraform = _terraform(folder)
    kinds = sorted({change.kind for change in read()})
    for kind in kinds:
        shutil.copytree(KINDS / kind, folder / kind, ignore=shutil.ignore_patterns(CHANGES))
    _write_root(folder, kinds)
    terraform.ask("init", "-input=false")
    STATE.write_text(json.dumps(_state(terraform, folder), indent=1, sort_keys=True) + "\n")


def _terraform(folder: Path) -> Terraform:
    shutil.copy(REPOSITORY / "terraform" / LOCK_FILE, folder)
    return Terraform(folder, local_environment("http://127.0.0.1:9", REGION))


def _plan(terraform: Terraform) -> dict[str, Any]:
    terraform.ask("plan", "-input=false", "-lock=false", "-refresh=false", "-out=it.tfplan")
    return dict(json.loads(terraform.show_json(Path("it.tfplan"))))


def _write_root(folder: Path, modules: list[str]) -> None:
    calls = {module: {"source": f"./{module}"} for module in modules}
    (folder / "main.tf.json").write_text(json.dumps({**ROOT, "module": calls}))


def _edited(source: Path, target: Path, change: Change) -> None:
    """A copy of a kind with the change's texts replaced, each of which has to be there once."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(CHANGES))
    for name, old, new in change.edits:
        text = (target / name).read_text()
        assert text.count(old) == 1, f"{change.id}: {name} holds this {text.count(old)} times: {old}"
        (target / name).write_text(text.replace(old, new))


def _state(terraform: Terraform, folder: Path) -> list[dict[str, Any]]:
    """The resources of a state from which the kinds change nothing."""
    attributes: dict[str, dict[str, Any]] = {}
    for _ in range(MOST_ROUNDS):
        plan = _plan(terraform)
        entries = [entry for entry in plan["resource_changes"] if entry["mode"] == "managed"]
        if all(entry["change"]["actions"] in NO_CHANGES for entry in entries):
            break
        for entry in entries:
            attributes[entry["address"]] = _attributes(entry, attributes.get(entry["address"], {}))
        resources = [_resource(entry, attributes[entry["address"]]) for entry in entries]
        _write_state(folder, resources)
    else:
        changing = [entry["address"] for entry in entries if entry["change"]["actions"] not in NO_CHANGES]
        raise AssertionError(f"the state does not settle: {changing}")
    return resources


def _write_state(folder: Path, resources: list[dict[str, Any]]) -> None:
    state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "kinds", "outputs": {}}
    (folder / "terraform.tfstate").write_text(json.dumps({**state, "resources": resources}))


def _resource(entry: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
    key = {"index_key": entry["index"]} if "index" in entry else {}
    marks = entry["change"].get("after_sensitive") or {}
    secret = [[{"type": "get_attr", "value": name}] for name, mark in marks.items() if mark is True]
    return {
        "module": entry["module_address"],
        "mode": "managed",
        "type": entry["type"],
        "name": entry["name"],
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [{**key, "schema_version": 0, "attributes": attributes, "sensitive_attributes": secret}],
    }


def _attributes(entry: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What a resource has after its apply: what is planned, and a made-up value for what only AWS knows."""
    change = entry["change"]
    planned: dict[str, Any] = _known(change["after"], change.get("after_unknown"))
    made_up = _made_up(entry["type"], entry["address"], planned)
    for name, unknown in (change.get("after_unknown") or {}).items():
        if unknown is True:
            planned[name] = before.get(name) or made_up.get(name)
    return planned


def _known(value: Any, unknown: Any) -> Any:
    """A planned value without what is not known in it."""
    if isinstance(value, dict):
        below = unknown if isinstance(unknown, dict) else {}
        return {name: _known(item, below.get(name)) for name, item in value.items() if below.get(name) is not True}
    if isinstance(value, list):
        marks = unknown if isinstance(unknown, list) else []
        return [_known(item, mark) for item, mark in zip(value, [*marks, *[None] * len(value)], strict=False)]
    return value


def _made_up(type_: str, address: str, planned: Mapping[str, Any]) -> dict[str, Any]:
    """Values that AWS would give, by attribute; the same for the same address."""
    digest = hashlib.sha256(address.encode()).hexdigest()[:10]
    name = str(planned.get("function_name") or planned.get("name") or digest).rpartition(":")[2]
    values = {
        "id": digest,
        "arn": f"arn:aws:{type_.split('_')[1]}:{REGION}:{ACCOUNT}:{type_}/{digest}",
        "execution_arn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{digest}",
        "root_resource_id": f"{digest[:8]}0",
        "api_endpoint": f"https://{digest}.execute-api.{REGION}.amazonaws.com",
        "invoke_url": f"https://{digest}.execute-api.{REGION}.amazonaws.com",
        "path": None,
        "tags_all": planned.get("tags") or {},
        "architectures": ["x86_64"],
        **{name: [] for name in LISTS},
        **{name: {} for name in MAPS},
    }
    if type_ in ("aws_lambda_function", "aws_lambda_alias"):
        function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        arn = f"{function}:{planned['name']}" if type_ == "aws_lambda_alias" else function
        values |= {
            "id": name if type_ == "aws_lambda_function" else arn,
            "arn": arn,
            "version": "1",
            "invoke_arn": _invoke(arn),
            "qualified_arn": f"{function}:1",
            "qualified_invoke_arn": _invoke(f"{function}:1"),
        }
    elif type_ == "aws_iam_role":
        values |= {"id": name, "name": name, "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}
    elif type_ == "aws_cognito_user_pool":
        pool = f"{REGION}_{digest[:9]}"
        values |= {"id": pool, "arn": f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool}"}
        values["endpoint"] = f"cognito-idp.{REGION}.amazonaws.com/{pool}"
    elif type_ == "aws_api_gateway_rest_api":
        values["arn"] = f"arn:aws:apigateway:{REGION}::/restapis/{digest}"
    elif type_.endswith("_domain_name"):
        values["id"] = planned["domain_name"]
    elif type_ == "aws_apigatewayv2_stage":
        values["id"] = planned["name"]
    elif type_ == "aws_vpc_endpoint":
        values["id"] = f"vpce-{digest}"
    return values


def _invoke(arn: str) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"


def _copied(resources: list[dict[str, Any]], change: Change) -> Iterator[dict[str, Any]]:
    """The state's resources of a kind, for the module call of one of its changes."""
    pattern = re.compile(rf"module\.{re.escape(change.kind)}(?=\.|$)")
    for resource in resources:
        if pattern.match(resource["module"]):
            yield {**resource, "module": pattern.sub(f"module.{change.module}", resource["module"], count=1)}


def _cut(whole: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The plan of one module call, as if the module were the root."""
    prefix = f"module.{name}"

    def own(entries: Any) -> list[Any]:
        found = [entry for entry in entries or [] if f"{entry['address']}.".startswith(f"{prefix}.")]
        return [_as_root(entry, prefix) for entry in found]

    state = whole.get("prior_state", {}).get("values", {}).get("root_module", {})
    called = [module for module in state.get("child_modules", []) if module["address"] == prefix]
    return {
        **{key: whole[key] for key in ("format_version", "terraform_version")},
        "resource_changes": own(whole["resource_changes"]),
        "prior_state": {"values": {"root_module": _module_as_root(called[0], prefix) if called else {}}},
        "planned_values": {},
        "configuration": {
            "provider_config": whole["configuration"]["provider_config"],
            "root_module": whole["configuration"]["root_module"]["module_calls"][name]["module"],
        },
    }


def _module_as_root(module: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    own = {} if module["address"] == prefix else {"address": module["address"].removeprefix(f"{prefix}.")}
    return {
        **own,
        "resources": [_as_root(resource, prefix) for resource in module.get("resources", [])],
        "child_modules": [_module_as_root(child, prefix) for child in module.get("child_modules", [])],
    }


def _as_root(entry: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    found = {**entry}
    for key in ("address", "module_address", "previous_address"):
        if key in found:
            found[key] = found[key].removeprefix(prefix).removeprefix(".")
    if not found.get("module_address"):
        found.pop("module_address", None)
    return found
