"""How a program ends."""

import signal
from typing import NoReturn

import pytest

from scripts.lib.processes import Interrupted
from scripts.lib.program import Error, UsageError, run


@pytest.mark.parametrize(
    ("raised", "code", "printed"),
    [
        (Error("the table is gone"), 1, "revoke: the table is gone\n"),
        (UsageError("write TOKEN=<jwt>"), 2, "revoke: write TOKEN=<jwt>\n"),
        (Error("an answer did not come", 3), 3, "revoke: an answer did not come\n"),
        (
            Interrupted(signal.SIGTERM),
            143,
            "\nrevoke: interrupted by SIGTERM: what this run had started is stopped\n",
        ),
        (KeyboardInterrupt(), 130, "revoke: interrupted\n"),
    ],
)
def test_an_error_is_one_line_and_its_exit_code(
    raised: BaseException, code: int, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> NoReturn:
        raise raised

    assert run("revoke", fail) == code
    assert capsys.readouterr().err == printed


def test_an_exit_code_is_passed_on() -> None:
    assert run("smoke", lambda: 1) == 1


def test_an_error_that_is_no_ones_fault_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run("smoke", lambda: 1 // 0)
