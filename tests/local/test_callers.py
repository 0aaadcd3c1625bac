"""The file of callers, held against the running stack by real requests and a WebSocket client."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts.lib import local_stack
from scripts.lib.local_stack import StackInfo
from scripts.local_aws import stack as local
from scripts.review_plan import callers_file, check
from scripts.review_plan.callers import Cell, Contract
from scripts.smoke import __main__ as smoke
from scripts.smoke import contract as held
from scripts.token.minting import mint

ROUTES = ("GET /hello", "GET /me", "PUT /me", "$connect")


@pytest.fixture(scope="module")
def contract() -> Contract:
    return callers_file.read(check.CALLERS, "local")


def asked(contract: Contract, record: StackInfo) -> list[Cell]:
    found = list(check.of_stack(contract, record))
    assert not [sentence for sentence in found if isinstance(sentence, str)]
    return [cell for cell in found if isinstance(cell, Cell)]


def test_the_stack_answers_every_caller_as_the_file_says(contract: Contract, record: StackInfo) -> None:
    cells = asked(contract, record)
    assert {(cell.route, cell.caller) for cell in cells} == {
        (route, caller.name) for route in ROUTES for caller in contract.callers
    }
    assert [str(cell) for cell in cells if not cell.holds] == []


@pytest.mark.parametrize("route", ["GET /me", "$connect"])
def test_a_cell_that_is_wrong_is_found_by_a_request_and_by_a_handshake(
    contract: Contract, record: StackInfo, route: str
) -> None:
    right = contract.routes[route]
    wrong = replace(right, answers={**right.answers, "nightly-job": "403"})
    cells = asked(Contract(contract.callers, {**contract.routes, route: wrong}), record)
    assert [str(cell) for cell in cells if not cell.holds] == [
        f"{route}: nightly-job: 403 is expected, and it is allowed"
    ]


def test_a_route_without_an_entry_and_an_entry_without_a_route_are_found(contract: Contract, record: StackInfo) -> None:
    routes = {**contract.routes, "GET /her": replace(contract.routes["GET /me"], route="GET /her")}
    del routes["GET /me"]
    said = [found for found in check.of_stack(Contract(contract.callers, routes), record) if isinstance(found, str)]
    assert [sentence.partition(":")[0] for sentence in said] == [
        "GET /her is in the file and is no route of the stack",
        "GET /me has no expectation",
    ]


def test_a_check_without_a_running_stack_starts_one_and_stops_it(
    record: StackInfo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    happened: list[str] = []

    class Stack:
        def __init__(self, folder: Path, _steps: Any) -> None:
            happened.append(folder.name)

        @contextmanager
        def up(self) -> Iterator[StackInfo]:
            happened.append("up")
            yield record
            happened.append("stopped")

        def down(self) -> None:
            happened.append("down")

    monkeypatch.setattr(local, "Stack", Stack)
    monkeypatch.setattr(local_stack, "read", lambda *_: None)
    assert check.main(["--environment", "local"]) == 0
    assert happened == ["check", "up", "stopped", "down"]
    assert "16 answers are held against callers.json; none" in capsys.readouterr().out


def test_the_stack_is_held_as_a_deployed_api_is(
    contract: Contract, record: StackInfo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, now = record.secret(), int(time.time())
    tokens = {
        caller.name: mint(caller.token_claims(now), secret, record.algorithm)
        for caller in contract.callers
        if caller.claims is not None
    }
    (tmp_path / "tokens.json").write_text(json.dumps(tokens))
    given = ["--environment", "local", "--tokens", str(tmp_path / "tokens.json")]
    assert smoke.main(["--url", record.base_url, *given]) == 0
    assert "9 answers are held" in capsys.readouterr().out
    assert smoke.main(["--url", str(record.websocket_url), *given]) == 0
    assert f"✓ {held.CONNECT}: yesterday: 401" in capsys.readouterr().out
