"""The record of a run: JSON for programs, and a page for people, both to be committed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """What came of one check: ``passed``, ``failed`` or ``skipped``; ``seen`` is what AWS answered."""

    check: str
    proves: str
    result: str
    why: str
    seen: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True)
class Record:
    """A run: when and where it was, with which packages, and its results. No account, token or secret is in it."""

    date: str
    environment: str
    region: str
    commit: str
    packages: Mapping[str, str]
    results: Sequence[Result]

    @property
    def failed(self) -> set[str]:
        """The names of the checks that failed."""
        return {result.check for result in self.results if result.result == "failed"}

    def write(self, folder: Path) -> list[Path]:
        """Write both files, named by date and environment; returns their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = folder / f"{self.date[:10]}-{self.environment}"
        files = {
            stem.with_suffix(".json"): json.dumps(asdict(self), indent=2) + "\n",
            stem.with_suffix(".md"): self.page(),
        }
        for path, text in files.items():
            path.write_text(text)
        return list(files)

    def page(self) -> str:
        """The record for a person."""
        lines = [
            f"# Acceptance on {self.date[:10]}",
            "",
            f"In {self.region}, for {self.environment}, at commit {self.commit or 'unknown'}.",
            "",
            "| check | result | what was proved, or why not | seconds |",
            "| --- | --- | --- | --- |",
        ]
        for result in self.results:
            said = (result.proves if result.result == "passed" else result.why).replace("|", "\\|")
            lines.append(f"| `{result.check}` | {result.result} | {said} | {result.seconds:.0f} |")
        lines += ["", "What AWS answered:", "", "```json"]
        lines += [json.dumps({result.check: result.seen for result in self.results}, indent=2), "```", ""]
        return "\n".join(lines)
