"""The Makefile: which command a task runs, by what is given to it."""

import os
import pty
import re
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_INHERITED = ("ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "NAME")


def make(*arguments: str, **environment: str) -> str:
    """What `make` prints: with `-n`, the commands that it would run."""
    inherited = {name: value for name, value in os.environ.items() if name not in _INHERITED}
    ran = subprocess.run(
        ["make", *arguments], cwd=ROOT, env=inherited | environment, capture_output=True, text=True, check=False
    )
    return ran.stdout + ran.stderr


def test_an_output_is_named_in_the_command_alone() -> None:
    assert make("-n", "output", "ENV=dev", "NAME=base_url").endswith('output dev --only "$NAME"\n')
    # Windows' Linux calls the machine so.
    assert make("-n", "output", "ENV=dev", NAME="machine").rstrip().endswith("output dev")


def test_an_api_without_a_challenge_is_said_by_a_word() -> None:
    assert "--no-challenge" in make("-n", "smoke", "CHALLENGE=no")
    assert "--no-challenge" not in make("-n", "smoke", "CHALLENGE=yes")


def test_a_deployed_api_is_held_to_the_callers_of_an_environment_that_the_command_names() -> None:
    assert '--environment "dev"' in make("-n", "smoke", "ENV=dev")
    assert "--environment" not in make("-n", "smoke", ENV="dev")
    assert '--tokens "$TOKENS"' in make("-n", "smoke", "ENV=dev", "TOKENS=tokens.json")


def test_a_check_that_names_nothing_holds_what_is_there_and_no_change_of_it() -> None:
    assert "--environment local-" not in make("-n", "check")
    assert make("-n", "check", "ENV=local-next").endswith("--environment local-next\n")


def test_nothing_is_destroyed_that_was_not_named() -> None:
    assert 'destroy "dev"' in make("-n", "destroy", "ENV=dev")
    assert "make destroy ENV=dev" in make("-n", "destroy")


def test_no_account_is_used_for_acceptance_that_was_not_named() -> None:
    assert '--environment "dev"' in make("-n", "acceptance", "ENV=dev")
    assert "--yes" not in make("-n", "acceptance", "ENV=dev")
    assert "--yes" in make("-n", "acceptance", "ENV=dev", "YES=1")
    assert "make acceptance ENV=dev" in make("-n", "acceptance")


@pytest.mark.parametrize("task", ["audit", "revoke", "rotate", "explain"])
def test_an_environment_counts_wherever_it_is_named(task: str) -> None:
    assert '--environment "dev"' in make("-n", task, "ENV=dev")
    assert '--environment "dev"' in make("-n", task, ENV="dev")
    for local in (make("-n", task), make("-n", task, ENV="")):
        assert "-m scripts." in local
        assert "--environment" not in local


def test_the_list_of_tasks_has_colour_on_a_terminal_alone() -> None:
    assert "  review     Say who may call what" in make()
    assert "\x1b" not in make()
    on_terminal = _on_terminal()
    assert "  \x1b[1mreview    \x1b[0m Say who may call what" in on_terminal
    assert "\x1b" not in _on_terminal(NO_COLOR="1")


def test_the_short_list_has_ten_tasks_at_most_and_the_long_one_all() -> None:
    short, long = (re.findall(r"^  ([a-z-]+) ", make(task), re.MULTILINE) for task in ("help", "help-all"))
    targets = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(short) <= 10
    assert set(short) < set(long)
    assert {*long, "help", "help-all", "ask-setup"} == set(targets)


@pytest.mark.parametrize("setting", ["env=dev", "ENVIRONMENT=dev", "Token=x"])
def test_a_setting_that_no_task_knows_is_refused(setting: str) -> None:
    name = setting.partition("=")[0]
    assert f"No task knows {name}. Settings are in capitals, such as ENV=dev" in make("-n", "plan", setting)


def test_every_setting_that_a_task_names_is_known() -> None:
    named = set(re.findall(r"\b([A-Z_]{3,})=", make("help-all")))
    assert len(named) > 20
    for name in named:
        assert "No task knows" not in make("-n", "help", f"{name}=1"), name


def test_a_value_may_hold_what_looks_like_a_setting() -> None:
    assert '--claims "$CLAIMS"' in make("-n", "token", 'CLAIMS={"a=b": "env=dev"}')


def test_a_python_that_is_none_is_named_and_no_other_is_taken() -> None:
    assert "PYTHON=/nope is not a Python 3.11 or newer" in make("setup", "PYTHON=/nope")


def _on_terminal(**environment: str) -> str:
    """What `make` prints where a person looks."""
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name not in (*_INHERITED, "NO_COLOR")}
    with subprocess.Popen(["make"], cwd=ROOT, env=inherited | environment, stdout=theirs) as process:
        os.close(theirs)
        printed = b""
        # Linux ends a terminal that nobody writes to any longer by an error, others by nothing.
        with suppress(OSError):
            while part := os.read(ours, 4096):
                printed += part
    os.close(ours)
    assert process.returncode == 0
    return printed.decode()


def test_a_load_that_is_not_given_is_not_handed_on() -> None:
    assert "scripts.capacity" in make("-n", "capacity")
    assert "--rps" not in make("-n", "capacity")
    assert '--rps "10" --tokens "20"' in make("-n", "capacity", "RPS=10", "TOKENS=20")
