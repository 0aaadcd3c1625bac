"""Which terraform is run, in which environment, and where ``init`` finds the provider."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from scripts import terraform
from scripts.lib.program import UsageError
from scripts.terraform import __main__ as command
from scripts.terraform import program, providers


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with no mirror, no Terraform configuration and no terraform but what a test puts there."""
    for variable in ("TERRAFORM", "TF_CLI_CONFIG_FILE", "TF_PROVIDER_MIRROR", "CHECKPOINT_DISABLE", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "share"))
    monkeypatch.setattr(providers, "ADD_ON_PACKAGES", tmp_path / "opt")
    for module in (program, providers):
        monkeypatch.setattr(module, "ROOT", tmp_path / "repository")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "repository" / "terraform").mkdir(parents=True)
    (tmp_path / "repository" / ".terraform-version").write_text("1.11.4\n")


def install(folder: Path, answer: str, exit_code: int = 0, name: str = "terraform") -> str:
    """Put a program of a name in a folder; returns a PATH that finds it and the system's own tools."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{answer}'\nexit {exit_code}\n")
    file.chmod(0o755)
    return f"{folder}{os.pathsep}{os.defpath}"


def mirror(
    folder: Path, release: str = "5.100.0", platform: str | None = None, registry_name: str = providers.REGISTRY
) -> Path:
    """Fill a provider mirror, unpacked, with one release for one platform (this one's unless named)."""
    registry = folder / registry_name / providers.PROVIDER
    (registry / release / (platform or providers.this_platform())).mkdir(parents=True)
    return folder


def lock(release: str) -> None:
    (Path("repository") / "terraform" / ".terraform.lock.hcl").write_text(
        f'provider "{providers.REGISTRY}/{providers.PROVIDER}" {{\n  version     = "{release}"\n}}\n'
    )


# The program


def test_the_program_on_the_path_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", install(tmp_path / "bin", '{"terraform_version": "1.11.4"}'))
    assert terraform.find() == str(tmp_path / "bin" / "terraform")


def test_a_newer_minor_release_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", install(tmp_path / "bin", '{"terraform_version": "1.14.0-rc1"}'))
    assert terraform.find() == str(tmp_path / "bin" / "terraform")


@pytest.mark.parametrize("release", ["1.10.5", "0.15.5", "2.0.0"])
def test_an_older_minor_or_another_major_release_is_refused(
    release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", install(tmp_path / "bin", f'{{"terraform_version": "{release}"}}'))
    with pytest.raises(UsageError, match=f"is release {release}, and this needs 1.11"):
        terraform.find()


def test_a_missing_program_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(UsageError, match=r"no terraform on the PATH: install release 1\.11\.4"):
        terraform.find()


def test_another_program_is_used_where_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", install(tmp_path / "bin", '{"terraform_version": "1.11.2"}', name="tofu"))
    monkeypatch.setenv("TERRAFORM", "tofu")
    assert terraform.find() == str(tmp_path / "bin" / "tofu")


def test_opentofu_of_before_ephemeral_resources_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", install(tmp_path / "bin", '{"terraform_version": "1.10.6"}', name="tofu"))
    monkeypatch.setenv("TERRAFORM", "tofu")
    with pytest.raises(UsageError, match=r"is release 1\.10\.6, and this needs 1\.11"):
        terraform.find()


def test_a_named_program_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM", "tofu")
    with pytest.raises(UsageError, match="TERRAFORM names tofu, which is not on the PATH"):
        terraform.find()


def test_opentofu_takes_the_provider_from_its_own_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM", "tofu")
    lock("5.100.0")  # Terraform's, which OpenTofu does not read
    mirror(tmp_path / "opt" / "mirror")
    assert providers.init_arguments() == []
    mirror(tmp_path / "opt" / "mirror", release="6.62.0", registry_name=providers.OPENTOFU_REGISTRY)
    assert providers.init_arguments() == [f"-plugin-dir={tmp_path / 'opt' / 'mirror'}"]


def test_a_program_that_is_no_terraform_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", install(tmp_path / "bin", "no version of terraform is selected", exit_code=3))
    with pytest.raises(UsageError, match=r"exit 3\): no version of terraform is selected"):
        terraform.find()


def test_main_says_it_in_one_line_and_exits_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert command.main(["plan"]) == 2
    assert capsys.readouterr().err.startswith("terraform: there is no terraform on the PATH")


# The environment


def test_a_configuration_file_that_is_missing_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "missing"))
    assert "TF_CLI_CONFIG_FILE" not in terraform.inherited()


def test_a_configuration_file_that_is_there_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "terraformrc"
    file.touch()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(file))
    assert terraform.inherited()["TF_CLI_CONFIG_FILE"] == str(file)


@pytest.mark.parametrize("path", ["a folder", "n" * 300])
def test_a_configuration_file_that_cannot_be_read_is_named(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a folder").mkdir()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / path))
    with pytest.raises(UsageError, match=r"which cannot be read \(.+\): name another file, or unset it"):
        terraform.inherited()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")
def test_a_configuration_file_in_a_closed_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(closed / "terraformrc"))
    with pytest.raises(UsageError, match="Permission denied"):
        terraform.inherited()


def test_the_call_for_newer_releases_is_off_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert terraform.inherited()["CHECKPOINT_DISABLE"] == "1"
    monkeypatch.setenv("CHECKPOINT_DISABLE", "")
    assert terraform.inherited()["CHECKPOINT_DISABLE"] == ""


def test_garbage_is_collected_less_often_unless_the_user_says_how_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOGC", raising=False)
    assert terraform.inherited()["GOGC"] == "400"
    monkeypatch.setenv("GOGC", "50")
    assert terraform.inherited()["GOGC"] == "50"


# The provider mirror


def test_without_a_mirror_init_asks_the_registry() -> None:
    assert providers.init_arguments() == []


def test_a_mirror_among_the_add_on_packages_is_used(tmp_path: Path) -> None:
    folder = mirror(tmp_path / "opt" / "providers")
    assert providers.init_arguments() == [f"-plugin-dir={folder}"]


def test_a_packed_mirror_serves_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "opt" / "providers" / providers.REGISTRY / providers.PROVIDER
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-aws_5.100.0_{providers.this_platform()}.zip").touch()
    assert providers.init_arguments() == [f"-plugin-dir={tmp_path / 'opt' / 'providers'}"]


def test_a_mirror_for_another_platform_is_passed_over(tmp_path: Path) -> None:
    mirror(tmp_path / "opt" / "a", platform="plan9_mips")
    folder = mirror(tmp_path / "opt" / "b")
    assert providers.init_arguments() == [f"-plugin-dir={folder}"]


def test_a_mirror_without_the_locked_release_is_passed_over(tmp_path: Path) -> None:
    lock("5.100.0")
    mirror(tmp_path / "opt" / "a", release="5.99.1")
    assert providers.init_arguments() == []


def test_the_named_mirror_comes_before_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror(tmp_path / "opt" / "providers")
    named = mirror(tmp_path / "named")
    monkeypatch.setenv("TF_PROVIDER_MIRROR", str(named))
    assert providers.init_arguments() == [f"-plugin-dir={named}"]


def test_the_named_mirror_may_be_its_registry_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = mirror(tmp_path / "named")
    monkeypatch.setenv("TF_PROVIDER_MIRROR", str(named / providers.REGISTRY))
    assert providers.init_arguments() == [f"-plugin-dir={named}"]


def test_a_named_mirror_that_is_missing_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_PROVIDER_MIRROR", str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="which is not a folder"):
        providers.init_arguments()


def test_a_named_mirror_without_the_provider_says_how_to_fill_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock("5.100.0")
    named = mirror(tmp_path / "named", release="5.99.1")
    monkeypatch.setenv("TF_PROVIDER_MIRROR", str(named))
    with pytest.raises(UsageError, match=r"no hashicorp/aws 5\.100\.0 .* providers mirror"):
        providers.init_arguments()


@pytest.mark.parametrize("folder", ["terraform.d/plugins", "home/.terraform.d/plugins", "share/terraform/plugins"])
def test_an_implied_mirror_is_left_to_terraform(folder: str, tmp_path: Path) -> None:
    if sys.platform == "darwin" and folder.startswith("share"):
        pytest.skip("Terraform reads XDG_DATA_DIRS on other systems only")
    mirror(tmp_path / folder)
    mirror(tmp_path / "opt" / "providers")
    assert providers.init_arguments() == []


def test_a_configuration_that_names_its_sources_is_left_to_terraform(tmp_path: Path) -> None:
    mirror(tmp_path / "opt" / "providers")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".terraformrc").write_text("provider_installation {\n  direct {}\n}\n")
    assert providers.init_arguments() == []


# The arguments


def test_only_init_is_told_of_the_mirror(tmp_path: Path) -> None:
    folder = mirror(tmp_path / "opt" / "providers")
    assert providers.arguments_for(["-chdir=somewhere", "init", "-input=false"]) == [
        "-chdir=somewhere",
        "init",
        f"-plugin-dir={folder}",
        "-input=false",
    ]
    assert providers.arguments_for(["plan", "init"]) == ["plan", "init"]
    assert providers.arguments_for(["-version"]) == ["-version"]


def test_a_folder_named_on_the_line_is_not_doubled(tmp_path: Path) -> None:
    mirror(tmp_path / "opt" / "providers")
    assert providers.arguments_for(["init", "-plugin-dir=here"]) == ["init", "-plugin-dir=here"]
