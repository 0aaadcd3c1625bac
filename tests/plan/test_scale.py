"""What terraform/modules/lambda-function plans for scale and for moving calls to a new version, and what it refuses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

import boto3
import pytest

from tests.plan import packages
from tests.plan.support import REGION, Modules, Refused

MODULE = "terraform/modules/lambda-function"
MORNING = {"when": "cron(0 7 ? * MON-FRI *)", "minimum": 20, "maximum": 50, "timezone": "Europe/Dublin"}
NIGHT = {"when": "cron(0 22 ? * * *)", "minimum": 2, "maximum": 5}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    manifest = packages.write(tmp_path_factory.mktemp("build"))
    return {"name": "orders", "manifest": str(manifest), "package": "authorizer", "aliases": ["own", "signed-in"]}


@pytest.fixture(scope="module")
def planned(modules: Modules, base: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What each variant would create, by address."""
    scale: dict[str, dict[str, Any]] = {
        "plain": {},
        "fixed": {"provisioned_concurrency": {"executions": 5}, "reserved_concurrency": 10},
        "load": {
            "provisioned_concurrency": {"executions": 5, "maximum": 40, "utilization": 0.7},
            "reserved_concurrency": 45,
        },
        "schedule": {"provisioned_concurrency": {"executions": 5, "schedule": {"morning": MORNING, "night": NIGHT}}},
        "snapshot": {"snap_start": True},
        "shift": {"traffic_shift": {"from_version": "41", "new_share": 0.1}},
    }
    plan = modules.variants(MODULE, {name: {**base, **each} for name, each in scale.items()}).plan({})
    found: dict[str, dict[str, Any]] = {name: {} for name in scale}
    for address, change in plan.resource_changes.items():
        _, variant, rest = address.split(".", 2)
        found[variant][rest] = change["change"]["after"]
    return found


def concurrency(planned: dict[str, dict[str, Any]], variant: str) -> set[str]:
    return {
        address.split("[")[0]
        for address in planned[variant]
        if address.startswith(("aws_appautoscaling", "aws_lambda_provisioned"))
    }


def test_nothing_is_kept_ready_unless_asked_for(planned: dict[str, dict[str, Any]]) -> None:
    assert concurrency(planned, "plain") == set()
    assert planned["plain"]["aws_lambda_function.this"]["snap_start"] == []
    assert planned["plain"]['aws_lambda_alias.this["own"]']["routing_config"] == []


def test_a_fixed_number_is_kept_ready_for_the_version_and_so_for_every_alias(
    planned: dict[str, dict[str, Any]],
) -> None:
    assert concurrency(planned, "fixed") == {"aws_lambda_provisioned_concurrency_config.fixed"}
    kept = planned["fixed"]["aws_lambda_provisioned_concurrency_config.fixed[0]"]
    assert kept["provisioned_concurrent_executions"] == 5
    # The version is known when it is published; an alias's name would be known now.
    assert "qualifier" not in kept


def test_load_scales_between_the_two_bounds(planned: dict[str, dict[str, Any]]) -> None:
    assert concurrency(planned, "load") == {
        "aws_lambda_provisioned_concurrency_config.scaled",
        "aws_appautoscaling_target.by_load",
        "aws_appautoscaling_policy.utilization",
    }
    target = planned["load"]["aws_appautoscaling_target.by_load[0]"]
    assert (target["min_capacity"], target["max_capacity"]) == (5, 40)
    assert target["scalable_dimension"] == "lambda:function:ProvisionedConcurrency"
    (policy,) = planned["load"]["aws_appautoscaling_policy.utilization[0]"][
        "target_tracking_scaling_policy_configuration"
    ]
    assert policy["target_value"] == 0.7
    assert policy["predefined_metric_specification"][0]["predefined_metric_type"] == (
        "LambdaProvisionedConcurrencyUtilization"
    )


def test_a_schedule_sets_the_bounds_at_its_times(planned: dict[str, dict[str, Any]]) -> None:
    assert concurrency(planned, "schedule") == {
        "aws_lambda_provisioned_concurrency_config.scaled",
        "aws_appautoscaling_target.by_schedule",
        "aws_appautoscaling_scheduled_action.this",
    }
    morning = planned["schedule"]['aws_appautoscaling_scheduled_action.this["morning"]']
    assert (morning["schedule"], morning["timezone"]) == (MORNING["when"], "Europe/Dublin")
    assert morning["scalable_target_action"] == [{"min_capacity": "20", "max_capacity": "50"}]
    assert planned["schedule"]['aws_appautoscaling_scheduled_action.this["night"]']["timezone"] == "UTC"


def test_a_snapshot_is_taken_of_published_versions(planned: dict[str, dict[str, Any]]) -> None:
    (snapshot,) = planned["snapshot"]["aws_lambda_function.this"]["snap_start"]
    assert snapshot["apply_on"] == "PublishedVersions"
    assert concurrency(planned, "snapshot") == set()


def test_every_alias_shifts_alike(planned: dict[str, dict[str, Any]]) -> None:
    aliases = [planned["shift"][f'aws_lambda_alias.this["{name}"]'] for name in ("own", "signed-in")]
    assert [alias["routing_config"] for alias in aliases] == [[{"additional_version_weights": {"41": 0.9}}]] * 2


def test_each_mistake_is_named_with_what_to_write(modules: Modules, base: dict[str, Any]) -> None:
    never = {"when": "tomorrow", "minimum": 5, "maximum": 2}
    message = modules.variants(
        MODULE,
        {
            "wrong": {
                **base,
                "provisioned_concurrency": {"executions": 0, "utilization": 70, "schedule": {"x": never}},
            },
            "backwards": {**base, "traffic_shift": {"from_version": "$LATEST", "new_share": 1}},
            "idle": {**base, "provisioned_concurrency": {"executions": 5, "maximum": 9}},
        },
    ).refused({})
    for part in (
        "provisioned_concurrency.executions is 0: write a whole number from 1",
        "provisioned_concurrency.utilization is 70: write the share to keep busy, from 0.1 to 0.9",
        "provisioned_concurrency.maximum is null: with utilization write up to how many it scales",
        'provisioned_concurrency.schedule.x is from 5 to 2 at "tomorrow": write a minimum up to the maximum',
        "provisioned_concurrency.maximum has no meaning without utilization",
        'traffic_shift.from_version is "$LATEST": write the number of a published version',
        "traffic_shift.new_share is 1: write the newest version's part, from 0 to less than 1",
    ):
        assert part in message


def test_a_reservation_has_room_for_the_copies_of_two_versions(modules: Modules, base: dict[str, Any]) -> None:
    """While one is deployed: Lambda takes both versions' out of it."""
    load = {"executions": 5, "maximum": 40, "utilization": 0.7}
    message = modules.variants(
        MODULE,
        {
            "fixed": {**base, "provisioned_concurrency": {"executions": 5}, "reserved_concurrency": 9},
            "load": {**base, "provisioned_concurrency": load, "reserved_concurrency": 44},
            "clock": {
                **base,
                "provisioned_concurrency": {"executions": 5, "schedule": {"morning": MORNING}},
                "reserved_concurrency": 54,
            },
        },
    ).refused({})
    for reserved, enough in ((9, 10), (44, 45), (54, 55)):
        assert f"reserved_concurrency, {reserved}, and it is taken from that for two versions" in message
        assert f"Reserve {enough} or more, or write smaller numbers." in message


def test_what_lambda_has_no_room_for_together_is_refused(modules: Modules, base: dict[str, Any]) -> None:
    ready = {**base, "provisioned_concurrency": {"executions": 5}}
    message = modules.variants(
        MODULE,
        {
            "snapshot": {**ready, "snap_start": True},
            "shifted": {**ready, "traffic_shift": {"from_version": "41", "new_share": 0.5}},
            "small": {**ready, "reserved_concurrency": 4},
        },
    ).refused({})
    for part in (
        "snap_start and provisioned_concurrency are both set, which Lambda refuses: write snap_start = false",
        "traffic_shift and provisioned_concurrency are both set: the copies kept ready are the newest version's",
        "provisioned_concurrency goes beyond reserved_concurrency, 4, and it is taken from that",
    ):
        assert part in message


def test_another_way_of_scaling_takes_another_version(modules: Modules, base: dict[str, Any], aws: str) -> None:
    """AWS has one configuration for a version: created anew for the same one, the old one's end would take it away."""
    root = modules.fresh(MODULE)
    name = {**base, "name": "rescaled"}
    fixed = {"executions": 5}
    load = {"executions": 5, "maximum": 40, "utilization": 0.7}
    both = {**load, "schedule": {"morning": MORNING}}
    lambda_ = boto3.client(
        "lambda", endpoint_url=aws, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )
    try:
        assert root.apply({**name, "provisioned_concurrency": fixed})["version"] == "1"
        for way in (load, both, fixed):
            changes = root.plan({**name, "provisioned_concurrency": way}).resource_changes.values()
            (function,) = [each for each in changes if each["address"] == "aws_lambda_function.this"]
            assert function["change"]["after_unknown"].get("version") is True
            for key in ("qualifier", "resource_id"):
                gone, made = ends(changes, key)
                assert not gone & made
            # The local AWS has no Application Auto Scaling; everything else is applied.
            with contextlib.suppress(Refused):
                root.apply({**name, "provisioned_concurrency": way})
        kept = lambda_.get_provisioned_concurrency_config(FunctionName="rescaled", Qualifier="4")
        assert kept["RequestedProvisionedConcurrentExecutions"] == 5
    finally:
        root.destroy(name)


def ends(changes: Iterable[dict[str, Any]], key: str) -> tuple[set[str], set[str]]:
    """What a plan destroys and what it creates, each by one known attribute."""
    gone = [each["change"]["before"] for each in changes if "delete" in each["change"]["actions"]]
    made = [each["change"]["after"] for each in changes if "create" in each["change"]["actions"]]
    return {each[key] for each in gone if key in each}, {each[key] for each in made if key in each}


def test_a_change_of_the_number_alone_takes_no_new_version(modules: Modules, base: dict[str, Any]) -> None:
    root = modules.fresh(MODULE)
    name = {**base, "name": "enlarged"}
    try:
        root.apply({**name, "provisioned_concurrency": {"executions": 5}})
        changes = root.plan({**name, "provisioned_concurrency": {"executions": 6}}).resource_changes
        changed = {address: each["change"]["actions"] for address, each in changes.items()}
        assert {address: actions for address, actions in changed.items() if actions != ["no-op"]} == {
            "aws_lambda_provisioned_concurrency_config.fixed[0]": ["update"]
        }
    finally:
        root.destroy(name)


def test_calls_move_between_versions_and_back(modules: Modules, base: dict[str, Any]) -> None:
    root = modules.fresh(MODULE)
    name = {**base, "name": "shifted"}
    try:
        assert root.apply(name)["version"] == "1"
        second = {**name, "description": "Changed.", "traffic_shift": {"from_version": "1", "new_share": 0.25}}
        assert root.apply(second)["version"] == "2"
        rested = root.plan(second)
        assert {tuple(each["change"]["actions"]) for each in rested.resource_changes.values()} == {("no-op",)}
        alias = rested.resources['aws_lambda_alias.this["own"]']["values"]
        assert alias["function_version"] == "2"
        assert alias["routing_config"] == [{"additional_version_weights": {"1": 0.75}}]
        root.apply({**second, "traffic_shift": None})
    finally:
        root.destroy(name)
