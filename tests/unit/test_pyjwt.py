"""PyJWT as the authorizer loads it: without its key set client, and leaving no trace of how."""

import subprocess
import sys
import warnings

import jwt
import pytest

from jwt_authorizer import pyjwt
from jwt_authorizer.algorithms import ALGORITHMS
from tests.security.door import signer

KEY_SET_CLIENT = {"email", "http.client", "ssl", "urllib.request"}


def modules_after(program: str) -> set[str]:
    """The modules that a fresh interpreter holds after a program."""
    source = f"import sys; sys.path[:0] = {[path for path in sys.path if path]!r}\n{program}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", source], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_pyjwt_still_imports_its_key_set_client_so_that_the_stand_in_is_needed() -> None:
    assert modules_after("import jwt") >= KEY_SET_CLIENT


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_verifying_imports_no_key_set_client(algorithm: str) -> None:
    loaded = modules_after(f"from jwt_authorizer import pyjwt; pyjwt.load([{algorithm!r}])")
    assert not loaded & {"http.client", "ssl", "urllib.request", "jwt.jwks_client", "jwt.api_jwt"}
    assert ("cryptography" in loaded) == (not algorithm.startswith("HS"))


@pytest.mark.parametrize("algorithms", [["HS256"], ["RS256"], ["RS256", "HS256"], ["HS256", "RS256"]])
def test_a_later_import_of_pyjwt_gets_all_of_it(algorithms: list[str]) -> None:
    program = f"""
from jwt_authorizer import pyjwt
for name in {algorithms!r}:
    pyjwt.load([name])
assert "jwt" not in sys.modules
import jwt, cryptography
assert jwt.PyJWKClient.__module__ == "jwt.jwks_client"
assert "RS256" in jwt.PyJWS().get_algorithms()
"""
    assert modules_after(program) >= KEY_SET_CLIENT


@pytest.mark.parametrize("algorithms", [["HS256", "EdDSA"], ["EdDSA", "HS256"]])
def test_secrets_and_public_keys_verify_in_one_process_in_either_order(algorithms: list[str]) -> None:
    signers = [(signer(name).token(), {"keys": [signer(name).jwk]}, name) for name in algorithms]
    program = f"""
from jwt_authorizer import jws, keys
for token, jwks, algorithm in {signers!r}:
    assert jws.verify(token, keys.parse_jwks(jwks), [algorithm]).header["alg"] == algorithm
"""
    assert "cryptography" in modules_after(program)


def test_the_one_algorithm_is_all_that_pyjwt_accepts() -> None:
    secret = signer("HS256")
    assert pyjwt.verifier("HS256").verify(secret.token(), secret.private)
    assert pyjwt.verifier("HS384").verify(secret.token(), secret.private) is None


def test_a_short_secret_that_the_configuration_allows_makes_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    pyjwt.verifier.cache_clear()
    short = signer("HS256")._replace(private=b"0123456789")
    assert pyjwt.verifier("HS256").verify(short.token(), short.private)
    assert not [warning for warning in recwarn if "authorizer" in warning.filename or "api_jws" in warning.filename]


def test_a_secret_that_the_configuration_allows_to_be_short_makes_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        token = jwt.encode({}, "short", "HS256")
        warnings.simplefilter("error")
        pyjwt.verifier.cache_clear()
        assert pyjwt.verifier("HS256").verify(token, b"short")
