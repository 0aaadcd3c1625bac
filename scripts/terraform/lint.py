"""Check format and validity of the root, every module and every example: ``python -m scripts.terraform.lint``.

A module that another one calls is validated with its caller. So one configuration, made beside a copy of the tree,
calls all that nothing else calls: Terraform then reads the provider's schema once, which takes longer than all else.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from scripts import ROOT
from scripts.gate import hcl
from scripts.lib.program import Error, UsageError, run
from scripts.package.functions import FUNCTIONS
from scripts.terraform import Terraform, find, inherited

TREE: Final = ROOT / "terraform"
SCHEMA: Final = ROOT / "functions/authorizer/jwt_authorizer/configuration.schema.json"
LOCK_FILE: Final = ".terraform.lock.hcl"
_RELEASED: Final = re.compile(r'"git::[^"]*/terraform-aws-jwt-authorizer\.git(?://(modules/[\w-]+))?\?ref=[^"]*"')


def configurations(tree: Path) -> list[Path]:
    """The folders under a tree that hold a configuration of their own: the root, the modules and the examples."""
    return sorted({file.parent for file in tree.rglob("*.tf") if ".terraform" not in file.parts})


def caller(tree: Path) -> dict[str, object]:
    """A configuration in JSON, for a folder beside a tree, that calls all that nothing else in the tree calls.

    What a module requires, it gets as a value that is unknown, so that no validation of the module's own refuses it.
    """
    found = {folder: _blocks(folder) for folder in configurations(tree.resolve())}
    called = {
        (folder / source).resolve()
        for folder, blocks in found.items()
        for block in blocks
        if block.type == "module" and (source := _source(block)).startswith(".")
    }
    return {
        "variable": {"unknown": {}},
        "module": {
            "-".join(folder.relative_to(tree.resolve().parent).parts): {
                "source": f"../{folder.relative_to(tree.resolve().parent)}",
                **dict.fromkeys(_required(blocks), "${var.unknown}"),
            }
            for folder, blocks in found.items()
            if folder not in called
        },
    }


def validate(tree: Path) -> str:
    """Validate all configurations under a tree; returns what Terraform found wrong, or an empty text."""
    with tempfile.TemporaryDirectory() as scratch:
        copy, folder = Path(scratch, tree.name), Path(scratch, "all")
        shutil.copytree(tree, copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
        use_this_tree(copy)
        folder.mkdir()
        (folder / "main.tf.json").write_text(json.dumps(caller(copy), indent=2))
        shutil.copy(tree / LOCK_FILE, folder)
        terraform = Terraform(folder, inherited())
        try:
            terraform.ask("init", "-backend=false", "-input=false")
            terraform.ask("validate")
        except UsageError:
            raise
        except Error as error:
            return str(error)
    return ""


def of_this_repository(text: str) -> str:
    """An example's Terraform, with the modules of this repository where it calls those of a release."""
    return _RELEASED.sub(lambda found: f'"../../{found[1] or "release"}"', text)


def use_this_tree(tree: Path) -> None:
    """Make of a copy what a release has: its examples call its own modules, and packages lie beside those."""
    for file in tree.glob("examples/*/*.tf"):
        file.write_text(of_this_repository(file.read_text()))
    packages = tree / "modules" / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    schema = {"configuration_schema": json.loads(SCHEMA.read_text())}
    described = {
        function.name: {
            "architecture": "arm64",
            "content_hash": "",
            "file": f"{function.name}.zip",
            "handler": function.handler,
            "runtime": "python3.13",
            **(schema if function.snapshots else {}),
        }
        for function in FUNCTIONS
    }
    (packages / "manifest-arm64.json").write_text(json.dumps({"format": 1, "target": "aws", "functions": described}))


def main() -> int:
    """Returns the exit code: 0 when all is well, else 1."""
    return run("lint", _check)


def _check() -> int:
    formatted = subprocess.run(
        [find(), "fmt", "-check", "-recursive", "-diff", str(TREE)], env=inherited(), check=False
    )
    if formatted.returncode:
        print("lint: run `make fmt`", file=sys.stderr)
    wrong = validate(TREE)
    if wrong:
        print(wrong, file=sys.stderr)
    print(f"terraform: {len(configurations(TREE))} configurations, {'not all valid' if wrong else 'all valid'}")
    return 1 if wrong or formatted.returncode else 0


def _blocks(folder: Path) -> list[hcl.Block]:
    return [block for file in sorted(folder.glob("*.tf")) for block in hcl.parse(file.read_text()).blocks]


def _source(block: hcl.Block) -> str:
    attribute = block.body.attribute("source")
    return (hcl.literal(attribute.value[0]) if attribute else None) or ""


def _required(blocks: list[hcl.Block]) -> list[str]:
    return [block.labels[0] for block in blocks if block.type == "variable" and block.body.attribute("default") is None]


if __name__ == "__main__":
    sys.exit(main())
