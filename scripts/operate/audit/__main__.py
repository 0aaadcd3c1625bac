"""Compare what is live with Terraform's state: ``python -m scripts.operate.audit --environment dev``.

Reads one environment from AWS, changes nothing, and says who may call what by the state and live. Without an
environment it reads the local stack of ``make up``. Exits 0 when both are the same, 3 when they differ or the live API
answers a caller otherwise than the file of callers says, and 2 when something cannot be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from scripts import ROOT
from scripts.lib import aws, local_stack
from scripts.lib.console import complain, say
from scripts.lib.program import UsageError, run
from scripts.operate import deployment, environment
from scripts.operate.audit.calls import Calls
from scripts.operate.audit.live import read
from scripts.operate.audit.report import audit
from scripts.operate.audit.state import TerraformState
from scripts.review_plan import callers_file, gate
from scripts.review_plan.errors import ReviewError
from scripts.review_plan.gate import AllowList

DIFFERS: Final = 3
ALLOW: Final = ROOT / "terraform" / "review-allow.json"
CALLERS: Final = ROOT / "terraform" / "callers.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    given = _options(arguments)
    try:
        return run("audit", lambda: _audit(given.environment, given.allow, given.callers))
    except ReviewError as error:
        complain(f"audit: {error}")
        return 2


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="audit", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--environment", metavar="NAME", default=deployment.LOCAL, help="default: the local stack")
    parser.add_argument(
        "--allow", type=Path, metavar="FILE", help="what may differ (default: terraform/review-allow.json)"
    )
    parser.add_argument(
        "--callers", type=Path, metavar="FILE", help="what each route answers whom (default: terraform/callers.json)"
    )
    return parser.parse_args(arguments)


def _audit(name: str, allow: Path | None, callers: Path | None) -> int:
    text, client = _source(name)
    allowed = gate.read(allow or ALLOW) if allow or ALLOW.exists() else AllowList(file="terraform/review-allow.json")
    contract = callers_file.read(callers or CALLERS, name) if callers or CALLERS.exists() else None
    state = TerraformState.read(text)
    found = audit(state, read(Calls(client), state), allowed, contract)
    for line in found.lines(name):
        say(line)
    return 0 if found.is_clean else DIFFERS


def _source(name: str) -> tuple[str, Callable[[str], Any]]:
    """The state of an environment as JSON, and what makes a service's client. Raises UsageError."""
    if name != deployment.LOCAL:
        return environment.state(environment.find(name)), aws.client
    info = local_stack.read()
    if info is None:
        raise UsageError("no local stack is up: run `make up`, or name an environment: ENV=dev")
    from scripts.local_aws.workspace import Workspace

    return Workspace(local_stack.FOLDER, info.endpoint_url, info.region).state(), info.client


if __name__ == "__main__":
    sys.exit(main())
