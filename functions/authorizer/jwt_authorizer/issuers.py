"""The trusted issuers: a token is verified with the keys of the one that its `iss` names."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from jwt_authorizer import jws, pyjwt, tenants
from jwt_authorizer.algorithms import is_hmac
from jwt_authorizer.errors import (
    AlgorithmNotAllowed,
    ConfigurationError,
    IssuerUnknown,
    KeysUnavailable,
    KeyUnknown,
    SignatureInvalid,
)
from jwt_authorizer.keys.cache import KeySource
from jwt_authorizer.keys.keyset import KeySet
from jwt_authorizer.keys.source import Observe, key_source
from jwt_authorizer.settings import Issuer

_AHEAD_SECONDS = 5.0


class TrustedIssuer:
    """One issuer with its keys, which live as long as the execution environment, and the tenant that a token names."""

    def __init__(self, settings: Issuer, keys: KeySource, tenant: str | None = None) -> None:
        self.settings = settings
        self.keys = keys
        self.tenant = tenant

    def verify_signature(self, token: jws.UnverifiedJws) -> jws.Jws:
        """Return the token with its signature verified by one of the issuer's keys.

        Raises a subclass of Rejected, KeysUnavailable, or ConfigurationError for keys that are not fit.
        """
        keys = self.keys.get()
        # Twice, for keys that were renewed in the background meanwhile may be from before the rotation too.
        for _ in range(2):
            try:
                return token.verify(self._own(keys), self.settings.algorithms)
            except (KeyUnknown, SignatureInvalid) as refusal:
                # The keys may have been rotated since. A bad signature says so only where keys have no names.
                if isinstance(refusal, SignatureInvalid) and not keys.interchangeable:
                    raise
                renewed = self.keys.renew(keys, token.key_id if isinstance(refusal, KeyUnknown) else None)
                if renewed is None:
                    raise
                keys = renewed
        return token.verify(self._own(keys), self.settings.algorithms)

    def _own(self, keys: KeySet) -> KeySet:
        """The keys that may sign for the tenant, where the issuer has several."""
        if self.tenant is None:
            return keys
        return keys.of_tenant(self.tenant, tenants.of_tenant(str(self.settings.issuer), self.tenant))


class Issuers:
    """The configured issuers by their names."""

    def __init__(self, issuers: Sequence[Issuer], observe: Observe = lambda _name, _message: None) -> None:
        """Raises ConfigurationError that lists every issuer whose keys are not fit, a line each."""
        self._trusted: dict[tuple[str | None, bool], TrustedIssuer] = {}
        self._names = frozenset(issuer.issuer for issuer in issuers if not issuer.tenants)
        mistakes: list[str] = []
        for issuer in issuers:
            try:
                place = issuer.issuer, is_hmac(issuer.algorithms[0])
                self._trusted[place] = TrustedIssuer(issuer, key_source(issuer, observe))
            except ConfigurationError as mistake:
                mistakes.append(str(mistake))
        if mistakes:
            raise ConfigurationError("\n".join(mistakes))
        # Start-up has a full CPU, which the first request has not.
        pyjwt.load(algorithm for issuer in issuers for algorithm in issuer.algorithms)

    def named(self, claims: Mapping[str, Any], algorithm: str) -> TrustedIssuer:
        """The issuer whose tokens have the `iss` of these claims and this algorithm.

        An `iss` may have two entries, one for secrets and one for public keys. The algorithm's family chooses between
        them, and a key of one family never verifies for the other. The name of several tenants stands for that of the
        tenant in `tid`. Raises IssuerUnknown or AlgorithmNotAllowed.
        """
        name = claims.get("iss")
        if name is not None and not isinstance(name, str):
            raise IssuerUnknown
        if name not in self._names:
            return self._of_tenant(claims)
        trusted = self._trusted.get((name, is_hmac(algorithm)))
        if trusted is None:
            raise AlgorithmNotAllowed
        return trusted

    def _of_tenant(self, claims: Mapping[str, Any]) -> TrustedIssuer:
        for trusted in self._trusted.values():
            if tenants.owns(trusted.settings, claims):
                return TrustedIssuer(trusted.settings, trusted.keys, claims["tid"])
        raise IssuerUnknown

    def fetch_keys(self) -> None:
        """Fetch every issuer's keys ahead of the first request.

        What is not begun within five seconds is left to the first request, for Lambda ends a start after ten.
        Raises ConfigurationError that lists every unfit key, a line each; else the first KeysUnavailable.
        """
        ends_at = time.monotonic() + _AHEAD_SECONDS
        mistakes: list[str] = []
        failures: list[KeysUnavailable] = []
        for trusted in self._trusted.values():
            if time.monotonic() > ends_at:
                break
            try:
                trusted.keys.get()
            except ConfigurationError as mistake:
                mistakes.append(str(mistake))
            except KeysUnavailable as failure:
                failures.append(failure)
        if mistakes:
            raise ConfigurationError("\n".join(mistakes))
        if failures:
            raise failures[0]
