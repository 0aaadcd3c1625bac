"""Look for a token or an event that breaks the authorizer: ``python -m scripts.fuzz --seconds 60 [--seed N]``.

Good tokens of several issuers and algorithms are changed at random, often signed again so that the later checks are
reached too, and put into events that are changed as well. Whatever comes of it, these laws hold:

- the outcome is an Allow, a Deny or Unauthorized, or the error documented for an event that is none of ours;
- an Allow is for a token that PyJWT by itself takes for good, and it names the event's stage and nothing else;
- the log tells one line, and nothing that a token says or proves.

Exits with 1 when one is broken, after writing the case to ``build/fuzz-case.json``; ``--replay`` runs it again.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import os
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

ROOT = Path(__file__).resolve().parent.parent
CASE = ROOT / "build" / "fuzz-case.json"
AUDIENCE = "orders"
METHOD_ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/GET/hello"
STAGE_ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/*"
MODES = ("unauthorized", "deny")
SECRET_VARIABLE = "FUZZ_SECRET"  # noqa: S105 - its name only
_FAR_FUTURE = 4102444800


class LawBroken(Exception):
    """The authorizer did what it must never do; the message says what."""


class LambdaContext:
    """The part of Lambda's context object that the authorizer uses."""

    aws_request_id = "fuzz"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:authorizer:signed-in"


class Party(NamedTuple):
    """One issuer that is trusted, with the key that it signs with."""

    algorithm: str
    private: Any

    @property
    def issuer(self) -> str:
        """Its `iss`."""
        return f"https://{self.algorithm.lower()}.example.com"

    @property
    def public(self) -> Any:
        """What its tokens are verified with."""
        return self.private if isinstance(self.private, bytes) else self.private.public_key()

    @property
    def names(self) -> list[str]:
        """The names of its algorithm; each curve of EdDSA has one of its own besides."""
        if self.algorithm.startswith("Ed"):
            return ["EdDSA", "Ed448" if isinstance(self.private, ed448.Ed448PrivateKey) else "Ed25519"]
        return [self.algorithm]

    @property
    def implementation(self) -> Any:
        """PyJWT's object for its algorithm."""
        return jwt.get_algorithm_by_name("EdDSA" if self.algorithm.startswith("Ed") else self.algorithm)

    def configured(self) -> dict[str, Any]:
        """Its entry in the authorizer's configuration."""
        if isinstance(self.private, bytes):
            keys: dict[str, Any] = {"secret": {"environment": SECRET_VARIABLE}}
        else:
            jwk = self.implementation.to_jwk(self.public, as_dict=True) | {"kid": "k1", "use": "sig"}
            keys = {"jwks": {"keys": [jwk]}}
        return {
            "issuer": self.issuer,
            "audiences": [AUDIENCE],
            "algorithms": [self.algorithm],
            "keys": keys,
            "leeway_seconds": 0,
        }

    def sign(self, signing_input: str) -> str:
        """The third segment of a token."""
        return _encode(self.implementation.sign(signing_input.encode("utf-8", "surrogatepass"), self.private))


def parties() -> list[Party]:
    """New issuers, one of each kind of key and some more."""
    for name in ("Ed25519", "Ed448"):
        # PyJWT may not know these two yet.
        with contextlib.suppress(ValueError):
            jwt.register_algorithm(name, jwt.algorithms.OKPAlgorithm())
    rsa_key = rsa.generate_private_key(65537, 2048)
    return [
        Party("HS256", secrets.token_hex(32).encode()),
        Party("RS256", rsa_key),
        Party("PS512", rsa_key),
        Party("ES256", ec.generate_private_key(ec.SECP256R1())),
        Party("ES512", ec.generate_private_key(ec.SECP521R1())),
        Party("EdDSA", ed25519.Ed25519PrivateKey.generate()),
        Party("Ed448", ed448.Ed448PrivateKey.generate()),
    ]


# Mutations

# Texts of JSON values, and some that only look like it.
_ODD_VALUES = (
    *("null", "true", "false", "0", "-1", "1", "1.5", "1e400", "NaN", "-Infinity", "9" * 400, "253402300800", "1e12"),
    *('""', '"*"', '"orders"', '["orders"]', '["orders",1]', "[]", "{}", "[[]]", '{"a":{"b":[1,null]}}', '"\\ud800"'),
    *('"\\u0000"', '"a\\nb"', '"\\u2028"', '"\u00fc"', '"user-2"', '"' + "x" * 300 + '"', "[" * 600 + "]" * 600),
    *("01", "'a'", "undefined", "1,", '"a":1', "4102444800", "1000000000", '"4102444800"', '"JWT"', '"at+jwt"'),
    *('"logout+jwt"', '"none"', '"HS256"', '"RS256"', '"ES256"', '"EdDSA"', '"Ed25519"', '"Ed448"', '"k1"', '"k2"'),
    *('"https://hs256.example.com"', '"https://rs256.example.com"', '"https://es256.example.com"', '["exp"]'),
)
_CLAIMS = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "client_id", "name", "principalId", "", "a\\nb")
_HEADERS = ("alg", "typ", "cty", "kid", "jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc", "x", "")
_BYTES = (b"", b"\0", b"\xff", b"\xef\xbb\xbf", b"{", b"}", b"[", b'"', b",", b"\\", b"\n", b" ", b"\xc0\x80", b"1")
_TEXTS = ("", ".", "..", "=", "+", "/", " ", "\n", "%2E", "\u00e9", "\ud800", "A", "_", "Bearer ", ",", "e30", "\0")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def object_text(members: dict[str, str], rng: random.Random, names: Sequence[str]) -> bytes:
    """A JSON object with some of its members changed; `members` maps names to the JSON text of their values."""
    pairs = list(members.items())
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2, 4))):
        action = rng.randrange(5)
        name, value = rng.choice(names), rng.choice(_ODD_VALUES)
        if action == 0 and pairs:
            pairs.pop(rng.randrange(len(pairs)))
        elif action == 1:
            pairs.insert(rng.randint(0, len(pairs)), (name, value))
        elif pairs:
            index = rng.randrange(len(pairs))
            pairs[index] = (pairs[index][0], value) if action == 2 else (name, pairs[index][1])
            if action == 4:
                rng.shuffle(pairs)
    data = _text_of(pairs).encode(rng.choice(("utf-8",) * 40 + ("utf-16", "utf-32-le", "utf-8-sig", "utf-7")))
    return spoilt(data, rng, _BYTES) if rng.random() < 0.1 else data


def spoilt(data: Any, rng: random.Random, parts: Sequence[Any]) -> Any:
    """Bytes or text with one place replaced, left out, doubled, or with a part of `parts` put in."""
    start = rng.randint(0, len(data))
    end = min(len(data), start + rng.choice((0, 0, 1, 1, 2, 8, 64)))
    part = rng.choice((*parts, data[start:end] * 2))
    return data[:start] + part + data[end:]


def token(rng: random.Random, trusted: Sequence[Party]) -> str:
    """A token: good, nearly good, or well signed and odd."""
    party = rng.choice(trusted)
    header = {"alg": f'"{party.algorithm}"', "typ": '"JWT"', "kid": '"k1"'}
    claims = {"iss": f'"{party.issuer}"', "aud": f'"{AUDIENCE}"', "sub": '"user-1"', "exp": str(_FAR_FUTURE)}
    header_data = object_text(header, rng, _HEADERS) if rng.random() < 0.4 else _text_of(header).encode()
    claims_data = object_text(claims, rng, _CLAIMS) if rng.random() < 0.7 else _text_of(claims).encode()
    first, second = _encode(header_data), _encode(claims_data)
    signer = party if rng.random() < 0.85 else rng.choice(trusted)
    segments = [first, second, signer.sign(f"{first}.{second}")]
    if rng.random() < 0.15:
        # Whatever was changed after signing.
        index = rng.randrange(3)
        segments[index] = spoilt(segments[index], rng, _TEXTS)
        if rng.random() < 0.3:
            segments[2] = signer.sign(".".join(segments[:2]))
    if rng.random() < 0.05:
        rng.shuffle(segments)
    return ".".join(segments)


def _text_of(members: dict[str, str] | list[tuple[str, str]]) -> str:
    pairs = members.items() if isinstance(members, dict) else members
    return "{" + ",".join(f'"{name}":{value}' for name, value in pairs) + "}"


def event(rng: random.Random, trusted: Sequence[Party]) -> Any:
    """An event: mostly that of a TOKEN authorizer."""
    credentials: Any = rng.choice(("", "", "Bearer ", "bearer ", "BEARER  ")) + token(rng, trusted)
    if rng.random() < 0.05:
        credentials = spoilt(credentials, rng, _TEXTS)
    made: Any = {"type": "TOKEN", "methodArn": METHOD_ARN, "authorizationToken": credentials}
    if rng.random() < 0.15:
        made["methodArn"] += rng.choice(("/*", "/${aws:x}", "/%2F", "?a=b", ":" * 9, "/" + "x" * 1600, "/\ud800"))
    if rng.random() < 0.1:
        name = rng.choice((*made, "headers", "queryStringParameters", "requestContext"))
        made[name] = rng.choice((None, 1, [], {}, "TOKEN", "REQUEST", credentials, METHOD_ARN, {"a": credentials}))
    if rng.random() < 0.05:
        made["methodArn"] = spoilt(str(made["methodArn"]), rng, ("*", "?", "${aws:x}", "/", ":", "\u00e9", "$default"))
    if rng.random() < 0.02:
        made.pop(rng.choice(tuple(made)))
    if rng.random() < 0.005:
        made = rng.choice((None, [], "TOKEN", 1, [made]))
    return made


# The laws


def is_good(credentials: str, trusted: Sequence[Party]) -> bool:
    """Whether PyJWT by itself takes this for a good token of a trusted issuer."""
    text = credentials.strip(" ").rpartition(" ")[2]
    try:
        claimed = jwt.decode(text, options={"verify_signature": False})["iss"]
        (party,) = (party for party in trusted if party.issuer == claimed)
        jwt.decode(
            text,
            party.public,
            algorithms=party.names,
            audience=AUDIENCE,
            issuer=party.issuer,
            options={"require": ["exp", "sub"], "verify_jti": False},
        )
    except (jwt.PyJWTError, ValueError, KeyError, TypeError):
        return False
    return True


class Target:
    """The authorizer, started once for each way of telling a refusal."""

    def __init__(self, configuration: dict[str, Any], secret: str) -> None:
        self.configuration, self.secret = configuration, secret
        sys.path[:0] = [str(ROOT / "functions" / "authorizer")]
        self._handlers = {mode: self._start(mode) for mode in MODES}

    def _start(self, mode: str) -> Callable[[Any, Any], dict[str, Any]]:
        document = json.dumps({**self.configuration, "on_invalid_token": mode})
        with mock.patch.dict(os.environ, {"AUTHORIZER_CONFIG": document, SECRET_VARIABLE: self.secret}):
            sys.modules.pop("jwt_authorizer.handler", None)
            from jwt_authorizer.handler import lambda_handler

            return lambda_handler

    def judge(self, mode: str, asked: Any, good: Callable[[str], bool]) -> str:
        """Ask once and check the laws; returns the outcome and its reason. Raises LawBroken."""
        from jwt_authorizer.errors import EventNotRecognized, Unauthorized, reasons

        answer: dict[str, Any] | None = None
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                answer = self._handlers[mode](asked, LambdaContext())
                outcome: str = answer["policyDocument"]["Statement"][0]["Effect"]
            except Unauthorized:
                outcome = "Unauthorized"
            except EventNotRecognized:
                outcome = "EventNotRecognized"
            except Exception as error:
                raise LawBroken(f"it raised {type(error).__name__}: {error}") from error
        reason = check_log(printed.getvalue(), asked)
        if outcome == "EventNotRecognized":
            if isinstance(asked, dict) and asked.get("methodArn") == METHOD_ARN and asked.get("type") == "TOKEN":
                credentials = asked.get("authorizationToken")
                if credentials is None or isinstance(credentials, str):
                    raise LawBroken("it does not know an event that it should know")
            return outcome
        if outcome == "Unauthorized" and mode == "deny":
            raise LawBroken("it raised Unauthorized where a Deny is configured")
        if outcome != "Allow" and reason not in reasons() | {"context_too_large"}:
            raise LawBroken(f"the reason {reason} is not a documented one")
        if answer is not None:
            check_answer(answer, asked, reason)
        if outcome == "Allow" and not good(asked["authorizationToken"]):
            raise LawBroken("it allowed a token that is not good")
        return f"{outcome} {reason}" if reason else outcome


def check_log(printed: str, asked: Any) -> str | None:
    """The reason in the log's one line. Raises LawBroken for more lines, or more of the token than its names."""
    lines = printed.splitlines()
    if len(lines) != 1:
        raise LawBroken(f"the log has {len(lines)} lines")
    credentials = asked.get("authorizationToken") if isinstance(asked, dict) else None
    if isinstance(credentials, str):
        for segment in credentials.split(".")[1:]:
            if len(segment) > 40 and segment in lines[0]:
                raise LawBroken("the log holds a part of the token")
    reason: str | None = json.loads(lines[0]).get("reason")
    return reason


def check_answer(answer: dict[str, Any], asked: dict[str, Any], reason: str | None) -> None:
    """Raise LawBroken for a policy about more than the stage, and for a context that API Gateway does not take."""
    (statement,) = answer["policyDocument"]["Statement"]
    resource = statement["Resource"]
    if str(asked["methodArn"]).startswith(STAGE_ARN[:-1]) and resource != STAGE_ARN:
        raise LawBroken(f"the policy is about {resource}")
    if not resource.endswith("/*") or set("*?{") & set(resource[:-1]):
        raise LawBroken(f"the policy's resource {resource} has a wildcard of the caller's")
    if not isinstance(answer["principalId"], str) or not answer["principalId"]:
        raise LawBroken("the principal is no string")
    if not all(isinstance(value, str) for value in answer["context"].values()):
        raise LawBroken("the context holds more than strings")
    if reason is not None and answer["context"] != {"reason": reason}:
        raise LawBroken("a Deny tells more than its reason")


# The run


def run(seconds: float, seed: int, case: Path = CASE) -> int:
    """Fuzz for a while; returns 1 when a law was broken, and writes the case that broke it."""
    rng = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    trusted = parties()
    configuration = {
        "issuers": [party.configured() for party in trusted],
        "rules": {"signed-in": {}},
        "context_claims": ["*"],
    }
    target = Target(configuration, trusted[0].private.decode())
    outcomes: Counter[str] = Counter()
    started = told = time.monotonic()
    print(f"fuzz: seed {seed}, {len(trusted)} issuers, {seconds:g} seconds")
    while (now := time.monotonic()) < started + seconds:
        if now >= told + 10:
            print(f"fuzz: {outcomes.total()} events after {now - started:.0f} seconds")
            told = now
        mode, asked = rng.choice(MODES), event(rng, trusted)
        try:
            outcomes[target.judge(mode, asked, lambda credentials: is_good(credentials, trusted))] += 1
        except LawBroken as broken:
            case.parent.mkdir(exist_ok=True)
            credentials = asked.get("authorizationToken") if isinstance(asked, dict) else None
            document = {
                "mode": mode,
                "configuration": configuration,
                "secret": target.secret,
                "event": asked,
                "good": isinstance(credentials, str) and is_good(credentials, trusted),
            }
            case.write_text(json.dumps(document, indent=2) + "\n")
            print(f"fuzz: law broken after {outcomes.total()} events with seed {seed}: {broken}", file=sys.stderr)
            print(f"fuzz: run it again with `python -m scripts.fuzz --replay {case}`", file=sys.stderr)
            return 1
    for outcome, count in outcomes.most_common():
        print(f"{count:10d}  {outcome}")
    print(f"fuzz: {outcomes.total()} events, no law broken")
    return 0


def replay(case: Path) -> int:
    """Run one case that broke a law; returns 1 when it still breaks one."""
    document = json.loads(case.read_text())
    target = Target(document["configuration"], document["secret"])
    try:
        print(f"fuzz: {target.judge(document['mode'], document['event'], lambda _: document['good'])}")
    except LawBroken as broken:
        print(f"fuzz: law broken: {broken}", file=sys.stderr)
        if broken.__cause__ is not None:
            print(f"fuzz: caused by {broken.__cause__!r}", file=sys.stderr)
        return 1
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long to look (default: 60)")
    parser.add_argument("--seed", type=int, help="repeat the choices of an earlier run (default: a new seed)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one case again and nothing else")
    given = parser.parse_args(arguments)
    if given.replay is not None:
        return replay(given.replay)
    return run(given.seconds, secrets.randbelow(2**32) if given.seed is None else given.seed)


if __name__ == "__main__":
    sys.exit(main())
