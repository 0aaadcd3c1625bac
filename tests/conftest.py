"""How the tests are shared out when they run side by side."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests together, for what they share, and all that use the one local AWS."""
    for item in items:
        file = item.path.relative_to(TESTS)
        item.add_marker(pytest.mark.xdist_group("local" if file.parts[0] == "local" else str(file)))
