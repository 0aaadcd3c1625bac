"""The workflow that makes a release: its steps, run as the runner does, with stand-ins for make and GitHub."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from scripts import ROOT
from tests.gate.cases import write

JOBS: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]


def test_the_job_that_builds_cannot_write_and_the_one_that_writes_builds_nothing() -> None:
    assert JOBS["build"]["permissions"] == {"contents": "read"}
    assert JOBS["build"]["if"] == "github.ref_name == github.event.repository.default_branch"
    publish = JOBS["publish"]
    assert publish["permissions"] == {"attestations": "write", "contents": "write", "id-token": "write"}
    assert [step["uses"].partition("@")[0] for step in publish["steps"] if "uses" in step] == [
        "actions/download-artifact",
        "actions/attest-build-provenance",
    ]
    assert not any(word in publish["steps"][-1]["run"] for word in ("make", "python", "checkout"))


def test_the_tag_is_pushed_as_it_was_made_and_its_files_are_published(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        return subprocess.run(
            ["git", *who, *arguments], cwd=tmp_path / "source", capture_output=True, text=True, check=True
        ).stdout.strip()

    write(
        tmp_path, {"source/a.txt": "a\n", "release/v1.0.0/SHA256SUMS": "", "bin/gh": '#!/bin/sh\necho "$*" >>"$LOG"\n'}
    )
    (tmp_path / "bin/gh").chmod(0o755)
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "source")
    git("tag", "--annotate", "--message", "Release 1.0.0", "v1.0.0")
    git("bundle", "create", "--quiet", str(tmp_path / "release/v1.0.0.bundle"), "refs/tags/v1.0.0")
    git("init", "--quiet", "--bare", str(tmp_path / "owner/repository"))
    environment = {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "LOG": str(tmp_path / "log"),
        "VERSION": "1.0.0",
        "GITHUB_SERVER_URL": f"file://{tmp_path}",
        "GITHUB_REPOSITORY": "owner/repository",
    }
    script = JOBS["publish"]["steps"][-1]["run"]
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=environment, check=True)
    published = git("-C", str(tmp_path / "owner/repository"), "rev-parse", "v1.0.0")
    assert published == git("rev-parse", "v1.0.0")
    assert (tmp_path / "log").read_text().splitlines() == [
        "auth setup-git",
        "release create v1.0.0 --repo owner/repository --verify-tag --generate-notes release/v1.0.0/SHA256SUMS",
    ]
