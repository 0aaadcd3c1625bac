"""Keys, tokens and configurations that the benchmarks share; made anew for every run."""

import base64
import json
import time
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ISSUER = "https://login.example.com/"
AUDIENCE = "orders"
METHOD_ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/GET/hello"
SECRET_VARIABLE = "HMAC_SECRET"
# The tutorial's: it goes into its code.
SECRET = "my-secret-that-is-in-the-code-and-in-the-repository"
ALGORITHMS = ("HS256", "RS256", "ES256", "EdDSA")
SHORT_TOKEN_BYTES = 300
LONG_TOKEN_BYTES = 4096


class Signer(NamedTuple):
    """A key of one algorithm: `private` signs, `public` verifies; for HMAC they are the same text."""

    algorithm: str
    private: Any
    public: Any

    @property
    def public_pem(self) -> str:
        """The public key as configurations and rivals take it; of a secret, the secret."""
        if isinstance(self.public, str):
            return self.public
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        pem: bytes = self.public.public_bytes(serialization.Encoding.PEM, form)
        return pem.decode()

    @property
    def jwks(self) -> dict[str, Any]:
        """The JWK Set of the one public key."""
        implementation = jwt.get_algorithm_by_name(self.algorithm)
        jwk = implementation.to_jwk(self.public, as_dict=True)
        return {"keys": [{**jwk, "kid": "k1", "use": "sig", "alg": self.algorithm}]}

    @property
    def configuration(self) -> dict[str, Any]:
        """The authorizer's configuration with this one key in it, and one rule."""
        hmac = self.algorithm.startswith("HS")
        keys = {"secret": {"environment": SECRET_VARIABLE}} if hmac else {"jwks": self.jwks}
        issuer = {"issuer": ISSUER, "audiences": [AUDIENCE], "algorithms": [self.algorithm], "keys": keys}
        return {"issuers": [issuer], "rules": {"signed-in": {}}}

    def token(self, size: int | None = None, issuer: str = ISSUER) -> str:
        """A good token, padded to a number of bytes or the nearest above, where it is not longer anyway."""
        now = int(time.time())
        claims = {"iss": issuer, "aud": AUDIENCE, "sub": "user-1", "exp": now + 86400, "iat": now}
        token = self._encode(claims)
        if size is None:
            return token
        # Three bytes of payload are four of base64url.
        missing = max(size - len(token) - len(_segment(b', "picture": ""')), 0)
        return self._encode({**claims, "picture": "x" * (missing * 3 // 4)})

    def _encode(self, claims: dict[str, Any]) -> str:
        headers = {} if self.algorithm.startswith("HS") else {"kid": "k1"}
        return jwt.encode(claims, self.private, algorithm=self.algorithm, headers=headers)


def signers() -> dict[str, Signer]:
    """A signer of each algorithm."""
    keys: dict[str, Any] = {
        "RS256": rsa.generate_private_key(65537, 2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }
    asymmetric = {name: Signer(name, key, key.public_key()) for name, key in keys.items()}
    return {"HS256": Signer("HS256", SECRET, SECRET), **asymmetric}


def event(token: str) -> dict[str, Any]:
    """The event of a TOKEN authorizer."""
    return {"type": "TOKEN", "methodArn": METHOD_ARN, "authorizationToken": f"Bearer {token}"}


def environment(configuration: dict[str, Any]) -> dict[str, str]:
    """The environment of an authorizer with this configuration."""
    return {"AUTHORIZER_CONFIG": json.dumps(configuration, separators=(",", ":")), SECRET_VARIABLE: SECRET}


def _segment(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
