"""Five of the changes, as ``make prove`` proves them all: no call fails, is lost or opens in any state of the apply."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.local_aws.ministack import REGION
from tests.apply_order import system
from tests.apply_order.changes import singles
from tests.apply_order.proof import Proof
from tests.apply_order.system import System
from tests.plan.provider import shared_by

CHANGES = {
    "route added": 1,
    "rule removed": 2,
    "WebSocket moved to another rule": 3,
    "HTTP API's rule removed, its route moved": 4,
    "secret generated anew": 5,
}
"""Each with the seed of its order."""


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proof]:
    with (
        System(tmp_path_factory.mktemp("system")) as started,
        shared_by(system, tmp_path_factory.mktemp("provider"), started.endpoint_url, REGION),
    ):
        yield Proof(started)


@pytest.mark.parametrize(("name", "seed"), CHANGES.items())
def test_no_state_of_an_apply_fails_loses_or_opens_a_call(proof: Proof, name: str, seed: int) -> None:
    result = proof.prove(singles()[name], seed, stop=False)
    assert result.states > 0
    assert result.violations == []
