"""PyJWT, which decides whether a token's signature is good, loaded without the parts that a verifier never uses."""

import importlib
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

from jwt_authorizer.algorithms import ALGORITHMS, EDDSA_CURVES, HMAC_ALGORITHMS


class Verifier:
    """PyJWT, bound to one algorithm."""

    def __init__(self, algorithm: str, pyjws: Any, refusals: tuple[type[Exception], ...]) -> None:
        self._algorithm = algorithm
        self._pyjws = pyjws
        self._refusals = refusals

    def verify(self, token: str, key: Any) -> tuple[dict[str, Any], bytes] | None:
        """The header and payload that PyJWT reads in a token whose signature it accepts, else None.

        Takes the compact JWS and the key: bytes for HMAC, else one of cryptography's public keys, of the type and curve
        that `KEY_ALGORITHMS` binds to the algorithm. PyJWT gets this algorithm alone (RFC 8725, section 3.1).
        """
        try:
            decoded = self._pyjws.decode_complete(token, key, algorithms=[self._algorithm])
        except self._refusals:
            return None
        return decoded["header"], decoded["payload"]


def load(algorithms: Iterable[str]) -> None:
    """Import what verifying with these algorithms needs, so that no request has to wait for it."""
    # PyJWT with cryptography serves HMAC too, so it comes first.
    for name in sorted(algorithms, key=HMAC_ALGORITHMS.__contains__):
        verifier(name)


@cache
def verifier(algorithm: str) -> Verifier:
    """PyJWT for one of `ALGORITHMS`; what it needs is imported at the first call."""
    api = _import_api(public_keys=algorithm not in HMAC_ALGORITHMS)
    # `minimum_secret_bytes` is where the configuration allows a shorter secret, by name.
    warnings.simplefilter("ignore", api.InsecureKeyLengthWarning)
    pyjws = api.PyJWS(algorithms=ALGORITHMS)
    if algorithm in EDDSA_CURVES:
        # PyJWT has no algorithm under the names of RFC 9864. Its own for EdDSA takes either curve, and the keys have
        # bound the name to one.
        pyjws.register_algorithm(algorithm, pyjws.get_algorithm_by_name("EdDSA"))
    return Verifier(algorithm, pyjws, (api.InvalidTokenError, api.InvalidKeyError))


@cache
def _import_api(*, public_keys: bool) -> ModuleType:
    """Import `jwt.api_jws`, and of PyJWT nothing else.

    `import jwt` imports PyJWT's key set client too, and with it urllib, HTTP, e-mail and TLS: three quarters of the
    time that it takes. So the package's `__init__` does not run. Where all keys are secrets, PyJWT does not find
    cryptography either, which costs more than all the rest of a start, and does without it as it is made to.
    """
    found = PathFinder.find_spec("jwt")
    if found is None or found.submodule_search_locations is None:
        raise ModuleNotFoundError("there is no PyJWT in this package; build it again")
    package = ModuleType("jwt")
    package.__path__ = found.submodule_search_locations
    stand_ins: dict[str, ModuleType | None] = {"jwt": package}
    if public_keys or PathFinder.find_spec("cryptography") is None:
        with _imports_find(stand_ins):
            return importlib.import_module("jwt.api_jws")
    before = set(sys.modules)
    with _imports_find(stand_ins | {"cryptography": None}):
        api = importlib.import_module("jwt.api_jws")
    # Nobody else gets a PyJWT that knows no cryptography.
    for name in [name for name in sys.modules if name.startswith("jwt.") and name not in before]:
        del sys.modules[name]
    return api


@contextmanager
def _imports_find(stand_ins: Mapping[str, ModuleType | None]) -> Iterator[None]:
    """Let imports find these modules under these names, or no module for None; then let them find what they did."""
    before = {name: sys.modules[name] for name in stand_ins if name in sys.modules}
    sys.modules.update(stand_ins)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]
        sys.modules.update(before)
