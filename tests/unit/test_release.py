"""A release: its tree, its links and tables, and the tag that is made without the work tree."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts import ROOT
from scripts.lib.program import Error, UsageError
from scripts.release import making, markdown, tree
from scripts.release.git import Repository


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    done = subprocess.run(["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with one commit."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "source.txt").write_text("1\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "source")
    return Repository(folder)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, bytes]]:
    """What each build gives in turn, in place of real ones; their files are put under ``tmp_path``."""
    outcomes: list[dict[str, bytes]] = []

    def build(_repository: object, _source: str, _version: str, place: Path, _settings: object = None) -> Path:
        contents = outcomes[0] if len(outcomes) == 1 else outcomes.pop(0)
        for name, content in contents.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)
        return place

    monkeypatch.setattr(making, "_build", build)
    monkeypatch.setattr(making, "ROOT", tmp_path)
    return outcomes


RELEASE = {
    "main.tf": b"# root\n",
    "modules/packages/authorizer-arm64.zip": b"zip\r\n\x00",
    "actions/review/review.pyz": b"program",
    "sbom.cdx.json": b"{}",
}


def test_a_release_is_a_tag_on_the_commit_and_leaves_the_work_tree_alone(
    repository: Repository, built: list[dict[str, bytes]], tmp_path: Path
) -> None:
    built.append(RELEASE)
    source = repository.commit("HEAD")
    (repository.folder / "untracked.txt").write_text("mine\n")
    git(repository.folder, "config", "core.autocrlf", "true")
    assert making.make(repository, "1.0.0") == 0
    assert git(repository.folder, "ls-tree", "-r", "--name-only", "v1.0.0").splitlines() == sorted(RELEASE)
    assert repository.parent("v1.0.0") == source == repository.commit("HEAD")
    assert git(repository.folder, "status", "--porcelain") == "?? untracked.txt"
    repository.export("v1.0.0", tmp_path / "exported")
    assert {name: (tmp_path / "exported" / name).read_bytes() for name in RELEASE} == RELEASE


def test_the_same_release_made_in_two_clones_is_the_same_commit(
    repository: Repository, built: list[dict[str, bytes]], tmp_path: Path
) -> None:
    built.append(RELEASE)
    git(tmp_path, "clone", "--quiet", str(repository.folder), "clone")
    clone = Repository(tmp_path / "clone")
    for each in (repository, clone):
        assert making.make(each, "1.0.0") == 0
    assert repository.commit("v1.0.0") == clone.commit("v1.0.0")


def test_two_builds_that_differ_are_no_release(repository: Repository, built: list[dict[str, bytes]]) -> None:
    built += [RELEASE, {**RELEASE, "main.tf": b"# another\n"}]
    with pytest.raises(Error, match=r"two builds of the same commit differ:\nmain\.tf differs"):
        making.make(repository, "1.0.0")
    assert repository.commit("v1.0.0") is None


def test_a_release_that_is_there_is_never_changed(repository: Repository, built: list[dict[str, bytes]]) -> None:
    built.append(RELEASE)
    making.make(repository, "1.0.0")
    first = repository.commit("v1.0.0")
    assert making.make(repository, "1.0.0") == 0
    built[0] = {**RELEASE, "main.tf": b"# another\n"}
    with pytest.raises(Error, match=r"v1\.0\.0 has another tree than this build"):
        making.make(repository, "1.0.0")
    git(repository.folder, "commit", "--quiet", "--allow-empty", "--message", "next")
    with pytest.raises(UsageError, match=r"v1\.0\.0 is there already, of another commit: write a higher VERSION"):
        making.make(repository, "1.0.0")
    assert repository.commit("v1.0.0") == first


def test_a_changed_file_is_committed_before_a_release(repository: Repository, built: list[dict[str, bytes]]) -> None:
    built.append(RELEASE)
    (repository.folder / "source.txt").write_text("2\n")
    with pytest.raises(UsageError, match=r"source\.txt is changed: commit it, or stash it"):
        making.make(repository, "1.0.0")


def test_verifying_names_each_file_that_differs(
    repository: Repository, built: list[dict[str, bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    built.append(RELEASE)
    making.make(repository, "1.0.0")
    assert making.verify(repository, "v1.0.0") == 0
    built[0] = {**RELEASE, "main.tf": b"# another\n", "more.tf": b""}
    assert making.verify(repository, "v1.0.0") == 1
    assert capsys.readouterr().err.splitlines() == [
        "release: main.tf differs",
        "release: more.tf is not in the release",
    ]


@pytest.mark.parametrize("tag", ["v9.9.9", "HEAD", ""])
def test_only_a_tag_can_be_verified(repository: Repository, tag: str) -> None:
    with pytest.raises(UsageError, match="name a tag that `make release` made"):
        making.verify(repository, tag)


@pytest.mark.parametrize("version", ["v1.0.0", "1.0", "01.0.0", "1.0.0 ", "1.0.0;x", ""])
def test_a_version_is_a_semantic_one(version: str) -> None:
    with pytest.raises(UsageError, match=r"write a semantic version such as 1\.0\.0"):
        making.checked(version)
    assert making.checked("1.0.0-rc.1") == "1.0.0-rc.1"


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """The files that a release takes from this repository, by their names in it."""
    # Pictures are no text.
    return {name: content.decode(errors="replace") for name, content in tree._sources(ROOT, "2.3.4")}


def test_the_root_module_calls_the_modules_of_the_release(sources: dict[str, str]) -> None:
    called = re.findall(r'source += "(.*)"', sources["main.tf"])
    assert called
    assert all(f"{each.removeprefix('./')}/main.tf" in sources for each in called)
    for name, text in sources.items():
        for source in re.findall(r'^  source += "(\.\..*)"', text, re.MULTILINE) if name.endswith(".tf") else ():
            place = (Path("/", name).parent / source).resolve().relative_to("/").as_posix()
            assert any(each.startswith(f"{place}/") for each in sources), (name, source)


def test_every_link_of_a_release_leads_somewhere(sources: dict[str, str]) -> None:
    folders = {str(parent) for name in sources for parent in Path(name).parents}
    checked = 0
    for name, text in sources.items():
        for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text) if name.endswith(".md") else ():
            place = (Path("/", name).parent / target).resolve().relative_to("/").as_posix()
            assert place in sources or place in folders, (name, target)
            checked += 1
    assert checked > 50


def test_addresses_are_those_of_the_release(sources: dict[str, str]) -> None:
    found = {
        version
        for text in sources.values()
        for version in re.findall(r"terraform-aws-jwt-authorizer[^\s\"`]*(?:\?ref=|@)(v[\d.]+\d)", text)
    }
    assert found == {"v2.3.4"}
    assert [
        name for name, text in sources.items() if re.search(r"\bv1\.0\.0\b", text) and "CHANGELOG" not in name
    ] == []


def test_the_page_of_a_release_names_each_module_but_those_that_modules_share(sources: dict[str, str]) -> None:
    modules = {name.split("/")[1] for name in sources if re.fullmatch(r"modules/[\w-]+/versions\.tf", name)}
    assert set(re.findall(r"^\| \[[\w-]+\]\(modules/([\w-]+)\)", sources["README.md"], re.MULTILINE)) == modules - {
        "invoke-role",
        "schema",
    }


def test_the_pages_of_the_examples_say_what_a_release_needs_not(sources: dict[str, str]) -> None:
    pages = [text for name, text in sources.items() if re.fullmatch(r"examples/[\w-]+/README\.md", name)]
    for page in pages:
        assert ("make package  " in page) == ("From a release, leave out `make package` and `-var manifest`" in page)


def test_a_release_is_refused_without_the_runtimes_own_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    described = {"format": 1, "target": "aws", "functions": {"backend": {"bytecode": "none", "runtime": "python3.13"}}}
    (tmp_path / "build/arm64").mkdir(parents=True)
    (tmp_path / "build/arm64/manifest.json").write_text(json.dumps(described))
    monkeypatch.setattr(tree, "_run", lambda *_: None)
    with pytest.raises(Error, match=r"no python3\.13 on this machine, and a release needs it: install it"):
        tree._packages(tmp_path, "arm64")


def test_nothing_that_git_ignores_is_released(tmp_path: Path) -> None:
    for name in (
        "terraform/modules/a/main.tf",
        "terraform/modules/a/.terraform/x",
        "terraform/modules/a/terraform.tfstate",
        "terraform/modules/a/terraform.tfstate.backup",
        "CHANGELOG.md",
        "LICENSE",
        "SECURITY.md",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert sorted(name for name, _ in tree._sources(tmp_path, "1.0.0")) == [
        "CHANGELOG.md",
        "LICENSE",
        "SECURITY.md",
        "modules/a/main.tf",
    ]


NAMES = st.sampled_from(["a", "b/c", "b/d", "e/f/g"]).map(lambda name: f"{name}.md")


@given(page=NAMES, target=NAMES, places=st.permutations(["x.md", "y/x.md", "y/z/x.md", "w.md"]))
def test_a_moved_link_leads_to_the_moved_file(page: str, target: str, places: list[str]) -> None:
    moved = dict(zip(["a.md", "b/c.md", "b/d.md", "e/f/g.md"], places, strict=True))
    up = "../" * page.count("/")
    text = markdown.relink(f"see [it](./{up}{target}#part)", page, moved)
    (link,) = re.findall(r"\[it\]\((.*)#part\)", text)
    assert (Path("/", moved[page]).parent / link).resolve() == Path("/", moved[target])


def test_a_link_to_what_stays_behind_becomes_text_and_others_stay() -> None:
    page = "[`a`](../scripts/a.py), [b](https://example.com/b), [c](#c)"
    assert markdown.relink(page, "docs/p.md", {"docs/p.md": "docs/p.md"}) == "`a`, [b](https://example.com/b), [c](#c)"


def test_the_workflow_publishes_what_the_command_makes() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text()
    assert re.findall(r"run: (make .*)", text) == ["make release"]
    assert "subject-path: release/v*/*" in text
    assert json.dumps("3.13") in text
