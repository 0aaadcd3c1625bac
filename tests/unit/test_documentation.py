"""The documentation says what the code does: a page that differs from it fails here."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from jwt_authorizer import config
from jwt_authorizer.errors import ConfigurationError, Unauthorized, reasons
from jwt_authorizer.schema import Field, Required
from scripts.capacity.load import Load
from scripts.capacity.model import METRICS, estimate
from scripts.capacity.prices import METRIC, SECONDS_A_MONTH
from tests.unit.conftest import Invoke, mint

Start = Callable[..., Invoke]
DOCS = Path(__file__).resolve().parents[2] / "docs"
AUTHORIZER = DOCS.parent / "functions" / "authorizer" / "jwt_authorizer"

# Where the members of an object are objects themselves.
_INNER = {
    "issuers": ("issuers[]", config._ISSUER_FIELDS),
    "rules": ("rules.*", config._RULE_FIELDS),
    "revocation": ("revocation", config._REVOCATION_FIELDS),
    "telemetry": ("telemetry", config._TELEMETRY_FIELDS),
    "issuers[].keys": ("issuers[].keys", config._KEYS_FIELDS),
    "issuers[].keys.secret": ("issuers[].keys.secret", config._SECRET_FIELDS),
}


def schema(prefix: str, fields: Mapping[str, Field]) -> Iterator[tuple[str, Field]]:
    """Every key of the configuration by its path."""
    for name, field in fields.items():
        path = f"{prefix}.{name}" if prefix else name
        yield path, field
        if path in _INNER:
            yield from schema(*_INNER[path])


def documented() -> dict[str, list[str]]:
    """The rows of the tables in configuration.md by their key: type, default, meaning and example."""
    rows = {}
    for line in (DOCS / "configuration.md").read_text().splitlines():
        match = re.match(r"\| `([^`]+)` \| (.*) \|$", line)
        if match:
            rows[match[1]] = match[2].split(" | ")
    return rows


def in_words(default: Any) -> str:
    if default == config._SETTINGS_FIELDS["telemetry"].default:
        return "see below"
    if default is Required:
        return "required"
    if default == config._RULE_FIELDS["token"].default:
        default = [".".join(place) for place in default]
    return f"`{json.dumps(default)}`"


def test_every_key_is_documented_and_no_other() -> None:
    assert sorted(documented()) == sorted(path for path, _ in schema("", config._SETTINGS_FIELDS))


def test_every_default_is_documented_as_it_is() -> None:
    rows = documented()
    for path, field in schema("", config._SETTINGS_FIELDS):
        one_of_several = path.startswith("issuers[].keys.") and field.default is None
        assert rows[path][1] == ("none" if one_of_several else in_words(field.default)), path


def test_every_key_has_a_type_a_meaning_and_an_example() -> None:
    for path, cells in documented().items():
        assert len(cells) == 4, path
        assert all(cells), path


def test_the_examples_are_good_configurations() -> None:
    for page in DOCS.glob("*.md"):
        for block in re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL):
            document = json.loads(block)
            # Pages show whole configurations, or single issuers to put into one.
            config.parse(document if "issuers" in document else {"issuers": [document], "rules": {"signed-in": {}}})


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
    events = {"key_source_failures", "stale_keys_served", "denylist_failures", "start_failures"}
    code = "".join(path.read_text() for path in AUTHORIZER.rglob("*.py"))
    told = set(re.findall(r'(?:observe|telemetry\.event)\([^"]*"([a-z_]+)"', code))
    assert told == events, "an event that is told has a section and is named here"
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
    for page in (*DOCS.glob("*.md"), DOCS.parent / "README.md"):
        for file, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text()):
            target = (page.parent / file).resolve() if file else page
            assert target.exists(), f"{page.name}: {file}"
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
    assert f"of which ${logs:.2f} are logs" in page
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
