"""Every way in which an authorization ends other than by an answer."""


class Rejected(Exception):
    """A token that must not be trusted; `reason` is one of `reasons()` and goes to the log, never to the caller.

    The message, where there is one, names claims or settings and holds no value taken from the token.
    """

    reason = "rejected"


class TokenMissing(Rejected):
    """The request carries no token."""

    reason = "token_missing"


class TokenAmbiguous(Rejected):
    """The request carries two different tokens where one is expected."""

    reason = "token_ambiguous"


class TokenMalformed(Rejected):
    """The token is not a compact JWS: three canonical base64url segments (RFC 7515, section 7.1)."""

    reason = "token_malformed"


class OtherScheme(TokenMalformed):
    """The header has credentials of another scheme than Bearer (RFC 9110, section 11.4)."""


class TokenTooLong(Rejected):
    """The token is longer than any that is read at all."""

    reason = "token_too_long"


class HeaderInvalid(Rejected):
    """The JOSE header is not a JSON object with the members that RFC 7515 requires."""

    reason = "header_invalid"


class HeaderUnsupported(Rejected):
    """The JOSE header requires something that is never honoured: an extension, compression, a nested token."""

    reason = "header_unsupported"


class AlgorithmNotAllowed(Rejected):
    """The header's algorithm is not one of those configured for the issuer (RFC 8725, section 3.1)."""

    reason = "algorithm_not_allowed"


class KeyUnknown(Rejected):
    """No key of the issuer fits the token's key id and algorithm."""

    reason = "key_unknown"


class KeyAmbiguous(Rejected):
    """The token names no key id and more than one key of the issuer fits."""

    reason = "key_ambiguous"


class SignatureInvalid(Rejected):
    """The signature does not verify."""

    reason = "signature_invalid"


class PayloadInvalid(Rejected):
    """The payload is not one JSON object (RFC 7519, section 7.2)."""

    reason = "payload_invalid"


class IssuerUnknown(Rejected):
    """No configured issuer equals the `iss` claim."""

    reason = "issuer_unknown"


class ClaimMissing(Rejected):
    """A required claim is absent."""

    reason = "claim_missing"


class ClaimInvalid(Rejected):
    """A claim is not of the type that its definition requires."""

    reason = "claim_invalid"


class AudienceMismatch(Rejected):
    """None of the token's audiences is one of the configured ones (RFC 7519, section 4.1.3)."""

    reason = "audience_mismatch"


class ClientNotAllowed(Rejected):
    """The client that the token was issued to is not one of the configured ones."""

    reason = "client_not_allowed"


class ClaimMismatch(Rejected):
    """A claim has none of the values that the issuer's configuration accepts."""

    reason = "claim_mismatch"


class TokenExpired(Rejected):
    """The time in `exp`, with the leeway, has passed (RFC 7519, section 4.1.4)."""

    reason = "token_expired"


class TokenNotYetValid(Rejected):
    """The time in `nbf` or `iat`, less the leeway, has not come (RFC 7519, sections 4.1.5 and 4.1.6)."""

    reason = "token_not_yet_valid"


class TokenTooOld(Rejected):
    """The token was issued longer ago than the configured maximum age."""

    reason = "token_too_old"


class TokenRevoked(Rejected):
    """The denylist names the token, or all tokens of its subject that were issued when it was."""

    reason = "token_revoked"


class BindingNotProved(Rejected):
    """The token is bound to what the request does not prove, or to nothing where the rule has a binding."""

    reason = "binding_not_proved"


class TokenTypeNotAllowed(Rejected):
    """The header's `typ` is not one that is accepted (RFC 8725, section 3.11)."""

    reason = "token_type_not_allowed"


class PrincipalMissing(Rejected):
    """The token carries no principal and none is configured for such tokens."""

    reason = "principal_missing"


def reasons() -> frozenset[str]:
    """The fixed set of reasons for which a token is rejected."""
    return frozenset(kind.reason for kind in Rejected.__subclasses__())


class ConfigurationError(Exception):
    """The deployment is wrong, not the request: the message says where and what to write instead."""


class StartFailure(ConfigurationError):
    """The authorizer cannot start with its configuration: every call is an error until another is deployed."""


class KeySetInvalid(Exception):
    """A document that should hold keys does not, or holds what no set may; the message says what is wrong with it."""


class EventNotRecognized(Exception):
    """The event is none that API Gateway documents for Lambda authorizers."""


class KeysUnavailable(Exception):
    """Keys cannot be had; the message names their source, never a token."""


class RevocationUnavailable(Exception):
    """The denylist cannot be read; the message names the table and why, never a token."""


class InternalError(Exception):
    """Something that should not happen; the message names where, never a value."""


class Unauthorized(Exception):
    """What makes API Gateway answer 401: an error whose message is exactly `Unauthorized`.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
    """

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def aws_code(error: Exception) -> str:
    """What AWS calls an error of botocore's, else the error's own name; never the request."""
    # Errors of connections have a response too, which is None.
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code") or type(error).__name__)
