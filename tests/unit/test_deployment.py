"""Finding out what is deployed: the local stack, or an environment by its state."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError, NoCredentialsError, ReadTimeoutError

from scripts.lib import aws, local_stack
from scripts.lib.local_stack import StackInfo
from scripts.lib.program import UsageError
from scripts.operate import deployment, environment, revoke, rotate_secret
from scripts.operate.deployment import Deployment
from tests.unit.conftest import configuration, mint


def test_the_running_stack_is_found_by_its_description(running_stack: StackInfo) -> None:
    found = deployment.find(None)
    assert (found.rest_api_id, found.stage_name, found.secrets) == ("a1", "local", ("jwt-api-local-hmac",))
    assert deployment.find("local") == found
    client = found.client("dynamodb")
    assert client.meta.endpoint_url == "http://127.0.0.1:1"
    assert client.meta.region_name == "eu-west-1"


def test_a_stack_whose_process_has_ended_is_not_running(tmp_path: Path, running_stack: StackInfo) -> None:
    local_stack.write(tmp_path, replace(running_stack, identity="of an earlier process of this number"))
    assert local_stack.read(tmp_path) is None


def test_without_a_stack_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`make up`, or name an environment: ENV=dev"):
        deployment.of_stack(tmp_path)


def test_an_environment_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="there is no environment 'nowhere'"):
        deployment.find("nowhere")


@pytest.fixture
def terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A terraform that answers `output` from a file, once `init` has been run."""
    program = tmp_path / "terraform"
    program.write_text(
        "#!/bin/sh\n"
        'cd "$(dirname "$0")"\n'
        'case " $* " in\n'
        "  *' version '*) echo '{\"terraform_version\": \"1.11.4\"}';;\n"
        "  *' init '*) touch ready;;\n"
        "  *' output '*) test -f ready || { echo 'Backend initialization required' >&2; exit 1; }; cat outputs;;\n"
        "esac\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(environment, "_check_backend", lambda *_: None)
    return tmp_path


def test_an_environment_is_found_by_its_outputs(terraform: Path) -> None:
    settings = {"issuers": [], "rules": {"a": {"cache_seconds": 60}, "b": {}}, "revocation": {"table": "t"}}
    outputs = {
        "configuration": json.dumps(settings),
        "rest_api_id": "a1",
        "stage_name": "dev",
        "generated_secrets": {"hmac": "jwt-api-dev-hmac"},
    }
    (terraform / "outputs").write_text(json.dumps({name: {"value": value} for name, value in outputs.items()}))
    found = deployment.find("dev")
    assert found == Deployment("dev", settings, "a1", "dev", ("jwt-api-dev-hmac",))
    assert (found.table, found.longest_cache_seconds) == ("t", 300)


def test_an_environment_that_is_not_applied_yet_is_told(terraform: Path) -> None:
    (terraform / "outputs").write_text("{}")
    with pytest.raises(UsageError, match="dev is not applied yet; run `make plan ENV=dev`"):
        deployment.find("dev")


def test_a_state_that_cannot_be_read_is_told_in_terraforms_words(terraform: Path) -> None:
    with pytest.raises(UsageError, match="the state of dev cannot be read"):
        environment.outputs(environment.find("dev"))


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that has no settings for AWS."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.mark.usefixtures("nothing_set")
def test_either_variable_names_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert Deployment("dev", {}).client("dynamodb").meta.region_name == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert Deployment("dev", {}).client("dynamodb").meta.region_name == "eu-north-1"


@pytest.mark.usefixtures("nothing_set")
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "no region is named; set AWS_REGION"),
        ({"AWS_REGION": "not a region"}, "AWS_REGION is not the name of a region"),
        ({"AWS_REGION": "eu-west-1", "AWS_PROFILE": "nobody"}, "no profile of the name in AWS_PROFILE"),
        ({"AWS_REGION": "eu-west-1"}, "there are no AWS credentials; set AWS_PROFILE"),
        ({"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a"}, "a part of the AWS credentials is missing"),
    ],
)
def test_settings_that_are_missing_are_told_in_one_line_with_what_to_set(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    settings: dict[str, str],
    said: str,
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    found = Deployment("dev", configuration(revocation={"table": "t"}), secrets=("orders-dev-hmac",))
    monkeypatch.setattr(deployment, "find", lambda _: found)
    assert revoke.main(["--token", mint(jti="t1")]) != 0
    assert rotate_secret.main([]) != 0
    of_revoke, of_rotate = capsys.readouterr().err.splitlines()
    assert said in of_revoke
    assert said in of_rotate


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ReadTimeoutError(endpoint_url="https://x"), "ReadTimeoutError"),
        (ConnectionClosedError(endpoint_url="https://x"), "ConnectionClosedError"),
        (NoCredentialsError(), "there are no AWS credentials; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_AC"),
        (ValueError("x"), "ValueError"),
    ],
)
def test_a_failure_is_told_in_few_words(error: Exception, said: str) -> None:
    assert aws.failure(error).startswith(said)
