"""Terraform states written by hand, such as a release before this one left them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'


@dataclass(frozen=True)
class Resource:
    """A resource as a state holds it: its type and name, and each instance's attributes by its `for_each` key.

    An instance without `count` and `for_each` has the key None. `module` is the address of its module, if any.
    `dependencies` are addresses in the form that a state has, without keys.
    """

    type: str
    name: str
    instances: Mapping[str | int | None, Mapping[str, Any]]
    module: str = ""
    dependencies: Sequence[str] = ()
    create_before_destroy: bool = False


def write(folder: Path, resources: Sequence[Resource]) -> None:
    """Put a state with these resources beside the root module in a folder."""
    state = {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 1,
        "lineage": "3f6c1f0e-0000-4000-8000-000000000000",
        "outputs": {},
        "resources": [_written(resource) for resource in resources],
    }
    (folder / "terraform.tfstate").write_text(json.dumps(state, indent=2))


def _written(resource: Resource) -> dict[str, Any]:
    return {
        **({"module": resource.module} if resource.module else {}),
        "mode": "managed",
        "type": resource.type,
        "name": resource.name,
        "provider": PROVIDER,
        "instances": [
            {
                **({} if key is None else {"index_key": key}),
                "schema_version": 0,
                "attributes": dict(attributes),
                "sensitive_attributes": [],
                "dependencies": list(resource.dependencies),
                "create_before_destroy": resource.create_before_destroy,
            }
            for key, attributes in resource.instances.items()
        ],
    }
