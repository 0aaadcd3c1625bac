"""The schema of AUTHORIZER_CONFIG: every key is whole, and has its place wherever the schema is read."""

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest

from jwt_authorizer import config
from jwt_authorizer.algorithms import ALGORITHMS
from jwt_authorizer.errors import ConfigurationError
from jwt_authorizer.schema import DEFINITIONS, complete, resolve
from tests.unit.configuration_page import every_key

# What a change of a key means for who may call; the plan review has a comparison for each.
DIRECTIONS = {
    "more is looser",
    "more is looser, any is all",
    "more is tighter",
    "empty is any",
    "larger is looser",
    "true is tighter",
    "later is looser",
    "present is tighter",
    "more names are tighter, more values are looser",
    "any change",
    "no access",
}
KEYWORDS = {
    "title", "description", "type", "enum", "const", "not", "pattern", "maxLength", "minimum", "maximum", "items",
    "minItems", "maxItems", "uniqueItems", "properties", "required", "additionalProperties", "propertyNames",
    "minProperties", "$ref", "default", "examples", "writeOnly", "x-meaning", "x-only", "x-review", "x-reason",
}  # fmt: skip
KEYS = {path: row for path, row, _ in every_key()}


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Every row at any depth of the schema."""
    yield value
    for name in ("items", "additionalProperties", "propertyNames"):
        if isinstance(value.get(name), dict):
            yield from rows(value[name])
    for member in value.get("properties", {}).values():
        yield from rows(member)


ROWS = [row for definition in DEFINITIONS.values() for row in rows(definition)]


@pytest.mark.parametrize("path", KEYS)
def test_a_key_says_what_to_write_what_it_means_and_what_a_change_of_it_does(path: str) -> None:
    row = KEYS[path]
    assert row["description"]
    assert not row["description"].endswith("."), "the reader ends the sentence"
    assert row["x-meaning"]
    assert row["examples"]
    assert row["x-review"] in DIRECTIONS
    assert ("x-reason" in row) == (row["x-review"] == "no access"), "say why no change of it lets anybody in"


def test_only_keywords_that_both_readers_know_are_used() -> None:
    assert {keyword for row in ROWS for keyword in row} <= KEYWORDS
    assert {keyword for row in ROWS for keyword in row.get("not", ())} == {"enum", "pattern"}


def test_every_object_refuses_what_it_does_not_know() -> None:
    open_objects = [row for row in ROWS if "properties" in row and row.get("additionalProperties") is not False]
    assert [row["description"] for row in open_objects] == ['a JWK Set with 1 to 100 public keys, {"keys": [...]}']


def test_a_pattern_means_the_same_to_python_and_to_terraform() -> None:
    patterns = {row["pattern"] for row in ROWS if "pattern" in row}
    for pattern in patterns - {r"\S"}:
        assert re.match(r"^\^.*\$$", pattern), "Python looks for the whole value, Terraform for a part"
        assert not re.search(r"\(\?[=!<]|\\[dwsbDWB]", pattern), "RE2 has no lookaround, and its classes are ASCII"


def test_a_default_is_good_by_its_own_row() -> None:
    for name, definition in DEFINITIONS.items():
        for key, member in definition.get("properties", {}).items():
            if "default" in member and "x-only" not in member:
                assert complete({}, definition)[key] == complete(member["default"], member), f"{name}.{key}"


def test_the_algorithms_are_those_that_the_function_verifies() -> None:
    assert sorted(DEFINITIONS["issuer"]["properties"]["algorithms"]["items"]["enum"]) == list(ALGORITHMS)


# A key => the configuration that its example needs around it.
HMAC = {"secret": {"environment": "A"}}
REMOTE = {"jwks_url": "https://x/"}
AROUND: dict[str, dict[str, Any]] = {
    "issuers[].keys.timeout_seconds": REMOTE,
    "issuers[].keys.snapshot_seconds": REMOTE,
    "issuers[].keys.jwks_url": {},
    "issuers[].keys.discovery": {},
    "issuers[].keys.jwks": {},
    "issuers[].keys.pem": {},
    "issuers[].keys.secret.secrets_manager": {"secret": {}},
    "issuers[].keys.secret.ssm": {"secret": {}},
    "rules.*.binding": {"cache_seconds": 0},
    "rules.*.path_equals": {"cache_seconds": 0},
}
# The function checks it, and API Gateway alone acts on it.
ONLY_CHECKED = {"rules.*.cache_seconds"}


def with_key(path: str, value: Any) -> dict[str, Any]:
    """A configuration with a key at a path, and without it where the value is None."""
    around = copy.deepcopy(AROUND.get(path, {}))
    source = around if path.startswith("issuers[].keys") and path in AROUND else HMAC
    document: dict[str, Any] = {
        "issuers": [{"issuer": "https://x/", "audiences": ["a"], "keys": copy.deepcopy(source)}],
        "rules": {"a": around if path.startswith("rules.*") else {}},
    }
    if path == "issuers[].tenants":
        document["issuers"][0] |= {"issuer": "https://sts.windows.net/{tenantid}/", "keys": REMOTE}
    if path.startswith("revocation."):
        document["revocation"] = {"table": "t"}
    *parents, key = path.replace("issuers[]", "issuers.0").replace("rules.*", "rules.a").split(".")
    place: Any = document
    for parent in parents:
        place = place[int(parent)] if parent.isdigit() else place.setdefault(parent, {})
    place.pop(key, None)
    if value is not None:
        place[key] = value
    for issuer in document.get("issuers", []) if key != "algorithms" else []:
        issuer["algorithms"] = ["HS256"] if "secret" in issuer.get("keys", {}) else ["RS256"]
    return document


@pytest.mark.parametrize("path", [path for path, row in KEYS.items() if row.get("x-only") != "module"])
def test_the_function_reads_every_key(path: str) -> None:
    """Its example is another setting than its absence; a key without such an example is read by nobody."""
    examples = {
        "issuers": with_key("", None)["issuers"],
        "issuers[].keys": REMOTE,
        "issuers[].algorithms": ["HS512"],
        "issuers[].issuer": "https://y/",
        "issuers[].keys.jwks": {"keys": [{"kty": "OKP"}]},
    }
    example = config.parse(with_key(path, examples.get(path, KEYS[path]["examples"][0])))
    try:
        without = config.parse(with_key(path, None))
    except ConfigurationError:
        without = None  # it is required
    assert (example == without) == (path in ONLY_CHECKED)


@pytest.mark.parametrize("path", [path for path, row in KEYS.items() if row.get("x-only") == "module"])
def test_the_function_refuses_a_key_of_the_module_alone(path: str) -> None:
    document = with_key(path, KEYS[path]["examples"][0])
    with pytest.raises(ConfigurationError, match=f"{path.rpartition('.')[2]} is not a known key"):
        config.parse(document)


def test_what_stands_beside_a_reference_overrides_the_definition() -> None:
    assert resolve(DEFINITIONS["configuration"]["properties"]["revocation"])["type"] == ["object", "null"]
