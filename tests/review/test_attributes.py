"""The table of attributes, held against the provider's own schema; and changes that are made from it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts.review_plan.access import attributes
from scripts.terraform import Terraform, inherited
from tests.plan.support import LOCK_FILE, REPOSITORY
from tests.review import doors
from tests.review.doors import but, reviewed, stops
from tests.review.mutations import MUTATIONS


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Resource type => its block, as the provider that the lock file names describes it."""
    folder: Path = tmp_path_factory.mktemp("schema")
    shutil.copy(REPOSITORY / "terraform" / LOCK_FILE, folder)
    (folder / "main.tf.json").write_text(
        json.dumps({"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}}})
    )

    run = Terraform(folder, inherited())
    run.ask("init", "-input=false")
    command = run.command("providers", "schema", "-json")
    done = subprocess.run(command, env=run.environment, capture_output=True, check=True)
    found = json.loads(done.stdout)["provider_schemas"]
    (provider,) = (each for name, each in found.items() if name.endswith("hashicorp/aws"))
    return {type_: each["block"] for type_, each in provider["resource_schemas"].items()}


def paths(block: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """Every attribute of a block, dotted."""
    for name in block.get("attributes", {}):
        yield before + name
    for name, nested in block.get("block_types", {}).items():
        yield from paths(nested["block"], f"{before}{name}.")


def rows(type_: str) -> dict[str, str]:
    return {**attributes.COMMON, **attributes.SILENT.get(type_, {}), **attributes.DECIDES.get(type_, {})}


def test_every_attribute_of_the_provider_is_in_the_table(schema: dict[str, Any]) -> None:
    types = {type_ for type_ in schema if type_.startswith(("aws_api_gateway_", "aws_apigatewayv2_"))}
    assert types <= attributes.TYPES
    missing = [
        (type_, path) for type_ in sorted(attributes.TYPES) for path in paths(schema[type_]) if path not in rows(type_)
    ]
    assert missing == []


def test_no_attribute_both_decides_and_says_nothing_and_none_is_made_up(schema: dict[str, Any]) -> None:
    for type_ in attributes.TYPES:
        deciding, silent = attributes.DECIDES.get(type_, {}), attributes.SILENT[type_]
        assert not deciding.keys() & silent.keys()
        assert deciding.keys() | silent.keys() <= set(paths(schema[type_])), type_


def test_a_map_s_members_are_as_known_as_the_map() -> None:
    assert attributes.is_known("aws_api_gateway_stage", "variables.alias")
    assert not attributes.is_known("aws_api_gateway_stage", "variable")


@pytest.mark.parametrize("type_", sorted(attributes.TYPES))
def test_a_changed_attribute_that_the_table_does_not_know_stops_the_gate(type_: str) -> None:
    before = {f"{type_}.it": {"id": "x", "later": [{"bypass": False}]}}
    found = reviewed(before, but(before, f"{type_}.it", later=[{"bypass": True}]))
    assert stops(found) == [("UNREAD", f"{type_}.it")]
    assert "later.bypass" in doors.why(found)
    created = reviewed({}, before)
    assert ("UNREAD", f"{type_}.it") in stops(created)


def test_what_aws_gives_a_new_resource_is_not_unread() -> None:
    after = {"aws_api_gateway_stage.it": {"stage_name": "live"}}
    assert stops(reviewed({}, after, unknown={"aws_api_gateway_stage.it": {"later": True}})) == []


CHANGED = [key for key, mutation in MUTATIONS.items() if mutation is not None]


def test_every_attribute_that_decides_has_a_mutation() -> None:
    deciding = {(type_, name) for type_, names in attributes.DECIDES.items() for name in names}
    assert MUTATIONS.keys() == deciding


@pytest.mark.parametrize(("type_", "name"), CHANGED, ids=map(".".join, CHANGED))
def test_a_change_that_lets_more_in_stops_the_gate(type_: str, name: str) -> None:
    mutation = MUTATIONS[type_, name]
    assert mutation is not None
    state, address, values = mutation
    found = reviewed(state, but(state, address, **values))
    assert found.not_allowed, name


@pytest.mark.parametrize(("type_", "name"), CHANGED, ids=map(".".join, CHANGED))
def test_a_value_that_is_known_after_apply_only_is_never_taken_for_unchanged(type_: str, name: str) -> None:
    mutation = MUTATIONS[type_, name]
    assert mutation is not None
    state, address, _ = mutation
    top, _, rest = name.partition(".")
    marks: Any = {top: [{rest: True}]} if rest and type_ != "aws_lambda_function" else {top: True}
    found = reviewed(state, deepcopy_without(state, address, top), unknown={address: marks})
    assert found.not_allowed, name


def deepcopy_without(state: dict[str, Any], address: str, attribute: str) -> dict[str, Any]:
    return {
        name: {key: value for key, value in values.items() if (name, key) != (address, attribute)}
        for name, values in state.items()
    }


def test_silent_attributes_change_without_a_word_of_who_may_call() -> None:
    chosen = random.Random(20261125)  # noqa: S311 - a slice of the table, the same each time
    for type_ in sorted(attributes.TYPES):
        silent = [name for name in attributes.SILENT[type_] if "." not in name]
        for name in chosen.sample(silent, min(4, len(silent))):
            before = {f"{type_}.it": {"id": "x", name: "one"}}
            found = reviewed(before, {f"{type_}.it": {"id": "x", name: "two"}})
            assert stops(found) == [], (type_, name)
