"""Terraform, as this repository runs it: ``python -m scripts.terraform <arguments>``.

Checks the program's release against ``.terraform-version`` and gives ``init`` the provider mirror. All other arguments
are passed on as they are. Exits as Terraform does, or 2 when Terraform cannot be run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from scripts.lib.program import run
from scripts.terraform import arguments_for, find, inherited


def main(arguments: Sequence[str]) -> int:
    """Become Terraform with these arguments; returns the exit code when it cannot be run."""

    def become() -> NoReturn:
        path = find()
        os.execve(path, [path, *arguments_for(arguments)], inherited())  # noqa: S606

    return run("terraform", become)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
