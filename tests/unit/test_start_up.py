"""What a cold start imports: every user pays for it, so it is what the configuration needs and nothing else."""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from jwt_authorizer.errors import ConfigurationError
from tests.security.door import signer
from tests.unit.conftest import SECRET, Invoke, configuration

# Each takes milliseconds; together they take longer than all the rest of a cold start.
EXPENSIVE = {"boto3", "cryptography", "dataclasses", "email", "http", "inspect", "ssl", "urllib"}
# PyJWT imports cryptography's formats of certificates and SSH keys, which import these.
PRICE_OF_PUBLIC_KEYS = {"cryptography", "dataclasses", "email", "inspect", "urllib"}


def imported(**changes: Any) -> set[str]:
    """The top-level modules in a process that has started the authorizer and nothing else."""
    program = "import sys, jwt_authorizer.handler; print(*{name.partition('.')[0] for name in sys.modules})"
    # Isolated, for what a development environment imports at start-up is no business of the authorizer's.
    source = f"import sys; sys.path[:0] = {[path for path in sys.path if path]!r}; {program}"
    environment = {"AUTHORIZER_CONFIG": json.dumps(configuration(**changes)), "TEST_SECRET": SECRET}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", source],
        env={**environment, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_a_start_with_a_secret_imports_nothing_expensive() -> None:
    assert imported() & {*EXPENSIVE, "random"} == set()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_start_with_inline_keys_imports_cryptography_and_nothing_else_expensive(algorithm: str) -> None:
    assert imported(algorithms=[algorithm], keys=signer(algorithm).keys) & EXPENSIVE <= PRICE_OF_PUBLIC_KEYS


def test_what_verifies_is_imported_at_start_and_not_by_the_first_request() -> None:
    assert "hmac" in imported()
    assert "cryptography" in imported(algorithms=["RS256"], keys=signer("RS256").keys)


@pytest.mark.parametrize("is_good", [True, False])
def test_a_start_leaves_the_garbage_collector_at_work_however_it_ends(
    start: Callable[..., Invoke], is_good: bool
) -> None:
    with nullcontext() if is_good else pytest.raises(ConfigurationError):
        start(**({} if is_good else {"audiences": None}))
    assert gc.isenabled()
