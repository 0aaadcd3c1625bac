"""Check format and validity of the root, every module and every example: ``python -m scripts.terraform.lint``.

Each is validated in a copy, so that no working data and no lock file is left in the tree.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts import ROOT
from scripts.lib.program import Error, UsageError, run
from scripts.terraform import Terraform, find, inherited

TREE = ROOT / "terraform"


def configurations(tree: Path) -> list[Path]:
    """The folders under a tree that hold a configuration of their own: the root, the modules and the examples."""
    return sorted({file.parent for file in tree.rglob("*.tf") if ".terraform" not in file.parts})


def validate(folder: Path, lock_file: Path) -> str:
    """Initialise and validate one configuration; returns what Terraform found wrong, or an empty text."""
    if not (folder / lock_file.name).exists():
        shutil.copy(lock_file, folder)
    terraform = Terraform(folder, inherited())
    try:
        terraform.ask("init", "-backend=false", "-input=false")
        terraform.ask("validate")
    except UsageError:
        raise
    except Error as error:
        return str(error)
    return ""


def main() -> int:
    """Returns the exit code: 0 when all is well, else 1."""
    return run("lint", _check)


def _check() -> int:
    program = find()
    formatted = (
        subprocess.run([program, "fmt", "-check", "-recursive", "-diff", str(TREE)], check=False).returncode == 0
    )
    if not formatted:
        print("lint: run `make fmt`", file=sys.stderr)
    valid = True
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, "terraform")
        shutil.copytree(TREE, copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
        for folder in configurations(copy):
            found = validate(folder, copy / ".terraform.lock.hcl")
            name = Path("terraform") / folder.relative_to(copy)
            print(f"{name}: {'not valid' if found else 'valid'}", flush=True)
            if found:
                valid = False
                print(found, file=sys.stderr)
    return 0 if formatted and valid else 1


if __name__ == "__main__":
    sys.exit(main())
