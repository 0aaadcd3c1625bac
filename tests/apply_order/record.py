"""The record of what was proved, a file in the repository: what was run on which code, and what was not run.

Each result says what it is good for: ``proof`` is a hash of the code that proves, ``terraform`` one of the modules, and
``plan`` one of what Terraform does for this change (``planned``). A result of another proof is dropped. A result of
other modules waits until the change is planned again: it is kept when the plan is the same, and dropped when it is not.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.apply_order.proof import Result

ROOT = Path(__file__).resolve().parents[2]
FILE = Path(__file__).parent / "record.json"
ABOUT = (
    "Which changes were applied in which orders (seeds), and whether each call was answered meanwhile; "
    "tests/apply_order/record.py says what the hashes are. Written by make prove."
)
PROOF = ("tests/apply_order",)
# What says which changes there are, what is expected of each, and where they are noted: the hash of a change's plan has
# its own part of it.
BESIDE_THE_PROOF = frozenset(
    {
        "__init__.py",
        "__main__.py",
        "base.json",
        "changes.json",
        "changes.py",
        "expectation.py",
        "planned.py",
        "record.py",
        FILE.name,
    }
)
SYSTEM = "tests/apply_order/system"
TERRAFORM = ("terraform/modules", SYSTEM)
STOPPED = 2
"""The seed whose order is also stopped, so that a change with one order has it too."""


@dataclass(frozen=True)
class Code:
    """The code as it is now, by its hashes."""

    proof: str
    terraform: str

    @classmethod
    def of_this_tree(cls) -> Code:
        """The code of the repository's files."""
        return cls(_hash(PROOF, _proves), _hash(TERRAFORM, lambda file: file.suffix == ".tf"))


class Record:
    """What is known of each change, seed and pair; several processes may write it side by side."""

    def __init__(self, file: Path = FILE, code: Code | None = None) -> None:
        self._file = file
        self.code = code or Code.of_this_tree()
        self._results = self._read()

    def has(self, change: str, seed: int) -> bool:
        """Whether this change was run under this seed with the code as it is now, or in the only order there is."""
        return any(
            (result["change"], result["terraform"]) == (change, self.code.terraform)
            and (result["seed"] == seed or (result["only_order"] and seed != STOPPED))
            for result in self._results
        )

    def renew(self, change: str, plan: str, wanted: Iterable[tuple[str, int]]) -> None:
        """Keep a change's results for the modules as they are now where its plan is the same, and drop the others."""
        with self._alone():
            self._results = [
                {**result, "terraform": self.code.terraform} if result["change"] == change else result
                for result in self._results
                if result["change"] != change or result["plan"] == plan
            ]
            self._write(wanted)

    def add(self, result: Result, wanted: Iterable[tuple[str, int]]) -> None:
        """Note a result in place of any older one of the same change and seed."""
        noted = {
            **result.document(),
            "holds": result.holds,
            "proof": self.code.proof,
            "terraform": self.code.terraform,
            "commit": _commit(),
        }
        with self._alone():
            others = [each for each in self._results if (each["change"], each["seed"]) != (result.change, result.seed)]
            self._results = sorted(
                [*others, noted], key=lambda each: (" + " in each["change"], each["change"], each["seed"])
            )
            self._write(wanted)

    def violated(self) -> list[str]:
        """The changes that do not hold, each with its seed."""
        return [f"{result['change']} (seed {result['seed']})" for result in self._results if not result["holds"]]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other process write between what is read and what is written."""
        folder = os.open(self._file.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            self._results = self._read()
            yield
        finally:
            os.close(folder)

    def _read(self) -> list[dict[str, Any]]:
        results = json.loads(self._file.read_text())["results"] if self._file.exists() else []
        return [result for result in results if result.get("proof") == self.code.proof]

    def _write(self, wanted: Iterable[tuple[str, int]]) -> None:
        """Write the file; what was wanted and is not known of this code stands in it too."""
        missing: dict[str, list[int]] = {}
        for change, seed in wanted:
            if not self.has(change, seed):
                missing.setdefault(change, []).append(seed)
        of_these_modules = [result for result in self._results if result["terraform"] == self.code.terraform]
        document = {
            "about": ABOUT,
            "proof": self.code.proof,
            "terraform": self.code.terraform,
            "held": sum(result["holds"] for result in of_these_modules),
            "violated": sum(not result["holds"] for result in of_these_modules),
            "of_other_modules": len(self._results) - len(of_these_modules),
            "not_run": missing,
            "results": self._results,
        }
        self._file.write_text(_text(document))


def _text(document: dict[str, Any]) -> str:
    """The document as JSON, a line for each change that was not run and for each result."""
    missing = ",\n    ".join(f"{json.dumps(change)}: {seeds}" for change, seeds in document.pop("not_run").items())
    results = ",\n    ".join(json.dumps(result) for result in document.pop("results"))
    head = json.dumps(document, indent=2).removesuffix("\n}")
    missing = f"{{\n    {missing}\n  }}" if missing else "{}"
    results = f"[\n    {results}\n  ]" if results else "[]"
    return f'{head},\n  "not_run": {missing},\n  "results": {results}\n}}\n'


def _proves(file: Path) -> bool:
    """Whether a file of the proof's folder decides what comes of a change."""
    return not (
        file.suffix == ".md"
        or file.name.startswith("test_")
        or (file.parent == FILE.parent and file.name in BESIDE_THE_PROOF)
        or file.is_relative_to(ROOT / SYSTEM)
    )


def _hash(folders: Iterable[str], counts: Callable[[Path], bool]) -> str:
    """A hash of the files in these folders that count."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *folders], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split("\0")
    digest = hashlib.sha256()
    for name in sorted(filter(None, listed)):
        file = ROOT / name
        if file.is_file() and counts(file):
            digest.update(f"{name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _commit() -> str:
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.strip()
