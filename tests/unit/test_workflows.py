"""The workflows: what they may do, that what they use cannot change under them, and what their steps do when run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import ROOT
from tests.gate.cases import BASE, CASES, PLAN, Files, write

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PLAN_ENVIRONMENT = "plan-environment.yml"
NO_PACKAGES = {"format": 1, "target": "aws", "functions": {}}


def jobs(workflow: Path) -> dict[str, dict[str, Any]]:
    """The jobs of a workflow by name."""
    return dict(yaml.safe_load(workflow.read_text())["jobs"])


def named(name: str) -> Path:
    return ROOT / ".github" / "workflows" / name


every_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)


@every_workflow
def test_every_action_is_pinned_by_commit_with_its_release_beside_it(workflow: Path) -> None:
    uses = re.findall(r"uses: (.*)", workflow.read_text())
    # What is this repository's own is taken at the default branch.
    called = [
        each for each in uses if re.fullmatch(r"CHANGE-ME/terraform-aws-jwt-authorizer/\.github/[\w./-]+@main", each)
    ]
    pinned = [each for each in uses if re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)]
    assert uses
    assert len(pinned) + len(called) == len(uses)


@every_workflow
def test_no_workflow_knows_a_key_or_runs_strangers_code_with_rights(workflow: Path) -> None:
    text = workflow.read_text()
    assert "secrets." not in text
    assert "secrets: inherit" not in text
    assert "pull_request_target" not in text
    assert yaml.safe_load(text)["permissions"] in ({}, {"contents": "read"})
    for name, job in jobs(workflow).items():
        writes = {right for right, level in job.get("permissions", {}).items() if level == "write"}
        assert "checkout" not in json.dumps(job) or writes <= {"id-token"}, name


@every_workflow
def test_nothing_from_the_pull_request_is_pasted_into_a_shell(workflow: Path) -> None:
    steps = [step for job in jobs(workflow).values() for step in job.get("steps", [])]
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []


def test_an_identity_is_given_in_the_called_workflow_and_to_sign_a_release() -> None:
    holders = {
        (workflow.name, name)
        for workflow in WORKFLOWS
        for name, job in jobs(workflow).items()
        if "id-token" in job.get("permissions", {})
    }
    assert holders == {("plan.yml", "plan"), (PLAN_ENVIRONMENT, "plan"), ("release.yml", "publish")}
    caller = jobs(named("plan.yml"))["plan"]
    assert "steps" not in caller
    assert re.fullmatch(rf"[\w-]+/[\w-]+/\.github/workflows/{PLAN_ENVIRONMENT}@main", caller["uses"])


def test_no_program_of_the_pull_request_runs_in_the_job_with_the_identity() -> None:
    scripts = [step["run"] for step in jobs(named(PLAN_ENVIRONMENT))["plan"]["steps"] if "run" in step]
    lines = [line.strip() for script in scripts for line in script.replace("\\\n", " ").splitlines()]
    started = {re.sub(r"\s+", " ", line).split(" ")[0] for line in lines}
    assert started == {
        "[[",
        "cat",
        "cd",
        "code=0",
        "cp",
        "echo",
        "make",
        "mkdir",
        "printf",
        "python3",
        "terraform",
        "test",
    }
    python = [line.split()[1:3] for line in lines if line.startswith("python3")]
    assert [line for line in lines if line.startswith("make")] == ["make -C tools gate package"]
    assert {tuple(words) for words in python} == {("-I", "../guard.pyz"), ("-I", "../review.pyz")}


def test_nothing_runs_with_the_identity_before_the_guard_has_passed() -> None:
    steps = jobs(named(PLAN_ENVIRONMENT))["plan"]["steps"]
    names = [step.get("name", step.get("uses", "").partition("@")[0]) for step in steps]
    behind = steps[names.index("Guard") + 1 :]
    free = [step for step in behind if step.get("if") != "steps.guard.outputs.code == '0'"]
    assert [step.get("name", "upload") for step in free] == ["upload", "Let nothing open unseen"]
    assert "aws-actions/configure-aws-credentials" in names[names.index("Guard") :]


def test_the_plan_does_not_leave_its_job() -> None:
    steps = jobs(named(PLAN_ENVIRONMENT))["plan"]["steps"]
    uploaded = [step["with"]["path"] for step in steps if "upload-artifact" in step.get("uses", "")]
    assert uploaded == ["${{ runner.temp }}/review"]
    written = [target for step in steps for target in re.findall(r"(?:-out=|>)\"?(\S*plan\S*)\"", step.get("run", ""))]
    assert written == ["$RUNNER_TEMP/it.tfplan", "$RUNNER_TEMP/plan.json"]


def test_the_comment_is_written_without_a_checkout() -> None:
    comment = jobs(named("plan.yml"))["comment"]
    assert comment["permissions"] == {"pull-requests": "write"}
    download, keep = comment["steps"]
    assert download["uses"].startswith("actions/download-artifact@")
    assert download["continue-on-error"], "a review that is missing is said in the comment"
    assert keep["uses"] == "CHANGE-ME/terraform-aws-jwt-authorizer/.github/actions/comment@main"
    inputs = yaml.safe_load((ROOT / ".github/actions/comment/action.yml").read_text())["inputs"]
    assert set(keep["with"]) <= set(inputs)
    assert download["with"]["path"] == inputs["folder"]["default"]
    assert comment["strategy"]["matrix"] == jobs(named("plan.yml"))["plan"]["strategy"]["matrix"]


def test_the_files_that_the_base_is_read_for_are_in_this_repository() -> None:
    files = set(re.findall(r"/base/(\.?[\w./-]+)", named(PLAN_ENVIRONMENT).read_text()))
    assert files == {"terraform/callers.json", "terraform/review-allow.json"}
    assert [name for name in files if not (ROOT / name).is_file()] == []


READ_WITH_ITS_SCHEMA = "scripts/terraform/provider_6"
"""Its release changes with the schema that is read from it: `make provider-schema`."""


def test_every_lock_of_a_dependency_is_kept_up_to_date() -> None:
    settings = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    kept = {(row["package-ecosystem"], folder.strip("/")) for row in settings for folder in row["directories"]}
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    kinds = {
        "github-actions": r"\.github/actions/\w+/action\.yml",
        "npm": r"(.*/)?package\.json",
        "pip": r"(.*/)?requirements[^/]*\.txt|tests/benchmarks/requirements/\w+\.txt",
        "terraform": r"(.*/)?\.terraform\.lock\.hcl",
    }
    there = {
        (kind, name.rpartition("/")[0])
        for kind, pattern in kinds.items()
        for name in names
        if re.fullmatch(pattern, name)
    }
    assert there - {("pip", READ_WITH_ITS_SCHEMA)} | {("github-actions", "")} == kept


Run = Callable[[Files], "Job"]


class Job:
    """The called workflow's steps, run one after the other as the runner does."""

    def __init__(self, folder: Path, change: Files) -> None:
        self.workspace = folder / "workspace"
        self.temporary = folder / "temp"
        self.summary = folder / "summary"
        self.outputs: dict[str, dict[str, str]] = {}
        self.ran: list[str] = []
        self.failed: str | None = None
        self._tools = folder / "bin"
        self._terraform = folder / "terraform.log"
        self.temporary.mkdir()
        self._stand_ins()
        write(folder / "repository", BASE)
        self.base = self._commit(folder / "repository", "base")
        write(folder / "repository", change)
        self._commit(folder / "repository", "head")
        self._folder = folder

    @property
    def commands(self) -> list[list[str]]:
        """What Terraform was called with."""
        lines = self._terraform.read_text().splitlines() if self._terraform.exists() else []
        return [line.split() for line in lines]

    def run(self) -> Job:
        for step in jobs(named(PLAN_ENVIRONMENT))["plan"]["steps"]:
            if step.get("if") and self._value("steps.guard.outputs.code") != "0":
                continue
            if "uses" in step:
                self._use(step["uses"].partition("@")[0], step.get("with", {}))
                continue
            self.ran.append(step["name"])
            if not self._shell(step):
                self.failed = step["name"]
                break
        return self

    def _use(self, action: str, given: Mapping[str, Any]) -> None:
        """What an action leaves in the workspace."""
        if action == "actions/checkout":
            commit = self._filled(str(given["ref"]))
            subprocess.run(
                ["git", "clone", "--quiet", str(self._folder / "repository"), str(self.workspace / given["path"])],
                check=True,
            )
            self._git(self.workspace / given["path"], "checkout", "--quiet", commit or "HEAD")
        elif action == "actions/download-artifact":
            write(self.workspace / given["path"], {"manifest.json": json.dumps(NO_PACKAGES)})

    def _shell(self, step: Mapping[str, Any]) -> bool:
        output = self._folder / "output"
        output.write_text("")
        environment = {
            "PATH": f"{self._tools}{os.pathsep}{os.environ['PATH']}",
            "ENVIRONMENT": "dev",
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temporary),
            **{name: self._filled(value) for name, value in step.get("env", {}).items()},
        }
        script = self._folder / "step.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            ["bash", "-e", str(script)],
            cwd=self.workspace,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line.split("=", 1) for line in output.read_text().splitlines()]
        self.outputs[step.get("id", step["name"])] = dict(line for line in lines if len(line) == 2)
        return done.returncode == 0

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: self._value(found.group(1)), text)

    def _value(self, expression: str) -> str:
        if expression == "github.sha":
            return ""
        _, step, _, name = expression.split(".")
        return self.outputs.get(step, {}).get(name, "")

    def _stand_ins(self) -> None:
        """Terraform that notes how it was called and prints a plan, and make that packs the real programs."""
        plan = self._tools / "plan.json"
        pack = f"{sys.executable} -m scripts.gate.zipapps --output"
        write(
            self._tools,
            {
                "plan.json": json.dumps(PLAN),
                "terraform": f'#!/bin/sh\necho "$PWD $*" >>{self._terraform}\ntest "$1" != show || cat {plan}\n',
                "make": f'#!/bin/sh\ntest "$*" = "-C tools gate package" || exit 1\n'
                f'to="$PWD/tools/build"\ncd {ROOT} && {pack} "$to" && cp {self._tools}/manifest.json "$to"\n',
                "manifest.json": json.dumps(NO_PACKAGES),
            },
        )
        for name in ("terraform", "make"):
            (self._tools / name).chmod(0o755)

    def _commit(self, folder: Path, message: str) -> str:
        if not (folder / ".git").exists():
            self._git(folder, "init", "--quiet")
        self._git(folder, "add", "--all")
        self._git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
        return self._git(folder, "rev-parse", "HEAD")

    def _git(self, folder: Path, *arguments: str) -> str:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        command = ["git", "-C", str(folder), *who, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def job(tmp_path: Path) -> Run:
    """Runs the steps of the called workflow for a change of the base."""
    return lambda change: Job(tmp_path, change).run()


def test_a_pull_request_that_opens_a_route_is_planned_reviewed_and_fails(job: Run) -> None:
    done = job({"terraform/new.tf": "locals {\n  x = 1\n}\n"})
    assert done.failed == "Let nothing open unseen"
    assert done.outputs["review"] == {"code": "3"}
    assert [command[1] for command in done.commands] == ["init", "plan", "show"]
    assert {command[0] for command in done.commands} == {str(done.workspace / "head" / "terraform")}
    assert "-lockfile=readonly" in done.commands[0]
    assert sorted(path.name for path in (done.temporary / "review").iterdir()) == [
        "review.json",
        "review.md",
        "review.sarif",
        "review.svg",
    ]
    assert "becomes public" in done.summary.read_text()


def test_a_pull_request_that_the_guard_stops_is_not_planned(job: Run) -> None:
    done = job(CASES["a provider runs a program by credential_process"].attack)
    assert done.failed == "Let nothing open unseen"
    assert done.commands == []
    assert [path.name for path in (done.temporary / "review").iterdir()] == ["review.md"]
    said = (done.temporary / "review" / "review.md").read_text()
    assert 'guard: terraform/provider.tf:1: the block provider "aws" is new or changed\n' in said
    assert said == done.summary.read_text()
    assert said.count("```") == 2


def test_a_guard_that_cannot_read_ends_the_job(job: Run) -> None:
    done = job({name: None for name in BASE if name.startswith("terraform/")})
    assert done.failed == "Guard"
    assert done.commands == []


def test_the_base_is_what_github_merges_into(job: Run) -> None:
    done = job({"README.md": "Another shop.\n"})
    assert done.outputs["base"]["commit"] == done.base
