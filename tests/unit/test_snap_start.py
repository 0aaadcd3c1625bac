"""A copy that Lambda starts from a snapshot trusts what is trusted now, not what was when the version was published."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import snapshot_restore_py

from jwt_authorizer.errors import Unauthorized
from tests.unit.conftest import SECRET, Invoke, mint

Start = Callable[..., Invoke]
OTHER_SECRET = "another secret for tests, no less long than what the hash asks for"
KEYS = {"secret": {"secrets_manager": "orders-hmac"}}


Registry = list[tuple[Callable[..., None], tuple[Any, ...], dict[str, Any]]]


@pytest.fixture
def registry() -> Iterator[Registry]:
    """What the started authorizer asks Lambda's runtime to call after a restore."""
    registered: Registry = snapshot_restore_py.get_after_restore()
    registered.clear()
    yield registered
    registered.clear()


def test_a_secret_withdrawn_since_the_snapshot_was_taken_is_not_trusted(
    start: Start, aws: None, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    client = boto3.client("secretsmanager")
    secret = client.create_secret(Name="orders-hmac", SecretString=SECRET)
    invoke = start(keys=KEYS)
    assert invoke(mint(secret=SECRET))["principalId"] == "user-1"
    withdrawn = secret["VersionId"]
    client.put_secret_value(SecretId="orders-hmac", SecretString=OTHER_SECRET)
    client.update_secret_version_stage(
        SecretId="orders-hmac", VersionStage="AWSPREVIOUS", RemoveFromVersionId=withdrawn
    )
    assert invoke(mint(secret=SECRET))["principalId"] == "user-1", "without a restore it is kept for cache_seconds"
    for restore, arguments, options in registry:
        restore(*arguments, **options)
    assert invoke(mint(secret=OTHER_SECRET))["principalId"] == "user-1"
    with pytest.raises(Unauthorized):
        invoke(mint(secret=SECRET))


@pytest.mark.parametrize("initialization", ["on-demand", "provisioned-concurrency", None])
def test_a_copy_that_starts_from_nothing_pays_nothing_for_snapshots(
    start: Start, registry: Registry, monkeypatch: pytest.MonkeyPatch, initialization: str | None
) -> None:
    if initialization is not None:
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", initialization)
    start()
    assert registry == []
