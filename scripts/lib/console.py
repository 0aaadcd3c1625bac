"""What the programs print: steps with the time they took, and colour where a person is looking."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

_CODES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "cyan": "36"}


def paint(text: str, style: str) -> str:
    """A text in ``bold``, ``dim``, ``red``, ``green`` or ``cyan``, on a terminal and without NO_COLOR alone.

    https://no-color.org
    """
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def say(text: str = "") -> None:
    """Print a line at once, so that a reader of a pipe sees each step when it begins.

    A reader that goes away, such as `head`, ends the output and not the work.
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def complain(text: str) -> None:
    """Print a line on stderr, after everything that was printed before it."""
    sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)


class Steps:
    """The steps of a run, a line each, with the seconds since the first."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Print what begins now."""
        say(f"{paint(f'{time.monotonic() - self._began:5.1f} s', 'dim')}  {text}")


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log, indented; an empty text for a log that is empty or missing."""
    if not log.is_file():
        return ""
    last = log.read_text(errors="replace").rstrip().splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in last)
