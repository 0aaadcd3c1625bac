"""What an authorizer needs and costs at a load: ``python -m scripts.capacity --rps 1000 --tokens 20000``.

Everything is for one region; with ``--regions`` the load is divided among so many. Exits 2 when the arguments make no
sense.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from scripts.capacity import prices
from scripts.capacity.load import Load
from scripts.capacity.model import Estimate, estimate
from scripts.capacity.quotas import quotas
from scripts.lib import durations
from scripts.lib.console import paint, say
from scripts.lib.program import UsageError, run

_MAKE = ("rps", "tokens", "ttl", "rules", "skew", "regions")
"""What `make capacity` takes as settings of its own; the rest goes into its MORE."""
_SETTINGS = {
    "requests_per_second": "RPS",
    "cache_seconds": "TTL",
    "token_seconds": "LIFE",
    "skew": "SKEW",
    "duration_ms": "MORE=--duration",
    "init_ms": "MORE=--init",
    "memory_mb": "MORE=--memory",
    "key_seconds": "MORE=--key-ttl",
    "provisioned": "MORE=--provisioned",
    "allow_sample": "MORE=--sample",
}
"""A member of the load => how a person sets it."""
_N = TypeVar("_N", int, float)

_KEY_CALLS = {"secret": 3, "ssm": 1, "jwks": 1, "discovery": 2, "fixed": 0}


def report(load: Load, regions: int = 1) -> int:
    """Print what a load in each region needs, which quotas bind there, and what all regions cost; returns 0."""
    found = estimate(load)
    where = f" in each of {regions} regions" if regions > 1 else ""
    of = f"{_number(load.requests_per_second)} requests a second with {_number(load.tokens)} tokens"
    say(paint(f"{of}, answers kept {load.cache_seconds:g} s{where}", "bold"))
    for name, value in _lines(load, found):
        say(f"  {name:<44} {value:>14}")
    say()
    say(paint("Quotas (defaults of an account in a region)", "bold"))
    for quota in quotas(load, found):
        mark = paint("✗", "red") if quota.binds else paint("✓", "green")
        say(f"  {mark} {quota.name}: {_number(quota.used)} of {_number(quota.limit)}")
        if quota.binds:
            say(f"      {quota.remedy}")
    say()
    say(paint(f"Dollars a month ({prices.REGION}, prices of {prices.DATE}, no free tier)", "bold"))
    for name, dollars in found.dollars.items():
        if dollars:
            say(f"  {name:<44} {dollars * regions:>14,.2f}")
    whole = sum(found.dollars.values()) * regions
    own = whole - found.dollars["API Gateway, all requests"] * regions
    say(f"  {'all':<44} {whole:>14,.2f}")
    say(f"  {'the authorizer alone':<44} {own:>14,.2f}")
    return 0


def _lines(load: Load, found: Estimate) -> Sequence[tuple[str, str]]:
    return (
        ("calls of the authorizer, a second", _number(found.calls_per_second)),
        ("requests answered from the cache", f"{found.hit_ratio:.1%}"),
        ("calls under way at the busiest", _number(found.concurrency)),
        ("concurrency that Lambda asks for", _number(found.concurrency_needed)),
        ("calls in the first second of an empty cache", _number(found.first_second)),
        ("cold starts, an hour", _number(found.cold_starts_per_hour)),
        ("calls for keys, a second", _number(found.key_calls_per_second)),
        *([("reads of the denylist, a second", _number(found.reads_per_second))] if load.denylist else []),
    )


def _number(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _load(given: argparse.Namespace) -> tuple[Load, int]:
    """The load in each region, and the number of regions. Raises UsageError."""

    def number(name: str) -> float:
        return _read(name, getattr(given, name.replace("-", "_")), float)

    def count(name: str) -> int:
        return _read(name, getattr(given, name.replace("-", "_")), int)

    for name, read in (("rps", number), ("tokens", count)):
        if getattr(given, name) is not None:
            read(name)
    if given.rps is None or given.tokens is None:
        raise UsageError(
            "say how many requests a second there are, with how many distinct tokens: write RPS=1000 TOKENS=20000"
        )
    load = Load(
        requests_per_second=number("rps"),
        tokens=count("tokens"),
        rules=count("rules"),
        cache_seconds=number("ttl"),
        token_seconds=durations.parse(given.life),
        skew=number("skew"),
        duration_ms=number("duration"),
        init_ms=number("init"),
        memory_mb=count("memory"),
        key_calls=_KEY_CALLS[given.keys],
        key_seconds=number("key-ttl"),
        denylist=given.denylist,
        provisioned=count("provisioned"),
        allow_sample=number("sample"),
    )
    regions = count("regions")
    if regions < 1:
        raise UsageError("there must be a region at least")
    mistakes = [mistake.partition(" ") for mistake in load.mistakes()]
    if mistakes:
        raise UsageError("; ".join(f"{_SETTINGS.get(name, name)} {why}" for name, _, why in mistakes))
    # A caller who stays uses their token in one region, a caller who roams in every one.
    tokens = load.tokens if given.roaming else math.ceil(load.tokens / regions)
    return replace(load, requests_per_second=load.requests_per_second / regions, tokens=tokens), regions


def _read(name: str, text: str, kind: Callable[[str], _N]) -> _N:
    try:
        return kind(text)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        by_make = f"{name.upper()}=" if name in _MAKE else f"MORE=--{name}="
        raise UsageError(f"{by_make}{text}: write {wanted}, such as {by_make}1") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="capacity", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rps", help="requests a second to the API")
    parser.add_argument("--tokens", help="distinct tokens in use at a time")
    parser.add_argument("--rules", default="1", help="access rules that each token is used with (default: 1)")
    parser.add_argument("--ttl", default="300", help="cache_seconds of the rules (default: 300)")
    parser.add_argument("--life", default="1h", help="how long a token is good for (default: 1h)")
    parser.add_argument("--skew", default="0", help="0: all tokens alike (default); 1: few call much (Zipf)")
    parser.add_argument("--duration", default="5", help="milliseconds of a decision (default: 5)")
    parser.add_argument("--init", default="400", help="milliseconds of a cold start (default: 400)")
    parser.add_argument("--memory", default="256", help="megabytes of the function (default: 256)")
    parser.add_argument("--keys", choices=_KEY_CALLS, default="secret", help="where the keys are (default: secret)")
    parser.add_argument("--key-ttl", default="300", help="keys.cache_seconds (default: 300)")
    parser.add_argument("--denylist", action="store_true", help="with revocation")
    parser.add_argument("--provisioned", default="0", help="provisioned concurrency")
    parser.add_argument("--sample", default="1", help="telemetry.allow_sample (default: 1)")
    parser.add_argument("--regions", default="1", help="divide the load among so many regions")
    parser.add_argument("--roaming", action="store_true", help="each token is used in each of the regions")
    given = parser.parse_args(arguments)
    return run("capacity", lambda: report(*_load(given)))


if __name__ == "__main__":
    sys.exit(main())
