"""Planning and applying a real environment: what has to be there first."""

from pathlib import Path

import pytest

from scripts import environment
from scripts.environment import EnvironmentNotReady


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


def test_an_environment_with_packages_and_a_bucket_is_ready(root: Path) -> None:
    environment.check_ready_to_plan(environment.find("dev", root), root)


def test_an_environment_that_is_not_there_is_told_with_those_that_are(root: Path) -> None:
    with pytest.raises(EnvironmentNotReady, match=r"ENV=dev$"):
        environment.find("production", root)


def test_the_local_stack_is_never_planned_as_a_real_one(root: Path) -> None:
    with pytest.raises(EnvironmentNotReady, match="make up"):
        environment.find("local", root)


def test_a_change_of_the_local_stack_is_planned_and_never_applied(root: Path) -> None:
    variables = root / "terraform" / "environments" / "local-next.tfvars"
    with pytest.raises(EnvironmentNotReady, match=r"local-next.tfvars is missing"):
        environment.local_change("local-next", root)
    variables.touch()
    assert environment.local_change("local-next", root) == environment.Environment(
        "local-next", variables, Path(), root / "build" / "local-next.plan.json"
    )
    assert environment.local_change("dev", root) is None
    with pytest.raises(EnvironmentNotReady, match="make up"):
        environment.find("local-next", root)


def test_nothing_is_reviewed_that_was_not_planned(root: Path) -> None:
    with pytest.raises(EnvironmentNotReady, match="make plan ENV=dev"):
        environment.show("dev", root)


def test_missing_packages_are_told_with_the_command_that_builds_them(root: Path) -> None:
    (root / "build" / "manifest.json").unlink()
    with pytest.raises(EnvironmentNotReady, match="make package"):
        environment.check_ready_to_plan(environment.find("dev", root), root)


@pytest.mark.parametrize("text", ["", 'bucket = ""', 'bucket = "<your state bucket>"', 'bucket = "REPLACE_ME"'])
def test_a_bucket_that_nobody_filled_in_is_told(root: Path, text: str) -> None:
    (root / "terraform" / "environments" / "dev.s3.tfbackend").write_text(text)
    with pytest.raises(EnvironmentNotReady, match="names no bucket yet"):
        environment.check_ready_to_plan(environment.find("dev", root), root)


def test_nothing_is_applied_that_was_not_planned(root: Path) -> None:
    with pytest.raises(EnvironmentNotReady, match="make plan ENV=dev"):
        environment.apply(environment.find("dev", root))


def test_a_mistake_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert environment.main(["plan", "nowhere"]) == 2
    assert capsys.readouterr().err.startswith("plan: there is no environment 'nowhere'")
