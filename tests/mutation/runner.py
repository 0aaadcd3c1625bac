"""One mutant held against the tests of its module, in a fork of a process that has imported everything else."""

import gc
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Final

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


def survives(module: str, path: Path, source: str, tests: Sequence[str], seconds: float) -> bool:
    """Whether all tests pass with a module of this source, within a time that an endless loop takes for ever."""
    child = os.fork()
    if child == 0:
        _test(_Mutated(module, path, source), tests)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _test(mutated: _Mutated, tests: Sequence[str]) -> None:
    code = 1
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(silence, stream)
        sys.meta_path.insert(0, mutated)
        code = int(pytest.main([*_PYTEST, *tests]))
    finally:
        os._exit(code)
