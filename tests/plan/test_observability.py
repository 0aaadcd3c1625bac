"""What terraform/modules/observability plans: alarms and graphs of metrics that the authorizer really writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from jwt_authorizer.errors import reasons
from tests.plan.conftest import Refusal
from tests.plan.support import ACCOUNT, REGION, REPOSITORY, Modules

MODULE = "terraform/modules/observability"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:on-call"
FUNCTION = "orders-authorizer"
# What ends a call in 500, beside the reasons for which a token is rejected.
FAILURES = {"configuration_error", "event_not_recognized", "internal_error", "keys_unavailable"}
BASE: dict[str, Any] = {"name": "orders", "function_name": FUNCTION, "log_group_name": f"/aws/lambda/{FUNCTION}"}


@pytest.fixture(scope="module")
def planned(modules: Modules) -> Any:
    full = {
        **BASE,
        "alarm_topic_arns": [TOPIC],
        "api": {"name": "orders", "stage": "prod"},
        "denylist": True,
        "namespace": "Orders/Authorizer",
        "rotation_function_name": "orders-rotation",
        "runbook_url": "https://wiki.example.com/authorizer",
        "thresholds": {"bad_signatures_minimum": 5, "bad_signatures_percent": 20, "latency_p99_milliseconds": 250},
    }
    return modules.variants(MODULE, {"plain": BASE, "full": full}, ["alarms", "dashboard_body"]).plan({})


def alarms(planned: Any, variant: str) -> dict[str, dict[str, Any]]:
    prefix = f'module.{variant}.aws_cloudwatch_metric_alarm.this["'
    return {
        address.removeprefix(prefix).removesuffix('"]'): change["change"]["after"]
        for address, change in planned.resource_changes.items()
        if address.startswith(prefix)
    }


def dashboard(planned: Any, variant: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(planned.outputs[f"{variant}_dashboard_body"])
    return found


def graphed(body: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every metric on a dashboard: namespace, name and dimensions."""
    for widget in body["widgets"]:
        for metric in widget["properties"].get("metrics", []):
            names = [part for part in metric if isinstance(part, str)]
            if names:
                yield names[0], names[1], dict(zip(names[2::2], names[3::2], strict=True))


def watched(alarm: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every metric that an alarm looks at: namespace, name and dimensions."""
    for query in alarm["metric_query"]:
        for metric in query["metric"]:
            yield metric["namespace"], metric["metric_name"], metric["dimensions"] or {}


def test_there_is_an_alarm_for_each_thing_that_can_go_wrong(planned: Any) -> None:
    plain = {
        "configuration-error",
        "event-not-recognized",
        "internal-error",
        "key-source-failures",
        "keys-unavailable",
        "latency",
        "signature-invalid",
        "stale-keys-served",
        "start-failures",
        "throttles",
    }
    assert set(alarms(planned, "plain")) == plain
    assert set(alarms(planned, "full")) == plain | {"denylist-failures", "rotation"}
    assert planned.outputs["plain_alarms"] == {name: f"orders-{name}" for name in plain}


def test_every_alarm_says_what_it_means_and_where_its_runbook_is(planned: Any) -> None:
    for variant, url in (("plain", "docs/operations.md"), ("full", "https://wiki.example.com/authorizer")):
        for name, alarm in alarms(planned, variant).items():
            assert re.fullmatch(rf"[A-Z].{{40,}}\. Runbook: {re.escape(url)}#alarm-{name}", alarm["alarm_description"])
            assert len(alarm["alarm_description"]) <= 1024


def test_every_alarm_tells_the_topics_when_it_begins_and_when_it_ends(planned: Any) -> None:
    for alarm in alarms(planned, "full").values():
        assert alarm["alarm_actions"] == alarm["ok_actions"] == [TOPIC]
    assert not any(alarm["alarm_actions"] for alarm in alarms(planned, "plain").values())


def test_without_calls_no_alarm_rings(planned: Any) -> None:
    assert {alarm["treat_missing_data"] for alarm in alarms(planned, "full").values()} == {"notBreaching"}
    for alarm in alarms(planned, "full").values():
        assert (alarm["comparison_operator"], alarm["threshold"] >= 0) == ("GreaterThanThreshold", True)


def test_each_alarm_returns_exactly_one_number(planned: Any) -> None:
    for alarm in alarms(planned, "full").values():
        assert [query["return_data"] for query in alarm["metric_query"]].count(True) == 1


def test_metrics_are_told_apart_as_the_authorizer_writes_them(planned: Any) -> None:
    """Dimensions that differ in one name are another metric, which stays empty for ever."""
    body = dashboard(planned, "full")
    metrics = [*graphed(body), *(each for alarm in alarms(planned, "full").values() for each in watched(alarm))]
    own = [(name, dimensions) for namespace, name, dimensions in metrics if namespace == "Orders/Authorizer"]
    assert {name for name, _ in own} == {
        "decisions",
        "latency",
        "key_source_failures",
        "stale_keys_served",
        "denylist_failures",
        "start_failures",
        f"cold_starts_{FUNCTION}",
        f"crashes_{FUNCTION}",
    }
    for name, dimensions in own:
        if name.endswith(FUNCTION):
            assert dimensions == {}
            continue
        assert dimensions["function"] == FUNCTION
        assert set(dimensions) in ({"function"}, {"function", "outcome"}, {"function", "reason"})
        assert dimensions.get("outcome") in (None, "allow", "deny", "unauthorized", "error")
        assert dimensions.get("reason") in (None, *FAILURES, *reasons())


def test_metrics_from_the_log_are_those_that_are_watched_and_shown(planned: Any) -> None:
    filters = {
        address.rpartition(".")[2]: change["change"]["after"]
        for address, change in planned.resource_changes.items()
        if address.startswith("module.full.aws_cloudwatch_log_metric_filter")
    }
    names = {"crashes": "crashes", "cold_starts": "cold_starts", "restores": "cold_starts"}
    assert set(filters) == set(names)
    for name, each in filters.items():
        (metric,) = each["metric_transformation"]
        assert (metric["namespace"], metric["name"]) == ("Orders/Authorizer", f"{names[name]}_{FUNCTION}")
        assert each["log_group_name"] == f"/aws/lambda/{FUNCTION}"


def matched(planned: Any, name: str, line: str) -> int:
    """How often a line of the log is counted by the metric of this name, after CloudWatch's filter pattern syntax."""
    counted = 0
    for address, change in planned.resource_changes.items():
        if address.startswith("module.full.aws_cloudwatch_log_metric_filter"):
            planned_filter = change["change"]["after"]
            optional, terms = zip(*re.findall(r'(\??)"([^"]+)"', planned_filter["pattern"]), strict=True)
            found = [term in line for term in terms]
            if planned_filter["metric_transformation"][0]["name"] == f"{name}_{FUNCTION}":
                counted += any(found) if all(optional) else all(found)
    return counted


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("REPORT RequestId: 1f\tDuration: 2 ms\tMemory Size: 256 MB\tMax Memory Used: 70 MB\t", 0),
        ("REPORT RequestId: 1f\tDuration: 2 ms\tMax Memory Used: 70 MB\tInit Duration: 310.5 ms\t", 1),
        ("REPORT RequestId: 1f\tDuration: 2 ms\tRestore Duration: 310.5 ms\tBilled Restore Duration: 4 ms\t", 1),
        ("RESTORE_REPORT Restore Duration: 310.5 ms", 0),
        ("INIT_REPORT Init Duration: 310.5 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError", 0),
    ],
)
def test_a_cold_start_is_counted_once_whichever_lines_tell_of_it(planned: Any, line: str, times: int) -> None:
    assert matched(planned, "cold_starts", line) == times


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("[ERROR] StartFailure: AUTHORIZER_CONFIG: is not set\nTraceback (most recent call last):", 1),
        ("[ERROR] Runtime.ImportModuleError: Unable to import module 'jwt_authorizer.handler'", 1),
        ("2026-01-01T00:00:00.000Z 1f Task timed out after 10.00 seconds", 1),
        ("RequestId: 1f Error: Runtime exited with error: signal: killed\nRuntime.ExitError", 1),
        # About one call, and its decision has the reason: an alias that names no rule, for instance.
        ("[ERROR] ConfigurationError: the alias 'x' names no rule\nTraceback (most recent call last):", 0),
        ("[ERROR] Unauthorized: Unauthorized\nTraceback (most recent call last):", 0),
        ('{"event": "start_failures", "message": "AUTHORIZER_CONFIG: is not set", "start_failures": 1}', 0),
    ],
)
def test_a_function_that_does_not_start_is_told_apart_from_a_call_that_fails(
    planned: Any, line: str, times: int
) -> None:
    assert matched(planned, "crashes", line) == times


def test_bad_signatures_are_a_share_of_all_decisions_and_never_a_handful(planned: Any) -> None:
    alarm = alarms(planned, "full")["signature-invalid"]
    assert alarm["threshold"] == 20
    (expression,) = [query["expression"] for query in alarm["metric_query"] if query["expression"]]
    many = "FILL(bad, 0) + FILL(unknown, 0)"
    assert expression == f"IF({many} >= 5, 100 * ({many}) / all, 0)"


def test_a_key_that_there_is_not_counts_as_a_bad_signature(planned: Any) -> None:
    """A forger makes up key ids, and an issuer that rotates too early names one that is not published yet."""
    reasons_watched = {
        dimensions["reason"]
        for _, _, dimensions in watched(alarms(planned, "full")["signature-invalid"])
        if "reason" in dimensions
    }
    assert reasons_watched == {"signature_invalid", "key_unknown"}


def test_a_rotation_that_stops_is_told_by_its_own_function(planned: Any) -> None:
    ((namespace, name, dimensions),) = watched(alarms(planned, "full")["rotation"])
    assert (namespace, name, dimensions) == ("AWS/Lambda", "Errors", {"FunctionName": "orders-rotation"})


def test_lambdas_own_errors_of_the_authorizer_are_never_watched(planned: Any) -> None:
    """Lambda counts every 401 as one."""
    for alarm in alarms(planned, "full").values():
        for _, name, dimensions in watched(alarm):
            assert name != "Errors" or FUNCTION not in dimensions.values()


def test_latency_is_the_99th_percentile(planned: Any) -> None:
    alarm = alarms(planned, "full")["latency"]
    assert (alarm["threshold"], alarm["evaluation_periods"], alarm["datapoints_to_alarm"]) == (250, 5, 3)
    assert alarm["metric_query"][0]["metric"][0]["stat"] == "p99"


def test_the_dashboard_shows_every_alarm(planned: Any) -> None:
    (widget,) = [each for each in dashboard(planned, "full")["widgets"] if each["type"] == "alarm"]
    names = planned.outputs["full_alarms"].values()
    assert sorted(widget["properties"]["alarms"]) == [
        f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}" for name in sorted(names)
    ]


@pytest.mark.parametrize("variant", ["plain", "full"])
def test_widgets_fill_the_grid_and_never_overlap(planned: Any, variant: str) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in dashboard(planned, variant)["widgets"]:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken
        assert widget["x"] + widget["width"] <= 24
        taken |= cells


def test_the_dashboard_shows_what_the_person_on_call_asks_for(planned: Any) -> None:
    titles = {each["properties"].get("title", "") for each in dashboard(planned, "full")["widgets"]}
    for words in ("outcome", "Reasons", "cache", "Latency of a decision", "Cold starts", "Concurrency", "denylist"):
        assert any(words in title for title in titles)
    assert not [each for each in graphed(dashboard(planned, "plain")) if each[0] == "AWS/ApiGateway"]


def test_operations_md_lists_the_graphs_of_the_dashboard_in_their_order(planned: Any) -> None:
    page = (REPOSITORY / "docs/operations.md").read_text()
    (table,) = re.findall(r"\| graph \|.*?\n\n", page, re.DOTALL)
    listed = re.findall(r"^\| ([A-Z][^|]*) \|", table, re.MULTILINE)
    graphs = [widget for widget in dashboard(planned, "full")["widgets"] if widget["type"] == "metric"]
    assert [re.split(", (?:a minute|failures)", graph["properties"]["title"])[0] for graph in graphs] == listed


def test_each_mistake_is_named_with_what_to_write(refused: Refusal) -> None:
    message = refused(
        MODULE,
        {
            **BASE,
            "alarm_topic_arns": ["on-call"],
            "name": "orders prod",
            "namespace": "",
            "thresholds": {"bad_signatures_percent": 100, "latency_p99_milliseconds": 0},
        },
    )
    for part in (
        'alarm_topic_arns is ["on-call"]: write ARNs of SNS topics',
        'name is "orders prod": write up to 200 letters',
        'namespace is "": alarms and dashboard are about the authorizer',
        "thresholds.bad_signatures_percent is 100: write from 0 to less than 100",
        "thresholds.latency_p99_milliseconds 0: write 1 or more",
    ):
        assert part in message


def test_what_is_applied_a_second_plan_leaves_alone(modules: Modules, aws: str) -> None:
    root = modules.fresh(MODULE)
    # The function's own, which is there before anybody watches it.
    boto3.client(
        "logs", endpoint_url=aws, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    ).create_log_group(logGroupName="/aws/lambda/observed")
    variables = {**BASE, "function_name": "observed", "name": "observed", "log_group_name": "/aws/lambda/observed"}
    try:
        root.apply(variables)
        changes = root.plan(variables).resource_changes
        changed = {address for address, each in changes.items() if each["change"]["actions"] != ["no-op"]}
        # MiniStack returns metric alarms changed; AWS does not.
        assert {address.partition("[")[0] for address in changed} <= {"aws_cloudwatch_metric_alarm.this"}
    finally:
        root.destroy(variables)
