"""The workflows: what they may do, and that what they use cannot change under them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WORKFLOWS = sorted((Path(__file__).resolve().parents[2] / ".github" / "workflows").glob("*.yml"))


def jobs(text: str) -> dict[str, str]:
    """The jobs of a workflow by name, as text."""
    found = re.split(r"^  ([a-z-]+):\n", text.partition("\njobs:\n")[2], flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_with_its_release_beside_it(workflow: Path) -> None:
    uses = re.findall(r"uses: (.*)", workflow.read_text())
    assert uses
    assert [each for each in uses if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_workflow_knows_a_key_or_runs_strangers_code_with_rights(workflow: Path) -> None:
    text = workflow.read_text()
    assert "secrets." not in text
    assert "pull_request_target" not in text
    assert re.search(r"^permissions:(?: \{\}|\n  contents: read)$", text, re.MULTILINE)
    for name, job in jobs(text).items():
        writes = re.findall(r"[\w-]+: write", job)
        assert "checkout" not in job or set(writes) <= {"id-token: write"}, name


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_nothing_from_the_pull_request_is_pasted_into_a_shell(workflow: Path) -> None:
    lines = workflow.read_text().splitlines()
    scripts = [line for line in lines if re.match(r"\s+(?:run: |[a-z./].*\$\{\{)", line)]
    assert [line for line in scripts if "run:" in line and "${{" in line] == []
