"""Finding out what is deployed: the local stack, or an environment by its state."""

import json
import stat
from pathlib import Path

import pytest

from scripts import deployment, environment
from scripts.deployment import Deployment, NotDeployed
from scripts.environment import EnvironmentNotReady
from scripts.stack import Record, Stack

RECORD = {
    "base_url": "http://127.0.0.1:1/restapis/a1/local/_user_request_",
    "endpoint_url": "http://127.0.0.1:1",
    "port": 1,
    "pid": 1,
    "region": "eu-west-1",
    "rest_api_id": "a1",
    "stage_name": "local",
    "authorizer_log_group": "/aws/lambda/x",
    "secret_name": "jwt-api-local-hmac",
    "issuer": "local",
    "audience": "api",
    "algorithm": "HS256",
    "configuration": "{}",
    "routes": {},
    "websocket_url": None,
}


def test_the_running_stack_is_found_by_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: value for name, value in RECORD.items() if name in Record.__dataclass_fields__}
    monkeypatch.setattr(Stack, "running", lambda _: Record(**known))  # type: ignore[arg-type]
    found = deployment.find(None)
    assert (found.rest_api_id, found.stage_name, found.secrets) == ("a1", "local", ("jwt-api-local-hmac",))
    client = found.client("dynamodb")
    assert client.meta.endpoint_url == "http://127.0.0.1:1"
    assert client.meta.region_name == "eu-west-1"


def test_without_a_stack_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotDeployed, match="`make up`, or name an environment: ENV=dev"):
        deployment.find(None, tmp_path)


def test_an_environment_that_is_not_there_is_told() -> None:
    with pytest.raises(NotDeployed, match="there is no environment 'nowhere'"):
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
    with pytest.raises(NotDeployed, match="dev is not applied yet; run `make plan ENV=dev`"):
        deployment.find("dev")


def test_a_state_that_cannot_be_read_is_told_in_terraforms_words(terraform: Path) -> None:
    with pytest.raises(EnvironmentNotReady, match="the state of dev cannot be read"):
        environment.outputs(environment.find("dev"))
