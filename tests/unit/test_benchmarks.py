"""The parts of the benchmarks, without what they have to install; and what no benchmark has to measure."""

import gc
import http.client
import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.benchmarks import cold, cost, figures, report, stand_ins, targets, tokens
from tests.benchmarks.cold import Contestant, Sample
from tests.benchmarks.contestants import STARTS, TITLES, allows
from tests.benchmarks.figures import Ratio
from tests.benchmarks.runtime_api import REQUEST_ID, RuntimeApi, RuntimeFailed
from tests.unit.conftest import Invoke, mint

Start = Callable[..., Invoke]
EVENT = {"type": "TOKEN", "methodArn": tokens.METHOD_ARN}
ALLOW = {"policyDocument": {"Statement": [{"Effect": "Allow"}]}}
DENY = {"policyDocument": {"Statement": [{"Effect": "Deny"}]}}

# The least that a runtime does: ask for the event, answer as the benchmark says.
RUNTIME = """
import http.client, os, sys, time
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
connection.request("GET", "/2018-06-01/runtime/invocation/next")
event = connection.getresponse()
event.read()
busy = time.process_time() + 0.05
while time.process_time() < busy: pass
path = f"/2018-06-01/runtime/invocation/{event.headers['Lambda-Runtime-Aws-Request-Id']}/" + os.environ["ANSWER_TO"]
connection.request("POST", path, os.environ["ANSWER"])
connection.getresponse().read()
connection.request("GET", "/2018-06-01/runtime/invocation/next")
connection.getresponse()
"""


def call(api: RuntimeApi, method: str, path: str, body: str | None = None) -> tuple[http.client.HTTPResponse, bytes]:
    with closing(http.client.HTTPConnection(api.address, timeout=5)) as connection:
        connection.request(method, f"/2018-06-01/runtime{path}", body)
        response = connection.getresponse()
        return response, response.read()


def contestant(name: str, folder: Path, answer: Any = ALLOW, answer_to: str = "response") -> Contestant:
    environment = {"ANSWER": json.dumps(answer), "ANSWER_TO": answer_to}
    command = (sys.executable, "-I", "-S", "-c", RUNTIME)
    return Contestant(name, command, folder, environment, EVENT, allows, zip_bytes=1000)


# The runtime API


def test_the_runtime_gets_the_event_and_the_arn_and_the_bench_its_answer() -> None:
    moments: list[str] = []
    with RuntimeApi(EVENT, cold.FUNCTION_ARN, moments.append) as api:
        response, body = call(api, "GET", "/invocation/next")
        assert json.loads(body) == EVENT
        assert response.headers["Lambda-Runtime-Invoked-Function-Arn"] == cold.FUNCTION_ARN
        assert int(response.headers["Lambda-Runtime-Deadline-Ms"]) > time.time() * 1000
        assert moments == ["initialized"]
        assert call(api, "POST", f"/invocation/{REQUEST_ID}/response", '{"a": 1}')[0].status == 202
        assert api.answer(1, lambda: True) == {"a": 1}
    assert moments == ["initialized", "answered"]


def test_the_second_event_never_comes() -> None:
    with RuntimeApi(EVENT, cold.FUNCTION_ARN, lambda _: None) as api:
        call(api, "GET", "/invocation/next")
        with closing(http.client.HTTPConnection(api.address, timeout=0.2)) as connection:
            connection.request("GET", "/2018-06-01/runtime/invocation/next")
            with pytest.raises(TimeoutError):
                connection.getresponse()


@pytest.mark.parametrize("path", ["/init/error", f"/invocation/{REQUEST_ID}/error"])
def test_an_error_of_the_function_is_told(path: str) -> None:
    with RuntimeApi(EVENT, cold.FUNCTION_ARN, lambda _: None) as api:
        call(api, "POST", path, '{"errorMessage": "no such module"}')
        with pytest.raises(RuntimeFailed, match="no such module"):
            api.answer(1, lambda: True)


def test_a_runtime_that_ends_or_hangs_is_not_waited_for() -> None:
    with RuntimeApi(EVENT, cold.FUNCTION_ARN, lambda _: None) as api:
        with pytest.raises(RuntimeFailed, match="ended without an answer"):
            api.answer(10, lambda: False)
        with pytest.raises(RuntimeFailed, match=r"no answer within 0\.1 seconds"):
            api.answer(0.1, lambda: True)


# Cold starts


@pytest.mark.skipif(sys.platform != "linux", reason="CPU time and memory are read from /proc")
def test_a_cold_start_is_measured_until_the_event_is_asked_for_and_until_it_is_answered(tmp_path: Path) -> None:
    sample = cold.start(contestant("one", tmp_path))
    assert 0 < sample.init_cpu_ms < sample.cpu_ms
    assert 0 < sample.init_wall_ms < sample.wall_ms
    assert sample.cpu_ms - sample.init_cpu_ms >= 49
    assert 1000 < sample.after_kb <= sample.peak_kb


@pytest.mark.skipif(sys.platform != "linux", reason="CPU time and memory are read from /proc")
def test_contestants_take_turns_and_the_first_round_does_not_count(tmp_path: Path) -> None:
    rounds: list[int] = []
    samples = cold.interleaved([contestant("one", tmp_path), contestant("other", tmp_path)], 2, rounds.append)
    assert {name: len(starts) for name, starts in samples.items()} == {"one": 2, "other": 2}
    assert rounds == [0, 1, 2]


@pytest.mark.skipif(sys.platform != "linux", reason="CPU time and memory are read from /proc")
@pytest.mark.parametrize(
    ("answer", "answer_to", "complaint"),
    [(DENY, "response", "one: does not allow a good token"), ("broken", "error", "one: .*broken")],
)
def test_a_contestant_that_does_not_allow_the_token_is_no_figure(
    tmp_path: Path, answer: Any, answer_to: str, complaint: str
) -> None:
    with pytest.raises(RuntimeFailed, match=complaint):
        cold.start(contestant("one", tmp_path, answer, answer_to))


# Figures, verdicts and pages


def test_quartiles_are_of_the_middle_half() -> None:
    assert figures.quartiles([5, 1, 4, 2, 3]) == (2, 3, 4)
    assert figures.quartiles([7]) == (7, 7, 7)


def test_a_figure_is_a_median_that_one_disturbed_run_does_not_move(tmp_path: Path) -> None:
    starts = [Sample(10, 12, 20, 24, 15000, 14000)] * 4 + [Sample(900, 990, 990, 999, 15000, 14000)]
    found = figures.cold([contestant("one", tmp_path)], {"one": starts})["one"]
    assert (found["init_cpu_ms"], found["cpu_ms"], found["peak_kb"]) == (10, 12, 15000)
    assert (found["cpu_ms_low"], found["cpu_ms_high"]) == (12, 12)
    assert (found["runs"], found["zip_bytes"]) == (5, 1000)


def test_a_ratio_is_that_of_the_medians_with_the_middle_half_of_the_turns() -> None:
    ours, theirs = [5.0, 6.0, 5.0, 50.0, 5.0], [10.0, 10.0, 20.0, 10.0, 10.0]
    assert figures.ratio(ours, theirs) == Ratio(0.5, 0.5, 0.6)


def run_of(tmp_path: Path, **cpu_ms: float) -> targets.Run:
    """A run in which every contestant took 100 ms, but for these, and every warm call 10 microseconds."""
    starts = {name: [Sample(1, cpu_ms.get(name, 100.0), 1, 1, 1000, 1000)] * 3 for name in TITLES if "node" not in name}
    calls = [f"{name}/{size}/{call}" for name in tokens.ALGORITHMS for size in ("short", "long") for call in CALLS]
    return targets.Run(
        {name: contestant(name, tmp_path) for name in starts}, starts, {name: [10.0] * 3 for name in calls}
    )


CALLS = ("handler-1", "handler-10", "decode", "check")


def test_a_target_is_met_up_to_its_limit_and_missed_beyond(tmp_path: Path) -> None:
    run = run_of(tmp_path, hs256=60.0, rs256=55.1)
    verdicts = {verdict.name: verdict for verdict in targets.judge(run)}
    assert verdicts["cold, HS256, secret in the environment : the tutorial's zip"].is_met
    missed = verdicts["cold, RS256, keys in the configuration : PyJWT + cryptography"]
    assert missed.measured == pytest.approx(0.551)
    assert not missed.is_met
    rows = report.targets({"targets": json.loads(json.dumps(targets.judge(run)))})
    assert rows[2] == ("cold, HS256, secret in the environment : the tutorial's zip", "0.6", "0.60 (0.60-0.60)", "met")
    assert rows[4][-1] == "MISSED"
    assert rows[-3][1:] == ("400 KB", "1 KB", "met")


def test_the_slowest_of_all_algorithms_and_lengths_stands_for_the_rules(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    slow = run._replace(warm={**run.warm, "EdDSA/long/handler-10": [30.0] * 3})
    (verdict,) = (verdict for verdict in targets.judge(slow) if "10 rules" in verdict.name)
    assert verdict.measured == pytest.approx(3)


def test_every_start_stands_beside_another_that_is_measured() -> None:
    assert {name for ours, theirs, _ in STARTS.values() for name in (ours, theirs)} <= set(TITLES)


@pytest.fixture
def run() -> dict[str, Any]:
    """The figures of the run that the documentation shows."""
    document: dict[str, Any] = json.loads(report.FIGURES.read_text())
    return document


def test_the_documentation_shows_the_figures_that_lie_beside_it(run: dict[str, Any]) -> None:
    page = report.PAGE.read_text()
    assert report.filled(page, run) == page, "run `make bench PAGE=1`"
    assert all(f"<!-- table: {name} -->" in page for name in (*report.TABLES, "machine"))


def test_the_run_in_the_documentation_is_a_whole_one(run: dict[str, Any]) -> None:
    assert set(run["cold"]) == set(TITLES)
    assert all(start["runs"] >= 20 for start in run["cold"].values())
    assert [name for name, *_ in run["targets"]] == [target.name for target in targets.TARGETS]


def test_aws_answers_as_it_does_to_a_secret_that_was_never_rotated() -> None:
    current = {"SecretId": stand_ins.SECRET_NAME, "VersionStage": "AWSCURRENT"}
    assert stand_ins.aws("GetSecretValue", current)[1]["SecretString"] == tokens.SECRET
    assert stand_ins.aws("GetSecretValue", {**current, "VersionStage": "AWSPENDING"})[0] == 400


def test_what_the_cache_answers_costs_nothing(run: dict[str, Any]) -> None:
    full, half, none = (cost.dollars_per_million(run, rate, 256) for rate in (0, 0.5, 1))
    assert none == 0
    assert half == pytest.approx(full / 2)
    assert full > 0.20


@pytest.mark.parametrize("size", [tokens.SHORT_TOKEN_BYTES, tokens.LONG_TOKEN_BYTES])
def test_tokens_are_as_long_as_the_tables_say(size: int) -> None:
    token = tokens.Signer("HS256", tokens.SECRET, tokens.SECRET).token(size)
    assert abs(len(token) - size) <= 4


# What does not need a clock


def test_a_decision_takes_the_same_calls_whatever_the_number_of_rules(start: Start) -> None:
    def calls(rules: int) -> int:
        invoke = start(rules={**{f"rule-{number}": {"scopes": ["a"]} for number in range(1, rules)}, "signed-in": {}})
        token, count = mint(), 0

        def tell(_frame: FrameType, event: str, _argument: object) -> None:
            nonlocal count
            count += event == "call"

        invoke(token)
        # What the garbage of other tests calls when it is collected is no part of a decision.
        gc.collect()
        gc.disable()
        sys.setprofile(tell)
        try:
            invoke(token)
        finally:
            sys.setprofile(None)
            gc.enable()
        return count

    assert calls(10) == calls(1) > 20
