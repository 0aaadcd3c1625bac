"""The acceptance on a real account: its checks, the sentences that name them, and that nothing is left behind."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scripts import ROOT
from scripts.lib import aws
from scripts.lib.console import Steps
from scripts.lib.program import Error
from scripts.operate import environment
from scripts.operate.acceptance import __main__ as command
from scripts.operate.acceptance import checks
from scripts.operate.acceptance.checks import CHECKS, Check, Failed, Skipped
from scripts.operate.acceptance.gaps import GAPS
from scripts.operate.acceptance.record import Record, Result
from scripts.operate.acceptance.system import Authorizer, Call, System, _decision, _report
from scripts.smoke.http import Answer

PAGE = ROOT / "docs" / "acceptance.md"
PAGES = [
    *(page for page in (ROOT / "docs").glob("*.md") if page != PAGE),
    *(ROOT / "terraform").rglob("README.md"),
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    ROOT / "CONTRIBUTING.md",
]
NAMES = [check.name for check in CHECKS]


def paragraphs() -> list[str]:
    """The paragraphs, list items and rows of the documentation, each as one line."""
    text = "\n\n".join(page.read_text() for page in PAGES)
    return [" ".join(part.split()) for part in re.split(r"\n\n+|\n(?=[-|] )", text)]


def test_every_sentence_that_says_not_proven_names_its_check_and_every_check_has_such_a_sentence() -> None:
    unproven = [part for part in paragraphs() if re.search(r"\b(not|un)[- ]?proven\b", part)]
    named = [re.findall(r"acceptance\.md#([\w-]+)", part) for part in unproven if "what is not proven" not in part]
    assert [part for part, found in zip(unproven, named, strict=False) if not found] == []
    assert {name for found in named for name in found} == set(NAMES)


def test_the_page_says_of_each_check_what_it_proves_and_why_the_local_aws_cannot() -> None:
    sections = re.split(r"^### ", PAGE.read_text(), flags=re.MULTILINE)[1:]
    assert [section.partition("\n")[0] for section in sections] == NAMES
    for check, section in zip(CHECKS, sections, strict=True):
        text = " ".join(section.split())
        assert f"{check.proves}." in text
        known = f"On the local AWS it fails: {GAPS[check.name]}." if check.name in GAPS else ""
        assert known in text
        assert ("On the local AWS" in text) == bool(known)


def test_every_known_gap_is_of_a_check() -> None:
    assert set(NAMES) >= GAPS.keys()
    assert len(set(NAMES)) == len(NAMES)


# What a check says of what it sees


REPORT = {"Duration": 2.0, "Init Duration": 110.0, "Max Memory Used": 60.0}
REFUSED = Answer(
    401, {"www-authenticate": 'Bearer error="invalid_token"', "x-amzn-errortype": "UnauthorizedException"}, ""
)
FORBIDDEN = Answer(
    403, {"www-authenticate": 'Bearer error="insufficient_scope"', "x-amzn-errortype": "AccessDeniedException"}, ""
)


class Client:
    """A client that answers each operation with what it is given."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        answer = self.answers.get(operation, {})
        return answer if callable(answer) else lambda **_: answer


@dataclass(frozen=True)
class FakeSystem(System):
    """Answers as AWS should, but for what is given as ``otherwise``."""

    client: Callable[[str], Any] = lambda _: Client(
        get_function_configuration={"SnapStart": {"OptimizationStatus": "On"}},
        get_alias={"FunctionVersion": "1"},
        get_provisioned_concurrency_config={"Status": "READY"},
        filter_log_events={"events": [{"message": "a line"}]},
        get_metric_statistics=lambda MetricName, **_: {"Datapoints": [{"Sum": float("Spill" not in MetricName)}]},  # noqa: N803
    )
    rest_url: str = ""
    http_url: str = ""
    websocket_url: str = ""
    authorizers: Mapping[str, Authorizer] = field(
        default_factory=lambda: {name: Authorizer(name, name) for name in ("plain", "full", "snap", "ready")}
    )
    usage_key: str = "key"
    access_log_group: str | None = "group"
    patience: float = 0
    otherwise: Mapping[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def secret(self, _: str) -> bytes:
        return b"the first secret"

    def token(
        self,
        authorizer: str = "plain",
        seconds: int = 600,  # noqa: ARG002
        secret: bytes | None = None,
        **claims: Any,
    ) -> str:
        return " ".join(filter(None, ("token", authorizer, (secret or b"").decode(), *claims)))

    def forged(self) -> str:
        return "forged"

    def _seen(self, key: str, answer: Any) -> Any:
        self.asked.append(key)
        key = f"{key} again" if self.asked.count(key) > 1 and f"{key} again" in self.otherwise else key
        return self.otherwise.get(key, answer)

    def rest(self, path: str, token: str | None) -> Answer:
        if token in (None, "forged"):
            return self._seen(f"rest {token}", REFUSED)  # type: ignore[no-any-return]
        backend = Answer(404, {}, "") if path in ("/bound", "/metered") else Answer(200, {}, "")
        if path == "/bound" and "rest /bound" in self.asked:
            backend = FORBIDDEN
        if path == "/scoped" or (path == "/metered" and "tenant_key" not in str(token)):
            return self._seen(f"rest {path} refused", FORBIDDEN)  # type: ignore[no-any-return]
        return self._seen(f"rest {path}", backend)  # type: ignore[no-any-return]

    def http(self, path: str, token: str | None) -> Answer:
        if token in (None, "forged"):
            return self._seen(f"http {token}", Answer(401, {}, ""))  # type: ignore[no-any-return]
        good = Answer(200, {}, '{"context": "{\\"roles\\": []}"}')
        return self._seen(f"http {path}", Answer(403, {}, "") if path == "/scoped" else good)  # type: ignore[no-any-return]

    def connect(self, token: str | None) -> int:
        expected = {None: 401, "forged": 401, "token plain": 403}.get(token, 101)
        return int(self._seen(f"connect {token}", expected))

    def start_cold(self, authorizer: str) -> None:
        self.asked.append(f"cold {authorizer}")

    def invoke(self, authorizer: str, token: str) -> Call:
        report = {"snap": {"Restore Duration": 200.0}, "ready": {"Duration": 2.0}}.get(authorizer, REPORT)
        error = "Unauthorized" if "first secret" in token else None
        call = Call({}, error, report, {"cold_start": True, "latency": 2.5})
        return self._seen(f"invoke {authorizer}{' old' if error else ''}", call)  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)


@pytest.mark.parametrize("check", CHECKS, ids=NAMES)
def test_a_check_passes_where_aws_answers_as_it_should(check: Check) -> None:
    assert check.run(FakeSystem())


def call(error: str | None = None, latency: float = 2.5, **report: float) -> Call:
    return Call(
        {},
        error,
        {name.replace("_", " "): value for name, value in report.items()},
        {"cold_start": True, "latency": latency},
    )


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("rest-answers", {"rest None": Answer(403, {}, "")}, "expected 401"),
    ("rest-answers", {"rest forged": Answer(401, {"x-amzn-errortype": "UnauthorizedException"}, "")}, "invalid_token"),
    ("rest-answers", {"rest /scoped refused": REFUSED}, "expected 403"),
    ("http-answers", {"http /scoped": Answer(200, {}, "")}, "expected 403"),
    ("http-unauthorized", {"http forged": Answer(500, {}, "")}, "expected 401"),
    ("websocket-answers", {"connect forged": 500}, "forged token: 500 and not 401"),
    ("bind-policy-to-expiry", {"rest /bound again": Answer(401, {}, "")}, "expected 403"),
    ("http-cache-json-text", {"http /hello again": Answer(500, {}, "")}, "expected 200"),
    ("http-cache-json-text", {"http /hello again": Answer(200, {}, "{}")}, "another context"),
    ("usage-identifier", {"rest /metered": Answer(403, {}, "")}, "expected 404"),
    ("usage-identifier", {"rest /metered refused": Answer(404, {}, "")}, "expected 403"),
    ("snap-start-hook", {"invoke snap old": call()}, "keys are not loaded again"),
    ("snap-start-hook", {"invoke snap": call("Unauthorized")}, "the new secret is refused"),
    ("snap-start-hook", {"invoke snap": call(Init_Duration=1)}, "no restore"),
    ("provisioned-concurrency", {"invoke ready": call("Unauthorized")}, "refuses a good token"),
    ("secret-at-init", {"invoke plain": call(latency=120, Init_Duration=1)}, "was not read before it"),
    ("secret-at-init", {"invoke plain": call()}, "reports no start"),
    ("cold-start-hmac", {"invoke plain": call("Task timed out")}, "refuses a good token"),
    ("cold-start-full", {"invoke full": call()}, "reports no start"),
]


@pytest.mark.parametrize(("name", "otherwise", "why"), WRONG, ids=[f"{name}-{why}" for name, _, why in WRONG])
def test_a_check_fails_where_aws_answers_otherwise(name: str, otherwise: dict[str, Any], why: str) -> None:
    (check,) = (check for check in CHECKS if check.name == name)
    with pytest.raises(Failed, match=re.escape(why)):
        check.run(FakeSystem(otherwise=otherwise))


def test_a_version_that_is_not_ready_and_one_without_a_snapshot_fail() -> None:
    nothing = FakeSystem(
        client=lambda _: Client(
            get_alias={"FunctionVersion": "1"}, get_provisioned_concurrency_config={"Status": "FAILED"}
        )
    )
    with pytest.raises(Failed, match="FAILED"):
        checks.provisioned_concurrency(nothing)
    with pytest.raises(Failed, match="no snapshot"):
        checks.snap_start_hook(nothing)
    with pytest.raises(Failed, match="leaves no line"):
        checks.account_logging(nothing)


@pytest.mark.parametrize(("provisioned", "spilled", "why"), [(0, 0, "counts no call"), (1, 1, "went past")])
def test_a_call_that_no_copy_which_is_kept_ready_answers_fails(provisioned: int, spilled: int, why: str) -> None:
    def counted(MetricName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"Datapoints": [{"Sum": float(spilled if "Spillover" in MetricName else provisioned)}]}

    answers = {
        "get_alias": {"FunctionVersion": "1"},
        "get_provisioned_concurrency_config": {"Status": "READY"},
        "get_metric_statistics": counted,
    }
    with pytest.raises(Failed, match=why):
        checks.provisioned_concurrency(FakeSystem(client=lambda _: Client(**answers)))


def test_an_account_without_a_role_for_logs_is_skipped() -> None:
    with pytest.raises(Skipped, match=r"docs/deploying\.md"):
        checks.account_logging(FakeSystem(access_log_group=None))


def test_the_figures_of_lambda_and_the_line_of_the_decision_are_read_from_the_log() -> None:
    log = (
        'START RequestId: 1\n{"outcome": "allow", "latency": 1.5}\n'
        "REPORT RequestId: 1\tDuration: 2.10 ms\tBilled Duration: 3 ms\tMax Memory Used: 61 MB\t"
        "Init Duration: 110.5 ms\n"
    )
    assert _report(log) == {"Duration": 2.1, "Max Memory Used": 61.0, "Init Duration": 110.5}
    assert _decision(log) == {"outcome": "allow", "latency": 1.5}
    assert _report("") == {}


# A run


def record_of(*results: tuple[str, str]) -> Record:
    found = [
        Result(name, "it works", result, "" if result == "passed" else "a | b", {}, 1.0) for name, result in results
    ]
    return Record("2026-11-26T02:00:00Z", "dev", "eu-west-1", "abc", {"authorizer": "sha"}, found)


def test_a_record_is_written_for_programs_and_for_people(tmp_path: Path) -> None:
    paths = record_of(("rest-answers", "passed"), ("http-answers", "failed")).write(tmp_path)
    assert [path.name for path in paths] == ["2026-11-26-dev.json", "2026-11-26-dev.md"]
    assert json.loads(paths[0].read_text())["results"][1]["result"] == "failed"
    page = paths[1].read_text()
    assert "| `rest-answers` | passed | it works | 1 |" in page
    assert "| `http-answers` | failed | a \\| b | 1 |" in page


def test_on_the_local_aws_exactly_the_known_gaps_fail(capsys: pytest.CaptureFixture[str]) -> None:
    as_known = [(name, "failed" if name in GAPS else "passed") for name in NAMES]
    assert command._as_known(record_of(*as_known))
    assert f"{len(GAPS)} checks fail on the local AWS" in capsys.readouterr().out
    assert not command._as_known(record_of(*as_known[1:], ("rest-answers", "failed")))
    assert "rest-answers fails" in capsys.readouterr().out
    learnt = [(name, "passed" if name == "usage-identifier" else result) for name, result in as_known]
    assert not command._as_known(record_of(*learnt))
    assert "remove it from gaps.py" in capsys.readouterr().out


def test_a_check_that_breaks_is_a_failed_one_and_the_others_are_carried_out() -> None:
    def broken(_: System) -> Mapping[str, Any]:
        raise KeyError("secret")

    found = command._carry_out(FakeSystem(), [Check("a", "a", broken), Check("b", "b", lambda _: {"seen": 1})])
    assert [(result.result, result.why) for result in found] == [("failed", "KeyError: KeyError"), ("passed", "")]


class FakeWorkspace:
    """A root module that notes what is done to it."""

    def __init__(self, fails: str = "") -> None:
        self.done: list[str] = []
        self.fails = fails

    def _do(self, what: str) -> None:
        self.done.append(what)
        if what == self.fails:
            raise Error(f"{what} failed")

    def apply(self, *_: str) -> None:
        self._do("apply")

    def destroy(self, *_: str) -> None:
        self._do("destroy")

    def outputs(self) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_everything_is_destroyed_when_a_run_ends_early(error: type[BaseException]) -> None:
    workspace: Any = FakeWorkspace()
    with pytest.raises(error), command._applied(workspace, {}, Steps()):
        raise error
    assert workspace.done == ["apply", "destroy"]


def test_everything_is_destroyed_when_the_apply_fails() -> None:
    workspace: Any = FakeWorkspace("apply")
    with pytest.raises(Error, match="apply failed"), command._applied(workspace, {}, Steps()):
        pytest.fail("nothing is there to be checked")
    assert workspace.done == ["apply", "destroy"]


def test_what_could_not_be_destroyed_is_said() -> None:
    workspace: Any = FakeWorkspace("destroy")
    said = pytest.raises(Error, match="not everything is destroyed: run the same command again")
    with said, command._applied(workspace, {}, Steps()):
        assert workspace.done == ["apply"]


def test_nothing_is_made_before_somebody_says_yes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Sts:
        class meta:  # noqa: N801
            region_name = "eu-west-1"

    manifest = tmp_path / "manifest.json"
    monkeypatch.setattr(command, "AWS_MANIFEST", manifest)
    monkeypatch.setattr(aws, "client", lambda _: Sts)
    monkeypatch.setattr(environment, "find", lambda _: None)
    monkeypatch.setattr(command, "Workspace", lambda *_: pytest.fail("something is made"))
    monkeypatch.setattr("builtins.input", lambda _: "no")
    assert command.main(["--environment", "dev"]) == 2
    assert "run `make package`" in capsys.readouterr().err
    manifest.write_text("{}")
    assert command.main(["--environment", "dev"]) == 2
    said = capsys.readouterr()
    assert "jwt-acceptance-dev-" in said.out
    assert "less than $0.10" in said.out
    assert "nothing was made" in said.err
