"""A stack that an earlier commit or a release applied is brought to this one by one apply, under constant requests."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from scripts import ROOT
from scripts.lib.local_stack import StackInfo
from scripts.local_aws import stack as local
from scripts.local_aws.ministack import REGION
from scripts.local_aws.workspace import Workspace
from tests.local.conftest import Applied

# The last commit in which Terraform took rights away before what used them had moved.
BEFORE = "e8802db"
ARGUMENTS = (f"-var-file={local.VARIABLES}", "-var=websocket=null")
# What an upgrade may destroy, once the new one is there: a policy and a permission have their content in their names.
REPLACED = {"aws_api_gateway_deployment", "aws_iam_role_policy", "aws_lambda_permission"}
KEPT = ("rest_api_id", "stage_name", "denylist_table", "generated_secrets", "base_url", "authorizer_function_name")


def starts() -> list[str]:
    """The commits that an upgrade starts from: that one, and the one that each release was made of."""
    tags = subprocess.run(
        ["git", "tag", "--list", "v[0-9]*", "--sort=version:refname"], cwd=ROOT, capture_output=True, check=False
    ).stdout
    return [BEFORE, *(f"{tag}^" for tag in tags.decode().split())]


@dataclass(frozen=True)
class Earlier:
    """The Terraform of an earlier commit, and the name of the stack that it makes."""

    terraform: Path
    name: str


@pytest.fixture(scope="module", params=starts())
def earlier(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Earlier:
    """One of them. A clone without its history skips what needs it, and says so."""
    commit: str = request.param
    archive = subprocess.run(
        ["git", "archive", "--format=tar", commit, "terraform"], cwd=ROOT, capture_output=True, check=False
    )
    if archive.returncode:
        pytest.skip(f"this clone does not hold the commit {commit}: `git fetch --unshallow`, and run it again")
    folder = tmp_path_factory.mktemp("earlier")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return Earlier(folder / "terraform", f"from-{re.sub('[^a-z0-9]', '-', commit).strip('-')}")


class Requests(threading.Thread):
    """Sends one request after another, each with a token of its own, until it is stopped; counts the answers."""

    def __init__(self, url: str, record: StackInfo) -> None:
        super().__init__(daemon=True)
        self.answers: Counter[int] = Counter()
        self._url, self._record = url, record
        self._stopped = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._stopped.wait(0.05):
            number += 1
            token = local.mint(self._record, {"sub": f"caller-{number}"})
            answer = requests.get(self._url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
            self.answers[answer.status_code] += 1

    def stop(self) -> None:
        self._stopped.set()
        self.join()


@pytest.fixture(scope="module")
def upgraded(
    earlier: Earlier, record: StackInfo, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], dict[str, Any], Counter[int], str]:
    """The outputs before and after, the answers meanwhile, and what Terraform said."""
    folder = tmp_path_factory.mktemp("upgrade")
    arguments = (*ARGUMENTS, f"-var=name={earlier.name}")
    before = Applied(Workspace(folder, record.endpoint_url, REGION, source=earlier.terraform), record, *arguments)
    before.apply()
    caller = Requests(f"{before.base_url}/hello", before.record(record))
    caller.start()
    after = Applied(Workspace(folder, record.endpoint_url, REGION), record, *arguments)
    try:
        after.apply()
    finally:
        caller.stop()
    return before.outputs, after.outputs, caller.answers, after.workspace.log.read_text()


Upgraded = tuple[dict[str, Any], dict[str, Any], Counter[int], str]


def test_no_call_is_lost_while_a_stack_is_upgraded(upgraded: Upgraded) -> None:
    answers = upgraded[2]
    assert answers[200] > 10
    assert set(answers) == {200}


def test_nothing_that_holds_data_or_a_name_is_replaced(upgraded: Upgraded) -> None:
    before, after, _, log = upgraded
    assert {name: after[name] for name in KEPT} == {name: before[name] for name in KEPT}
    destroyed = {
        re.sub(r"\[.*", "", address).split(".")[-2]
        for address in re.findall(r"^(\S+)[^\n]*: Destroying\.\.\.", log, re.MULTILINE)
    }
    assert destroyed <= REPLACED
