"""Fixtures: the plan of every change, made once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.plan.support import local_aws
from tests.review import plans
from tests.review.changes import CHANGES


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The plan of each change in ``changes.CHANGES``, by name."""
    folder: Path = tmp_path_factory.mktemp("review")
    with local_aws(tmp_path_factory.mktemp("aws")) as endpoint:
        return plans.make(folder, endpoint, {name: each.change for name, each in CHANGES.items()})
