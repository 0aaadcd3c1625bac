"""The law of loosenings, on seeded pairs of configurations: ``python -m tests.review.witness_law``, 100,000 of them.

No loosening is missed: no token out of a small world, made without the search's help, gains where the review says that
nobody does. None is said without a witness. No witness is wrong: each is signed, and sent through the whole authorizer
with both configurations.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from typing import Any
from unittest import mock

import jwt

from jwt_authorizer import authorizer, binding
from jwt_authorizer.errors import Unauthorized
from scripts.review_plan.access.decision import CERTIFICATE, NOW, Token, settings_of
from scripts.review_plan.access.functions import Decider
from scripts.review_plan.access.model import Access, Kind, compare
from scripts.review_plan.access.witness import Side, gains

Issuers = list[dict[str, Any]]
Pair = tuple[Issuers, dict[str, Any], Issuers, dict[str, Any]]

SECRET = "0123456789abcdef" * 4
SCOPES = ("a", "b", "c")
VALUES: tuple[Any, ...] = ("x", "y", 1, 1.0, True, "1")
CLAIMS = ("groups", "tenant", "realm.roles", "realm")
TOKENS = 25


def pair(seed: int) -> Pair:
    """Two configurations of one rule: the second a change of the first, or another."""
    choose = random.Random(seed)  # noqa: S311 - no secret
    before = [_issuer(choose, "i")], _rule(choose)
    if choose.random() < 0.3:
        after = [_issuer(choose, choose.choice("iij"))], _rule(choose)
    else:
        after = [_changed(choose, before[0][0], _issuer(choose, "i"))], _changed(choose, before[1], _rule(choose))
    if choose.random() < 0.1:
        after = ([*after[0], _issuer(choose, "k")], after[1])
    if choose.random() < 0.05:
        return _of_scopes(choose)
    return before[0], _timed(before[1]), after[0], _timed(after[1])


def _of_scopes(choose: random.Random) -> Pair:
    """Two rules that ask for values of the claim that holds the scopes; the second perhaps for none."""
    issuers = [_issuer(choose, "i") | {"scope_claims": ["scope"]}]
    rule = _timed(_rule(choose))
    values = [choose.sample((*SCOPES, "a b", "x"), choose.randint(1, 2)) for _ in range(2)]
    before, after = (rule | {"claims": {"scope": named}} for named in values)
    return issuers, before, issuers, choose.choice((after, rule | {"claims": {}}))


def side(issuers: Issuers, rule: dict[str, Any]) -> Side:
    """A configuration whose one rule is ``r``."""
    settings = settings_of({"issuers": issuers, "rules": {"r": rule}})
    assert settings is not None, (issuers, rule)
    return Side(settings, settings.rules["r"])


def check(pair: Pair) -> bool:
    """Hold the law on a pair; returns whether somebody gains."""
    before, after = side(*pair[:2]), side(*pair[2:])
    difference = compare(_access(pair[:2]), _access(pair[2:]))
    found = difference.witness
    assert difference.looser == (found is not None), f"it is said to be looser, and no token gains: {pair}"
    if found is None:
        for token in _tokens(pair):
            assert not gains(before, after, token), f"{token} gains, and it is not said to be looser: {pair}"
        return False
    assert found.before.word == _ask(before, found.token), f"{found.token} before: {pair}"
    assert _ask(after, found.token) == "allowed", f"{found.token} after: {pair}"
    return True


def _access(state: tuple[Any, ...]) -> Access:
    """The lock of a route, as the review reads it from a plan."""
    document = {"issuers": state[0], "rules": {"r": state[1]}}
    decider = Decider("arn", "authorizer", "a", "r", "1", {"environment": []}, document, is_ours=True)
    return Access(Kind.RULE, ("r",), ("authorizer",), rule=state[1], decider=decider)


def _ask(state: Side, token: Token) -> str:
    """What the whole authorizer answers to the same token, signed."""
    signed = jwt.PyJWS().encode(json.dumps(token.claims).encode(), SECRET, token.header["alg"], _header(token))
    event = {
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abcdef/live/GET/orders",
        "headers": {"Authorization": f"Bearer {signed}"},
        "pathParameters": dict(token.path),
        "requestContext": {"identity": {"clientCert": {"clientCertPem": CERTIFICATE}}},
    }
    function = "arn:aws:lambda:eu-west-1:123456789012:function:authorizer:r"
    with (
        mock.patch.dict(os.environ, {"LAW_SECRET": SECRET}),
        mock.patch("time.time", return_value=NOW),
    ):
        whole = authorizer.Authorizer(state.settings)
        decision = mock.Mock(fields={})
        try:
            answer = whole.authorize(event, function, decision)
        except Unauthorized:
            return "401"
    return "allowed" if answer["policyDocument"]["Statement"][0]["Effect"] == "Allow" else "403"


def _header(token: Token) -> dict[str, Any]:
    # PyJWT writes a type of its own where none is named, and leaves out one that is empty.
    return {"typ": token.header.get("typ", "")}


def _rule(choose: random.Random) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    if choose.random() < 0.5:
        rule["scopes"] = choose.sample(SCOPES, choose.randint(1, 2))
    if choose.random() < 0.4:
        rule["any_scope"] = choose.sample(SCOPES, choose.randint(1, 3))
    if choose.random() < 0.4:
        names = choose.sample(CLAIMS, choose.randint(1, 2))
        rule["claims"] = {name: choose.sample(VALUES, choose.randint(1, 3)) for name in names}
    if choose.random() < 0.2:
        rule["path_equals"] = {"id": choose.choice(("sub", "uid"))}
    if choose.random() < 0.1:
        rule["binding"] = "mtls"
    return rule


def _timed(rule: dict[str, Any]) -> dict[str, Any]:
    return rule | {"cache_seconds": 0}


def _issuer(choose: random.Random, name: str) -> dict[str, Any]:
    issuer: dict[str, Any] = {
        "issuer": name,
        "audiences": choose.sample(("api", "web"), choose.randint(0, 2)),
        "algorithms": choose.sample(("HS256", "HS384", "HS512"), choose.randint(1, 2)),
        "keys": {"secret": {"environment": "LAW_SECRET"}},
    }
    optional: dict[str, Any] = {
        "required_claims": choose.sample(("exp", "sub", "iat", "uid"), choose.randint(0, 3)),
        "claims": {"use": choose.sample(("access", "id", 1), choose.randint(1, 2))},
        "client_ids": choose.sample(("c1", "c2"), choose.randint(1, 2)),
        "token_types": choose.sample(("at+jwt", "JWT"), choose.randint(1, 2)),
        "leeway_seconds": choose.choice((0, 10, 60)),
        "max_age_seconds": choose.choice((60, 600)),
        "scope_claims": choose.sample(("scope", "scp", "permissions"), choose.randint(1, 2)),
    }
    return issuer | {name: value for name, value in optional.items() if choose.random() < 0.25}


def _changed(choose: random.Random, old: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Some members of one object and the rest of the other."""
    names = sorted(old.keys() | other.keys())
    taken = set(choose.sample(names, min(len(names), choose.randint(0, 2))))
    return {name: source[name] for name in names if name in (source := other if name in taken else old)}


def _tokens(pair: Pair) -> list[Token]:
    """Tokens of the same small world, for the most part such as somebody might have."""
    choose = random.Random(json.dumps(pair))  # noqa: S311 - no secret
    return [_random_token(choose) for _ in range(TOKENS)]


def _random_token(choose: random.Random) -> Token:
    claims: dict[str, Any] = {"iss": choose.choice("iiijk"), "sub": "u", "exp": NOW + 60, "iat": NOW, "aud": "api"}
    claims |= {"scope": " ".join(choose.sample(SCOPES, choose.randint(0, 3))), "use": "access", "client_id": "c1"}
    claims |= {"groups": choose.choice(VALUES), "tenant": choose.choice(VALUES), "uid": "u"}
    claims["realm"] = {"roles": choose.sample(VALUES, 2)}
    strange: dict[str, list[Any]] = {
        "aud": ["web", ["web", "api"], "other"],
        "exp": [NOW - 5, NOW - 30],
        "iat": [NOW + 5, NOW - 100, NOW - 1000],
        "sub": ["v"],
        "uid": ["v", 7],
        "use": ["id", 1],
        "client_id": ["c2", "c3"],
        "scp": ["a", ["b"]],
        "permissions": ["a b c"],
        "scope": ["a x", ["a"], ["b", "x"], ["a b", "c"]],
        "groups": [["x", 1], {"x": {"1001": "acme"}}, {"x": True}],
        "realm": [
            ["x", {"roles": ["y", "x"]}],
            {"y": {"1001": "acme"}, "roles": ["x"]},
            [{"roles": 1}, {"roles": "1"}],
        ],
    }
    for name in choose.sample(sorted(strange), choose.randint(0, 3)):
        claims[name] = choose.choice(strange[name])
    for name in choose.sample(sorted(claims), choose.randint(0, 2)):
        del claims[name]
    if choose.random() < 0.1:
        claims["cnf"] = {"x5t#S256": binding.thumbprint(CERTIFICATE)}
    header = {"alg": choose.choice(("HS256", "HS384", "HS512"))}
    kind = choose.choice((None, None, "at+jwt", "JWT"))
    return Token(header | ({"typ": kind} if kind else {}), claims, {"id": choose.choice(("u", "v", "7"))})


def main(arguments: Sequence[str] | None = None) -> int:
    """Hold the law on so many pairs; returns 0 when it holds on all."""
    parser = argparse.ArgumentParser(prog="python -m tests.review.witness_law", description=__doc__)
    parser.add_argument("--number", type=int, default=100_000, help="how many pairs (default: 100000)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default: 0)")
    options = parser.parse_args(arguments)
    begun, looser, broken = time.monotonic(), 0, 0
    for seed in range(options.first, options.first + options.number):
        try:
            looser += check(pair(seed))
        except AssertionError as error:
            broken += 1
            print(f"seed {seed}: {error}", file=sys.stderr)
    seconds = time.monotonic() - begun
    print(f"{options.number} pairs, {looser} loosened, each with a token that was run; {broken} wrong; {seconds:.0f} s")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
