"""Refuse a token, or all tokens of a subject: ``python -m scripts.operate.revoke --token … | --subject …``.

Writes an entry into the denylist and empties the API's authorizer cache, then says how long an answer that API Gateway
still keeps could let a caller in. Works on the running local stack, on an environment by its Terraform outputs
(``--environment dev``), or on what is named by ``--table``, ``--rest-api-id`` and ``--stage``.

Exits 0 when nothing is left to do, 1 when the entry or the flush failed, 2 when the arguments make no sense, as for a
token of an issuer that is not trusted there.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from jwt_authorizer.config import MAXIMUM_LEEWAY_SECONDS
from jwt_authorizer.revocation import EXPIRES_AT, ISSUED_BEFORE, KEY, subject_key, token_key
from scripts.lib import aws, durations
from scripts.lib.console import complain, say
from scripts.lib.program import Error, UsageError, run
from scripts.operate import deployment
from scripts.operate.deployment import Deployment
from scripts.token import reading

# Decisions that had read the denylist before the entry was there have been made by then, and are flushed as well.
_DECISION_SECONDS: Final = 3.0
_DEFAULT_LEEWAY: Final = 10


class NothingToRevoke(Exception):
    """The token is refused already; the message says why."""


@dataclass(frozen=True)
class Entry:
    """An entry of the denylist, and what it is about in words.

    ``issued_before`` is for subjects; ``expires_at``, from which on DynamoDB may delete it, is None for tokens that
    never expire. Both are in seconds since 1970.
    """

    key: str
    about: str
    issued_before: int | None
    expires_at: int | None

    def item(self) -> dict[str, dict[str, str]]:
        """The entry as DynamoDB takes it."""
        numbers = {ISSUED_BEFORE: self.issued_before, EXPIRES_AT: self.expires_at}
        return {
            KEY: {"S": self.key},
            **{name: {"N": str(value)} for name, value in numbers.items() if value is not None},
        }


def token_entry(text: str, issuers: Sequence[Mapping[str, Any]], now: float) -> Entry:
    """The entry that refuses one token.

    Takes the token, whose signature is not checked; the issuers of the configuration, if known; and the time. Raises
    NothingToRevoke for a token that is refused as it is, UsageError for one that cannot be named.
    """
    token = reading.read(text)
    claims = token.claims
    if token.repeated:
        raise NothingToRevoke("the token writes a member twice, and is refused for that")
    issuer, token_id, subject = (_text(claims, name) for name in ("iss", "jti", "sub"))
    about = ", ".join(f"{name} {json.dumps(claims[name])}" for name in ("jti", "iss", "sub") if name in claims)
    if token_id is None:
        whose = f"SUBJECT={json.dumps(subject)} " if subject is not None else "SUBJECT=… "
        raise UsageError(
            "the token has no jti to name it by; revoke all tokens of its subject instead: "
            f"make revoke {whose}ISSUER={json.dumps(issuer) if issuer is not None else '…'}"
        )
    leeway = _leeway(issuers, issuer)
    expires = claims.get("exp")
    if expires is None:
        return Entry(token_key(issuer, token_id), about, None, None)
    if isinstance(expires, bool) or not isinstance(expires, int | float) or not math.isfinite(expires):
        raise NothingToRevoke("the token's exp is not a number, and the token is refused for that")
    if expires + leeway <= now:
        raise NothingToRevoke(f"the token has expired {durations.words(now - expires)} ago")
    return Entry(token_key(issuer, token_id), about, None, math.ceil(expires + leeway))


def subject_entry(
    subject: str, issuer: str | None, issuers: Sequence[Mapping[str, Any]], keep_seconds: int, now: float
) -> Entry:
    """The entry that refuses all tokens of a subject that were issued until now.

    Takes the issuer (None: the only one of the configuration; empty: tokens without one) and for how long the longest
    token lives, after which the entry is of no use. Raises UsageError.
    """
    named = [entry.get("issuer") for entry in issuers]
    if issuer is None and len(named) != 1:
        choice = f": write ISSUER={'|'.join(map(str, named))}" if named else ": write ISSUER=<iss>"
        raise UsageError(f"a subject is one of an issuer's{choice}")
    of = named[0] if issuer is None else issuer or None
    if named and of not in named:
        raise UsageError(f"{of} is no issuer of this configuration; write ISSUER={'|'.join(map(str, named))}")
    longest = next((entry.get("max_age_seconds") for entry in issuers if entry.get("issuer") == of), None)
    if longest is not None and keep_seconds < longest:
        raise UsageError(f"tokens of {of} live for {durations.words(longest)}: KEEP must not be less")
    about = ", ".join(f"{name} {json.dumps(value)}" for name, value in (("sub", subject), ("iss", of)) if value)
    # Round up and add the issuer's leeway, so that a token issued just now is revoked too.
    before = int(now) + 1 + math.ceil(_leeway(issuers, of))
    return Entry(subject_key(of, subject), about, before, math.ceil(now) + keep_seconds)


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise NothingToRevoke(f"the token's {name} is not a string, and the token is refused for that")
    return value


def _leeway(issuers: Sequence[Mapping[str, Any]], issuer: str | None) -> float:
    if not issuers:
        return MAXIMUM_LEEWAY_SECONDS
    for entry in issuers:
        if entry.get("issuer") == issuer:
            return float(entry.get("leeway_seconds", _DEFAULT_LEEWAY))
    raise UsageError(
        f"no issuer of this configuration is {json.dumps(issuer)}, and nothing is revoked: "
        "name the environment that the token is for by ENV=<environment>"
    )


def write(client: Any, table: str, entry: Entry) -> None:
    """Put an entry into the denylist. Raises Error."""
    try:
        client.put_item(TableName=table, Item=entry.item())
    except Exception as error:
        raise Error(f"nothing is revoked: the table {table} does not take the entry ({aws.failure(error)})") from None


def flush(call: Callable[[], Any], what: str, sleep: Callable[[float], object] = time.sleep) -> None:
    """Empty an authorizer cache now, and again when the decisions that were under way are made.

    Raises Error.
    """
    for pause in (0.0, _DECISION_SECONDS):
        if pause:
            sleep(pause)
        try:
            call()
        except Exception as error:
            raise Error(f"the cache of {what} could not be emptied ({aws.failure(error)})") from None


def revoke(target: Deployment, table: str, entry: Entry, http_api_id: str | None, sleep: Callable[[float], Any]) -> int:
    """Write the entry, empty the caches, and say what that means; returns the exit code."""
    write(target.client("dynamodb"), table, entry)
    until = "for ever" if entry.expires_at is None else f"until {_time(entry.expires_at)}"
    before = f", issued before {_time(entry.issued_before)}" if entry.issued_before is not None else ""
    say(f"Revoked: {entry.about}{before}. The entry is kept {until}.")
    if entry.issued_before is not None:
        good_from = f"{entry.issued_before} or later ({_time(entry.issued_before)})"
        say(f"A new token of this subject is good if its iat is {good_from}: the issuer's clock may be ahead.")
    api, stage = target.rest_api_id, target.stage_name
    flushed = []
    try:
        if api and stage:
            client = target.client("apigateway")
            what = f"stage {stage} of REST API {api}"
            flush(lambda: client.flush_stage_authorizers_cache(restApiId=api, stageName=stage), what, sleep)
            flushed.append(what)
        if http_api_id and stage:
            client_v2 = target.client("apigatewayv2")
            what = f"stage {stage} of HTTP API {http_api_id}"
            flush(lambda: client_v2.reset_authorizers_cache(ApiId=http_api_id, StageName=stage), what, sleep)
            flushed.append(what)
    except Error as error:
        complain(f"revoke: {error}")
        complain(f"revoke: until then an Allow that is cached lives for up to {target.longest_cache_seconds} s")
        return 1
    say("How long an Allow that is cached could still live:")
    for what in flushed:
        say(f"  {what}: not at all, its cache is empty")
    others = "other stages and APIs" if flushed else "every stage and API"
    say(f"  {others} that use this authorizer: the rule's cache_seconds, {target.longest_cache_seconds} s at most")
    say("  open connections of WebSocket APIs: up to 2 h, unless the backend closes them at exp")
    return 0


def _time(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def _target(given: argparse.Namespace) -> Deployment:
    """What is named by the arguments, else what is deployed; some of the one may replace some of the other."""
    named = {"rest_api_id": given.rest_api_id, "stage_name": given.stage}
    if given.table and not given.environment:
        target = Deployment("what is named", {}, **named)
    else:
        found = deployment.find(given.environment)
        target = replace(found, **{name: value for name, value in named.items() if value})
    if not target.stage_name and (target.rest_api_id or given.http_api_id):
        raise UsageError("name the API's stage too: --stage")
    return target


def main(arguments: Sequence[str] | None = None, sleep: Callable[[float], object] = time.sleep) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="revoke", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--token", default=os.environ.get("TOKEN", ""), help="the token; also as $TOKEN")
    parser.add_argument("--subject", help="revoke all tokens of this subject that were issued until now")
    parser.add_argument("--issuer", help="the subject's issuer; empty for tokens that carry none")
    parser.add_argument("--keep", default="30d", help="how long the longest token lives, for --subject (default: 30d)")
    parser.add_argument("--environment", help="an environment in terraform/environments; else the local stack")
    parser.add_argument("--table", help="the denylist's table")
    parser.add_argument("--rest-api-id", help="the REST API whose authorizer cache to empty")
    parser.add_argument("--http-api-id", help="an HTTP API whose authorizer cache to empty")
    parser.add_argument("--stage", help="its stage")
    given = parser.parse_args(arguments)
    return run("revoke", lambda: _run(given, sleep))


def _run(given: argparse.Namespace, sleep: Callable[[float], object]) -> int:
    try:
        if bool(given.token) == bool(given.subject):
            raise UsageError("write either TOKEN=<jwt> or SUBJECT=<sub>")
        target = _target(given)
        say(f"Revoking on {target.name}.")
        table = given.table or target.table
        if table is None:
            raise UsageError(
                f"{target.name} has no denylist: give its authorizer one by `revocation`, or name it by --table"
            )
        now = time.time()
        if given.token:
            entry = token_entry(given.token, target.issuers(), now)
        else:
            keep = durations.parse(given.keep)
            if keep <= 0:
                raise UsageError("KEEP must be longer than nothing")
            entry = subject_entry(given.subject, given.issuer, target.issuers(), keep, now)
        return revoke(target, table, entry, given.http_api_id, sleep)
    except NothingToRevoke as why:
        say(f"Nothing to revoke: {why}.")
        return 0


if __name__ == "__main__":
    sys.exit(main())
