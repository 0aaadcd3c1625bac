"""JWT claims: the rules of RFC 7519 and RFC 8725 about time, audience, type and principal."""

import math
import re
from typing import Any

from jwt_authorizer.errors import (
    AudienceMismatch,
    ClaimInvalid,
    ClaimMismatch,
    ClaimMissing,
    ClientNotAllowed,
    PayloadInvalid,
    PrincipalMissing,
    TokenExpired,
    TokenNotYetValid,
    TokenTooOld,
    TokenTypeNotAllowed,
)
from jwt_authorizer.settings import Issuer, media_type
from jwt_authorizer.strict_json import parse_object

# The last second of the year 9999: later times are mistakes, or milliseconds taken for seconds.
_LATEST_TIME = 253402300799
# Tokens that are JWTs but never meant for an API (RFC 8725, section 3.11; OpenID Connect; RFC 9449; RFC 8417).
_FOREIGN_TYPES = frozenset(("logout+jwt", "dpop+jwt", "secevent+jwt"))

# Claims that are strings wherever they are present (RFC 7519, section 4.1).
_STRINGS = ("iss", "sub", "jti")

# What API Gateway takes for the value of an API key: 20 to 128 characters.
_API_KEY = r"[!-~]{20,128}"

# RFC 9068 and Cognito; OpenID Connect, Auth0 and Keycloak; Entra ID's version 1; Okta.
_CLIENT_CLAIMS = ("client_id", "azp", "appid", "cid")


def read(payload: bytes) -> dict[str, Any]:
    """The claims in a payload, which must be one JSON object (RFC 7519, section 7.2). Raises PayloadInvalid."""
    try:
        return parse_object(payload)
    except ValueError:
        raise PayloadInvalid from None


def check(claims: dict[str, Any], header: dict[str, Any], issuer: Issuer, now: float) -> None:
    """Check a verified token's type and claims against its issuer's settings.

    Takes the claims, the JOSE header, the issuer and the time in seconds since 1970. Raises a subclass of Rejected.
    """
    _check_type(header, issuer)
    for name in issuer.required_claims:
        if claims.get(name) is None:
            raise ClaimMissing(name)
    _check_times(claims, issuer, now)
    _check_audience(claims, issuer)
    _check_client(claims, issuer)
    _check_values(claims, issuer)
    for name in _STRINGS:
        if name in claims and not isinstance(claims[name], str):
            raise ClaimInvalid(name)


def principal(claims: dict[str, Any], issuer: Issuer) -> str:
    """The user or client that the token stands for.

    Raises PrincipalMissing where the claim is absent and nothing stands in for it, ClaimInvalid where it is not a
    string fit for the policy's `principalId`, nor an integer where the issuer's settings take one.
    """
    value = claims.get(issuer.principal_claim, issuer.principal_fallback)
    if value is None:
        raise PrincipalMissing(issuer.principal_claim)
    # A boolean is an int to Python, so the type itself is compared.
    if issuer.integer_principal and type(value) is int:
        return str(value)
    if not isinstance(value, str) or not value.strip() or has_control_characters(value):
        raise ClaimInvalid(issuer.principal_claim)
    return value


def usage_key(claims: dict[str, Any], issuer: Issuer) -> str | None:
    """The API key whose usage plan the call counts against; None where no claim is named or the claim is no key.

    Whether a route takes a call without a key is API Gateway's to decide.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html
    """
    value = claims.get(issuer.usage_key_claim) if issuer.usage_key_claim is not None else None
    return value if isinstance(value, str) and re.fullmatch(_API_KEY, value) else None


def equal(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal, type included: to Python 1, 1.0 and True are all the same."""
    return type(one) is type(other) and bool(one == other)


def has_control_characters(text: str) -> bool:
    """Whether a text holds what could end a line or a string somewhere downstream: C0, DEL, C1, U+2028 or U+2029."""
    # Nearly all claims are printable ASCII, and to see that costs a hundredth of a look at each character.
    if text.isascii() and text.isprintable():
        return False
    return any(character < " " or "\x7f" <= character <= "\x9f" or character in "\u2028\u2029" for character in text)


def _check_type(header: dict[str, Any], issuer: Issuer) -> None:
    kind = media_type(header.get("typ", ""))
    if kind in _FOREIGN_TYPES or (issuer.token_types is not None and kind not in issuer.token_types):
        raise TokenTypeNotAllowed


def _check_times(claims: dict[str, Any], issuer: Issuer, now: float) -> None:
    expires = _numeric_date(claims, "exp")
    not_before = _numeric_date(claims, "nbf")
    issued_at = _numeric_date(claims, "iat")
    # PyJWT leaves the fraction of a second out, so a token does not live to its end here either.
    if expires is not None and math.floor(expires) <= now - issuer.leeway_seconds:
        raise TokenExpired
    if any(time is not None and time > now + issuer.leeway_seconds for time in (not_before, issued_at)):
        raise TokenNotYetValid
    if issuer.max_age_seconds is not None:
        if issued_at is None:
            raise ClaimMissing("iat")
        if now >= issued_at + issuer.max_age_seconds + issuer.leeway_seconds:
            raise TokenTooOld


def _numeric_date(claims: dict[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519, section 2): a finite number of seconds; None where the claim is absent."""
    if name not in claims:
        return None
    value = claims[name]
    # A boolean is an int to Python, so the type itself is compared.
    if type(value) not in (int, float) or not 0 <= value <= _LATEST_TIME or not math.isfinite(value):
        raise ClaimInvalid(name)
    return float(value)


def _check_audience(claims: dict[str, Any], issuer: Issuer) -> None:
    if "aud" in claims:
        audience = claims["aud"]
        audiences = [audience] if isinstance(audience, str) else audience
        if not isinstance(audiences, list) or not all(isinstance(item, str) for item in audiences):
            raise ClaimInvalid("aud")
    else:
        audiences = []
    if issuer.audiences and issuer.audiences.isdisjoint(audiences):
        raise AudienceMismatch


def _check_client(claims: dict[str, Any], issuer: Issuer) -> None:
    """The client that the token was issued to, under the first of its names that the token carries."""
    if not issuer.client_ids:
        return
    client = next((claims[name] for name in _CLIENT_CLAIMS if name in claims), None)
    if client is None:
        raise ClaimMissing("client_id")
    if not isinstance(client, str) or client not in issuer.client_ids:
        raise ClientNotAllowed


def _check_values(claims: dict[str, Any], issuer: Issuer) -> None:
    for name, accepted in issuer.claims.items():
        if name not in claims:
            raise ClaimMissing(name)
        if not any(equal(claims[name], value) for value in accepted):
            raise ClaimMismatch(name)
