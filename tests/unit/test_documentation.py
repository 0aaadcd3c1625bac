"""The documentation says what the code does: a page that differs from it fails here."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from jwt_authorizer import config
from jwt_authorizer.errors import ConfigurationError, Unauthorized, reasons
from scripts.capacity.load import Load
from scripts.capacity.model import METRICS, estimate
from scripts.capacity.prices import METRIC, SECONDS_A_MONTH
from tests.unit import configuration_page
from tests.unit.conftest import Invoke, mint

Start = Callable[..., Invoke]
DOCS = Path(__file__).resolve().parents[2] / "docs"
AUTHORIZER = DOCS.parent / "functions" / "authorizer" / "jwt_authorizer"


def test_the_tables_of_the_configuration_are_those_of_the_schema() -> None:
    page = configuration_page.PAGE.read_text()
    assert page == configuration_page.page(page), "run: .venv/bin/python -m tests.unit.configuration_page"
    missing = [path for path, _, _ in configuration_page.every_key() if f"| `{path}` |" not in page]
    assert not missing, "each definition needs a comment such as <!-- the keys of issuer --> in docs/configuration.md"


def test_the_examples_are_good_configurations() -> None:
    for page in DOCS.glob("*.md"):
        for block in re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL):
            document = json.loads(block)
            # Pages show whole configurations, or single issuers to put into one.
            whole = document if "issuers" in document else {"issuers": [document], "rules": {"signed-in": {}}}
            assert set(config.parse(whole).rules) == set(whole["rules"])


def test_every_reason_is_documented_and_no_other() -> None:
    page = (DOCS / "security-model.md").read_text()
    table = page[page.index("## Reasons") :]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)) == reasons()


def test_every_test_that_the_security_model_names_is_there() -> None:
    named = re.findall(r"`(tests/[a-z_/]+\.py)::(\w+)`", (DOCS / "security-model.md").read_text())
    assert len(named) > 40
    for file, name in named:
        assert re.search(rf"^def {name}\(", (DOCS.parent / file).read_text(), re.MULTILINE), f"{file}::{name}"


def test_the_runbook_has_a_section_for_whatever_goes_wrong(start: Start) -> None:
    start()
    from jwt_authorizer import handler

    page = (DOCS / "operations.md").read_text()
    events = {"key_source_failures", "stale_keys_served", "denylist_failures", "start_failures", "secret_doubts"}
    code = "".join(path.read_text() for path in AUTHORIZER.rglob("*.py"))
    logged = set(re.findall(r'(?:observe|telemetry\.event)\([^"]*"([a-z_]+)"', code))
    assert logged == events, "an event that is logged has a section and is named here"
    errors = set(handler._REASONS.values()) | {"internal_error"}
    for name in events | errors | {"signature_invalid", "throttles", "latency"}:
        assert f"### Alarm: {name.replace('_', ' ')}\n" in page, name


def test_every_member_of_a_line_is_documented_and_no_other(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    invoke = start(rules={"signed-in": {"scopes": ["a"]}}, telemetry={"log_principal": True})
    for token, alias in ((mint(headers={"kid": "k1"}), "signed-in"), (mint(sub=None), "signed-in"), ("x", "nobody's")):
        with suppress(Unauthorized, ConfigurationError):
            invoke(token, alias=alias)
    members = {name for line in capsys.readouterr().out.splitlines() for name in json.loads(line)}
    page = (DOCS / "operations.md").read_text()
    table = page[page.index("| member |") : page.index("Lines with an `event`")]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == members


def test_links_between_pages_lead_somewhere() -> None:
    for page in (*DOCS.glob("*.md"), DOCS.parent / "README.md", *(DOCS.parent / "terraform").rglob("README.md")):
        for file, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text()):
            target = (page.parent / file).resolve() if file else page
            assert target.exists(), f"{page}: {file}"
            target = target / "README.md" if target.is_dir() and anchor else target
            if anchor:
                headings = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
                anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
                assert anchor in anchors, f"{page.name}: {file}#{anchor}"


def test_what_a_decision_costs_with_its_log_is_what_the_program_says() -> None:
    def a_million(allow_sample: float) -> dict[str, float]:
        dollars = estimate(Load(1000, 20_000, cache_seconds=0, allow_sample=allow_sample)).dollars
        return {name: price / (1000 * SECONDS_A_MONTH) * 1e6 for name, price in dollars.items()}

    page = " ".join((DOCS / "performance.md").read_text().split())
    whole = sum(price for name, price in a_million(1).items() if name != "API Gateway, all requests")
    logs, sampled = (a_million(share)["CloudWatch, logs"] for share in (1, 0.01))
    assert f"a million decisions cost about ${whole:.2f}" in page
    assert f"${logs:.2f} of it are logs" in page
    assert f"about ${logs:.2f} for a million decisions, and about ${sampled:.2f} with" in page
    assert f"The metrics are ${METRICS * METRIC:.2f} a month" in page


def test_the_table_of_cache_times_says_what_the_program_says() -> None:
    rows = re.findall(
        r"^\| (\d+) \| ([\d.,]+) \| ([\d.]+) % \| (\d+) \| ([\d,]+) \| (\d+) \|$",
        (DOCS / "scaling.md").read_text(),
        re.MULTILINE,
    )
    assert len(rows) == 5
    for seconds, calls, kept, concurrency, dollars, denylist in rows:
        found = estimate(Load(1000, 20_000, cache_seconds=int(seconds), denylist=True))
        own = sum(
            price for name, price in found.dollars.items() if name.startswith(("Lambda", "Secrets", "CloudWatch"))
        )
        assert float(calls.replace(",", "")) == pytest.approx(found.calls_per_second, abs=0.5)
        assert float(kept) == pytest.approx(found.hit_ratio * 100, abs=0.1)
        assert int(concurrency) == found.concurrency_needed
        assert float(dollars.replace(",", "")) == pytest.approx(own, abs=1)
        assert float(denylist) == pytest.approx(found.dollars["DynamoDB, denylist"], abs=1)
