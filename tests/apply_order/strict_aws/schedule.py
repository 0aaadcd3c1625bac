"""The calls by which Terraform changes AWS take effect one at a time, in an order that a seed decides.

A call waits until every other that Terraform sends by itself has arrived. The test then lets one through, sends its
requests in the state that this leaves, and lets the next one through. So each state that an apply passes is seen, and
with it each state in which an apply may stop.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

QUIET_SECONDS = 0.25
"""How long Terraform must have sent nothing before all calls that go together are taken to have arrived."""
SLOW_SECONDS = 7.0
"""The same, before what takes AWS a while is taken to be done.

The strictest order is that Terraform goes first, and it sleeps for five seconds while it waits for a function.
"""


@dataclass
class _Waiting:
    name: str
    admitted: asyncio.Future[bool]
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Schedule:
    """Holds back, lets through or refuses calls that change something."""

    def __init__(self) -> None:
        self.mode = "open"
        self.log: list[str] = []
        self.had_a_choice = False
        self._random = random.Random(0)  # noqa: S311
        self._waiting: list[_Waiting] = []
        self._later: list[tuple[str, Callable[[], Any]]] = []
        self._reading = 0
        self._last_seen = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls pass as they come."""
        return self.mode == "open"

    def begin(self, mode: str, seed: int = 0) -> None:
        """Start anew.

        Takes ``open`` (calls pass), ``stepped`` (each waits for ``step``) or ``stopped`` (all are refused).
        """
        self.mode, self.log, self.had_a_choice = mode, [], False
        self._random = random.Random(f"order {seed}")  # noqa: S311
        for call in self._waiting:
            if mode == "open":
                call.admitted.set_result(True)
            elif mode == "stopped":
                call.admitted.set_result(False)
        if mode != "stepped":
            self._waiting.clear()
            for _, act in self._later:
                act()
            self._later.clear()

    def later(self, name: str, act: Callable[[], Any]) -> None:
        """Note what AWS does by itself after a while."""
        self._later.append((name, act))

    async def read(self, call: Callable[[], Any]) -> Any:
        """Make a call that changes nothing."""
        self._reading += 1
        try:
            return await call()
        finally:
            self._reading -= 1
            self._last_seen = time.monotonic()

    async def wait_for_later(self, call: Callable[[], Any]) -> Any:
        """Make a call that asks whether what takes a while is done: it says nothing of what else is to come."""
        return await call()

    async def change(self, name: str, call: Callable[[], Any], refused: Callable[[], Any]) -> Any:
        """Make a call that changes something when its turn comes, or answer that it is refused."""
        self._last_seen = time.monotonic()
        if self.mode == "open":
            self.log.append(name)
            return await call()
        if self.mode == "stopped":
            return refused()
        waiting = _Waiting(name, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if not await waiting.admitted:
            return refused()
        try:
            return await call()
        finally:
            self._last_seen = time.monotonic()
            waiting.done.set()

    async def step(self, seconds: float) -> str | None:
        """Let the next call take effect, or what AWS does by itself when no call waits.

        Returns its name, or None when nothing was to be done for that long.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            quiet = 0.0 if self._reading else time.monotonic() - self._last_seen
            if self._waiting and quiet > QUIET_SECONDS:
                return await self._admit()
            if self._later and quiet > SLOW_SECONDS:
                name, act = self._later.pop(self._random.randrange(len(self._later)))
                act()
                self.log.append(name)
                return name
            await asyncio.sleep(0.01)
        return None

    async def _admit(self) -> str:
        # In the order of their names, for the order of arrival is not the seed's.
        self.had_a_choice |= len(self._waiting) > 1
        self._waiting.sort(key=lambda call: call.name)
        call = self._waiting.pop(self._random.randrange(len(self._waiting)))
        self.log.append(call.name)
        call.admitted.set_result(True)
        await call.done.wait()
        return call.name


schedule = Schedule()
