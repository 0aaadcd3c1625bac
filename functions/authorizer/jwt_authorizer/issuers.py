"""The trusted issuers: each token is verified with the keys, and by the rules, of the one that its `iss` names."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from jwt_authorizer import claims, jws
from jwt_authorizer.config import Issuer
from jwt_authorizer.errors import ConfigurationError, IssuerUnknown, KeysUnavailable
from jwt_authorizer.keys.cache import CachedKeys
from jwt_authorizer.keys.source import key_source


class VerifiedToken(NamedTuple):
    """A token that is trusted: its claims, its principal and the issuer that vouches for them."""

    claims: dict[str, Any]
    principal: str
    issuer: Issuer


class Issuers:
    """The configured issuers with their key sources, which live as long as the execution environment."""

    def __init__(self, issuers: Sequence[Issuer]) -> None:
        self._trusted: dict[str | None, tuple[Issuer, CachedKeys]] = {
            issuer.issuer: (issuer, key_source(issuer)) for issuer in issuers
        }

    def verify(self, token: jws.UnverifiedJws, now: float) -> VerifiedToken:
        """Verify a token's signature, then its claims.

        Takes the token and the time in seconds since 1970. Raises a subclass of Rejected, or KeysUnavailable.
        """
        # `iss` is believed only so far as to choose whose key must have signed it.
        unverified = claims.read(token.payload)
        issuer, keys = self._choose(unverified.get("iss"))
        verified = token.verify(keys.get(), issuer.algorithms)
        claims.check(unverified, verified.header, issuer, now)
        return VerifiedToken(unverified, claims.principal(unverified, issuer), issuer)

    def _choose(self, name: object) -> tuple[Issuer, CachedKeys]:
        if name is not None and not isinstance(name, str):
            raise IssuerUnknown
        try:
            return self._trusted[name]
        except KeyError:
            raise IssuerUnknown from None

    def fetch_keys(self) -> None:
        """Fetch every issuer's keys ahead of the first request.

        Raises ConfigurationError that lists every unfit key, a line each; else the first KeysUnavailable.
        """
        mistakes: list[str] = []
        failures: list[KeysUnavailable] = []
        for _, keys in self._trusted.values():
            try:
                keys.get()
            except ConfigurationError as mistake:
                mistakes.append(str(mistake))
            except KeysUnavailable as failure:
                failures.append(failure)
        if mistakes:
            raise ConfigurationError("\n".join(mistakes))
        if failures:
            raise failures[0]
