"""Hold the Terraform against Checkov's rules: ``python -m scripts.terraform.checkov``.

The first run installs Checkov into ``.local/checkov``, apart from the other tools, for their releases clash.
A rule that does not hold somewhere on purpose is named there, at the resource: ``# checkov:skip=<rule>:<reason>``.

Exits 0 when all other rules hold everywhere, 1 when one does not, 2 when Checkov cannot be run or cannot read a file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

from scripts import ROOT
from scripts.lib import environments
from scripts.lib.console import complain, say
from scripts.lib.program import Error, run

REQUIREMENTS: Final = ROOT / "requirements-checkov.txt"
# It would copy whole modules for each key of a `for_each`, which takes minutes and finds nothing more: its rules look
# at a block as it is written.
_ONCE: Final = {"CHECKOV_ENABLE_FOREACH_HANDLING": "false", "CHECKOV_ENABLE_MODULES_FOREACH_HANDLING": "false"}


def verdict(report: Mapping[str, Any]) -> tuple[int, list[str]]:
    """What Checkov's report in JSON comes to: the exit code, and a line for each rule that does not hold."""
    summary, results = report["summary"], report["results"]
    lines = [
        f"{check['file_path'].lstrip('/')}:{check['file_line_range'][0]}: {check['resource']}: "
        f"{check['check_id']} {check['check_name']}"
        for check in results["failed_checks"]
    ]
    if unread := [str(path) for path in results["parsing_errors"]]:
        return 2, [*lines, *(f"{path} could not be read: simplify what its parser trips over" for path in unread)]
    if lines:
        return 1, [*lines, "mend these, or say at the resource why not: # checkov:skip=<rule>:<reason>"]
    return 0, [f"{summary['passed']} checks hold, {summary['skipped']} are skipped, each for a reason at its resource"]


def main() -> int:
    """Run it; returns the exit code."""
    return run("checkov", _check)


def _check() -> int:
    done = subprocess.run(
        [environments.install("checkov", REQUIREMENTS).with_name("checkov"), "--output", "json"],
        cwd=ROOT,
        env={**os.environ, **_ONCE},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report = json.loads(done.stdout)
    except ValueError:
        raise Error(f"Checkov ended with {done.returncode}: {done.stderr.strip()[-2000:]}", 2) from None
    code, lines = verdict(report)
    for line in lines:
        (complain if code else say)(f"checkov: {line}")
    return code


if __name__ == "__main__":
    sys.exit(main())
