"""Check that a deployed API lets a good token in and keeps the rest out: ``python -m scripts.smoke --url … --token …``.

Without a token, only that it keeps out those who have none: which can be checked after every deployment.
Exits 0 when all answers are right, 1 when one is not, 2 when it was called wrongly or the API did not answer.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import Final
from urllib.parse import urlsplit

from scripts.lib.console import say
from scripts.lib.program import UsageError, run
from scripts.smoke.http import LOOPBACK, SECONDS, checks_for, verdict

_EXAMPLE: Final = "URL=https://abc123.execute-api.eu-west-1.amazonaws.com/prod"
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e]+( [\x21-\x7e]+)*")


def main(arguments: list[str]) -> int:
    """Run the checks; returns the exit code."""
    options = _options(arguments)
    return run("smoke", lambda: _check(options))


def _check(options: argparse.Namespace) -> int:
    method, _, path = options.path.rpartition(" ")
    _require_sense(options.url, options.token, method, path)
    failed = 0
    for check in checks_for(options.token, path, not options.no_challenge):
        answer = check.ask(options.url, options.timeout)
        say(verdict(check, answer))
        failed += bool(check.faults(answer))
    return 1 if failed else 0


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
    return parser.parse_args(arguments)


def _require_sense(url: str, token: str, method: str, path: str) -> None:
    """Raise UsageError for arguments that make no sense."""
    try:
        parts = urlsplit(url)
        host, scheme, _ = parts.hostname, parts.scheme, parts.port
    except ValueError as error:
        raise UsageError(f"the URL cannot be read: {error}; write {_EXAMPLE}") from None
    if scheme not in ("http", "https") or not host:
        raise UsageError(f"give the stage's base URL: {_EXAMPLE}")
    if scheme == "http" and host not in LOOPBACK:
        raise UsageError(f"a token must not travel to {host} in clear text: use https")
    if token and not _HEADER_VALUE.fullmatch(token):
        raise UsageError(
            "the token holds a character that no header can carry: was it copied whole, without line breaks?"
        )
    if method not in ("", "GET") or not path.startswith("/"):
        raise UsageError('only GET of a path that begins with a slash is checked: write ROUTE=/me or ROUTE="GET /me"')


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
