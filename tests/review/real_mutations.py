"""The mutations as real plans: a state by hand, and ``terraform plan -refresh=false``, which needs no AWS.

``python -m tests.review.real_mutations`` plans all of them; the tests plan a seeded slice.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.review_plan import review
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.review_plan.review import Review
from scripts.terraform import Terraform, inherited
from tests.plan.support import LOCK_FILE, REPOSITORY
from tests.review.doors import but
from tests.review.mutations import MUTATIONS
from tests.review.plans import cut

Key = tuple[str, str]

SLICE = 16
SEED = 20261125
PROVIDER = {
    "aws": {
        "region": "eu-west-1",
        "access_key": "test",
        "secret_key": "test",
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_region_validation": True,
        "skip_requesting_account_id": True,
    }
}
# What a configuration has to say beside what the mutations do.
REQUIRED: dict[str, dict[str, Any]] = {
    "aws_api_gateway_authorizer": {"name": "auth"},
    "aws_apigatewayv2_api": {"name": "n"},
    "aws_apigatewayv2_authorizer": {"name": "n", "identity_sources": ["$request.header.Authorization"]},
    "aws_lambda_function": {"role": "arn:aws:iam::111111111111:role/r", "filename": "f.zip", "runtime": "python3.13"},
    "aws_lambda_permission": {"statement_id": "p"},
}
NOT_PLANNED: frozenset[Key] = frozenset(
    [
        # It makes another authorizer, and the method keeps the id of the old one.
        ("aws_api_gateway_authorizer", "type"),
        # The provider knows one value of it.
        ("aws_api_gateway_domain_name_access_association", "access_association_source_type"),
    ]
)
COMPUTED = ("id", "arn", "invoke_arn", "root_resource_id", "path", "version")


def name(key: tuple[str, str]) -> str:
    return "_".join(key).replace(".", "_")


def configured(type_: str, values: dict[str, Any]) -> dict[str, Any]:
    """What a configuration says of a resource: nothing that is empty, and nothing that only AWS gives."""
    written: dict[str, Any] = without_empty({key: value for key, value in values.items() if key not in COMPUTED})
    required = REQUIRED.get(type_, {})
    if "image_uri" in written:
        required = {key: value for key, value in required.items() if key != "filename"}
    return {**required, **written}


def without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_empty(part) for key, part in value.items() if part not in (None, [], {})}
    return [without_empty(part) for part in value] if isinstance(value, list) else value


def possible() -> list[Key]:
    """Every attribute of which a change can be planned."""
    return [key for key, mutation in MUTATIONS.items() if mutation is not None and key not in NOT_PLANNED]


def chosen(number: int = SLICE, seed: int = SEED) -> list[Key]:
    """Some of them, the same for the same seed."""
    return sorted(random.Random(seed).sample(possible(), number))  # noqa: S311 - no secret


def make(folder: Path, keys: Sequence[Key]) -> dict[Key, bytes]:
    """The plan of each mutation, all made at once: each in a module of its own."""
    shutil.copy(REPOSITORY / "terraform" / LOCK_FILE, folder)
    (folder / "f.zip").write_bytes(b"PK\5\6" + bytes(18))
    resources = [resource for key in keys for resource in _module(folder, key)]
    modules = {name(key): {"source": f"./{name(key)}"} for key in keys}
    (folder / "main.tf.json").write_text(json.dumps({"provider": PROVIDER, "module": modules}))
    whole = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "by-hand", "resources": resources}
    (folder / "terraform.tfstate").write_text(json.dumps(whole))
    terraform = Terraform(folder, inherited())
    terraform.ask("init", "-input=false")
    terraform.ask("plan", "-input=false", "-lock=false", "-refresh=false", "-out=all.tfplan")
    planned = json.loads(terraform.show_json(Path("all.tfplan")))
    return {key: json.dumps(cut(planned, name(key))).encode() for key in keys}


def _module(folder: Path, key: Key) -> list[dict[str, Any]]:
    """Write the configuration after a mutation; returns the resources of the state before it."""
    mutation = MUTATIONS[key]
    assert mutation is not None
    state, address, values = mutation
    blocks: dict[str, Any] = {"resource": {}}
    for changed, attributes in but(state, address, **values).items():
        type_, _, label = changed.partition(".")
        blocks["resource"].setdefault(type_, {})[label] = configured(type_, attributes)
    (folder / name(key)).mkdir()
    text = json.dumps(blocks).replace("${", "$${").replace("%{", "%%{")
    required = {"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}}}
    (folder / name(key) / "main.tf.json").write_text(json.dumps({**json.loads(text), **required}))
    return [_resource(name(key), given, attributes) for given, attributes in state.items()]


def _resource(module: str, address: str, attributes: dict[str, Any]) -> dict[str, Any]:
    type_, _, label = address.partition(".")
    return {
        "module": f"module.{module}",
        "mode": "managed",
        "type": type_,
        "name": label,
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [{"schema_version": 0, "attributes": {**REQUIRED.get(type_, {}), **attributes}}],
    }


def reviewed(plan: bytes) -> Review:
    """The review of a plan, with nothing allowed."""
    return review.review_plan(document.read(plan), AllowList())


def passes(found: Review) -> bool:
    """Whether the gate lets a change pass, or Terraform planned none."""
    return not found.not_allowed or found.counts["change"] + found.counts["replace"] == 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Plan every mutation and review it; returns 0 when the gate stops at each."""
    parser = argparse.ArgumentParser(prog="python -m tests.review.real_mutations", description=__doc__)
    parser.parse_args(arguments)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        plans = make(Path(folder), possible())
    missed = [name(key) for key, plan in plans.items() if passes(reviewed(plan))]
    print("\n".join(f"not stopped: {each}" for each in missed), file=sys.stderr)
    print(f"{len(plans)} changes planned by Terraform, {len(missed)} not stopped; {time.monotonic() - begun:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
