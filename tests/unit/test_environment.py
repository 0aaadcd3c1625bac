"""Planning and applying a real environment: what has to be there first."""

import json
import stat
from pathlib import Path

import pytest

from scripts import ROOT
from scripts.lib.program import UsageError
from scripts.operate import environment


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one environment, ready to plan."""
    folder = tmp_path / "terraform" / "environments"
    folder.mkdir(parents=True)
    (folder / "dev.tfvars").touch()
    (folder / "local.tfvars").touch()
    (folder / "dev.s3.tfbackend").write_text('bucket = "state-of-things"\n')
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "manifest.json").touch()
    return tmp_path


def test_an_environment_that_is_not_there_is_told_with_those_that_are(root: Path) -> None:
    with pytest.raises(UsageError, match=r"ENV=dev$"):
        environment.find("production", root)


def test_the_local_stack_is_never_planned_as_a_real_one(root: Path) -> None:
    with pytest.raises(UsageError, match="make up"):
        environment.find("local", root)


def test_a_change_of_the_local_stack_is_planned_and_never_applied(root: Path) -> None:
    variables = root / "terraform" / "environments" / "local-next.tfvars"
    with pytest.raises(UsageError, match=r"local-next.tfvars is missing"):
        environment.local_change("local-next", root)
    variables.touch()
    assert environment.local_change("local-next", root) == environment.Environment(
        "local-next", variables, Path(), root / "build" / "local-next.plan.json"
    )
    assert environment.local_change("dev", root) is None
    with pytest.raises(UsageError, match="make up"):
        environment.find("local-next", root)


def test_nothing_is_reviewed_that_was_not_planned(root: Path) -> None:
    with pytest.raises(UsageError, match="make plan ENV=dev"):
        environment.show("dev", root)


def test_missing_packages_are_told_with_the_command_that_builds_them(root: Path) -> None:
    (root / "build" / "manifest.json").unlink()
    with pytest.raises(UsageError, match="make package"):
        environment.check_ready_to_plan(environment.find("dev", root), root)


@pytest.mark.parametrize("text", ["", 'bucket = ""', 'bucket = "<your state bucket>"', 'bucket = "REPLACE_ME"'])
def test_a_bucket_that_nobody_filled_in_is_told(root: Path, text: str) -> None:
    (root / "terraform" / "environments" / "dev.s3.tfbackend").write_text(text)
    with pytest.raises(UsageError, match="names no bucket yet"):
        environment.check_ready_to_plan(environment.find("dev", root), root)


def test_nothing_is_applied_that_was_not_planned(root: Path) -> None:
    with pytest.raises(UsageError, match="make plan ENV=dev"):
        environment.apply(environment.find("dev", root))


def test_a_mistake_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert environment.main(["plan", "nowhere"]) == 2
    assert capsys.readouterr().err.startswith("plan: there is no environment 'nowhere'")


@pytest.fixture
def terraform(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A terraform that notes what it is run with and answers `output`; gives the file of its notes."""
    program = root / "bin" / "terraform"
    program.parent.mkdir()
    outputs = {"base_url": {"value": "https://x/dev"}, "routes": {"value": {"GET /me": {"rule": "signed-in"}}}}
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$* automation=$TF_IN_AUTOMATION data=$TF_DATA_DIR" >> {root}/notes\n'
        'case " $* " in\n'
        "  *' version '*) echo '{\"terraform_version\": \"1.11.4\"}';;\n"
        f"  *' output '*) echo '{json.dumps(outputs)}';;\n"
        "esac\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setattr(environment, "find", lambda name, find=environment.find: find(name, root))
    for check in ("check_ready_to_plan", "_check_backend"):
        original = getattr(environment, check)
        monkeypatch.setattr(environment, check, lambda chosen, _=None, original=original: original(chosen, root))
    return root / "notes"


def test_an_output_is_printed_as_it_is_and_all_of_them_as_json(
    terraform: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert environment.main(["output", "dev", "--only", "base_url"]) == 0
    assert capsys.readouterr().out == "https://x/dev\n"
    assert environment.main(["output", "dev", "--only", "routes"]) == 0
    assert json.loads(capsys.readouterr().out) == {"GET /me": {"rule": "signed-in"}}
    assert environment.main(["output", "dev"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"base_url", "routes"}


def test_an_output_that_is_not_there_is_told_with_those_that_are(
    terraform: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert environment.main(["output", "dev", "--only", "url"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "output: there is no output 'url'; write NAME=base_url|routes\n"


def test_a_plan_ends_with_our_own_next_step_and_not_with_terraforms(
    terraform: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert environment.main(["plan", "dev"]) == 0
    assert all("automation=1" in line for line in terraform.read_text().splitlines() if "plan" in line)
    assert "`make apply ENV=dev` carries out exactly this." in capsys.readouterr().out


def test_terraform_shows_what_it_would_destroy_and_asks(
    terraform: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert environment.main(["destroy", "dev"]) == 0
    before, last = (line for line in terraform.read_text().splitlines() if "version" not in line)
    assert " init " in before
    assert f" destroy -var-file={root}/terraform/environments/dev.tfvars " in last
    assert last.endswith(f"data={ROOT}/terraform/.terraform/dev")
    assert "-auto-approve" not in last
    assert "deletion_protection = false in dev.tfvars" in capsys.readouterr().out


def test_tables_that_are_not_protected_are_not_mentioned(
    terraform: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "terraform" / "environments" / "dev.tfvars").write_text("deletion_protection  = false\n")
    assert environment.main(["destroy", "dev"]) == 0
    assert capsys.readouterr().out == ""
