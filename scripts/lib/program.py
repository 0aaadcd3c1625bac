"""How a program ends: with its exit code, or with an error of one line."""

from __future__ import annotations

from collections.abc import Callable

from scripts.lib.console import complain
from scripts.lib.processes import Interrupted


class Error(Exception):
    """Ends a program; the message says what is wrong and what to do.

    ``exit_code`` is the program's: 1 when something failed.
    """

    exit_code = 1

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        if exit_code is not None:
            self.exit_code = exit_code


class UsageError(Error):
    """The program was called wrongly, or something has to be done first: exit code 2."""

    exit_code = 2


def run(name: str, action: Callable[[], int]) -> int:
    """Run a program's action.

    Returns its exit code. An Error is printed on stderr as ``<name>: <message>`` and gives its own exit code, an
    interrupt 128 and the signal's number.
    """
    try:
        return action()
    except Error as error:
        complain(f"{name}: {error}")
        return error.exit_code
    except Interrupted as interrupt:
        complain(f"\n{name}: interrupted by {interrupt}: what this run had started is stopped")
        return interrupt.exit_code
    except KeyboardInterrupt:
        complain(f"{name}: interrupted")
        return 130
