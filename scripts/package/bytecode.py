"""Bytecode that makes a function start without compiling anything."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from scripts.lib.program import Error
from scripts.package.interpreters import Interpreter

_LAMBDA_TASK_ROOT = "/var/task"
"""Where Lambda unpacks a function: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""


def compile_folder(folder: Path, interpreter: Interpreter) -> None:
    """Compile every module below ``folder`` into the ``__pycache__`` beside it.

    The files are trusted as they are (PEP 552, unchecked hash): the zip's fixed dates would make the usual
    time stamps useless, and Lambda could not save new ones. They depend on the sources and the interpreter
    alone, and name the sources as Lambda will see them. Raises Error when a module does not compile.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [interpreter.program, "-S", "-m", "compileall", "-qf", "--invalidation-mode", "unchecked-hash"]
    done = subprocess.run(
        [*command, "-s", str(folder), "-p", _LAMBDA_TASK_ROOT, str(folder)],
        capture_output=True,
        text=True,
        env=environment | {"PYTHONHASHSEED": "0"},
    )
    if done.returncode:
        complaint = " ".join(done.stdout.replace(f"{folder}/", "").split())
        raise Error(f"Python {interpreter.release} cannot compile the package: {complaint}")
