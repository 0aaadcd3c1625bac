"""Minting and explaining tokens, with a secret of one's own and with a local stack's."""

from __future__ import annotations

import base64
import io
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest

from scripts.lib import durations, local_stack
from scripts.lib.local_stack import StackInfo
from scripts.lib.program import UsageError
from scripts.token import __main__ as command
from scripts.token import explanation, minting, reading

SECRET = "a secret of more than the sixty-four bytes that HS512 wants at least"
NOW = 1_800_000_000
TUTORIAL = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJmb28iOiJiYXIifQ.9_46A6P4igXwgH4xY01wYFyBZjZCW5FOv_3tySVMC1Q"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def no_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a local stack would describe itself; none does."""
    monkeypatch.setattr(local_stack, "FOLDER", tmp_path)
    return tmp_path


class SecretsManager(BaseHTTPRequestHandler):
    """GetSecretValue, for one secret."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = request == {"SecretId": "orders-hmac"}
        body = json.dumps({"SecretString": SECRET} if found else {"__type": "ResourceNotFoundException"}).encode()
        self.send_response(200 if found else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def stack(running_stack: StackInfo, tmp_path: Path) -> Iterator[StackInfo]:
    """A local stack whose Secrets Manager answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), SecretsManager) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        endpoint_url = f"http://127.0.0.1:{server.server_port}"
        info = replace(running_stack, endpoint_url=endpoint_url, secret_name="orders-hmac", audience="orders")
        local_stack.write(tmp_path, info)
        yield info
        server.shutdown()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run_command(*arguments: str) -> tuple[int, str, str]:
        code = command.main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run_command


def claims_of(token: str, algorithm: str = "HS256") -> dict[str, Any]:
    """The claims of a token that SECRET signed; only the signature is checked."""
    return dict(json.loads(jwt.PyJWS().decode(token.strip(), SECRET, [algorithm])))


def unsigned(header: Any, claims: Any) -> str:
    """A token whose signature is three zero bytes; its parts are bytes, or anything that is JSON."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, b"\0\0\0"))


def explained(claims: Any, header: Any = None, signature: str = "not checked") -> str:
    return explanation.explain(reading.read(unsigned(header or {"alg": "HS256"}, claims)), signature, NOW)


def test_the_tutorials_token_comes_out_to_the_letter(run: Run) -> None:
    code, out, _ = run("mint", "--secret", "my-secret", "--claims", '{"foo":"bar"}', "--expires", "none")
    assert (code, out) == (0, TUTORIAL + "\n")


def test_only_the_token_is_on_stdout_and_the_note_beside_it_tells_no_secret(run: Run) -> None:
    _, out, err = run("mint", "--secret", SECRET)
    assert out.count("\n") == 1
    assert "HS256, signed with the given secret; " in err
    assert "expires in 1 hour" in err
    assert SECRET not in err


@pytest.mark.parametrize(("expires", "seconds"), [("30s", 30), ("15m", 900), ("2d", 172_800), ("-1h", -3600)])
def test_a_token_expires_when_told(run: Run, expires: str, seconds: int) -> None:
    _, out, _ = run("mint", "--secret", SECRET, "--expires", expires)
    claims = claims_of(out)
    assert abs(claims["exp"] - time.time() - seconds) < 5
    assert claims["iat"] < claims["exp"]


def test_each_token_has_an_id_to_revoke_it_by(run: Run, stack: StackInfo) -> None:
    ids = {claims_of(run("mint", *arguments)[1])["jti"] for arguments in ((), (), ("--secret", SECRET))}
    assert len(ids) == 3
    assert claims_of(run("mint", "--claims", '{"jti": "mine"}')[1])["jti"] == "mine"


def test_written_claims_come_before_options_and_defaults(run: Run, stack: StackInfo) -> None:
    _, out, _ = run("mint", "--claims", '{"iss": "written", "exp": 1}', "--issuer", "option", "--expires", "1h")
    claims = claims_of(out)
    assert (claims["iss"], claims["exp"], claims["aud"]) == ("written", 1, "orders")


@pytest.mark.parametrize("algorithm", minting.ALGORITHMS)
def test_algorithm_and_key_id_are_in_the_header(run: Run, algorithm: str) -> None:
    _, out, _ = run("mint", "--secret", SECRET, "--algorithm", algorithm, "--key-id", "one")
    claims_of(out, algorithm)
    assert jwt.get_unverified_header(out.strip()) == {"alg": algorithm, "typ": "JWT", "kid": "one"}


def test_a_secret_can_be_in_a_file_with_a_newline_at_its_end(run: Run, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    _, out, _ = run("mint", "--secret-file", str(tmp_path / "secret"), "--issuer", "me", "--audience", "you")
    assert {"iss": "me", "aud": "you"}.items() <= claims_of(out).items()


def test_a_short_secret_is_used_and_said_to_be_short(run: Run) -> None:
    code, _, err = run("mint", "--secret", "my-secret")
    assert code == 0
    assert "has 9 bytes, and HS256 wants 32" in err


def test_by_default_the_local_stack_accepts_the_token(run: Run, stack: StackInfo) -> None:
    code, out, err = run("mint", "--claims", '{"foo": "bar"}')
    claims = claims_of(out)
    assert code == 0
    assert {"iss": "local", "aud": "orders", "sub": "alice", "foo": "bar"}.items() <= claims.items()
    assert claims["exp"] == claims["iat"] + 3600
    assert "signed with the local stack's secret" in err


def test_a_stack_for_tokens_without_issuer_and_audience_gets_such_tokens(
    run: Run, stack: StackInfo, tmp_path: Path
) -> None:
    local_stack.write(tmp_path, replace(stack, issuer=None, audience=None, algorithm="HS512"))
    _, out, _ = run("mint", "--expires", "none")
    assert set(claims_of(out, "HS512")) == {"sub", "jti"}


def test_without_a_stack_there_is_a_line_that_says_what_to_run(run: Run) -> None:
    code, out, err = run("mint")
    assert (code, out) == (1, "")
    assert err == "token: no local stack is running: run `make up`, or give --secret or --secret-file\n"


def test_a_stack_that_is_gone_is_one_line(run: Run, stack: StackInfo, tmp_path: Path) -> None:
    local_stack.write(tmp_path, replace(stack, endpoint_url="http://127.0.0.1:9"))
    code, _, err = run("mint")
    assert code == 1
    assert err == "token: the local stack at http://127.0.0.1:9 does not answer: run `make up`\n"


def test_a_stack_without_its_secret_is_one_line(run: Run, stack: StackInfo, tmp_path: Path) -> None:
    local_stack.write(tmp_path, replace(stack, secret_name="other"))
    code, _, err = run("mint")
    assert code == 1
    assert "does not give its secret other (ResourceNotFoundException)" in err


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_damaged_description_of_the_stack_is_one_line(run: Run, no_stack: Path, text: str) -> None:
    (no_stack / "stack.json").write_text(text)
    code, _, err = run("mint")
    assert code == 1
    assert "description is damaged" in err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--claims", "{foo: 1}"], "the claims are not JSON"),
        (["--claims", '{"foo": NaN}'], "NaN is not a number in JSON"),
        (["--claims", "[1]"], "the claims are JSON, but not an object"),
        (["--expires", "soon"], "'soon' is not a length of time"),
        (["--expires", "1w"], "write for example 30s, 15m, 1h or 2d"),
        (["--expires", "9999999999d"], "is not a length of time"),
        (["--secret", ""], "the secret is empty"),
    ],
)
def test_what_makes_no_token_is_one_line(run: Run, arguments: list[str], complaint: str) -> None:
    own = [] if "--secret" in arguments else ["--secret", SECRET]
    code, out, err = run("mint", *own, *arguments)
    assert (code, out) == (2, "")
    assert complaint in err
    assert err.count("\n") == 1


def test_a_secret_file_that_is_not_there_is_one_line(run: Run, tmp_path: Path) -> None:
    code, _, err = run("mint", "--secret-file", str(tmp_path / "none"))
    assert (code, err) == (2, f"token: {tmp_path / 'none'}: No such file or directory\n")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (3599, "59 minutes"),
        (3600, "1 hour"),
        (-5400, "1 hour 30 minutes"),
        (86_400 * 3 + 7200, "3 days"),
        (31_557_600 * 40, "40 years"),
    ],
)
def test_lengths_of_time_read_well(seconds: int, expected: str) -> None:
    assert durations.words(seconds) == expected


def test_lengths_of_time_can_be_negative() -> None:
    assert durations.parse("-15m") == -900


def test_a_token_is_explained_part_by_part() -> None:
    text = explained({"sub": "alice", "iss": "me", "aud": ["a"], "iat": NOW - 60, "exp": NOW + 3599}, signature="good")
    assert text.splitlines() == [
        "header",
        '  alg  "HS256"',
        "claims",
        '  sub  "alice"',
        '  iss  "me"',
        '  aud  ["a"]',
        "  iat  1799999940   2027-01-15 07:59:00 UTC, issued 1 minute ago",
        "  exp  1800003599   2027-01-15 08:59:59 UTC, expires in 59 minutes",
        "signature",
        "  good",
    ]


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"exp": NOW - 3 * 86_400}, "expired 3 days ago"),
        ({"nbf": NOW + 120}, "not good before 2 minutes from now"),
        ({"nbf": NOW - 120}, "good since 2 minutes ago"),
        ({"iat": NOW + 120}, "issued 2 minutes from now"),
        ({"auth_time": NOW - 120}, "signed in 2 minutes ago"),
        ({"exp": NOW + 0.5}, "expires in 0 seconds"),
    ],
)
def test_times_are_explained_in_words(claims: dict[str, Any], words: str) -> None:
    assert words in explained(claims)


@pytest.mark.parametrize(
    ("header", "claims", "warning"),
    [
        ({"typ": "JWT"}, {}, "no alg"),
        ({"alg": "nOnE"}, {}, "alg is none"),
        ({"alg": "RS256"}, {}, "no kid"),
        ({"alg": "HS256", "jku": "https://keys.example.com"}, {}, "jku: the token brings its own key"),
        ({"alg": "HS256", "crit": ["b64"]}, {}, "crit: "),
        ({}, {}, "no exp: this token never expires"),
        ({}, {"exp": NOW + 30 * 86_400}, "good for 30 days"),
        ({}, {"exp": NOW, "iat": NOW - 2 * 86_400}, "good for 2 days"),
        ({}, {"exp": NOW * 1000}, "looks like milliseconds"),
        ({}, {"exp": "tomorrow"}, "exp is not a number"),
        ({}, {"exp": True}, "exp is not a number"),
        ({}, {"nbf": NOW + 1}, "nbf is in the future"),
        ({}, {"iat": NOW + 1}, "iat is in the future"),
        ({}, {}, "no iss"),
        ({}, {}, "no aud"),
        ({}, {}, "no sub"),
        ({}, b'{"sub": "alice", "sub": "mallory"}', '"sub" is written twice'),
        ({}, {"text": "x" * 8000}, "API Gateway takes 10240 bytes"),
    ],
)
def test_what_looks_wrong_is_warned_of(header: Any, claims: Any, warning: str) -> None:
    _, warnings = explained(claims, header).split("\nwarnings\n")
    assert warning in warnings


def test_a_token_with_nothing_wrong_has_no_warnings() -> None:
    good = {"iss": "me", "aud": "you", "sub": "alice", "iat": NOW, "exp": NOW + 60}
    assert "warnings" not in explained(good)
    assert "warnings" not in explained(good, {"alg": "RS256", "kid": "one"})


@pytest.mark.parametrize("value", [10**400, -1, -(10**20), 1e308, {"deep": [[]]}, None])
def test_claims_beyond_any_calendar_are_shown_as_they_are(value: Any) -> None:
    assert f"exp  {json.dumps(value)}\n" in explained({"exp": value})


def test_nothing_in_a_token_commands_the_terminal() -> None:
    text = explained({"name\n": "\x1b[2J", "other": "\u202e\x9b\ud800", "日本": "日本"})
    assert all(c.isprintable() for c in text.replace("\n", ""))
    assert "日本" in text
    assert r"\u202e" in text


@pytest.mark.parametrize(
    ("token", "complaint"),
    [
        ("", "three parts with a dot between them, and this has 1"),
        ("a.b", "and this has 2"),
        ("a.b.c.d.e", "this token is encrypted"),
        ("a.e30.c", "header is not base64url"),
        ("é.e30.AA", "header is not base64url"),
        ("e30.e30.?", "signature is not base64url"),
        (unsigned([], {}), "header is JSON, but not an object"),
        (unsigned({}, b"\xff"), "payload is not JSON"),
        (unsigned({}, '{"a": 1}'.encode("utf-16")), "payload is not JSON"),
        (unsigned({}, b'{"a": NaN}'), "payload is not JSON"),
        (unsigned({}, b"[" * 100_000), "payload is not JSON"),
        (unsigned({}, b"9" * 5000), "payload is not JSON"),
    ],
)
def test_what_is_no_token_is_one_line(run: Run, token: str, complaint: str) -> None:
    code, out, err = run("inspect", token)
    assert (code, out) == (2, "")
    assert complaint in err
    assert err.count("\n") == 1


def test_a_complaint_is_a_usage_error_of_its_own_kind() -> None:
    with pytest.raises(UsageError):
        reading.read("not a token")


@pytest.mark.parametrize("prefix", ["", "Bearer ", "bearer  "])
def test_the_signature_is_checked_with_a_given_secret(run: Run, prefix: str) -> None:
    code, out, _ = run("inspect", prefix + TUTORIAL, "--secret", "my-secret")
    assert code == 0
    assert "verifies with the given secret" in out
    assert "does NOT verify with the given secret" in run("inspect", TUTORIAL, "--secret", "other")[1]


def test_the_signature_is_checked_with_the_local_stacks_secret(run: Run, stack: StackInfo) -> None:
    _, token, _ = run("mint")
    assert "verifies with the local stack's secret" in run("inspect", token)[1]
    assert "does NOT verify with the local stack's secret" in run("inspect", TUTORIAL)[1]


def test_without_a_secret_the_signature_is_not_checked(run: Run) -> None:
    code, out, _ = run("inspect", TUTORIAL)
    assert code == 0
    assert "not checked: no local stack is running" in out


def test_asking_for_a_stack_that_is_not_there_is_an_error(run: Run) -> None:
    assert run("inspect", TUTORIAL, "--stack")[0] == 1


@pytest.mark.parametrize("algorithm", ["RS256", "none"])
def test_only_hmac_signatures_can_be_checked(run: Run, algorithm: str) -> None:
    assert "not checked: only HS256" in run("inspect", unsigned({"alg": algorithm}, {}), "--secret", SECRET)[1]


def test_a_token_can_come_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TUTORIAL.encode() + b"\n")))
    assert '  foo  "bar"' in run("inspect", "-")[1]


def test_neither_signature_nor_secret_is_ever_shown(run: Run) -> None:
    _, token, _ = run("mint", "--secret", SECRET)
    signature = token.strip().split(".")[2]
    for secret in (SECRET, "a wrong one"):
        _, out, err = run("inspect", token, "--secret", secret)
        assert signature not in out + err
        assert secret not in out + err


def test_inspect_prints_json_in_which_a_time_is_a_number_and_every_claim_has_words(run: Run) -> None:
    token = minting.mint({"exp": 1_700_000_000, "sub": "a\u202e", "n": 1}, SECRET.encode(), "HS256")
    code, out, _ = run("inspect", "--json", "--secret", SECRET, token)
    found = json.loads(out)
    assert (code, found["signature"]) == (0, "verifies with the given secret")
    expires, subject, number = found["claims"]
    assert (expires["name"], expires["value"], expires["time"]) == ("exp", "1700000000", 1_700_000_000)
    assert "expired" in expires["words"]
    assert (subject["value"], subject["words"], subject["time"]) == ('"a\\u202e"', "whom it is about", None)
    assert (number["words"], number["time"]) == ("", None)
    assert "no iss: nothing says who made it" in found["warnings"]
    assert found["header"][0] == {
        "name": "alg",
        "value": '"HS256"',
        "words": "the algorithm of the signature",
        "time": None,
    }
