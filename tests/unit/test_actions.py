"""The actions that review a plan anywhere: their steps, run as the runner does."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import ROOT
from scripts.gate import zipapps
from tests.gate.cases import PLAN, write

ACTIONS = ROOT / ".github" / "actions"
ALLOWED = {"opens": [{"address": "aws_api_gateway_method.orders", "reason": "A test."}]}


def action(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ACTIONS / name / "action.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The actions as a release's tag has them."""
    folder = tmp_path_factory.mktemp("actions")
    shutil.copytree(ACTIONS, folder, dirs_exist_ok=True)
    assert zipapps.main(["--output", str(folder / "review")]) == 0
    return folder


class Runner:
    """Runs the steps of the composite action ``review`` in a workspace."""

    def __init__(self, folder: Path, actions: Path) -> None:
        self.workspace = folder / "workspace"
        self.summary = folder / "summary"
        self._output = folder / "output"
        self._actions = actions
        write(self.workspace, {"plan.json": json.dumps(PLAN), "allow.json": json.dumps(ALLOWED)})

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in (self.workspace / "plan-review").glob("*"))

    @property
    def code(self) -> str:
        return self._output.read_text().strip()

    def run(self, given: Mapping[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
        inputs = {
            **{name: str(row.get("default", "")) for name, row in action("review")["inputs"].items()},
            **given,
        }
        (step,) = action("review")["runs"]["steps"]
        filled = {
            name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], value)
            for name, value in step["env"].items()
        }
        script = self.workspace.parent / "step.sh"
        script.write_text(step["run"])
        for file in (self.summary, self._output):
            file.write_text("")
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={
                "PATH": os.environ["PATH"],
                "GITHUB_ACTION_PATH": str(self._actions / "review"),
                "GITHUB_OUTPUT": str(self._output),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                **filled,
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def runner(tmp_path: Path, released: Path) -> Runner:
    return Runner(tmp_path, released)


def test_a_route_that_opens_fails_the_step_with_a_summary_and_files(runner: Runner) -> None:
    done = runner.run({"plan": "plan.json", "name": "dev"})
    assert (done.returncode, runner.code) == (3, "code=3")
    assert runner.files == ["review.json", "review.md", "review.svg"]
    assert "becomes public" in runner.summary.read_text()
    assert "`dev`" in runner.summary.read_text()


def test_a_route_that_the_list_names_may_open(runner: Runner) -> None:
    done = runner.run({"plan": "plan.json", "allow": "allow.json"})
    assert (done.returncode, runner.code) == (0, "code=0"), done.stderr + runner.summary.read_text()
    assert "A test" in runner.summary.read_text()


def test_a_plan_that_is_not_there_fails_the_step_and_says_so(runner: Runner) -> None:
    done = runner.run({"plan": "other.json"})
    assert (done.returncode, runner.code) == (2, "code=2")
    assert "other.json cannot be read" in done.stderr


def test_findings_for_code_scanning_are_written_on_request(runner: Runner) -> None:
    runner.run({"plan": "plan.json", "sarif": "true"})
    assert "review.sarif" in runner.files


def test_no_file_of_the_checkout_is_imported_and_no_input_is_run(runner: Runner) -> None:
    write(runner.workspace, {"base64.py": "import os\n\nos._exit(0)\n"})
    name = "$(touch ran) `touch ran` '; touch ran; '"
    assert runner.run({"plan": "plan.json", "name": name}, PYTHONPATH=str(runner.workspace)).returncode == 3
    assert not (runner.workspace / "ran").exists()


def test_without_the_program_beside_it_the_action_says_where_it_is(tmp_path: Path) -> None:
    done = Runner(tmp_path, ACTIONS).run({"plan": "plan.json"})
    assert done.returncode == 2
    assert "use it at the tag of a release, such as @v1.0.0" in done.stdout


@pytest.mark.parametrize("name", ["review", "comment"])
def test_no_input_is_pasted_into_a_script_and_each_is_used(name: str) -> None:
    steps = action(name)["runs"]["steps"]
    for step in steps:
        assert "${{" not in step.get("run", "") + str(step.get("with", {}).get("script", ""))
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]) if "uses" in step else step["shell"] == "bash"
    used = set(re.findall(r"inputs\.([\w-]+)", json.dumps(steps)))
    assert used == set(action(name)["inputs"])


COMMENTS = """
const { readFileSync } = require('fs');
const AsyncFunction = Object.getPrototypeOf(async function () {}).constructor;
const given = JSON.parse(process.env.COMMENTS);
const calls = [];
const issues = {
  listComments: 'listComments',
  updateComment: async (call) => calls.push(['update', call]),
  createComment: async (call) => calls.push(['create', call]),
};
const github = { rest: { issues }, paginate: async (which) => which === 'listComments' ? given : [] };
const context = { repo: { owner: 'o', repo: 'r' }, issue: { number: 7 } };
const script = readFileSync(process.argv[2], 'utf8');
new AsyncFunction('github', 'context', 'require', script)(github, context, require)
  .then(() => console.log(JSON.stringify(calls)));
"""
BOT = {"login": "github-actions[bot]"}


def comment(folder: Path, comments: list[dict[str, Any]], name: str = "dev") -> tuple[str, dict[str, Any]]:
    """Run the action's script by Node.js; returns its one call."""
    (step,) = action("comment")["runs"]["steps"]
    write(folder, {"run.js": COMMENTS, "script.js": step["with"]["script"]})
    done = subprocess.run(
        ["node", "run.js", "script.js"],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "COMMENTS": json.dumps(comments),
            "FOLDER": str(folder / "plan-review"),
            "NAME": name,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    ((kind, call),) = json.loads(done.stdout)
    return str(kind), dict(call)


@pytest.mark.skipif(shutil.which("node") is None, reason="the comment's script runs in Node.js")
def test_there_is_one_comment_for_each_environment_and_it_is_kept_up_to_date(tmp_path: Path) -> None:
    write(tmp_path, {"plan-review/review.md": "### Plan review\n"})
    body = "<!-- plan-review dev -->\n### Plan review\n"
    others = [
        {"id": 1, "user": BOT, "body": "<!-- plan-review prod -->\nx"},
        {"id": 2, "user": {"login": "mallory"}, "body": "<!-- plan-review dev -->\nx"},
    ]
    assert comment(tmp_path, others) == ("create", {"owner": "o", "repo": "r", "issue_number": 7, "body": body})
    ours = {"id": 3, "user": BOT, "body": "<!-- plan-review dev -->\nold"}
    assert comment(tmp_path, [*others, ours]) == ("update", {"owner": "o", "repo": "r", "comment_id": 3, "body": body})


@pytest.mark.skipif(shutil.which("node") is None, reason="the comment's script runs in Node.js")
def test_a_missing_review_does_not_leave_the_last_one_standing(tmp_path: Path) -> None:
    ours = {"id": 3, "user": BOT, "body": "<!-- plan-review dev -->\nold"}
    kind, call = comment(tmp_path, [ours])
    assert kind == "update"
    assert "There is no review of this commit" in call["body"]


PAGE = (ROOT / "docs/pull-requests.md").read_text()
WORKFLOW = ROOT / "terraform/examples/consumer/.github/workflows/plan.yml"


def block(heading: str) -> str:
    """The YAML below a heading of the page."""
    below = PAGE[PAGE.index(f"\n## {heading}\n") :]
    return below[below.index("```yaml\n") + 8 : below.index("\n```\n") + 1]


def test_the_page_shows_the_workflow_of_the_example() -> None:
    shown = yaml.safe_load(block("In any repository"))
    assert shown == yaml.safe_load(WORKFLOW.read_text())
    assert block("In any repository") in WORKFLOW.read_text()[WORKFLOW.read_text().index("name: plan") :]


def test_the_job_that_plans_cannot_write_and_the_one_that_writes_has_no_checkout() -> None:
    jobs = yaml.safe_load(WORKFLOW.read_text())["jobs"]
    assert jobs["plan"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert jobs["comment"]["permissions"] == {"pull-requests": "write"}
    used = [step["uses"] for step in jobs["comment"]["steps"]]
    assert [each.partition("@")[0] for each in used] == [
        "actions/download-artifact",
        "CHANGE-ME/terraform-aws-jwt-authorizer/actions/comment",
    ]


def test_the_workflow_gives_each_action_what_it_takes() -> None:
    for job in yaml.safe_load(WORKFLOW.read_text())["jobs"].values():
        for step in job["steps"]:
            ours = re.fullmatch(r"CHANGE-ME/terraform-aws-jwt-authorizer/actions/(\w+)@v1\.0\.0", step.get("uses", ""))
            if ours:
                inputs = action(ours[1])["inputs"]
                assert set(step["with"]) <= set(inputs)
                assert {name for name, row in inputs.items() if row.get("required")} <= set(step["with"])
            elif "uses" in step:
                assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])


CURL = """#!/bin/sh
printf '%s\\n' "$*" >>"$LOG"
case "$*" in
  *review.pyz) cp "$PROGRAM" review.pyz ;;
  *per_page=100) cat "$NOTES_THERE" ;;
esac
"""


@pytest.mark.parametrize(
    ("there", "call"),
    [
        ([], "--request POST --data-urlencode body@body.md https://gitlab/notes"),
        (
            [{"id": 6, "body": "mine"}, {"id": 7, "body": "<!-- plan-review dev -->\nold"}],
            "--request PUT --data-urlencode body@body.md https://gitlab/notes/7",
        ),
    ],
)
def test_the_jobs_for_gitlab_review_and_keep_one_comment(
    tmp_path: Path, released: Path, there: list[dict[str, Any]], call: str
) -> None:
    program = released / "review" / "review.pyz"
    write(
        tmp_path,
        {
            "bin/curl": CURL,
            "bin/python3": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
            "notes-there.json": json.dumps(there),
            "work/plan.json": json.dumps(PLAN),
            "work/review-allow.json": json.dumps({"opens": []}),
        },
    )
    for name in ("curl", "python3"):
        (tmp_path / "bin" / name).chmod(0o755)
    environment = {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "LOG": str(tmp_path / "log"),
        "NOTES": "https://gitlab/notes",
        "NOTES_THERE": str(tmp_path / "notes-there.json"),
        "PROGRAM": str(program),
        "REVIEW_SHA256": hashlib.sha256(program.read_bytes()).hexdigest(),
        "REVIEW_TOKEN": "t",
        "REVIEW_URL": "https://releases",
    }

    def job(name: str) -> int:
        script = "\n".join(yaml.safe_load(block("In GitLab"))[name]["script"])
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script], cwd=tmp_path / "work", env=environment, check=False
        )
        return done.returncode

    assert job("plan-review") == 3
    assert job("comment") == 0
    assert (tmp_path / "log").read_text().splitlines()[-1].endswith(call)
    assert (tmp_path / "work/body.md").read_text().startswith("<!-- plan-review dev -->\n### Plan review: `dev`")
    environment["REVIEW_SHA256"] = "0" * 64
    assert job("plan-review") == 1
    (tmp_path / "work/plan-review/review.md").unlink()
    assert job("comment") == 0
    assert "There is no review of this commit" in (tmp_path / "work/body.md").read_text()
