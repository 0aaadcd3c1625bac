"""Rotating from the command line: what becomes of the versions, and when it is refused."""

import time
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from rotation import steps
from scripts.operate import deployment, rotate_secret
from scripts.operate.deployment import Deployment
from tests.unit.conftest import SECRET, configuration

NAME = "orders-dev-hmac"


@pytest.fixture
def client(aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    secrets_manager = boto3.client("secretsmanager")
    secrets_manager.create_secret(Name=NAME, SecretString=SECRET)
    found = Deployment("dev", configuration(keys={"secret": {"secrets_manager": NAME}}), secrets=(NAME,))
    monkeypatch.setattr(deployment, "find", lambda _: found)
    monkeypatch.setattr(Deployment, "client", lambda _, service: boto3.client(service))
    return secrets_manager


def value(client: Any, stage: str) -> str:
    return str(client.get_secret_value(SecretId=NAME, VersionStage=stage)["SecretString"])


def run(*arguments: str) -> int:
    return rotate_secret.main(["--wait", "0s", *arguments])


def test_the_new_value_is_current_and_the_old_one_previous(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert value(client, "AWSPREVIOUS") == SECRET
    new = value(client, "AWSCURRENT")
    assert len(new) == 64
    printed = capsys.readouterr().out
    assert printed.startswith("Rotating on dev.\n")
    assert new not in printed
    assert SECRET not in printed
    assert f"accepted until {NAME} is rotated again" in printed


def test_a_second_rotation_is_refused_while_tokens_of_the_value_before_may_be_about(
    client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 0
    new = value(client, "AWSCURRENT")
    assert run() == 2
    assert (value(client, "AWSCURRENT"), value(client, "AWSPREVIOUS")) == (new, SECRET)
    printed = capsys.readouterr().err
    assert f"{NAME} was rotated 0 seconds ago" in printed or "1 second ago" in printed
    assert "FORCE=1" in printed
    assert run("--longest", "0s") == 0
    assert value(client, "AWSPREVIOUS") == new


def test_force_rotates_all_the_same(client: Any) -> None:
    assert run() == 0
    new = value(client, "AWSCURRENT")
    assert run("--force") == 0
    assert value(client, "AWSPREVIOUS") == new


def test_the_longest_life_is_the_issuers_own_where_it_says_so(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = configuration(keys={"secret": {"secrets_manager": NAME}}, max_age_seconds=1)
    monkeypatch.setattr(deployment, "find", lambda _: Deployment("dev", settings, secrets=(NAME,)))
    assert run() == 0
    later = SimpleNamespace(time=lambda: time.time() + 3, strftime=time.strftime, gmtime=time.gmtime)
    monkeypatch.setattr(rotate_secret, "time", later)
    assert run() == 0


def test_an_interrupted_rotation_is_taken_up(
    client: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(steps, "wait_until_known", interrupt)
        assert run() == 130
    assert value(client, "AWSCURRENT") == SECRET
    prepared = value(client, "AWSPENDING")
    assert run() == 0
    assert value(client, "AWSCURRENT") == prepared
    assert "Taking up the rotation" in capsys.readouterr().out


def test_it_waits_for_as_long_as_authorizers_keep_the_secret(
    client: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(steps, "time", SimpleNamespace(time=time.time, sleep=waited.append))
    assert rotate_secret.main([]) == 0
    assert sum(waited) == pytest.approx(310, abs=2)
    assert "Waiting 5 minutes until every authorizer has read it" in capsys.readouterr().out


def test_a_scheduled_rotation_is_begun_and_left_to_its_function(
    client: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Scheduled:
        """Secrets Manager with a secret that has a function of its own."""

        begun: list[str] = []  # noqa: RUF012 - one for the test
        exceptions = boto3.client("secretsmanager").exceptions

        def get_secret_value(self, **_: str) -> dict[str, Any]:
            return {}

        def describe_secret(self, SecretId: str) -> dict[str, Any]:  # noqa: N803 - boto3's own name
            return {"Name": SecretId, "RotationEnabled": True, "VersionIdsToStages": {"1": ["AWSCURRENT"]}}

        def rotate_secret(self, SecretId: str) -> None:  # noqa: N803 - boto3's own name
            self.begun.append(SecretId)

    monkeypatch.setattr(Deployment, "client", lambda *_: Scheduled())
    assert rotate_secret.main([]) == 0
    assert Scheduled.begun == [NAME]
    assert "by its own function" in capsys.readouterr().out


def test_a_leaked_secret_is_replaced_without_waiting_for_its_own_function(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe = client.describe_secret
    monkeypatch.setattr(client, "describe_secret", lambda **request: describe(**request) | {"RotationEnabled": True})
    monkeypatch.setattr(Deployment, "client", lambda *_: client)
    assert [run("--force"), run("--force")] == [0, 0]
    assert SECRET not in {value(client, "AWSCURRENT"), value(client, "AWSPREVIOUS")}


@pytest.mark.parametrize(
    ("keys", "form"),
    [({"encoding": "hex"}, "text in hex"), ({"encoding": "base64"}, "text in base64"), ({}, "65 bytes")],
)
def test_a_secret_is_left_alone_where_the_authorizer_would_refuse_the_new_value(
    client: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    keys: dict[str, str],
    form: str,
) -> None:
    settings = configuration(keys={"secret": {"secrets_manager": NAME, **keys}}, minimum_secret_bytes=65)
    monkeypatch.setattr(deployment, "find", lambda _: Deployment("dev", settings, secrets=(NAME,)))
    assert run() == 2
    assert f"an issuer takes {NAME} for {form}" in capsys.readouterr().err
    assert value(client, "AWSCURRENT") == SECRET
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        value(client, "AWSPENDING")


@pytest.mark.parametrize("secrets", [(), ("one", "two")])
def test_which_secret_must_be_plain(
    client: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], secrets: tuple[str, ...]
) -> None:
    monkeypatch.setattr(deployment, "find", lambda _: Deployment("dev", {}, secrets=secrets))
    assert run() == 2
    assert f"dev has {len(secrets)} generated secrets" in capsys.readouterr().err
    assert run("--secret", NAME) == 0


def test_a_secret_that_is_not_there_is_told(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--secret", "another") == 1
    assert "ResourceNotFoundException" in capsys.readouterr().err


def test_a_secret_of_another_make_is_left_alone(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    client.put_secret_value(SecretId=NAME, SecretString='{"password": "x"}')
    assert run("--force") == 1
    assert "bare HMAC secrets" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--wait", "--longest"])
def test_times_must_be_times(client: Any, capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert rotate_secret.main([f"{option}=-1h"]) == 2
    assert "must not be negative" in capsys.readouterr().err
