"""A copy of a module that cannot be applied: what is said of it, and what of the caller's reaches it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.lib.program import Error
from scripts.local_aws import workspace
from scripts.local_aws.ministack import REGION
from scripts.local_aws.workspace import Workspace
from scripts.terraform import local, providers

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tree that is copied; nothing but what a test writes there."""
    folder = tmp_path / "source"
    folder.mkdir()
    monkeypatch.setattr(workspace, "SOURCE", folder)
    monkeypatch.setattr(local, "PROVIDER_CACHE", tmp_path / "providers")
    return folder


def test_what_terraform_says_of_a_failure_is_passed_on(source: Path, tmp_path: Path) -> None:
    (source / "main.tf").write_text('output "answer" {\n  value = local.missing\n}\n')
    with pytest.raises(Error, match=r"`terraform apply` ended with exit code 1; the end of .*log:[^$]*local\.missing"):
        Workspace(tmp_path / "work", NOWHERE, REGION).apply()


def test_without_a_registry_it_says_where_else_a_provider_may_come_from(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "ADD_ON_PACKAGES", tmp_path / "none")
    monkeypatch.setenv("HTTPS_PROXY", NOWHERE)
    monkeypatch.setenv("TF_REGISTRY_DISCOVERY_RETRY", "0")
    monkeypatch.delenv("TF_PROVIDER_MIRROR", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    (source / "main.tf").write_text('provider "nobody" {}\n')
    with pytest.raises(Error, match="TF_PROVIDER_MIRROR"):
        Workspace(tmp_path / "work", NOWHERE, REGION).apply()


def test_nothing_of_the_callers_account_or_settings_is_inherited(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a real one")
    monkeypatch.setenv("TF_VAR_colour", "red")
    monkeypatch.setenv("TF_WORKSPACE", "production")
    monkeypatch.setenv("TF_CLI_ARGS_apply", "-destroy")
    (source / "main.tf").write_text(
        'variable "colour" {\n  default = "green"\n}\n\noutput "colour" {\n  value = var.colour\n}\n'
    )
    applied = Workspace(tmp_path / "work", NOWHERE, REGION)
    assert str(applied.apply()) == "nothing had changed"
    assert applied.outputs() == {"colour": "green"}
    environment = local.local_environment(NOWHERE, REGION)
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & set(environment)


def test_neither_the_source_nor_its_lock_file_is_touched(source: Path, tmp_path: Path) -> None:
    (source / "main.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
    Workspace(tmp_path / "work", NOWHERE, REGION).apply()
    assert [file.name for file in source.iterdir()] == ["main.tf"]
