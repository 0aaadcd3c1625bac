"""The documentation says what the code does: a page that differs from it fails here."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jwt_authorizer import config
from jwt_authorizer.errors import reasons
from jwt_authorizer.schema import Field, Required

DOCS = Path(__file__).resolve().parents[2] / "docs"

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
