"""Git's plumbing: commits and tags are made without the work tree and its index.

https://git-scm.com/book/en/v2/Git-Internals-Plumbing-and-Porcelain
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.program import Error

_AS_THEY_ARE = ("-c", "core.autocrlf=false", "-c", "core.fileMode=true", "-c", "tag.gpgSign=false")
"""No setting of the caller's may change what goes into a tree."""


@dataclass(frozen=True)
class Repository:
    """A repository in a folder: a clone, or a bare one."""

    folder: Path

    def commit(self, revision: str) -> str | None:
        """The id of the commit that a revision names, or None when there is no such one."""
        done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", check=False)
        return done.stdout.decode().strip() or None

    def tree(self, revision: str) -> str:
        """The id of a commit's tree. Raises Error."""
        return self._ask("rev-parse", "--verify", "--end-of-options", f"{revision}^{{tree}}")

    def parent(self, revision: str) -> str | None:
        """The id of a commit's first parent, or None when it has none."""
        return self.commit(f"{revision}^1")

    def uncommitted(self) -> list[str]:
        """The files of the work tree that Git knows and that are not as the last commit has them."""
        status = self._ask("status", "--porcelain", "--untracked-files=no")
        return [line[2:].strip() for line in status.splitlines()]

    def export(self, revision: str, folder: Path) -> None:
        """Write the files of a commit to a folder. Raises Error."""
        folder.mkdir(parents=True)
        packed = self._run("archive", "--format=tar", revision).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")

    def write_tree(self, folder: Path) -> str:
        """Store the files of a folder; returns the id of their tree. Raises Error."""
        with tempfile.TemporaryDirectory() as temporary:
            index = {"GIT_INDEX_FILE": str(Path(temporary, "index"))}
            git_folder = self._ask("rev-parse", "--absolute-git-dir")
            place = (f"--git-dir={git_folder}", f"--work-tree={folder}")
            self._ask(*place, "add", "--all", "--force", ".", environment=index, cwd=folder)
            return self._ask(*place, "write-tree", environment=index, cwd=folder)

    def write_commit(self, tree: str, parent: str, message: str) -> str:
        """Store a commit of a tree, by the parent's committer and with its date; returns the id. Raises Error."""
        return self._ask("commit-tree", tree, "-p", parent, "-m", message, environment=self._identity(parent))

    def write_tag(self, name: str, commit: str, message: str) -> None:
        """Store an annotated tag, by the committer of the commit and with its date. Raises Error."""
        self._ask("tag", "--annotate", "--message", message, name, commit, environment=self._identity(commit))

    def bundle(self, file: Path, tag: str) -> None:
        """Write a tag with its history to a file that can be fetched from. Raises Error."""
        self._ask("bundle", "create", "--quiet", str(file.absolute()), f"refs/tags/{tag}")

    def _identity(self, commit: str) -> dict[str, str]:
        """The same release gives the same commit: its people and its times are the source's."""
        name, email, date = self._ask("show", "--no-patch", "--format=%cn%n%ce%n%cI", commit).split("\n")
        return {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", name), ("EMAIL", email), ("DATE", date))
        }

    def _ask(self, *arguments: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
        return self._run(*arguments, environment=environment, cwd=cwd).stdout.decode().rstrip("\n")

    def _run(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        check: bool = True,
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            done = subprocess.run(
                ["git", *_AS_THEY_ARE, *arguments],
                cwd=cwd or self.folder,
                env={**os.environ, **(environment or {})},
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            raise Error("there is no git on the PATH: a release is a tag, so install it", 2) from None
        if check and done.returncode:
            raise Error(f"git {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}")
        return done
