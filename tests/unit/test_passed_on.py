"""The root modules pass on what their modules offer, or say here why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from scripts import ROOT
from scripts.gate import hcl
from scripts.gate.hcl import Block

TREE = ROOT / "terraform"
ROOTS = ("", "release")
TAGGED = "the provider's default tags are on everything"
ONE_API = "the root serves one small API of its own; an API that needs this is made with the module"
LEFT_OUT: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("", "authorizer"): {
        "architecture": "the manifest that `make package` writes says it",
        "invoker_role_arns": "the root's own API is the one that calls",
        "tags": TAGGED,
    },
    ("", "rest_authorizer"): {"tags": TAGGED},
    ("", "api"): {
        "binary_media_types": ONE_API,
        "endpoint_type": "examples/private-api and examples/openapi show it",
        "minimum_compression_size": ONE_API,
        "realm": ONE_API,
        "resource_policy": "examples/private-api shows it",
        "stage_variables": ONE_API,
        "tags": TAGGED,
        "vpc_endpoint_ids": "examples/private-api shows it",
    },
    ("", "backend"): {
        "architecture": "the manifest that `make package` writes says it",
        "memory_mb": "the backend is the demonstration's, and yours takes its place",
        "provisioned_concurrency": "the backend is the demonstration's, and yours takes its place",
        "reserved_concurrency": "the backend is the demonstration's, and yours takes its place",
        "snap_start": "the backend is the demonstration's, and yours takes its place",
        "tags": TAGGED,
        "timeout_seconds": "the backend is the demonstration's, and yours takes its place",
        "traffic_shift": "the backend is the demonstration's, and yours takes its place",
        "vpc": "the backend is the demonstration's, and yours takes its place",
    },
    ("", "domain_name"): {"tags": TAGGED},
    ("", "observability"): {"tags": TAGGED},
    ("", "websocket_api"): {
        "disable_execute_api_endpoint": ONE_API,
        "route_selection_expression": ONE_API,
        "stage_variables": ONE_API,
        "tags": TAGGED,
    },
}
"""By root and call: the module's variables that the root does not pass on, each with the reason."""


def blocks(folder: Path) -> Iterator[Block]:
    for file in sorted(folder.glob("*.tf")):
        yield from hcl.parse(file.read_text()).blocks


def calls(root: str) -> dict[str, tuple[set[str], set[str]]]:
    """By call of a module that is for others too: what the module takes, and what it gets."""
    folder = TREE / root
    found = {}
    for block in blocks(folder):
        attribute = block.body.attribute("source") if block.type == "module" else None
        source = (hcl.literal(attribute.value[0]) if attribute else None) or ""
        if source and not source.endswith("/schema"):
            takes = {inner.labels[0] for inner in blocks(folder / source) if inner.type == "variable"}
            found[block.labels[0]] = takes, {each.name for each in block.body.attributes} & takes
    return found


CALLS = [(root, call) for root in ROOTS for call in calls(root)]


@pytest.mark.parametrize(("root", "call"), CALLS)
def test_a_root_passes_on_what_its_modules_take_or_says_why_not(root: str, call: str) -> None:
    takes, gets = calls(root)[call]
    assert takes - gets == set(LEFT_OUT.get((root, call), {})), "pass it on, or name it in LEFT_OUT with the reason"


def test_nothing_is_left_out_of_a_call_that_is_not_there() -> None:
    assert set(LEFT_OUT) <= set(CALLS)


@pytest.mark.parametrize("root", ROOTS)
def test_a_root_uses_every_variable_that_it_has(root: str) -> None:
    text = "".join(file.read_text() for file in (TREE / root).glob("*.tf"))
    unused = [
        block.labels[0]
        for block in blocks(TREE / root)
        if block.type == "variable" and f"var.{block.labels[0]}" not in text
    ]
    assert unused == []
