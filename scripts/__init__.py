"""What the Makefile runs: programs in folders named for what a person does, and in ``lib`` what they share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
"""The repository."""

# Some programs run the functions' own code. It is imported by the names that Lambda knows it by, and always from the
# repository that the program itself belongs to.
sys.path[1:1] = [str(ROOT / "functions" / name) for name in ("authorizer", "rotation")]
