"""The system on this machine, without an account: ``python -m scripts.local_aws up|down|demo|example|status|logs``.

    up      packages, starts a local AWS, applies Terraform to it, and leaves it running, with a page beside it
    down    stops it and removes what it kept; nothing to stop is no error
    demo    does all of it, shows requests and answers, and leaves nothing behind; undisturbed by an ``up``
    example applies an example to the stack of ``up``, and prints its URL and a token
    status  says whether it is up
    logs    prints what its authorizers log, until interrupted

Exits 0 when it did so, 1 when it could not (or ``status``: nothing is up; ``demo``: an answer was not as expected),
2 for wrong arguments and without Terraform, and 128 plus the signal's number when interrupted: nothing that it started
is then left running.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from scripts.lib import local_stack, processes
from scripts.lib.console import Steps, complain, paint, say
from scripts.lib.local_stack import StackInfo
from scripts.lib.program import Error, UsageError, run
from scripts.local_aws import examples, logs
from scripts.local_aws.demo import demo
from scripts.local_aws.page.process import PageProcess
from scripts.local_aws.stack import Stack, mint

TOKEN_HOURS = 12


def main(arguments: list[str]) -> int:
    """Run a command; returns the exit code."""
    options = _options(arguments)
    folder = options.folder.absolute()
    return run("local stack", lambda: _run(options.command, folder, options.port, options.page_port, options.name))


def _run(command: str, folder: Path, port: int | None, page_port: int | None, name: str) -> int:
    with processes.interruptible():
        if command == "up":
            return _up(folder, port, page_port)
        if command == "down":
            return _down(folder)
        if command == "demo":
            return 0 if demo(folder / "demo", port) else 1
        if command == "example":
            return _example(folder, name)
        return _status(folder) if command == "status" else _logs(folder)


def _up(folder: Path, port: int | None, page_port: int | None) -> int:
    steps = Steps()
    stack, page = Stack(folder, steps), PageProcess(folder)
    try:
        with stack.up(port) as info:
            token = mint(info, {"sub": "alice", "foo": "bar"}, TOKEN_HOURS * 3600)
            url = _start(page, page_port)
            with processes.uninterrupted():
                stack.detach()
                page.detach()
    finally:
        if page.started_here:
            page.stop()
    steps.say("Up")
    _introduce(info, token, url)
    return 0


def _start(page: PageProcess, port: int | None) -> str | None:
    """The page's one-time URL; None where it does not start, without which the stack is as useful."""
    try:
        return page.start(port or 0)
    except Error as error:
        complain(f"local stack: the page did not start: {error}: name another PAGE_PORT, or none for any free one")
        return None


def _introduce(info: StackInfo, token: str, page_url: str | None) -> None:
    say()
    if page_url is not None:
        say(f"{paint('Page', 'bold')}      {page_url}")
        say("          (who may call what, and why: open it in a browser; the address is good once)")
    say(f"{paint('Base URL', 'bold')}  {info.base_url}")
    if info.websocket_url is not None:
        say(f"{paint('WebSocket', 'bold')} {info.websocket_url}")
    say(f"{paint('Token', 'bold')}     {token}")
    say(f"          (sub alice, foo bar, good for {TOKEN_HOURS} hours; `make token` mints others)")
    say()
    say("Paste this to call it, and run `make down` to remove it all:")
    say()
    say(f"  curl -i -H 'Authorization: Bearer {token}' {info.base_url}/hello")
    say()
    say("`make example NAME=existing-api` applies an example to it. Other Terraform and AWS programs find it by these:")
    say()
    say(
        f"  export AWS_ENDPOINT_URL={info.endpoint_url} AWS_REGION={info.region} "
        "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"
    )


def _example(folder: Path, name: str) -> int:
    info = local_stack.read(folder)
    if info is None:
        raise UsageError("nothing is up: `make up` starts it")
    say(f"Applying terraform/examples/{name} to the stack of `make up`")
    applied = examples.apply(info, name, folder)
    say()
    say(f"{paint('URL', 'bold')}    {applied.url}")
    say(f"{paint('Token', 'bold')}  {applied.token}")
    say()
    say("Its README has the calls to make:")
    say()
    say(f"  URL={applied.url} TOKEN={applied.token}")
    return 0


def _down(folder: Path) -> int:
    has_page = PageProcess(folder).stop()
    found = Stack(folder, Steps()).down() or has_page
    say("Stopped, and removed what it kept." if found else "Nothing was up.")
    return 0


def _status(folder: Path) -> int:
    info = local_stack.read(folder)
    if info is None:
        say("Nothing is up: `make up` starts it.")
        return 1
    say(f"Up: {info.base_url} (process {info.pid})")
    return 0


def _logs(folder: Path) -> int:
    info = local_stack.read(folder)
    if info is None:
        raise UsageError("nothing is up: `make up` starts it")
    say("Following the log of every authorizer; Ctrl-C ends it.")
    try:
        logs.follow(info)
    except KeyboardInterrupt:
        return 0
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="local_stack", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("up", "down", "demo", "example", "status", "logs"))
    parser.add_argument(
        "--port", type=_port, default=os.environ.get("PORT") or None, help="default: $PORT, else any free one"
    )
    parser.add_argument(
        "--page-port", type=_port, default=os.environ.get("PAGE_PORT") or None, help="the page's; default: $PAGE_PORT"
    )
    parser.add_argument("--name", default=os.environ.get("NAME", ""), help="the example (default: $NAME)")
    parser.add_argument(
        "--folder", type=Path, default=local_stack.FOLDER, help="where the stack keeps everything (default: .local)"
    )
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"PORT must be a number from 1 to 65535, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
