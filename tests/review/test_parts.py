"""The review's parts: routing, rules, policies, manifests, the allow-list and the command line."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts.review_plan import __main__ as command
from scripts.review_plan import gate
from scripts.review_plan.access import access_rules, configuration, openapi, statements
from scripts.review_plan.access.functions import Decider
from scripts.review_plan.access.model import Access, Kind, compare
from scripts.review_plan.access.router import Router
from scripts.review_plan.access.routes import Route
from scripts.review_plan.checks import code
from scripts.review_plan.errors import ReviewError
from scripts.review_plan.plan import addresses, document
from tests.review.generated import change, plan


def route(name: str) -> Route:
    verb, _, path = name.partition(" ")
    return Route("api", "api", "REST", verb, path, Access(Kind.PUBLIC), name, "")


@pytest.mark.parametrize(
    ("call", "answered_by"),
    [
        ("GET /users", "GET /users"),
        ("POST /users", "ANY /{proxy+}"),
        ("GET /users/{id}", "GET /users/{id}"),
        ("GET /users/me", "GET /users/me"),
        ("PUT /users/me", "PUT /users/{id}"),
        ("GET /users/me/photo", "ANY /{proxy+}"),
        ("GET /files/a/b", "GET /files/{path+}"),
        ("GET /files", "ANY /{proxy+}"),
        ("GET /", None),
    ],
)
def test_a_call_is_answered_by_the_most_literal_route_that_has_its_verb(call: str, answered_by: str | None) -> None:
    table = ["GET /users", "GET /users/{id}", "PUT /users/{id}", "GET /users/me", "ANY /{proxy+}", "GET /files/{path+}"]
    verb, _, path = call.partition(" ")
    found = Router(route(name) for name in table).answering(verb, path)
    assert (found.name if found else None) == answered_by


@pytest.mark.parametrize(
    ("before", "after", "looser", "tighter"),
    [
        ({}, {}, False, False),
        ({}, {"scopes": ["a"]}, False, True),
        ({"scopes": ["a", "b"]}, {"scopes": ["b"]}, True, False),
        ({"scopes": ["a"]}, {"scopes": ["b"]}, True, True),
        ({"scopes": ["a"]}, {"any_scope": ["a", "b"]}, True, False),
        ({"any_scope": ["a"]}, {"any_scope": ["a", "b"]}, True, False),
        ({"claims": {"g": ["x", "y"]}}, {"claims": {"g": ["x"]}}, False, True),
        ({"path_equals": {"id": "sub"}}, {}, True, False),
        ({"binding": "mtls"}, {}, True, False),
        ({}, {"binding": "mtls"}, False, True),
        ({"scopes": ["a"]}, {"binding": "mtls"}, True, True),
        ({"binding": "mtls", "scopes": ["a"]}, {"binding": "mtls"}, True, False),
        ({"binding": None}, {}, False, False),
        ({"scopes": ["a"], "any_scope": ["a"]}, {"any_scope": ["a"]}, False, False),
        ({"claims": {"n": [1]}}, {"claims": {"n": [1.0]}}, True, True),
        ({"claims": {"n": ["true"]}}, {"claims": {"n": [True]}}, True, True),
        ({"token": ["header.A"]}, {"token": ["cookie.a"]}, False, False),
        ({"later": 1}, {"later": 2}, True, True),
    ],
)
def test_a_rule_is_looser_when_some_token_meets_it_that_did_not(
    before: Any, after: Any, looser: bool, tighter: bool
) -> None:
    found = access_rules.compare_rules(before, after)
    assert (found.looser, found.tighter) == (looser, tighter)


@pytest.mark.parametrize(
    ("key", "before", "after", "looser", "tighter"),
    [
        ("audiences", ["a"], ["a", "b"], True, False),
        ("audiences", ["a"], [], True, False),
        ("algorithms", ["RS256", "ES256"], ["RS256"], False, True),
        ("required_claims", ["exp", "sub"], ["exp"], True, False),
        ("max_age_seconds", 3600, None, True, False),
        ("leeway_seconds", 10, 300, True, False),
        ("token_types", None, ["at+jwt"], False, True),
        ("claims", {"use": ["access"]}, {}, True, False),
    ],
)
def test_an_issuer_is_looser_when_more_of_its_tokens_are_good(
    key: str, before: Any, after: Any, looser: bool, tighter: bool
) -> None:
    def configured(value: Any) -> dict[str, Any]:
        return {"issuers": [{"issuer": "i", key: value}]}

    found = configuration.compare_configurations(configured(before), configured(after))
    assert (found.looser, found.tighter) == (looser, tighter)


def test_a_configuration_is_read_plain_and_packed_and_nothing_else() -> None:
    text = json.dumps({"rules": {"a": {}}})
    packed = base64.b64encode(gzip.compress(text.encode())).decode()
    assert configuration.decode(text) == configuration.decode(packed) == {"rules": {"a": {}}}
    bomb = base64.b64encode(gzip.compress(b"[" * 50_000_000)).decode()
    assert [configuration.decode(each) for each in ("", "{", "nonsense", bomb, 3)] == [None] * 5


@pytest.mark.parametrize(
    ("policy", "wildcards"),
    [
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}, 0),
        ({"Action": "s3:*", "Resource": "arn:aws:s3:::b"}, 1),
        ({"Action": "s3:GetObject", "Resource": "*"}, 1),
        ({"NotAction": "iam:*", "Resource": "arn:aws:s3:::b"}, 1),
        ({"Action": "a:B", "Resource": "arn:aws:s3:::b", "Principal": "*"}, 1),
        ({"Action": "a:B", "Resource": "arn:aws:s3:::b", "Principal": {"AWS": ["*"]}}, 1),
    ],
)
def test_wildcards_are_told_where_they_matter(policy: dict[str, Any], wildcards: int) -> None:
    found = statements.parse(json.dumps({"Statement": {"Effect": "Allow", **policy}}))
    assert found is not None
    assert [len(each.wildcards) for each in found] == [wildcards]


def test_the_same_policy_written_otherwise_is_the_same() -> None:
    one = {"Statement": [{"Sid": "A", "Effect": "Allow", "Action": ["b:C", "a:B"], "Resource": ["*"]}]}
    other = {"Statement": {"Effect": "Allow", "Resource": "*", "Action": ["a:B", "b:C"]}}
    assert statements.parse(json.dumps(one)) == statements.parse(json.dumps(other))


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [("arn:api/*", "arn:api/*/GET/users", True), ("arn:api/*/GET/users", "arn:api/*", False), ("*", "[x]", True)],
)
def test_a_pattern_covers_what_it_matches(wide: str, narrow: str, covers: bool) -> None:
    assert statements.covers(wide, narrow) is covers


def test_addresses_are_taken_apart_whatever_their_keys_hold() -> None:
    hostile = 'module.a["x\\"].module.evil[\\"y"].module.b[0]'
    assert addresses.module_names(hostile) == ("a", "b")
    assert len(addresses.module_instances(hostile)) == 2
    assert addresses.module_names("") == ()


def test_two_manifests_tell_which_files_of_which_zip_changed(tmp_path: Path) -> None:
    def manifest(name: str, files: dict[str, str]) -> Path:
        path = tmp_path / name
        path.write_text(json.dumps({"functions": {"authorizer": {"files": files}, "same": {"files": {"x": "1"}}}}))
        return path

    found = code.packages(manifest("a", {"x.py": "1", "y.py": "1"}), manifest("b", {"x.py": "2", "z.py": "1"}))
    assert found == [code.Package("authorizer", ("z.py",), ("y.py",), ("x.py",))]


def test_a_package_without_bytecode_beside_one_with_it_is_one_difference(tmp_path: Path) -> None:
    compiled = {"x.py": "1", "__pycache__/x.pyc": "2", "__pycache__/y.pyc": "3"}
    for name, files, python in (("with", compiled, "3.13.5"), ("without", {"x.py": "1"}, "none")):
        function = {"files": files, "bytecode": python}
        (tmp_path / name).write_text(json.dumps({"functions": {"authorizer": function}}))
    found = code.packages(tmp_path / "without", tmp_path / "with")
    assert found == [code.Package("authorizer", ("bytecode of Python 3.13.5",), (), ())]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "should be"),
        ('{"opens": [{"route": "GET /"}]}', "gives no reason"),
        ('{"opens": [{"route": "GET /", "reason": " "}]}', "gives no reason"),
        ('{"opens": [{"reason": "x"}]}', "one of route"),
        ('{"opens": [{"rout": "GET /", "reason": "x"}]}', "unknown keys rout"),
        ('{"opens": [{"route": 1, "reason": "x"}]}', "every value is a text"),
    ],
)
def test_a_mistake_in_the_allow_list_is_told_and_allows_nothing(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "allow.json"
    file.write_text(text)
    with pytest.raises(ReviewError, match=message):
        gate.read(file)


def opening(folder: Path) -> Path:
    url = {"function_name": "orders", "authorization_type": "AWS_IAM"}
    file = folder / "plan.json"
    file.write_bytes(plan(change("aws_lambda_function_url.it", url, {**url, "authorization_type": "NONE"})))
    return file


def test_the_exit_code_is_3_until_the_allow_list_names_the_route(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allowed = tmp_path / "allow.json"
    allowed.write_text('{"opens": []}')
    arguments = ["--plan", str(opening(tmp_path)), "--allow", str(allowed)]
    assert command.main(arguments) == 3
    assert "not on the allow-list: function URL of orders" in capsys.readouterr().out
    allowed.write_text('{"opens": [{"address": "aws_lambda_function_url.it", "reason": "a webhook that signs"}]}')
    assert command.main(arguments) == 0
    assert "a webhook that signs" in capsys.readouterr().out


def test_an_allow_list_that_is_named_has_to_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "allow.json"
    assert command.main(["--plan", str(opening(tmp_path)), "--allow", str(missing)]) == 2
    assert f'review: {missing} is not there: make it, with {{"opens": []}} in it' in capsys.readouterr().err
    monkeypatch.setattr(command, "ALLOW", missing)
    assert command.main(["--plan", str(opening(tmp_path))]) == 3


def test_every_format_is_written_beside_what_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.main(["--plan", str(opening(tmp_path)), "--output", str(tmp_path / "out"), "--format", "markdown"])
    written = sorted(file.suffix for file in (tmp_path / "out").iterdir())
    assert written == [".json", ".md", ".sarif", ".svg"]
    assert (tmp_path / "out" / "review.md").read_text() == capsys.readouterr().out
    sarif = json.loads((tmp_path / "out" / "review.sarif").read_text())
    assert [each["level"] for each in sarif["runs"][0]["results"]] == ["error"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format_version": "1.2", "configuration": {}, "errored": true}',
        '{"format_version": "2.0", "configuration": {}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_plan_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)
    assert command.main(["--plan", str(file)]) == 2
    assert capsys.readouterr().err.startswith("review: ")


def test_a_plan_of_odd_types_is_no_traceback() -> None:
    with pytest.raises(ReviewError, match="not as Terraform writes them"):
        document.read(b'{"format_version": "1.2", "configuration": {}, "resource_changes": [{"mode": "managed"}]}')


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{{ x }}", "neither JSON nor YAML"),
        ("- a\n- b\n", "no OpenAPI document"),
        ('{"paths": {}, "paths": {}}', "one key twice"),
        ("paths: {}\npaths: {}\n", "one key twice"),
        ("[" * 100_000, "neither JSON nor YAML"),
        ("paths: " + "[" * 2000 + "]" * 2000, "neither JSON nor YAML"),
        (
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + "".join(f"{n}: &{n} [{', '.join([f'*{p}'] * 10)}]\n" for p, n in zip("abcdef", "bcdefg", strict=True))
            + "paths: {}\n",
            "more than can be read",
        ),
    ],
)
def test_a_body_that_is_not_read_as_api_gateway_reads_it_is_said_to_be_unreadable(body: str, why: str) -> None:
    with pytest.raises(openapi.Unreadable, match=why):
        openapi.parse(body)


def test_a_yaml_body_has_texts_for_keys_and_dates() -> None:
    text = (
        "openapi: 3.0.1\npaths:\n  /x:\n    get:\n      responses: {200: {}, default: {}}\n      x-date: 2026-01-01\n"
    )
    found = openapi.parse(text)
    assert found["paths"]["/x"]["get"] == {"responses": {"200": {}, "default": {}}, "x-date": "2026-01-01"}


ISSUER = "https://login.example.com/"
NATIVE = Access(Kind.JWT, ("native",), (ISSUER, "orders", "shop"), scopes=("orders:read", "orders:admin"))
STRICT: dict[str, Any] = {
    "issuer": ISSUER,
    "audiences": ["orders"],
    "algorithms": ["RS256"],
    "keys": {"discovery": True},
    "leeway_seconds": 0,
}
NOTHING = "it accepts no token more"


@pytest.mark.parametrize(
    ("issuer", "rule", "gains"),
    [
        ({}, {"any_scope": ["orders:read"]}, NOTHING),
        ({}, {"scopes": ["orders:admin", "more"], "claims": {"groups": ["ops"]}}, NOTHING),
        ({"audiences": ["shop", "other"]}, {"scopes": ["orders:read"]}, "audience other is accepted"),
        ({"audiences": []}, {"scopes": ["orders:read"]}, "any audience is accepted"),
        ({"issuer": "https://other"}, {"scopes": ["orders:read"]}, "tokens of https://other are accepted"),
        ({"algorithms": ["RS256", "PS256"]}, {"scopes": ["orders:read"]}, "algorithm PS256 is accepted"),
        (
            {"keys": {"jwks_url": "https://login.example.com/keys"}},
            {"scopes": ["orders:read"]},
            "other keys prove tokens than those of the issuer's discovery",
        ),
        ({"required_claims": ["sub"]}, {"scopes": ["orders:read"]}, "a token without exp is accepted"),
        ({"leeway_seconds": 10}, {"scopes": ["orders:read"]}, "a token is accepted until 10 s after its exp"),
        ({}, {}, "no scope orders:admin or orders:read is asked for"),
        ({}, {"any_scope": ["orders:read", "x"]}, "no scope orders:admin or orders:read is asked for"),
        ({"scope_claims": ["scope", "roles"]}, {"scopes": ["orders:read"]}, "a scope in roles counts"),
    ],
)
def test_a_rule_in_the_place_of_a_jwt_authorizer_says_what_more_it_accepts(
    issuer: dict[str, Any], rule: dict[str, Any], gains: str
) -> None:
    settings = {"issuers": [{**STRICT, **issuer}], "rules": {"read": rule}}
    decider = Decider("arn", "authorizer", "a.b", "read", "1", {}, configuration=settings, is_ours=True)
    after = Access(Kind.RULE, ("read",), ("authorizer",), rule=rule, decider=decider)
    found = compare(NATIVE, after)
    assert found.looser, "the review does not run AWS's authorizer: a person lets the route pass"
    (why,) = found.why
    said = "".join(part if isinstance(part, str) else part.text for part in why)
    assert said == f"a function decides in place of AWS's JWT authorizer; by its configuration {gains}"
    for unreadable in ({"hidden": True}, {"configuration": {"issuers": "?"}}, {"configuration": None}):
        unread = compare(NATIVE, replace(after, decider=replace(decider, **unreadable)))
        assert (unread.looser, unread.why) == (True, (("other callers than before",),))
