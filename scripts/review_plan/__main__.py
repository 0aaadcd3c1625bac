"""Review a Terraform plan: ``python -m scripts.review_plan --environment dev`` or ``--plan plan.json``.

The plan is what ``make plan`` wrote, or the output of ``terraform show -json``. Exits 0, or 3 when a route opens or
loosens that the allow-list does not name, or 2 when something cannot be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from scripts.lib.console import complain, say
from scripts.lib.program import UsageError
from scripts.review_plan import callers_file, gate, review
from scripts.review_plan.callers import Contract
from scripts.review_plan.checks import code
from scripts.review_plan.errors import ReviewError
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.review_plan.render import json_report, markdown, sarif, svg, terminal
from scripts.review_plan.review import Review

ROOT = Path(__file__).resolve().parents[2]
OPENS = 3
ALLOW = ROOT / "terraform" / "review-allow.json"
CALLERS = ROOT / "terraform" / "callers.json"

_FILES: dict[str, Callable[[Review, str, str], str]] = {
    "md": markdown.render,
    "json": json_report.render,
    "sarif": lambda found, _name, _reproduce: sarif.render(found),
    "svg": svg.render,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    given = _parser().parse_args(arguments)
    try:
        name = given.name or given.environment or ""
        contract = _contract(given.callers, given.environment, name)
        found = review.review_plan(document.read(_plan(given)), _allowed(given.allow), _packages(given), contract)
    except (ReviewError, UsageError) as error:
        complain(f"review: {error}")
        return 2
    reproduce = f"make plan review ENV={given.environment}" if given.environment else given.reproduce
    _print(found, given.format, name, reproduce)
    folder = given.output or (ROOT / "build" if given.environment else None)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{given.environment}.review" if given.environment else "review"
        for suffix, render in _FILES.items():
            (folder / f"{stem}.{suffix}").write_text(render(found, name, reproduce))
        if given.format == "terminal":
            say(f"As a comment, JSON, SARIF and SVG: {_shown(folder / stem)}.{{{','.join(_FILES)}}}")
    return OPENS if found.not_allowed else 0


def _allowed(named: Path | None) -> AllowList:
    """What the file that is named allows; else the repository's own, which need not be there."""
    if named is None and not ALLOW.exists():
        return AllowList(file=str(_shown(ALLOW))) if ALLOW.parent.is_dir() else AllowList()
    return gate.read(named or ALLOW)


def _contract(named: Path | None, environment: str | None, name: str) -> Contract | None:
    """The callers of the file that is named; else, for an environment, those of the repository's own."""
    if named is None and (environment is None or not CALLERS.exists()):
        return None
    if not name:
        raise UsageError("name the environment that the plan is of: --name dev")
    return callers_file.read(named or CALLERS, name)


def _plan(given: argparse.Namespace) -> bytes:
    if given.environment:
        return _plan_of_environment(given.environment)
    if str(given.plan) == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(given.plan).read_bytes()
    except OSError as error:
        raise ReviewError(
            f"{given.plan} cannot be read ({error.strerror}): give the output of `terraform show -json <plan file>`"
        ) from None


def _plan_of_environment(name: str) -> bytes:
    try:
        from scripts.operate import environment
    except ModuleNotFoundError:
        raise ReviewError("an environment's plan is found in the repository alone: name a plan by --plan") from None
    return environment.show(name)


def _packages(given: argparse.Namespace) -> list[code.Package]:
    return code.packages(given.manifest_before, given.manifest) if given.manifest_before else []


def _print(found: Review, kind: str, name: str, reproduce: str) -> None:
    render = terminal.render if kind == "terminal" else _FILES[{"markdown": "md"}.get(kind, kind)]
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    say(render(found, name, reproduce).removesuffix("\n"))


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="review_plan", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    plan = parser.add_mutually_exclusive_group(required=True)
    plan.add_argument("--environment", metavar="NAME", help="review what `make plan ENV=NAME` wrote")
    plan.add_argument("--plan", metavar="FILE", help="the output of `terraform show -json`; - is standard input")
    parser.add_argument(
        "--allow",
        type=Path,
        help="the reviewed file of routes that may open (default: terraform/review-allow.json)",
    )
    parser.add_argument(
        "--format", choices=("terminal", "markdown", "json", "sarif", "svg"), default="terminal", help="what to print"
    )
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="also write all formats there")
    parser.add_argument("--name", help="what the title calls the environment")
    parser.add_argument(
        "--callers",
        type=Path,
        metavar="FILE",
        help="the reviewed file of callers (default for an environment: terraform/callers.json)",
    )
    parser.add_argument("--reproduce", default="", metavar="COMMAND", help="the command that makes this review again")
    parser.add_argument("--manifest-before", type=Path, metavar="FILE", help="the manifest of what is deployed")
    parser.add_argument(
        "--manifest",
        type=Path,
        metavar="FILE",
        default=ROOT / "build" / "manifest.json",
        help="the manifest of what is planned (default: build/manifest.json)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
