"""Mint a token, or explain one: ``python -m scripts.token mint`` and ``python -m scripts.token inspect``.

Exits with 1 when the local stack is needed and does not answer, and with 2 when the arguments make no sense.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from scripts.lib import durations, local_stack
from scripts.lib.console import complain, say
from scripts.lib.local_stack import StackInfo
from scripts.lib.program import Error, UsageError, run
from scripts.token import explanation, minting, reading


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    given = _parse(sys.argv[1:] if arguments is None else arguments)
    return run("token", lambda: _mint(given) if given.command == "mint" else _inspect(given))


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.token", description="Mint a JWT, or explain one.")
    commands = parser.add_subparsers(dest="command", required=True)

    key = argparse.ArgumentParser(add_help=False)
    source = key.add_mutually_exclusive_group()
    source.add_argument("--secret", help="the secret itself, for all on this machine to see: good for trying only")
    source.add_argument("--secret-file", type=Path, help="a file that holds the secret; one newline at its end is cut")
    source.add_argument("--stack", action="store_true", help="the secret of the running local stack (default)")

    mint = commands.add_parser("mint", parents=[key], help="print a new token", description="Print a new token.")
    mint.add_argument("--claims", default="{}", help="a JSON object; what it says comes before every other option")
    mint.add_argument(
        "--expires", default="1h", help="30s, 15m, 1h, 2d, -1h for an expired token, or none (default: 1h)"
    )
    mint.add_argument("--issuer", help="iss (default: what the local stack trusts; none with a secret of one's own)")
    mint.add_argument("--audience", help="aud (likewise)")
    mint.add_argument("--algorithm", choices=minting.ALGORITHMS, help="default: the local stack's, or HS256")
    mint.add_argument("--key-id", help="kid, in the header")

    inspect = commands.add_parser("inspect", parents=[key], help="explain a token", description="Explain a token.")
    inspect.add_argument("jwt", help="the token, or - to read it from standard input")
    inspect.add_argument("--json", action="store_true", help="print it as JSON")
    return parser.parse_args(_with_negative_durations(arguments))


def _with_negative_durations(arguments: Sequence[str]) -> list[str]:
    """Write ``--expires -1h`` as ``--expires=-1h``: argparse takes ``-1h`` for an option."""
    result = list(arguments)
    for index, (name, value) in enumerate(pairwise(arguments)):
        if name == "--expires" and value[:1] == "-" and value[1:2].isdigit():
            result[index : index + 2] = [f"{name}={value}"]
            break
    return result


def _mint(given: argparse.Namespace) -> int:
    claims = minting.parse_claims(given.claims)
    lifetime = None if given.expires == "none" else durations.parse(given.expires)
    secret, whose = _own_secret(given), "the given secret"
    defaults: dict[str, object] = {}
    algorithm = "HS256"
    if secret is None:
        local = _local_stack()
        secret, whose = local.secret(), "the local stack's secret"
        defaults = {"iss": local.issuer, "aud": local.audience, "sub": "alice", "jti": str(uuid.uuid4())}
        algorithm = local.algorithm
    algorithm = given.algorithm or algorithm
    now = int(time.time())
    options = {"iss": given.issuer, "aud": given.audience}
    claims = {**_present(defaults), **_present(options), **minting.identified(now, lifetime), **claims}
    token = minting.mint(claims, secret, algorithm, given.key_id)
    validity = explanation.moment("exp", claims["exp"], now) if "exp" in claims else "never expires"
    complain(f"token: {algorithm}, signed with {whose}; {validity}")
    if len(secret) < minting.ALGORITHMS[algorithm]:
        complain(
            f"token: {whose} has {len(secret)} bytes, and {algorithm} wants {minting.ALGORITHMS[algorithm]} "
            "(RFC 7518 section 3.2): the authorizer refuses such a secret unless minimum_secret_bytes is lowered"
        )
    say(token)
    return 0


def _present(claims: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in claims.items() if value is not None}


def _inspect(given: argparse.Namespace) -> int:
    token = reading.read(sys.stdin.buffer.read().decode(errors="replace") if given.jwt == "-" else given.jwt)
    signature, now = _signature(given, token), time.time()
    if given.json:
        say(json.dumps(explanation.document(token, signature, now), indent=2))
    else:
        say(explanation.explain(token, signature, now))
    return 0


def _signature(given: argparse.Namespace, token: reading.Token) -> str:
    """What can be said of a token's signature with the secret at hand, in a sentence."""
    secret, whose = _own_secret(given), "the given secret"
    if secret is None and token.algorithm in minting.ALGORITHMS:
        try:
            secret, whose = _local_stack().secret(), "the local stack's secret"
        except Error as error:
            if given.stack:
                raise
            return f"not checked: {error}"
    return explanation.signature_with(token, secret or b"", whose)


def _local_stack() -> StackInfo:
    local = local_stack.read()
    if local is None:
        raise Error("no local stack is running: run `make up`, or give --secret or --secret-file")
    return local


def _own_secret(given: argparse.Namespace) -> bytes | None:
    """The secret that the arguments give or name; None when it is the local stack's."""
    if given.secret is not None:
        return os.fsencode(given.secret)
    if given.secret_file is None:
        return None
    try:
        content: bytes = given.secret_file.read_bytes()
    except OSError as error:
        raise UsageError(f"{given.secret_file}: {error.strerror}") from error
    return content.removesuffix(b"\n").removesuffix(b"\r")


if __name__ == "__main__":
    sys.exit(main())
