"""The guard and the review run as one file each, from an empty folder, whatever else lies around."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import ROOT
from scripts.gate import zipapps
from scripts.lib.program import Error
from tests.gate.cases import BASE, CASES, PLAN, write

FORMATS = ("markdown", "json", "sarif", "terminal")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both programs, and nothing else of the repository."""
    folder = tmp_path_factory.mktemp("packed")
    assert zipapps.main(["--output", str(folder)]) == 0
    (folder / "plan.json").write_text(json.dumps(PLAN))
    (folder / "empty").mkdir()
    return folder


def start(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_packed_review_says_what_the_review_says(packed: Path, kind: str) -> None:
    # In the repository there is an allow-list that counts by default.
    allow = ROOT / "terraform/review-allow.json"
    arguments = ("--plan", str(packed / "plan.json"), "--format", kind, "--allow", str(allow))
    alone = start(packed / "empty", sys.executable, "-I", str(packed / "review.pyz"), *arguments)
    here = start(ROOT, sys.executable, "-m", "scripts.review_plan", *arguments)
    assert (alone.returncode, alone.stdout, alone.stderr) == (here.returncode, here.stdout, here.stderr)
    assert alone.returncode == 3


def test_the_packed_review_reads_no_environment(packed: Path) -> None:
    done = start(packed / "empty", sys.executable, "-I", str(packed / "review.pyz"), "--environment", "dev")
    assert (done.returncode, done.stderr.strip().rpartition(": ")[2]) == (2, "name a plan by --plan")


def test_the_packed_guard_stops_an_attack_and_lets_its_twin_pass(packed: Path, tmp_path: Path) -> None:
    case = CASES["a file with the job's environment"]
    base = write(tmp_path / "base", BASE)
    for name, change, code in (("attack", case.attack, 3), ("twin", case.twin, 0)):
        head = write(tmp_path / name, BASE, change)
        arguments = ("guard", "--base", str(base), "--head", str(head))
        done = start(packed / "empty", sys.executable, "-I", str(packed / "guard.pyz"), *arguments)
        assert done.returncode == code, done.stderr


def test_a_file_of_the_pull_request_shadows_pythons_own_and_not_in_the_packed_review(
    packed: Path, tmp_path: Path
) -> None:
    head = tmp_path / "head"
    for tree in ("scripts", "functions"):
        shutil.copytree(ROOT / tree, head / tree, ignore=shutil.ignore_patterns("__pycache__"))
    (head / "base64.py").write_text("import os\n\nos._exit(0)\n")
    arguments = ("--plan", str(packed / "plan.json"), "--format", "json")
    assert start(head, sys.executable, "-m", "scripts.review_plan", *arguments).returncode == 0
    assert start(head, sys.executable, "-I", str(packed / "review.pyz"), *arguments).returncode == 3


def test_packing_is_the_same_to_the_byte(packed: Path, tmp_path: Path) -> None:
    assert zipapps.main(["--output", str(tmp_path)]) == 0
    for name in zipapps.PROGRAMS:
        assert (tmp_path / name).read_bytes() == (packed / name).read_bytes()


def test_an_import_that_cannot_be_packed_ends_the_packing() -> None:
    with pytest.raises(Error, match="add it to THIRD_PARTY if it is all Python"):
        zipapps.contents("scripts.local_aws.launcher")
