"""The keys of one issuer at one moment."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from jwt_authorizer.algorithms import ALGORITHMS
from jwt_authorizer.errors import KeyAmbiguous, KeyUnknown
from jwt_authorizer.tenants import of_tenant


class Key(NamedTuple):
    """One key, ready to verify with.

    `algorithms` names every algorithm the key may verify, bound when it was read (RFC 8725, section 3.1); `material`
    is what their `pyjwt.verifier` takes; `key_id` is None for keys that come without a name. `issuers` are those that
    Entra ID says the key is for, empty where it says nothing.
    """

    algorithms: frozenset[str]
    material: Any
    key_id: str | None = None
    issuers: frozenset[str] = frozenset()


class KeySet(NamedTuple):
    """An issuer's keys.

    `interchangeable` says that they are successive versions of one nameless secret, each to be tried.
    """

    keys: tuple[Key, ...]
    interchangeable: bool = False

    def candidates(self, algorithm: str, key_id: str | None, configured: Collection[str]) -> Sequence[Key]:
        """The keys that a token with this algorithm and key id may have been signed with, at least one.

        A key id picks the key of that name, else one without a name. A token without a key id is accepted only when
        exactly one key fits. Raises KeyUnknown or KeyAmbiguous.
        """
        fitting = self.fitting(algorithm, configured)
        if key_id is not None:
            named = [key for key in fitting if key.key_id == key_id]
            fitting = named or [key for key in fitting if key.key_id is None]
        if not fitting:
            raise KeyUnknown
        if len(fitting) > 1 and not self.interchangeable:
            raise KeyAmbiguous
        return fitting

    def fitting(self, algorithm: str, configured: Collection[str]) -> list[Key]:
        """The keys that may verify a token with this algorithm.

        Each must be able to verify the token's algorithm and one of the configured ones, which are the same but for
        the two names of EdDSA. Keys may share a key id (RFC 7517, section 4.5), but only as long as the algorithm tells
        them apart: of those that it does not, none fits.
        """
        fitting = [
            key for key in self.keys if algorithm in key.algorithms and not key.algorithms.isdisjoint(configured)
        ]
        if len(fitting) == 1:
            return fitting
        times = Counter(key.key_id for key in fitting)
        return [key for key in fitting if key.key_id is None or times[key.key_id] == 1]

    def of_tenant(self, tenant: str, issuer: str) -> "KeySet":
        """The keys that may have signed a tenant's tokens.

        Takes the tenant and the name of its issuer. A key that says which issuer it is for is for that one alone.
        https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-the-signing-key-issuer
        """
        own = [
            key for key in self.keys if not key.issuers or issuer in [of_tenant(name, tenant) for name in key.issuers]
        ]
        return self._replace(keys=tuple(own))

    def can_verify(self, configured: Collection[str]) -> bool:
        """Whether there is any token that one of the keys may verify."""
        return any(self.fitting(algorithm, configured) for algorithm in ALGORITHMS)
