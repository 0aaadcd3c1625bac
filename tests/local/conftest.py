"""One local AWS for the whole session, with the root module applied to it, and the processes that belong to it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest

from scripts.lib import local_stack
from scripts.lib.console import Steps
from scripts.lib.local_stack import StackInfo
from scripts.local_aws import examples
from scripts.local_aws import stack as local
from scripts.local_aws import workspace as workspaces
from scripts.local_aws.ministack import REGION
from scripts.local_aws.workspace import Workspace
from tests.local import access_rules
from tests.plan.provider import shared_by

SALT = examples.SECRETS["AUTH_TOKEN_SALT"]
ORIGIN = "https://app.example.com"


@pytest.fixture(scope="module", autouse=True)
def environment_as_it_was() -> Iterator[None]:
    """Take back what `explain` sets, which is written for a process of its own."""
    kept = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[local.Stack]:
    """The whole system, up for the session in a folder of its own."""
    result = local.Stack(tmp_path_factory.mktemp("stack"), Steps())
    with result.up():
        yield result


@pytest.fixture(scope="session")
def record(stack: local.Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackInfo]:
    """Where the session's stack is and which tokens it accepts; what this process applies there shares one provider."""
    info = local_stack.read(stack.folder)
    assert info is not None
    with shared_by(workspaces, tmp_path_factory.mktemp("provider"), info.endpoint_url, REGION):
        yield info


def plan_is_empty(workspace: Workspace, *arguments: str) -> bool:
    """Whether another apply with these arguments would change nothing."""
    plan = json.loads(workspace.plan(*arguments))
    changes = [*plan.get("resource_changes", ()), *({"change": change} for change in plan["output_changes"].values())]
    return all(change["change"]["actions"] in (["no-op"], ["read"]) for change in changes)


class Applied:
    """A module of ``terraform/`` applied beside the session's stack, and where its API is."""

    def __init__(self, workspace: Workspace, info: StackInfo, *arguments: str) -> None:
        self.workspace = workspace
        self.arguments = (f"-var=manifest={local.MANIFEST}", *arguments)
        self._info = info

    def apply(self) -> None:
        self.workspace.apply(*self.arguments)

    @cached_property
    def outputs(self) -> dict[str, Any]:
        return self.workspace.outputs()

    @property
    def base_url(self) -> str:
        return examples.url(self._info, self.outputs)

    def record(self, record: StackInfo) -> StackInfo:
        """The session's stack, with what tokens for this module need: for ``mint``."""
        (issuer,) = json.loads(self.outputs["configuration"])["issuers"]
        return replace(
            record,
            secret_name=issuer["keys"]["secret"]["secrets_manager"],
            issuer=issuer["issuer"],
            audience=issuer["audiences"][0],
        )


@pytest.fixture(scope="session")
def applied(record: StackInfo, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Applied]:
    """The examples, and the root with CORS and with many rules.

    One after the other: their configurations of the provider differ, and its process keeps one at a time.
    """

    def module(name: str, path: str, *arguments: str) -> Applied:
        workspace = Workspace(tmp_path_factory.mktemp(name), record.endpoint_url, REGION, path)
        return Applied(workspace, record, *arguments)

    def example(name: str) -> Applied:
        workspace = Workspace(beside / examples.FOLDER / name, record.endpoint_url, REGION, f"examples/{name}")
        return Applied(workspace, record, *examples.arguments(name)[1:])

    beside = tmp_path_factory.mktemp("beside")
    rules = tmp_path_factory.mktemp("rules") / "rules.tfvars.json"
    rules.write_text(json.dumps(access_rules.VARIABLES))
    modules = {
        "access-rules": module(
            "access", ".", f"-var-file={local.VARIABLES}", f"-var-file={rules}", "-var=websocket=null"
        ),
        **{name: example(name) for name in examples.names()},
        "cors": module(
            "cors",
            ".",
            f"-var-file={local.VARIABLES}",
            "-var=name=cors",
            f'-var=cors={{origin = "{ORIGIN}"}}',
            "-var=websocket=null",
        ),
    }
    for name, each in modules.items():
        if name in examples.names():
            examples.apply(record, name, beside)
        else:
            each.apply()
    return modules


def log_lines(record: StackInfo, group: str) -> list[str]:
    """The messages of a log group, oldest first."""
    logs = boto3.client(
        "logs",
        endpoint_url=record.endpoint_url,
        region_name=record.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    return [str(message) for message in pages.search("events[].message")]


def left_behind(folder: Path) -> list[str]:
    """The command lines of the processes that were started for a folder and still run, from the process table.

    Each child of the local stack carries the folder's name in its environment and hands it on to its own.
    """
    if not Path("/proc/self/environ").exists():
        pytest.skip("only /proc shows the environment of other processes")
    marker = f"LOCAL_STACK_FOLDER={folder}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if any(variable == marker or variable.startswith(marker + b"/") for variable in environment):
            found.append(command)
    return found
