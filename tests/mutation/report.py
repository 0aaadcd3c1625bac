"""The score of each module, and why the mutants that survive change nothing, as a page."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.mutation.modules import TESTS

PAGE: Final = "docs/mutation.md"
_EQUIVALENT: Final[list[dict[str, str]]] = json.loads(Path(__file__).with_name("equivalent.json").read_text())
REASONS: Final = {(entry["module"], entry["before"], entry["after"]): entry["reason"] for entry in _EQUIVALENT}

_INTRODUCTION: Final = """\
# Mutation score

A mutant is a module with one small change: a comparison turned round, a number off by one, a `not` more. The tests of
the module must fail with it. `make mutation` lets [cosmic-ray](https://cosmic-ray.readthedocs.io/) make every mutant of
the modules that decide, but for those that change nothing but type annotations, and runs the tests of
`tests/mutation/modules.py` with each. It goes on where it was stopped, and writes this page.

The score is the share of the tried mutants that a test killed. An equivalent mutant does what the module does, so that
no test can kill it; each is below with the reason. Of all mutants no more than three in a hundred may be listed so:
where code allows many that mean nothing, it can be written more simply.
"""


def page(tally: Mapping[str, Mapping[str, Any]]) -> str:
    """The page for the results by module."""
    rows = ["| module | mutants | tried | killed | equivalent | open | score | date |"]
    rows += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
    rows += [_row(f"`{path}`", {path: entry}) for path, entry in tally.items()]
    rows += [f"| `{path}` {'| - ' * 6}| not run |" for path in TESTS if path not in tally]
    rows += [_row("together", tally)]
    texts = [_INTRODUCTION, "\n".join(rows) + "\n"]
    equivalent = [line for path, entry in tally.items() for line in _listed(path, entry)]
    texts += ["## Equivalent mutants\n", "\n".join(equivalent) + "\n"] if equivalent else []
    opened = [
        f"- `{path}`, line {survivor['line']}: {_change(survivor)}"
        for path, entry in tally.items()
        for survivor in unexplained(path, entry)
    ]
    texts += ["## Open\n", "Nobody has looked at these yet.\n", "\n".join(opened) + "\n"] if opened else []
    return "\n".join(texts)


def unexplained(path: str, entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the survivors of a module that are not listed as equivalent."""
    for survivor in entry["survived"]:
        if reason(path, survivor) is None:
            yield survivor


def reason(path: str, survivor: Mapping[str, Any]) -> str | None:
    """Why a survivor is equivalent to the module; None where it is not listed."""
    return REASONS.get((path, survivor["before"], survivor["after"]))


def _row(name: str, tally: Mapping[str, Mapping[str, Any]]) -> str:
    mutants, tried = (sum(entry[key] for entry in tally.values()) for key in ("mutants", "tried"))
    survived = sum(len(entry["survived"]) for entry in tally.values())
    opened = sum(len(list(unexplained(path, entry))) for path, entry in tally.items())
    score = f"{100 * (tried - survived) / tried:.1f} %" if tried else "-"
    date = max((entry["date"] for entry in tally.values()), default="-")
    cells = (name, mutants, tried, tried - survived, survived - opened, opened, score, date)
    return f"| {' | '.join(map(str, cells))} |"


def _listed(path: str, entry: Mapping[str, Any]) -> Iterator[str]:
    for survivor in entry["survived"]:
        why = reason(path, survivor)
        if why is not None:
            yield f"- `{path}`, line {survivor['line']}: {_change(survivor)}. {why}"


def _change(survivor: Mapping[str, Any]) -> str:
    return f"`{survivor['before']}` becomes `{survivor['after']}`"
