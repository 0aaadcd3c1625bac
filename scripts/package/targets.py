"""Where a package will run: on Lambda, or on this machine for the local stack."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

ARCHITECTURES = ("arm64", "x86_64")
"""Lambda's names for them: https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html"""

RUNTIMES = ("python3.13", "python3.14")
"""The runtimes of Lambda that packages are built for, the default first: the one place that names them.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

# Wheels carry the kernel's name for the architecture. The runtime's Amazon Linux 2023 has glibc 2.34, so
# wheels for any older one will do; pip prefers those listed first.
_KERNEL_NAMES = {"arm64": "aarch64", "x86_64": "x86_64"}
_WHEEL_PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")


@dataclass(frozen=True)
class Target:
    """An interpreter and a machine; ``wheel_platforms`` is empty for this very machine."""

    name: str
    python: tuple[int, int]
    architecture: str
    wheel_platforms: tuple[str, ...]
    output: str

    @property
    def runtime(self) -> str:
        """Lambda's name for the interpreter, such as ``python3.13``."""
        return "python{}.{}".format(*self.python)


def aws(architecture: str = "arm64", runtime: str = RUNTIMES[0]) -> Target:
    """One of RUNTIMES on one of ARCHITECTURES, whatever machine this is."""
    major, minor = runtime.removeprefix("python").split(".")
    platforms = tuple(f"{tag}_{_KERNEL_NAMES[architecture]}" for tag in _WHEEL_PLATFORMS)
    return Target("aws", (int(major), int(minor)), architecture, platforms, output="build")


def host() -> Target:
    """This interpreter on this machine; its output is kept apart, so that it never goes to AWS."""
    architecture = {"aarch64": "arm64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    return Target("host", sys.version_info[:2], architecture, (), output=".local/build")
