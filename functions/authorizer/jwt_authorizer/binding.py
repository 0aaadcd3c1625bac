"""Tokens that are bound to a key of their client's, and the proof that the caller holds it (RFC 7800).

Only a client certificate can be proved here: API Gateway hands it over when a domain name uses mutual TLS, and the
token's `cnf` names it by its thumbprint (RFC 8705, section 3.1).
"""

import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from jwt_authorizer import base64url
from jwt_authorizer.errors import BindingNotProved, ConfigurationError
from jwt_authorizer.request import Request
from jwt_authorizer.settings import Rule

NO_CERTIFICATE = "the request has no client certificate"
_THUMBPRINT = "x5t#S256"
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def check_kind(rule: Rule, request: Request) -> None:
    """Check that the authorizer of a rule with a binding gets the client certificate.

    Raises ConfigurationError for an authorizer of type TOKEN and for a WebSocket API.
    """
    # An event without path parameters has no client certificate either.
    if rule.binding is not None and request.path_parameters is None:
        raise ConfigurationError(
            f"the rule {rule.name} binds tokens to client certificates, which authorizers of type TOKEN and WebSocket"
            " APIs do not get; attach its authorizer to a REST or HTTP API as type REQUEST"
        )


def check(claims: Mapping[str, Any], rule: Rule, request: Request) -> None:
    """Check that everything a token is bound to is proved, and that a rule with a binding gets a bound token.

    Takes the verified claims, the rule and the request. Raises BindingNotProved (RFC 9449, section 7.2; RFC 8705,
    section 3).
    """
    if "cnf" not in claims:
        if rule.binding is not None:
            raise BindingNotProved("the token has no cnf")
        return
    confirmation = claims["cnf"]
    if not isinstance(confirmation, dict) or not confirmation:
        raise BindingNotProved("cnf is no object, or an empty one")
    if rule.binding is None:
        raise BindingNotProved("the token has cnf, and the rule has no binding")
    if set(confirmation) != {_THUMBPRINT}:
        raise BindingNotProved(f"cnf has other members than {_THUMBPRINT}")
    certificate = request.client_certificate
    if certificate is None:
        raise BindingNotProved(NO_CERTIFICATE)
    if confirmation[_THUMBPRINT] != thumbprint(certificate):
        raise BindingNotProved("cnf names another certificate")


def thumbprint(certificate: str) -> str:
    """The SHA-256 thumbprint of a certificate in PEM, as `x5t#S256` spells it (RFC 8705, section 3.1).

    Raises BindingNotProved for anything but one certificate.
    """
    text = certificate.strip()
    body = text.removeprefix(_BEGIN).removesuffix(_END)
    if len(text) - len(body) != len(_BEGIN) + len(_END):
        raise BindingNotProved("the client certificate is not in PEM")
    try:
        data = binascii.a2b_base64("".join(body.split()), strict_mode=True)
    except ValueError:
        raise BindingNotProved("the client certificate is not in PEM") from None
    return base64url.encode(hashlib.sha256(data).digest()).decode()
