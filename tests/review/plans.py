"""Real plans: a small system is applied once to a local AWS, and each change of it is planned from there.

One ``terraform plan`` of many module calls is far quicker than a plan for each, so the state of the one system is
copied to a module for each change, all are planned at once, and the plan's JSON is cut into one for each.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.terraform import Terraform, local_environment
from tests.plan.support import LOCK_FILE, REGION, REPOSITORY

SYSTEM = Path(__file__).parent / "system"
PROVIDER = {
    "aws": {"skip_credentials_validation": True, "skip_metadata_api_check": True, "skip_requesting_account_id": True}
}


def make(folder: Path, endpoint: str, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Apply the system, and plan each change of it; returns each plan as ``terraform show -json`` prints it."""
    shutil.copytree(SYSTEM, folder / "system")
    shutil.copy(REPOSITORY / "terraform" / LOCK_FILE, folder)
    with zipfile.ZipFile(folder / "function.zip", "w") as zipped:
        zipped.writestr(zipfile.ZipInfo("m.py"), "def handler(event, context):\n    return None\n")
    terraform = Terraform(folder, local_environment(endpoint, REGION))
    _write(folder, {"base": {}})
    terraform.ask("init", "-input=false")
    terraform.ask("apply", "-input=false", "-auto-approve")
    state = json.loads((folder / "terraform.tfstate").read_text())
    placed = _placed(state, changes)
    (folder / "terraform.tfstate").write_text(
        json.dumps({**state, "serial": state["serial"] + 1, "resources": _copies(state, changes)})
    )
    _write(folder, placed)
    terraform.ask("init", "-input=false")
    terraform.ask("plan", "-input=false", "-lock=false", "-refresh=false", "-out=all.tfplan")
    whole = json.loads(terraform.show_json(Path("all.tfplan")))
    return {name: cut(whole, name) for name in changes}


def _write(folder: Path, calls: Mapping[str, Any]) -> None:
    modules = {
        name: {"source": "./system", "name": "system", "zip": "function.zip", "change": change}
        for name, change in calls.items()
    }
    text = json.dumps({"provider": PROVIDER, "module": modules})
    (folder / "main.tf.json").write_text(text.replace("${", "$${").replace("%{", "%%{"))


def _placed(state: dict[str, Any], changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The changes with what only the applied system knows: ids, and what its deployment was triggered by."""
    by_address = {
        (resource["type"], instance.get("index_key")): instance["attributes"]
        for resource in state["resources"]
        for instance in resource["instances"]
    }
    known = {
        "@id": by_address["aws_api_gateway_authorizer", "writers"]["id"],
        "@same": by_address["aws_api_gateway_deployment", None]["triggers"]["redeployment"],
    }
    text = json.dumps(changes)
    for mark, value in known.items():
        text = text.replace(f'"{mark}"', json.dumps(value))
    found: dict[str, Any] = json.loads(text)
    return found


def _copies(state: dict[str, Any], changes: Mapping[str, Any]) -> list[Any]:
    text = json.dumps(state["resources"])
    return [resource for name in changes for resource in json.loads(text.replace("module.base", f"module.{name}"))]


def cut(whole: dict[str, Any], name: str) -> dict[str, Any]:
    """The plan of one module, as if it were the root."""
    prefix = f"module.{name}"

    def own(entries: Any) -> list[Any]:
        return [_as_root(entry, prefix) for entry in entries or [] if entry.get("module_address") == prefix]

    return {
        **{key: whole[key] for key in ("format_version", "terraform_version")},
        "resource_changes": own(whole["resource_changes"]),
        "resource_drift": own(whole.get("resource_drift")),
        "planned_values": {},
        "configuration": {
            "provider_config": {},
            "root_module": whole["configuration"]["root_module"]["module_calls"][name]["module"],
        },
    }


def _as_root(entry: dict[str, Any], prefix: str) -> dict[str, Any]:
    cut = {key: value for key, value in entry.items() if key != "module_address"}
    return {**cut, "address": entry["address"].removeprefix(f"{prefix}.")}
