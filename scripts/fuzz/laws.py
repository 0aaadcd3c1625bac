"""The laws that hold for every call, checked by means of their own and not by the authorizer's."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import jwt

from scripts.fuzz import libraries
from scripts.fuzz.events import API_ARN, RULES, STAGES, Call
from scripts.fuzz.tokens import AUDIENCE, SECRET_VARIABLE, Party, encode

ROOT = Path(__file__).resolve().parents[2]
MODES = ("unauthorized", "deny")
# WebSocket APIs take an answer of this size in all; others have no documented bound, and the law is the same for them.
MAXIMUM_ANSWER_BYTES = 8192
# The members of an event that clients write tokens into.
SENT_BY_CLIENTS = (
    *("authorizationToken", "identitySource", "headers", "multiValueHeaders", "cookies", "queryStringParameters"),
    "multiValueQueryStringParameters",
)


class LawBroken(Exception):
    """The authorizer did what it must never do; the message says what."""

    def __init__(self, message: str) -> None:
        # It may quote half a surrogate pair, which no stream takes.
        super().__init__(message.encode(errors="backslashreplace").decode())


class LambdaContext:
    """The part of Lambda's context object that the authorizer uses."""

    aws_request_id = "fuzz"

    def __init__(self, alias: str) -> None:
        qualifier = f":{alias}" if alias else ""
        self.invoked_function_arn = f"arn:aws:lambda:eu-west-1:123456789012:function:authorizer{qualifier}"


def claims_of(credentials: str, trusted: Sequence[Party]) -> dict[str, Any] | None:
    """The claims of what PyJWT and joserfc both take for a good token of a trusted issuer, else None."""
    text = credentials.strip(" ").rpartition(" ")[2]
    try:
        claimed = jwt.decode(text, options={"verify_signature": False})["iss"]
        (party,) = (party for party in trusted if party.issuer == claimed)
    except (jwt.PyJWTError, ValueError, KeyError, TypeError):
        return None
    return libraries.claims_of(text, libraries.Expected(party.public, party.names, party.issuer, AUDIENCE))


def presented(event: Mapping[str, Any], rule: Mapping[str, Any]) -> set[str]:
    """The tokens that an event carries in the places where the rule looks for one."""
    if event["type"] == "TOKEN":
        return {event["authorizationToken"].strip(" ").rpartition(" ")[2]}
    found: set[str] = set()
    for place in rule.get("token", ["header.Authorization"]):
        kind, _, name = place.partition(".")
        if kind == "header":
            found |= {word for text in _header(event, name) if (word := _bearer(text)) is not None}
        elif kind == "querystring":
            members = ("queryStringParameters", "multiValueQueryStringParameters")
            found |= {text for member in members for key, text in _texts(event.get(member)) if key == name}
        elif kind == "cookie":
            lines = [*_header(event, "cookie"), *(text for _, text in _texts({"": event.get("cookies")}))]
            found |= {text for line in lines for text in re.findall(rf"(?:^|;)\s*{name}=([^;]*)", line)}
        else:
            for line in _header(event, "sec-websocket-protocol"):
                offered = [part.strip() for part in line.split(",")]
                found |= {after for before, after in pairwise(offered) if before == name}
    return found - {""}


def _bearer(value: str) -> str | None:
    """The token in a header, or what stands for one there; None for credentials of another scheme, such as `Basic`.

    https://datatracker.ietf.org/doc/html/rfc9110#section-11.4
    """
    scheme, _, rest = value.partition(" ")
    if not rest.strip(" "):
        return scheme
    return rest.strip(" ").rpartition(" ")[2] if scheme.lower() == "bearer" else None


def meets(alias: str, claims: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether a token's claims meet the rule of this name."""
    if ("cnf" in claims) != (alias == "bound") or (alias == "bound" and not _is_proved(claims["cnf"], event)):
        return False
    scopes: set[str] = set()
    for name in ("scope", "scp"):
        value = claims.get(name)
        words = value.split() if isinstance(value, str) else value if isinstance(value, list) else ()
        scopes |= {word for word in words if isinstance(word, str)}
    if alias == "write":
        return "orders:write" in scopes
    if alias == "ops":
        groups = claims.get("groups")
        return any(_holds_ops(group) for group in (groups if isinstance(groups, list) else [groups]))
    if alias == "own-record":
        return bool(claims["sub"]) and event["pathParameters"]["id"] == claims["sub"]
    if alias == "simple":
        return not scopes.isdisjoint(("a", "orders:write"))
    return True


def _holds_ops(group: Any) -> bool:
    """Whether a group is `ops`, or an object with a member of that name that is an object with something in it."""
    return group == "ops" or (isinstance(group, dict) and isinstance(group.get("ops"), dict) and group["ops"] != {})


def _is_proved(confirmation: Any, event: Mapping[str, Any]) -> bool:
    """Whether the certificate in an event is the one and only thing that a token is bound to."""
    holder = "authentication" if event.get("version") == "2.0" else "identity"
    certificate = ssl.PEM_cert_to_DER_cert(event["requestContext"][holder]["clientCert"]["clientCertPem"])
    return bool(confirmation == {"x5t#S256": encode(hashlib.sha256(certificate).digest())})


def is_good(call: Call, trusted: Sequence[Party]) -> bool:
    """Whether a call may be allowed: it carries one token, which is good and meets the rule."""
    try:
        tokens = presented(call.event, RULES[call.alias])
        claims = claims_of(tokens.pop(), trusted) if len(tokens) == 1 else None
        return claims is not None and meets(call.alias, claims, call.event)
    except (KeyError, TypeError, AttributeError):
        return False


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

    def judge(self, mode: str, call: Call, good: Callable[[Call], bool]) -> str:
        """Ask once and check the laws; returns the outcome and its reason. Raises LawBroken."""
        from jwt_authorizer.errors import ConfigurationError, EventNotRecognized, Unauthorized, reasons
        from jwt_authorizer.rules import REASONS

        answer: dict[str, Any] | None = None
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                answer = self._handlers[mode](call.event, LambdaContext(call.alias))
                outcome = _effect(answer)
            except Unauthorized:
                outcome = "Unauthorized"
            except EventNotRecognized:
                outcome = "EventNotRecognized"
            except ConfigurationError:
                outcome = "ConfigurationError"
            except Exception as error:
                raise LawBroken(f"it raised {type(error).__name__}: {error}") from error
        reason = check_log(printed.getvalue(), call.event)
        if outcome == "EventNotRecognized":
            if call.sound:
                raise LawBroken("it does not know an event that it should know")
            return outcome
        if outcome == "ConfigurationError":
            if not _is_misconfigured(call):
                raise LawBroken("it takes a sound call for a wrong configuration")
            return outcome
        if outcome == "Unauthorized" and mode == "deny":
            raise LawBroken("it raised Unauthorized where a Deny is configured")
        if outcome != "Allow" and reason not in {*reasons(), *REASONS, "context_too_large"}:
            raise LawBroken(f"the reason {reason} is not a documented one")
        if answer is not None:
            check_answer(answer, call, reason)
        if outcome == "Allow" and not good(call):
            raise LawBroken("it allowed a token that is not good")
        return f"{outcome} {reason}" if reason else outcome


def check_log(printed: str, event: Any) -> str | None:
    """The reason in the log's one line. Raises LawBroken for more lines, or more of the token than its names."""
    lines = printed.splitlines()
    if len(lines) != 1:
        raise LawBroken(f"the log has {len(lines)} lines")
    for member in SENT_BY_CLIENTS if isinstance(event, dict) else ():
        for _, text in _texts({"": event.get(member)}):
            if any(segment in lines[0] for segment in re.findall(r"\.([A-Za-z0-9_-]{41,})", text)):
                raise LawBroken("the log holds a part of the token")
    reason: str | None = json.loads(lines[0]).get("reason")
    return reason


def check_answer(answer: dict[str, Any], call: Call, reason: str | None) -> None:
    """Raise LawBroken for an answer about more than the stage, or one that API Gateway does not take."""
    context = answer["context"]
    if len(json.dumps(answer)) > MAXIMUM_ANSWER_BYTES:
        raise LawBroken("the answer is too large")
    if {"claims", "principalId", "integrationLatency"} & set(context):
        raise LawBroken("the context has a name that API Gateway keeps for itself")
    if call.event.get("version") != "2.0" and not all(isinstance(value, str) for value in context.values()):
        raise LawBroken("the context holds more than strings")
    if ("isAuthorized" in answer) != (call.alias == "simple"):
        raise LawBroken("the answer is not of the kind that the rule asks for: a policy, or a simple one")
    if call.alias == "simple":
        _check_simple(answer, reason)
    else:
        _check_policy(answer, call, reason)


def _check_simple(answer: Mapping[str, Any], reason: str | None) -> None:
    if set(answer) != {"isAuthorized", "context"}:
        raise LawBroken("a simple answer has more than its two members")
    if reason is not None and (answer["isAuthorized"] or answer["context"]):
        raise LawBroken("a simple refusal tells something")


def _check_policy(answer: Mapping[str, Any], call: Call, reason: str | None) -> None:
    (statement,) = answer["policyDocument"]["Statement"]
    resource = statement["Resource"]
    arn = str(call.event.get("routeArn" if call.event.get("version") == "2.0" else "methodArn"))
    for stage in STAGES:
        if arn.startswith(f"{API_ARN}/{stage}/") and resource != f"{API_ARN}/{stage}/*":
            raise LawBroken(f"the policy is about {resource}")
    if not resource.endswith("/*") or set("*?{") & set(resource[:-1]):
        raise LawBroken(f"the policy's resource {resource} has a wildcard of the caller's")
    if not isinstance(answer["principalId"], str) or not answer["principalId"]:
        raise LawBroken("the principal is no string")
    if reason is not None and (
        answer["context"].get("reason") != reason or not set(answer["context"]) <= {"reason", "scope"}
    ):
        raise LawBroken("a Deny says more than its reason")


def _effect(answer: Mapping[str, Any]) -> str:
    if "isAuthorized" in answer:
        return "Allow" if answer["isAuthorized"] is True else "Deny"
    return str(answer["policyDocument"]["Statement"][0]["Effect"])


def _is_misconfigured(call: Call) -> bool:
    """Whether the deployment, and not the request, is wrong: the alias, or a rule at an API that cannot have it."""
    if call.alias not in RULES:
        return True
    event = call.event if isinstance(call.event, dict) else {}
    if call.alias == "simple":
        return event.get("version") != "2.0" or event.get("type") == "TOKEN"
    context = event.get("requestContext")
    pathless = event.get("type") == "TOKEN" or (isinstance(context, dict) and "eventType" in context)
    return call.alias in ("bound", "own-record") and pathless


def _header(event: Mapping[str, Any], name: str) -> Iterator[str]:
    for member in ("headers", "multiValueHeaders"):
        yield from (text for key, text in _texts(event.get(member)) if key.lower() == name.lower())


def _texts(holder: Any) -> Iterator[tuple[str, str]]:
    """Every text within an object, however deep, with the name of the object's member that it is in."""
    for key, value in holder.items() if isinstance(holder, dict) else ():
        waiting = [value]
        while waiting:
            found = waiting.pop()
            if isinstance(found, str):
                yield key, found
            waiting += found if isinstance(found, list) else found.values() if isinstance(found, dict) else ()
