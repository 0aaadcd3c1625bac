"""A seeded slice of the mutations as real plans; ``make prove`` plans all of them."""

from __future__ import annotations

import pytest

from tests.review import real_mutations
from tests.review.real_mutations import Key


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[Key, bytes]:
    """The plan of each mutation in the slice."""
    return real_mutations.make(tmp_path_factory.mktemp("mutations"), real_mutations.chosen())


@pytest.mark.parametrize("key", real_mutations.chosen(), ids=real_mutations.name)
def test_a_real_plan_of_the_change_stops_the_gate(plans: dict[Key, bytes], key: Key) -> None:
    assert not real_mutations.passes(real_mutations.reviewed(plans[key]))
