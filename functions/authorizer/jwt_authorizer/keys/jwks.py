"""JSON Web Keys (RFC 7517) to the keys that may verify signatures; everything else in a set is passed over."""

import math
from typing import Any

from jwt_authorizer import base64url
from jwt_authorizer.algorithms import KEY_ALGORITHMS, hash_bytes, names
from jwt_authorizer.errors import KeySetInvalid
from jwt_authorizer.keys.keyset import Key, KeySet

MINIMUM_RSA_BITS = 2048
# A larger modulus only costs time: verification with it takes milliseconds.
MAXIMUM_RSA_BITS = 8192
# So does a larger exponent: one as large as the modulus takes tens of milliseconds. BoringSSL has the same bound.
MAXIMUM_RSA_EXPONENT_BITS = 33
# The generator's product of primes ended here for the shortest keys that are taken at all.
_ROCA_LARGEST_PRIME = 701

# The members that make a key the key that it is.
_MATERIAL = ("kty", "crv", "n", "e", "x", "y", "k")
_COORDINATE_BYTES = {"P-256": 32, "P-384": 48, "P-521": 66}

# The y coordinates of the points whose order divides the cofactor. To a key made of one of them, signatures that hold
# for any message are found without its private half. RFC 7748, section 4, has the primes.
_ED25519_PRIME = 2**255 - 19
_ED25519_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_ED448_PRIME = 2**448 - 2**224 - 1
_SMALL_ORDER = {
    "Ed25519": (0, 1, _ED25519_PRIME - 1, _ED25519_ORDER_8, _ED25519_PRIME - _ED25519_ORDER_8),
    "Ed448": (0, 1, _ED448_PRIME - 1),
}


class UnfitKey(Exception):
    """A key that must not verify anything; the message says why, without any of the key."""


def parse_jwks(jwks: dict[str, Any]) -> KeySet:
    """Read a JWK Set (RFC 7517, section 5).

    Takes the decoded document. Returns the keys that may verify signatures, without those that are for encryption,
    weak, malformed or of an unknown kind. A key that is listed once for each algorithm is one key with all of them.
    Private members are never read.
    Raises KeySetInvalid for what is no set, and for one that mixes secrets with public keys.
    """
    entries = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(entries, list):
        raise KeySetInvalid("it is not a JWK Set: there is no list `keys`")
    types = _types(entries)
    if "oct" in types and len(types) > 1:
        raise KeySetInvalid("it mixes secrets with public keys, so its secrets may be public too")
    keys: dict[tuple[str | None, str], Key] = {}
    for entry in entries:
        try:
            key = parse_jwk(entry)
        except UnfitKey:
            continue
        identity = key.key_id, repr([entry.get(name) for name in _MATERIAL])
        if identity in keys:
            same = keys[identity]
            key = key._replace(algorithms=key.algorithms | same.algorithms, issuers=key.issuers | same.issuers)
        keys[identity] = key
    return KeySet(tuple(keys.values()))


def _types(entries: list[Any]) -> set[str]:
    types = [entry.get("kty") for entry in entries if isinstance(entry, dict)]
    return {type_ for type_ in types if isinstance(type_, str)}


def parse_jwk(jwk: Any) -> Key:
    """Read one JWK. Raises UnfitKey for what must not verify (RFC 7517, section 4; RFC 8725, section 3.1)."""
    if not isinstance(jwk, dict):
        raise UnfitKey("it is not an object")
    # Some servers write null for what they do not say.
    jwk = {name: value for name, value in jwk.items() if value is not None}
    _check_use(jwk)
    key_type, curve = _kind(jwk)
    algorithms = KEY_ALGORITHMS.get((key_type, curve), frozenset())
    if key_type == "oct":
        secret = _bytes(jwk, "k")
        material: Any = secret
        algorithms = frozenset(name for name in algorithms if hash_bytes(name) <= len(secret))
    else:
        material = _public_key(jwk, key_type, curve)
    algorithms &= _named_algorithms(jwk, algorithms)
    if not algorithms:
        raise UnfitKey("no algorithm goes with its kty, crv, alg and length")
    # Entra ID's own member. What is no string names no issuer, and so the key is for none of several tenants.
    issuers = frozenset([str(jwk["issuer"])] if "issuer" in jwk else ())
    return Key(algorithms, material, jwk.get("kid"), issuers)


def _check_use(jwk: dict[str, Any]) -> None:
    if not isinstance(jwk.get("kid"), str | None):
        raise UnfitKey("kid is not a string")
    if jwk.get("use", "sig") != "sig":
        raise UnfitKey("use is not sig")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise UnfitKey("key_ops lacks verify")


def _named_algorithms(jwk: dict[str, Any], otherwise: frozenset[str]) -> frozenset[str]:
    if "alg" not in jwk:
        return otherwise
    return names(jwk["alg"]) if isinstance(jwk["alg"], str) else frozenset()


def _kind(jwk: dict[str, Any]) -> tuple[str, str | None]:
    key_type, curve = jwk.get("kty"), jwk.get("crv")
    if key_type in ("oct", "RSA"):
        curve = None
    if not isinstance(key_type, str) or not isinstance(curve, str | None):
        raise UnfitKey("kty or crv is not a string")
    return key_type, curve


def public_key_kind(key: Any) -> tuple[str, str | None]:
    """The type and curve of a public key of cryptography's; raises UnfitKey for a weak one or a kind not known."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        _check_rsa(numbers.n, numbers.e)
        return "RSA", None
    if isinstance(key, ec.EllipticCurvePublicKey):
        curve = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}.get(key.curve.name)
        if curve is not None:
            return "EC", curve
    if isinstance(key, ed25519.Ed25519PublicKey):
        # The highest bit is the sign of x (RFC 8032, section 5.1.2).
        y = int.from_bytes(key.public_bytes_raw(), "little") % 2**255 % _ED25519_PRIME
        return _of_large_order("Ed25519", y)
    if isinstance(key, ed448.Ed448PublicKey):
        # The last byte holds nothing but the sign of x (RFC 8032, section 5.2.2).
        return _of_large_order("Ed448", int.from_bytes(key.public_bytes_raw()[:-1], "little") % _ED448_PRIME)
    raise UnfitKey("it is no RSA, P-256, P-384, P-521, Ed25519 or Ed448 key")


def _check_rsa(modulus: int, exponent: int) -> None:
    if not MINIMUM_RSA_BITS <= modulus.bit_length() <= MAXIMUM_RSA_BITS:
        raise UnfitKey(f"an RSA key must have {MINIMUM_RSA_BITS} to {MAXIMUM_RSA_BITS} bits")
    if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > MAXIMUM_RSA_EXPONENT_BITS:
        raise UnfitKey(f"the RSA exponent must be odd, more than 1, and of {MAXIMUM_RSA_EXPONENT_BITS} bits at most")
    if modulus % 2 == 0:
        raise UnfitKey("the RSA modulus is even")
    if _is_roca(modulus):
        raise UnfitKey("the RSA key was made by a faulty generator (ROCA, CVE-2017-15361): make a new pair")


def _is_roca(modulus: int) -> bool:
    """Whether a modulus has the form that Infineon's faulty generator gave: a power of 65537 by each small prime.

    Its factors can then be found. https://crocs.fi.muni.cz/public/papers/rsa_ccs17
    """
    return all(_is_power_of_65537(modulus, prime) for prime in range(3, _ROCA_LARGEST_PRIME + 1, 2) if _is_prime(prime))


def _is_prime(odd: int) -> bool:
    return all(odd % divisor for divisor in range(3, math.isqrt(odd) + 1, 2))


def _is_power_of_65537(number: int, prime: int) -> bool:
    power = 1
    for _ in range(prime - 1):
        if power == number % prime:
            return True
        power = power * 65537 % prime
    return False


def _of_large_order(curve: str, y: int) -> tuple[str, str]:
    if y in _SMALL_ORDER[curve]:
        raise UnfitKey("the point is of small order")
    return "OKP", curve


def _public_key(jwk: dict[str, Any], key_type: str, curve: str | None) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed448, ed25519

    try:
        if key_type == "RSA":
            key: Any = _rsa_key(jwk)
        elif key_type == "EC" and curve in _COORDINATE_BYTES:
            key = _ec_key(jwk, str(curve))
        elif key_type == "OKP" and curve == "Ed25519":
            key = ed25519.Ed25519PublicKey.from_public_bytes(_bytes(jwk, "x"))
        elif key_type == "OKP" and curve == "Ed448":
            key = ed448.Ed448PublicKey.from_public_bytes(_bytes(jwk, "x"))
        else:
            raise UnfitKey("its kty and crv are not known")
    except (ValueError, UnsupportedAlgorithm):
        raise UnfitKey("its numbers make no key") from None
    public_key_kind(key)
    return key


def _rsa_key(jwk: dict[str, Any]) -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    modulus = int.from_bytes(_bytes(jwk, "n"), "big")
    if modulus.bit_length() > MAXIMUM_RSA_BITS:
        raise UnfitKey(f"an RSA key must have {MINIMUM_RSA_BITS} to {MAXIMUM_RSA_BITS} bits")
    return rsa.RSAPublicNumbers(int.from_bytes(_bytes(jwk, "e"), "big"), modulus).public_key()


def _ec_key(jwk: dict[str, Any], curve: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    x, y = _bytes(jwk, "x"), _bytes(jwk, "y")
    if {len(x), len(y)} != {_COORDINATE_BYTES[curve]}:
        raise UnfitKey("a coordinate is not of its curve's length")
    curves: dict[str, Any] = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}
    return ec.EllipticCurvePublicNumbers(
        int.from_bytes(x, "big"), int.from_bytes(y, "big"), curves[curve]()
    ).public_key()


def _bytes(jwk: dict[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str) or not value:
        raise UnfitKey(f"{name} is not a string")
    try:
        return base64url.decode(value.encode("ascii"))
    except ValueError:
        raise UnfitKey(f"{name} is not base64url") from None
