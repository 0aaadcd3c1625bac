"""Every block of the documentation is run by a test, or says why it is not: an unmarked one fails here by name."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from scripts import ROOT
from scripts.local_aws import examples

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "terraform").rglob("README.md")),
]
MARK = re.compile(r"<!-- needs (an account|python3\.13) -->\n\n?$")
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```\n", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?:^    .*\n)+", re.MULTILINE)
TRIED = re.compile(r'curl .*"\$URL|\$ python -m websockets "\$URL"')
"""Calls of an example's API: tests/local/test_examples.py makes them."""

RUN_BY = {
    "capacity": "tests/load/test_capacity.py::test_the_program_prints_what_the_model_says",
    "demo": "tests/local/test_command.py::test_a_demo_beside_it_shows_the_three_answers_and_leaves_nothing",
    "down": "tests/local/test_command.py::test_down_removes_it_all",
    "example": "tests/local/test_command.py::test_an_example_is_applied_beside_it_and_can_be_called",
    "logs": "tests/local/test_command.py::test_logs_shows_a_decision_until_it_is_interrupted",
    "release": "tests/release/test_release.py::clone",
    "up": "tests/local/test_command.py::test_up_prints_what_to_paste",
    "verify": "tests/release/test_release.py::test_a_release_is_built_again_to_the_byte",
}
"""A task that a page shows => the test, or the fixture of tests, that runs its program."""

OURS = {"bench", "checkov", "lint", "test", "test-unit"}
"""The tasks by which this repository tests itself."""

OUTPUT = {"", "diff", "mermaid", "text"}
"""What a program prints. The pages' own tests hold those that are shown in full."""


class Block(NamedTuple):
    """One block of a page: its language, its text, and whether a mark above it says that it needs something."""

    page: str
    language: str
    text: str
    marked: bool


def blocks() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text()
        name = page.relative_to(ROOT).as_posix()
        for found in FENCED.finditer(text):
            yield Block(name, found[2], found[3], bool(MARK.search(text[: found.start()])))
        plain = FENCED.sub("", text)
        for found in INDENTED.finditer(plain):
            language = "query" if found[0].startswith("    filter ") else "sh"
            yield Block(
                name,
                language,
                found[0].replace("\n    ", "\n").strip() + "\n",
                bool(MARK.search(plain[: found.start()])),
            )


COMMANDS = [
    pytest.param(block, id=f"{block.page}-{block.text.splitlines()[0][:40]}")
    for block in blocks()
    if not block.marked and (block.language in ("sh", "console") or block.text.startswith(("make ", "python -m ")))
]


def test_every_block_is_of_a_kind_that_a_test_runs() -> None:
    kinds = {block.language for block in blocks()}
    assert kinds - OUTPUT == {"console", "hcl", "js", "json", "jsonc", "python", "query", "sh", "yaml"}
    assert len(COMMANDS) > 15


@pytest.mark.parametrize("block", COMMANDS)
def test_a_command_is_one_that_there_is(block: Block) -> None:
    if block.language == "console" or block.text.startswith("curl "):
        lines = [line for line in block.text.splitlines() if line.startswith(("$ ", "curl "))]
        assert lines
        assert all(TRIED.search(line) for line in lines)
        return
    for line in block.text.replace("\\\n", " ").splitlines():
        command = re.sub(r"<[\w .]+>", "x", line.partition("  #")[0]).strip()
        for part in command.split(" && "):
            check(part)


@pytest.mark.parametrize("program", sorted(set(re.findall(r"\$\(RUN\) (tests\.\S+)", (ROOT / "Makefile").read_text()))))
def test_a_program_among_the_tests_finds_all_that_it_imports(program: str) -> None:
    source = f"import importlib; importlib.import_module({program!r})"
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def check(command: str) -> None:
    """Fails for a command that is neither a task, nor a program of this repository with its flags."""
    words = shlex.split(command)
    if words[0] == "make":
        tasks = [word for word in words[1:] if "=" not in word]
        elsewhere = [word for word in words[1:] if re.match(r"ENV=(?!local)|URL=https:", word)]
        assert not elsewhere, f"{command}: {elsewhere[0]} needs an account: mark its block by <!-- needs an account -->"
        assert set(tasks) <= RUN_BY.keys() | OURS, f"{command}: no test runs it: name one in RUN_BY"
        done = subprocess.run(
            ["make", "-n", *words[1:]], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return
    if words[0] == "export":
        assert all(re.fullmatch(r"AWS_[A-Z_]+=\S+", word) for word in words[1:]), command
        return
    module = {"python3 -I review.pyz": "scripts.review_plan"}.get(" ".join(words[:3]), "")
    if not module and re.fullmatch(r"(\.venv/bin/)?python", words[0]) and words[1] == "-m":
        module = words[2]
    assert module, f"{command}: no test runs it: mark its block by <!-- needs an account -->, or name a task"
    names = [word for word in words[3:4] if not word.startswith("-")]
    known = usage(module, *names)
    unknown = {word.partition("=")[0] for word in words[3:] if word.startswith("--")} - known
    assert not unknown, f"{command}: {module} has no {unknown}"


@pytest.mark.parametrize("task", sorted(RUN_BY))
def test_the_test_that_runs_a_documented_task_is_there(task: str) -> None:
    file, _, name = RUN_BY[task].partition("::")
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE)
    assert task in {word for block in blocks() for word in block.text.split()}, f"no page shows make {task}"


@cache
def usage(module: str, *commands: str) -> set[str]:
    """The flags of a program, or of a command of it."""
    done = subprocess.run(
        [sys.executable, "-m", module, *commands, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(re.findall(r"--[a-z][a-z-]*", done.stdout))


def test_a_query_is_marked_for_there_is_nothing_to_run_it_here() -> None:
    assert [block.text for block in blocks() if block.language == "query" and not block.marked] == []


@pytest.mark.parametrize("block", [each for each in blocks() if each.language in ("js", "jsonc", "python", "yaml")])
def test_a_block_that_is_pasted_can_be_read(block: Block) -> None:
    if block.language == "jsonc":
        json.loads(re.sub(r"^\s*//.*$", "", block.text, flags=re.MULTILINE))
    elif block.language == "python":
        ast.parse(block.text)
    elif block.language == "js":
        if node := shutil.which("node"):
            subprocess.run([node, "--check", "-"], input=block.text, text=True, check=True)
    else:
        assert yaml.safe_load(block.text)


def test_the_lines_on_the_front_page_give_the_action_what_it_takes() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    run, used = yaml.safe_load(text)
    assert len(text.splitlines()) == 6
    assert run == {"run": "terraform show -json it.tfplan >plan.json"}
    inputs = yaml.safe_load((ROOT / ".github/actions/review/action.yml").read_text())["inputs"]
    assert used["uses"] == "CHANGE-ME/terraform-aws-jwt-authorizer/actions/review@v1.0.0"
    assert set(used["with"]) <= set(inputs)


@pytest.mark.parametrize(
    "page", sorted((ROOT / "terraform/examples").glob("*/README.md")), ids=lambda page: page.parent.name
)
def test_every_example_says_what_differs_on_the_local_aws_or_that_it_cannot_serve_it(page: Path) -> None:
    text = page.read_text()
    can_be_tried = page.parent.name in {*examples.names(), "consumer"}
    assert ("\n## On the local AWS\n" if can_be_tried else "local AWS") in text


def test_the_front_page_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_every_page_is_named_by_the_front_page() -> None:
    page = (ROOT / "README.md").read_text()
    assert [path.name for path in (ROOT / "docs").glob("*.md") if f"](docs/{path.name})" not in page] == []
