"""The system from nothing to its answers, and back to nothing: what ``make demo`` shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scripts.lib.console import Steps, paint, say, tail
from scripts.lib.local_stack import StackInfo
from scripts.local_aws.stack import Stack, mint
from scripts.smoke.http import Answer, Check, checks_for, describe, verdict, without_signature
from scripts.smoke.websocket import Exchange, exchanges_for

_SHOWN_HEADERS = ("www-authenticate", "content-type")


def demo(folder: Path, port: int | None) -> bool:
    """Bring a stack up in a folder, show requests and their answers, and stop everything.

    Returns whether every answer was as expected.
    """
    steps = Steps()
    stack = Stack(folder, steps)
    with stack.up(port) as info:
        say()
        good = show(info.base_url, requests_to(info))
        say()
        if info.websocket_url is not None:
            good = show_exchanges(info.websocket_url, exchanges_for(mint(info, {"sub": "alice"}), "alice")) and good
            say()
    steps.say("Stopped everything")
    if good:
        stack.down()
        say(paint("Every answer is as expected.", "green"))
    else:
        log = stack.local_aws.log
        say(f"{paint('Not every answer is as expected', 'red')}; the end of {log}:\n{tail(log)}")
    return good


def requests_to(info: StackInfo) -> list[Check]:
    """The tutorials' three requests, and that a caller sees their own record alone."""
    alice = mint(info, {"sub": "alice", "foo": "bar"})
    bob = mint(info, {"sub": "bob"})
    note = {"note": "only I can see my information"}
    *refused, good = checks_for(alice)
    return [
        *refused,
        replace(good, receive={"context": "bar"}),
        Check("Alice writes her record", f"Bearer {alice}", (200,), method="PUT", path="/me", send=note),
        Check("Alice reads it", f"Bearer {alice}", (200,), path="/me", receive=note),
        Check("Bob does not see it", f"Bearer {bob}", (404,), path="/me"),
    ]


def show(base_url: str, checks: Sequence[Check]) -> bool:
    """Send the requests and print each with its answer; returns whether all were as expected."""
    good = True
    say(f"{paint('The API', 'bold')}  {base_url}")
    for check in checks:
        answer = check.ask(base_url)
        say()
        for line in transcript(check, answer):
            say(line)
        good = good and not check.faults(answer)
    return good


def show_exchanges(url: str, exchanges: Sequence[Exchange]) -> bool:
    """Run exchanges on a WebSocket API and print each; returns whether all were as expected."""
    good = True
    say(f"{paint('The WebSocket API', 'bold')}  {url}")
    for exchange in exchanges:
        outcome = exchange.run(url)
        say()
        for line in exchange.transcript(outcome):
            say(line)
        good = good and not exchange.faults(outcome)
    return good


def transcript(check: Check, answer: Answer) -> list[str]:
    """A request and its answer as HTTP writes them, and whether it is right; the token without its signature."""
    lines = [paint(check.title.capitalize(), "bold"), f"  {check.method} {check.path}"]
    if check.authorization is not None:
        lines.append(f"  authorization: {without_signature(check.authorization)}")
    if check.send is not None:
        lines += ["", f"  {json.dumps(check.send)}"]
    lines += ["", f"    {paint(describe(answer.status), 'cyan')}"]
    lines += [f"    {name}: {answer.headers[name]}" for name in _SHOWN_HEADERS if name in answer.headers]
    lines += ["", f"    {answer.body}", "", f"  {verdict(check, answer)}"]
    return lines
