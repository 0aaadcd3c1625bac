"""Check that a deployed API lets a good token in and keeps the rest out: ``python -m scripts.smoke --url … --token …``.

Without a token, only that it keeps out those who have none: which can be checked after every deployment. With
``--environment``, that every route answers each caller of ``terraform/callers.json`` as that file says.
Exits 0 when all answers are right, 1 when one is not, 2 when it was called wrongly or the API did not answer.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from scripts import ROOT
from scripts.lib.console import paint, say
from scripts.lib.program import UsageError, run
from scripts.review_plan import callers_file
from scripts.review_plan.callers import Contract
from scripts.review_plan.errors import ReviewError
from scripts.smoke import contract as held
from scripts.smoke.http import LOOPBACK, SECONDS, checks_for, verdict

_EXAMPLE: Final = "URL=https://abc123.execute-api.eu-west-1.amazonaws.com/prod"
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e]+( [\x21-\x7e]+)*")


def main(arguments: list[str]) -> int:
    """Run the checks; returns the exit code."""
    options = _options(arguments)
    return run("smoke", lambda: _hold(options) if options.environment else _check(options))


def _check(options: argparse.Namespace) -> int:
    method, _, path = options.path.rpartition(" ")
    _require_url(options.url, ("http", "https"))
    _require_sense(options.token, method, path)
    failed = 0
    for check in checks_for(options.token, path, not options.no_challenge):
        answer = check.ask(options.url, options.timeout)
        say(verdict(check, answer))
        failed += bool(check.faults(answer))
    return 1 if failed else 0


def _hold(options: argparse.Namespace) -> int:
    """Hold the API to the file of callers."""
    _require_url(options.url, ("http", "https", "ws", "wss"))
    if options.token:
        raise UsageError("TOKEN is for one route: name the callers' tokens by TOKENS=<file> or by TOKEN_<CALLER>")
    try:
        contract = callers_file.read(options.callers, options.environment)
    except ReviewError as error:
        raise UsageError(str(error)) from None
    _require_routes(contract, options.api, options.url)
    tokens = held.tokens(contract, options.tokens, os.environ, time.time())
    asked = wrong = 0
    missing: dict[str, int] = {}
    for cell in held.cells(contract, options.api, options.url, tokens, options.timeout):
        if isinstance(cell, held.NotAsked):
            missing[cell.caller] = missing.get(cell.caller, 0) + 1
            continue
        asked, wrong = asked + 1, wrong + (not cell.holds)
        mark = paint("✓", "green") if cell.holds else paint("✗", "red")
        say(f"{mark} {f'{cell.route}: {cell.caller}: {cell.actual}' if cell.holds else cell}")
    for caller in contract.callers:
        if caller.name in missing:
            say(f"  {caller.name} is not asked about {missing[caller.name]}: give its token by {held.variable(caller)}")
    if not asked:
        raise UsageError("nothing was asked: every route of the file needs a token, and none is given")
    say(f"{asked} answers are held against {options.callers.name}; {wrong or 'none'} of what is there is wrong")
    return 1 if wrong else 0


def _require_routes(contract: Contract, api: str, url: str) -> None:
    """Raise UsageError when the file has no route for this API."""
    if any(True for _ in held.routes_of(contract, api, url)):
        return
    names = sorted({key.removesuffix(each.route).strip() for key, each in contract.routes.items()} - {""})
    kind = "WebSocket's $connect" if url.startswith("ws") else "route with a verb"
    raise UsageError(
        f"the file has no {kind} of {api or 'an API without a name'}: write API={'|'.join(names) or '<none is named>'}"
    )


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="smoke", description=__doc__, allow_abbrev=False)
    parser.add_argument("--url", default=os.environ.get("URL", ""), help="the stage's base URL (or $URL)")
    parser.add_argument(
        "--token", default=os.environ.get("TOKEN", ""), help="a good token (or $TOKEN), if there is one"
    )
    parser.add_argument(
        "--path", default="/hello", help='a guarded route that answers GET, as /me or "GET /me" (default: /hello)'
    )
    parser.add_argument(
        "--no-challenge", action="store_true", help="a 401 needs no WWW-Authenticate: for HTTP APIs, which send none"
    )
    parser.add_argument("--timeout", type=float, default=SECONDS, help=f"seconds per answer (default: {SECONDS:.0f})")
    parser.add_argument("--environment", metavar="NAME", help="hold the API to the file of callers, as this one")
    parser.add_argument(
        "--callers",
        type=Path,
        default=ROOT / "terraform" / "callers.json",
        help="the file of callers (default: terraform/callers.json)",
    )
    parser.add_argument(
        "--tokens", type=Path, metavar="FILE", help="the callers' tokens, as JSON; else $TOKEN_<CALLER> each"
    )
    parser.add_argument("--api", default="", metavar="NAME", help="the API of the file that is at the URL, if named")
    return parser.parse_args(arguments)


def _require_url(url: str, schemes: tuple[str, ...]) -> None:
    """Raise UsageError for a URL that no token may be sent to."""
    try:
        parts = urlsplit(url)
        host, scheme, _ = parts.hostname, parts.scheme, parts.port
    except ValueError as error:
        raise UsageError(f"the URL cannot be read: {error}; write {_EXAMPLE}") from None
    if scheme not in schemes or not host:
        raise UsageError(f"give the stage's base URL: {_EXAMPLE}")
    if scheme in ("http", "ws") and host not in LOOPBACK:
        raise UsageError(f"a token must not travel to {host} in clear text: use {scheme}s")


def _require_sense(token: str, method: str, path: str) -> None:
    """Raise UsageError for arguments that make no sense."""
    if token and not _HEADER_VALUE.fullmatch(token):
        raise UsageError(
            "the token holds a character that no header can carry: was it copied whole, without line breaks?"
        )
    if method not in ("", "GET") or not path.startswith("/"):
        raise UsageError('only GET of a path that begins with a slash is checked: write ROUTE=/me or ROUTE="GET /me"')


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
