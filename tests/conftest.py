"""How the tests are shared out when they run side by side."""

from typing import Any

import pytest

LOCAL = "tests/local/"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep a file's tests together, for what they share, and all that use the one local AWS.

    https://pytest-xdist.readthedocs.io/en/stable/how-it-works.html
    """
    from xdist.scheduler import LoadFileScheduling

    class Scheduler(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return LOCAL if nodeid.startswith(LOCAL) else str(super()._split_scope(nodeid))

    # In the order of their folders: those that take longest come first, and the many quick ones fill what is left.
    config.option.loadscopereorder = False
    return Scheduler(config, log)
