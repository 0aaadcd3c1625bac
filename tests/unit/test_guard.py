"""The guard stops each attack at its place, and lets its harmless twin pass."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import ROOT
from scripts.gate.__main__ import ADVICE, STOPPED, main
from tests.gate.cases import BASE, CASES, Case, Files, write

Guard = Callable[[Files, Files], tuple[int, str]]


@pytest.fixture
def guard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Guard:
    """Runs the guard on a base and a pull request; returns the exit code and what it printed."""

    def run(base: Files, head: Files) -> tuple[int, str]:
        old = write(tmp_path / "base", BASE, base)
        new = write(tmp_path / "head", BASE, base, head)
        code = main(["guard", "--base", str(old), "--head", str(new)])
        return code, capsys.readouterr().out

    return run


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_an_attack_stops_at_its_place(guard: Guard, case: Case) -> None:
    code, said = guard(case.base, case.attack)
    assert code == STOPPED
    assert f"guard: {case.at}: " in said
    assert ADVICE[1] in said


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_its_harmless_twin_passes(guard: Guard, case: Case) -> None:
    assert guard(case.base, case.twin) == (0, "")


def test_a_module_that_nobody_calls_is_not_read(guard: Guard) -> None:
    assert guard({}, {"terraform/modules/unused/main.tf": 'provider "aws" {}\n'}) == (0, "")


def test_a_module_that_goes_with_its_call_passes(guard: Guard) -> None:
    called = {"terraform/x.tf": 'module "x" {\n  source = "./x"\n}\n', "terraform/x/x.tf": "terraform {}\n"}
    assert guard(called, {"terraform/x.tf": None, "terraform/x/x.tf": None}) == (0, "")


ORDINARY: dict[str, tuple[str, str, str]] = {
    "an issuer's audience": ("terraform/environments/dev.tfvars", 'https://api.dev.example.com"]', 'other"]'),
    "a claim more": ("terraform/environments/prod.tfvars", '["email", "scope"]', '["email", "scope", "tenant"]'),
    "another name": ("terraform/environments/dev.tfvars", '"jwt-api"', '"jwt-api-2"'),
    "a public route": (
        "terraform/environments/dev.tfvars",
        "deletion_protection",
        'routes = { "GET /x" = { function = "backend", public = true, reason = "x" } }\n\ndeletion_protection',
    ),
    "a resource's argument": ("terraform/backend.tf", "PAY_PER_REQUEST", "PROVISIONED"),
    "a module's argument": ("terraform/main.tf", "var.log_retention_days", "14"),
}


def test_ordinary_changes_of_this_repository_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = tmp_path / "base"
    shutil.copytree(ROOT / "terraform", base / "terraform", ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
    for name, (file, old, new) in ORDINARY.items():
        head = tmp_path / name
        shutil.copytree(base, head)
        text = (head / file).read_text()
        assert old in text, name
        (head / file).write_text(text.replace(old, new, 1))
        assert (main(["guard", "--base", str(base), "--head", str(head)]), capsys.readouterr().out) == (0, ""), name


def test_a_path_beside_a_null_is_followed(guard: Guard) -> None:
    text = 'variable "x" {{\n  default = null\n}}\n\nlocals {{\n  y = file(var.x == null ? "{}" : var.x)\n}}\n'
    assert guard({}, {"terraform/x.tf": text.format("${path.module}/backend.tf")}) == (0, "")
    code, said = guard({}, {"terraform/x.tf": text.format("/proc/self/environ")})
    assert (code, "terraform/x.tf:6" in said) == (3, True)


def test_every_place_is_told_once(guard: Guard) -> None:
    _, said = guard({}, {"terraform/x.tf": 'provider "aws" {}\n\n\nlocals {\n  x = file("/x")\n}\n'})
    places = [line.split(": ")[1] for line in said.splitlines() if line.startswith("guard: terraform/")]
    assert places == ["terraform/x.tf:1", "terraform/x.tf:5"]


def test_what_is_no_pair_of_checkouts_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = write(tmp_path / "base", BASE)
    assert main(["guard", "--base", str(base), "--head", str(tmp_path / "none")]) == 2
    assert f"name two checkouts that hold {Path('terraform')}" in capsys.readouterr().err


def test_a_name_that_holds_lines_stays_on_one(guard: Guard) -> None:
    _, said = guard({}, {"terraform/a\n```\n# b.tf": 'provider "aws" {}\n'})
    assert r"guard: terraform/a\n```\n# b.tf:1: " in said
    assert all(line.startswith("guard: ") for line in said.splitlines())
