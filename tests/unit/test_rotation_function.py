"""The scheduled rotation: every step, repeated and out of order, as Secrets Manager may ask for it."""

import json
import uuid
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from jwt_authorizer.keys.secret import check_secret
from rotation import handler, steps
from rotation.steps import RotationRefused

NAME = "orders-dev-hmac"
OLD = "the value before the first rotation, of enough length for each of the hashes"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


class LambdaContext:
    """The part of Lambda's context object that the function uses."""

    def __init__(self, seconds: float = 900) -> None:
        self._milliseconds = int(seconds * 1000)

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


class Secret:
    """A secret that is set up for rotation, and the function as Secrets Manager calls it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.arn = client.create_secret(Name=NAME, SecretString=OLD)["ARN"]
        # A schedule without a function: moto then has a secret that is set up for rotation, and does not rotate it.
        _stored(client).rotation_requested = _stored(client).rotation_enabled = True

    def begin(self) -> str:
        """A new pending version that has no value yet, as a rotation begins."""
        version = str(uuid.uuid4())
        secret = _stored(self.client)
        secret.remove_version_stages_from_old_versions(["AWSPENDING"])
        secret.versions[version] = {"createdate": 0, "version_id": version, "version_stages": ["AWSPENDING"]}
        return version

    def step(self, step: str, version: str, seconds: float = 900) -> None:
        event = {"Step": step, "SecretId": self.arn, "ClientRequestToken": version}
        handler.lambda_handler(event, LambdaContext(seconds))

    def give(self, version: str, value: str) -> None:
        """Store the pending version's value, as another than the function might."""
        self.client.put_secret_value(
            SecretId=NAME, ClientRequestToken=version, SecretString=value, VersionStages=["AWSPENDING"]
        )

    def value(self, stage: str) -> str:
        return str(self.client.get_secret_value(SecretId=NAME, VersionStage=stage)["SecretString"])

    def version(self, stage: str) -> str:
        return str(self.client.get_secret_value(SecretId=NAME, VersionStage=stage)["VersionId"])


def _stored(client: Any) -> Any:
    from moto.secretsmanager.models import secretsmanager_backends

    return secretsmanager_backends["123456789012"][client.meta.region_name].secrets[NAME]


@pytest.fixture
def secret(aws: None, monkeypatch: pytest.MonkeyPatch) -> Secret:
    monkeypatch.setenv("WAIT_SECONDS", "0")
    return Secret(boto3.client("secretsmanager"))


def test_the_four_steps_make_a_new_value_current_and_the_old_one_previous(secret: Secret) -> None:
    version = secret.begin()
    for step in STEPS:
        assert secret.value("AWSCURRENT") == OLD, "until the last step nothing changes for those who sign"
        secret.step(step, version)
    assert secret.version("AWSCURRENT") == version
    assert secret.value("AWSPREVIOUS") == OLD
    assert secret.value("AWSCURRENT").isalnum()
    assert check_secret(secret.value("AWSCURRENT").encode(), 64)


@pytest.mark.parametrize("repeated", STEPS)
def test_a_step_that_comes_again_changes_nothing(secret: Secret, repeated: str) -> None:
    version = secret.begin()
    for step in STEPS:
        secret.step(step, version)
        if step == repeated:
            stages = dict(secret.client.describe_secret(SecretId=NAME)["VersionIdsToStages"])
            value = secret.client.get_secret_value(SecretId=NAME, VersionId=version)["SecretString"]
            secret.step(step, version)
            assert secret.client.describe_secret(SecretId=NAME)["VersionIdsToStages"] == stages
            assert secret.client.get_secret_value(SecretId=NAME, VersionId=version)["SecretString"] == value
    assert secret.version("AWSCURRENT") == version
    assert secret.value("AWSPREVIOUS") == OLD


def test_after_the_last_step_every_step_is_done_already(secret: Secret, capsys: pytest.CaptureFixture[str]) -> None:
    version = secret.begin()
    for step in STEPS:
        secret.step(step, version)
    value = secret.value("AWSCURRENT")
    capsys.readouterr()
    for step in STEPS:
        secret.step(step, version)
    assert secret.value("AWSCURRENT") == value
    assert [json.loads(line)["outcome"] for line in capsys.readouterr().out.splitlines()] == ["done already"] * 4


@pytest.mark.parametrize("early", ["setSecret", "finishSecret"])
def test_a_step_before_there_is_a_value_is_refused_and_changes_nothing(secret: Secret, early: str) -> None:
    version = secret.begin()
    with pytest.raises(RotationRefused, match="createSecret comes first"):
        secret.step(early, version)
    assert secret.value("AWSCURRENT") == OLD


def test_a_rotation_interrupted_before_its_end_is_replaced_by_the_next(secret: Secret) -> None:
    abandoned = secret.begin()
    secret.step("createSecret", abandoned)
    version = secret.begin()
    with pytest.raises(RotationRefused, match="not the pending one"):
        secret.step("finishSecret", abandoned)
    for step in STEPS:
        secret.step(step, version)
    assert secret.version("AWSCURRENT") == version
    assert secret.value("AWSPREVIOUS") == OLD


def test_a_second_rotation_ends_the_overlap_of_the_first(secret: Secret) -> None:
    for _ in range(2):
        version = secret.begin()
        for step in STEPS:
            secret.step(step, version)
    assert OLD not in (secret.value("AWSCURRENT"), secret.value("AWSPREVIOUS"))
    assert secret.value("AWSCURRENT") != secret.value("AWSPREVIOUS")


def test_a_version_that_is_not_there_is_refused(secret: Secret) -> None:
    with pytest.raises(RotationRefused, match="no such version"):
        secret.step("createSecret", str(uuid.uuid4()))


def test_a_secret_that_is_not_set_up_for_rotation_is_refused(secret: Secret) -> None:
    _stored(secret.client).rotation_enabled = False
    with pytest.raises(RotationRefused, match="not set up"):
        secret.step("createSecret", secret.begin())


def test_an_unknown_step_is_refused(secret: Secret) -> None:
    with pytest.raises(RotationRefused, match="none that Secrets Manager documents"):
        secret.step("deleteSecret", secret.begin())


@pytest.mark.parametrize("held", ['{"username": "orders", "password": "x"}', "{}"])
def test_a_secret_of_another_make_is_never_replaced(secret: Secret, held: str) -> None:
    secret.client.put_secret_value(SecretId=NAME, SecretString=held)
    with pytest.raises(RotationRefused, match="bare HMAC secrets"):
        secret.step("createSecret", secret.begin())
    assert secret.value("AWSCURRENT") == held


@pytest.mark.parametrize("value", [None, OLD])
def test_a_version_that_tries_a_new_schedule_passes_the_test_and_never_becomes_current(
    secret: Secret, value: str | None
) -> None:
    version = secret.begin()
    if value is not None:
        secret.give(version, value)
    secret.step("testSecret", version)
    with pytest.raises(RotationRefused):
        secret.step("finishSecret", version)
    assert secret.version("AWSCURRENT") != version
    assert secret.value("AWSCURRENT") == OLD


@pytest.mark.parametrize("unfit", ["short", "a text with spaces, which is not letters and digits but long enough"])
def test_a_pending_value_of_another_make_never_becomes_current(secret: Secret, unfit: str) -> None:
    version = secret.begin()
    secret.give(version, unfit)
    for step in ("testSecret", "finishSecret"):
        with pytest.raises(RotationRefused, match="64 letters and digits"):
            secret.step(step, version)
    assert secret.value("AWSCURRENT") == OLD


def test_the_second_step_waits_until_authorizers_have_read_the_new_version(
    secret: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = clock(monkeypatch)
    monkeypatch.setenv("WAIT_SECONDS", "330")
    version = secret.begin()
    secret.step("createSecret", version)
    secret.step("setSecret", version)
    assert sum(waited) == pytest.approx(330, abs=2)
    secret.step("setSecret", version)
    assert sum(waited) == pytest.approx(330, abs=2), "a repetition waits for the rest alone"


def test_a_wait_longer_than_the_functions_time_goes_on_with_the_next_try(
    secret: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = clock(monkeypatch)
    monkeypatch.setenv("WAIT_SECONDS", "330")
    version = secret.begin()
    secret.step("createSecret", version)
    with pytest.raises(RotationRefused, match="not known everywhere yet"):
        secret.step("setSecret", version, seconds=205)
    assert sum(waited) == pytest.approx(200)
    secret.step("setSecret", version, seconds=205)
    assert sum(waited) == pytest.approx(330, abs=2)


def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Have the steps wait without waiting; returns how long they did, each time."""
    import time

    waited: list[float] = []
    monkeypatch.setattr(steps, "time", SimpleNamespace(time=lambda: time.time() + sum(waited), sleep=waited.append))
    return waited


def test_values_are_random(secret: Secret) -> None:
    seen = set()
    for _ in range(20):
        version = secret.begin()
        secret.step("createSecret", version)
        seen.add(secret.value("AWSPENDING"))
    assert len(seen) == 20
    assert len(set("".join(seen))) > 55, "of all letters and digits"


def test_the_log_tells_each_step_and_no_value(secret: Secret, capsys: pytest.CaptureFixture[str]) -> None:
    version = secret.begin()
    for step in STEPS:
        secret.step(step, version)
    printed = capsys.readouterr().out
    assert [json.loads(line)["step"] for line in printed.splitlines()] == list(STEPS)
    assert {json.loads(line)["secret"] for line in printed.splitlines()} == {NAME}
    for value in (OLD, secret.value("AWSCURRENT")):
        assert value not in printed
