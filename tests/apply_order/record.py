"""The record of what was proved, a file in the repository: what was run on which code, and what was not run.

A result is good for the code it was seen with: ``code`` is a hash of the Terraform and of the proof.
What another code left is run again.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.apply_order.proof import Result

ROOT = Path(__file__).resolve().parents[2]
FILE = Path(__file__).parent / "record.json"
PROVED = ("terraform/modules", "tests/apply_order")
"""The folders whose content decides in which order an apply does what, and which requests are made."""


STOPPED = 2
"""The seed whose order is also stopped, so that a change with one order has it too."""


class Record:
    """What is known of each change, seed and pair; written anew after each result."""

    def __init__(self, file: Path = FILE, code: str | None = None) -> None:
        self._file = file
        self.code = code or _code()
        self._results = self._read()

    def _read(self) -> list[dict[str, Any]]:
        return list(json.loads(self._file.read_text())["results"]) if self._file.exists() else []

    def has(self, change: str, seed: int) -> bool:
        """Whether this change was run under this seed with the code as it is now, or in the only order there is."""
        return any(
            (result["change"], result["code"]) == (change, self.code)
            and (result["seed"] == seed or (result["only_order"] and seed != STOPPED))
            for result in self._results
        )

    def add(self, result: Result) -> None:
        """Note a result in place of any older one of the same change and seed, beside what others noted meanwhile."""
        kept = [each for each in self._read() if (each["change"], each["seed"]) != (result.change, result.seed)]
        noted = {**result.document(), "holds": result.holds, "code": self.code, "commit": _commit()}
        self._results = sorted([*kept, noted], key=lambda each: (" + " in each["change"], each["change"], each["seed"]))

    def write(self, wanted: Iterable[tuple[str, int]]) -> None:
        """Write the file; what was wanted and has not been run with this code stands in it too."""
        missing: dict[str, list[int]] = {}
        for change, seed in wanted:
            if not self.has(change, seed):
                missing.setdefault(change, []).append(seed)
        document = {
            "held": sum(result["holds"] for result in self._results),
            "violated": sum(not result["holds"] for result in self._results),
            "not_run": missing,
            "results": self._results,
        }
        self._file.write_text(_text(document))

    def violated(self) -> list[str]:
        """The changes that do not hold, each with its seed."""
        return [f"{result['change']} (seed {result['seed']})" for result in self._results if not result["holds"]]


def _text(document: dict[str, Any]) -> str:
    """The document as JSON, a line for each result."""
    results = ",\n    ".join(json.dumps(result) for result in document.pop("results"))
    head = json.dumps(document, indent=2).removesuffix("\n}")
    return f'{head},\n  "results": [\n    {results}\n  ]\n}}\n'


def _code() -> str:
    """A hash of every file that is proved or proves."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *PROVED], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split("\0")
    digest = hashlib.sha256()
    for name in sorted(filter(None, listed)):
        file = ROOT / name
        if file != FILE and file.suffix != ".md" and not file.name.startswith("test_") and file.is_file():
            digest.update(f"{name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _commit() -> str:
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.strip()
