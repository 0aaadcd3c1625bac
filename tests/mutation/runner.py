"""One mutant held against the tests of its module, in a fork of a process that has imported everything else."""

import gc
import importlib.abc
import importlib.util
import math
import os
import resource
import signal
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

import pytest
from hypothesis import Phase, settings

# Imported once for all forks: they take longer than most tests. Nothing of ours may be among them.
_LIBRARIES: Final = ("boto3", "cryptography.x509", "joserfc.jwt", "jwt", "moto", "requests", "trustme")
# A failure is enough, and needs not be made small; the same examples for every mutant.
settings.register_profile(
    "mutation", phases=[Phase.explicit, Phase.generate], derandomize=True, database=None, deadline=None
)
_PYTEST: Final = (
    "--exitfirst",
    "-qq",
    "-p",
    "no:cacheprovider",
    "-p",
    "_hypothesis_pytestplugin",
    "--hypothesis-profile=mutation",
)


_LONGEST_WAIT: Final = 1200


class Outcome(NamedTuple):
    """Whether all tests passed, and the seconds of processor time that they took."""

    passed: bool
    seconds: float


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Lets one module be imported from another source."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        self._module = module
        self._path = path
        self._source = source

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """The module's own specification, with this as its loader."""
        if fullname != self._module:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def create_module(self, _spec: ModuleSpec) -> None:
        """Leave it to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutated source."""
        exec(compile(self._source, str(self._path), "exec"), vars(module))  # noqa: S102


def prepare() -> None:
    """Import the libraries that the tests use, and keep the garbage collector of every fork away from them."""
    for name in _LIBRARIES:
        importlib.import_module(name)
    # Looking for plugins takes pytest as long as many a test.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    gc.freeze()


def test(module: str, path: Path, source: str, tests: Sequence[str], seconds: float) -> Outcome:
    """Run the tests with a module of this source.

    Whatever takes more processor time than `seconds`, such as an endless loop, fails: that does not depend on what else
    the machine does.
    """
    child = os.fork()
    if child == 0:
        _test(_Mutated(module, path, source), tests, seconds)
    _, status, usage = os.wait4(child, 0)
    return Outcome(status == 0, usage.ru_utime + usage.ru_stime)


def _test(mutated: _Mutated, tests: Sequence[str], seconds: float) -> None:
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds)))
        # For what waits without end.
        signal.alarm(_LONGEST_WAIT)
        silence = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(silence, stream)
        sys.meta_path.insert(0, mutated)
        # One file after the other: most mutants need not wait for the rest to be collected.
        code = next((1 for file in tests if pytest.main([*_PYTEST, file]) != pytest.ExitCode.OK), 0)
    finally:
        os._exit(code)
