"""How the tests are shared out when they run side by side, and where their time goes."""

from collections import Counter, defaultdict
from typing import Any

import pytest

_LOCAL = "tests/local/"
# The files of that folder which need no local AWS, or start one of their own.
_ON_THEIR_OWN = ("test_command.py", "test_openid_provider.py", "test_plan_review.py", "test_workspace.py")
# The files that use the plans of `tests/review/conftest.py`.
_PLANNED = tuple(
    f"tests/review/test_{name}.py" for name in ("callers", "changes", "entries", "golden", "hostile", "picture")
)
# The tests that the coverage of functions is of, but for thousands of variants of what others of them show: to trace
# those takes a quarter of a minute.
_MEASURED = ("tests/unit/", "tests/security/")
_VARIANTS = (
    "tests/security/test_mutations.py",
    "tests/security/test_other_libraries.py",
    "tests/security/test_vector_kinds.py",
    "tests/unit/test_guard.py",
)


def _scope(file: str) -> str:
    """What the tests of a file are of that have to stay on one worker: the file, or the folder of those that share."""
    if file in _PLANNED:
        return "tests/review/"
    return _LOCAL if file.startswith(_LOCAL) and not file.endswith(_ON_THEIR_OWN) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a file together, for what they share, and all that use the one local AWS or the same plans.

    https://pytest-xdist.readthedocs.io/en/stable/how-it-works.html
    """
    from xdist.scheduler import LoadFileScheduling

    class Scheduler(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return _scope(str(super()._split_scope(nodeid)))

    # In their own order, in which the many quick ones come last and fill what is left.
    config.option.loadscopereorder = False
    return Scheduler(config, log)


def _turn(item: pytest.Item) -> int:
    """First the local AWS, for which its tests wait, and beside it the plans, which compute; then all others."""
    file = item.nodeid.partition("::")[0]
    return 0 if _scope(file) == _LOCAL else 1 if file.startswith("tests/plan/") else 2


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and leave the tests out of the coverage that it is not of.

    https://pytest-cov.readthedocs.io/en/latest/markers-fixtures.html
    """
    items.sort(key=_turn)
    if not getattr(config.option, "cov_source", None):
        return
    for item in items:
        if not item.nodeid.startswith(_MEASURED) or item.nodeid.startswith(_VARIANTS):
            item.add_marker("no_cover")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how long the tests of each folder took, where there is more than one.

    https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_terminal_summary
    """
    seconds: defaultdict[str, float] = defaultdict(float)
    number: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                folder = report.nodeid.rpartition("::")[0].rpartition("/")[0]
                seconds[folder] += report.duration
                number[folder] += report.when == "call"
    if len(seconds) > 1:
        terminalreporter.section("where the time goes")
        for folder, spent in sorted(seconds.items(), key=lambda item: -item[1]):
            terminalreporter.write_line(f"{folder:<20} {number[folder]:>6} tests {spent:>8.1f} s")
