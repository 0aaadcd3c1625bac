"""What the authorizer must answer, in as few lines as it can be said: read it beside RFC 7515, RFC 7519 and RFC 8725.

It shares nothing with the authorizer but the names of the configuration's keys (docs/configuration.md); `compare.py`
runs both on the same requests. Fetching keys and the forms of API Gateway's events are not its matter.
"""

import base64
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

Json = Mapping[str, Any]
COMPACT = json.JSONEncoder(separators=(",", ":")).encode
LATEST = 253402300799  # the last second of the year 9999
GUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Key(NamedTuple):
    """A key: its `kid`, the algorithms it may verify, each token it has signed => the algorithm's names, its issuer."""

    key_id: str | None
    algorithms: frozenset[str]
    signed: Mapping[str, Collection[str]]
    issuer: str | None = None


class World(NamedTuple):
    """Each entry's keys, the revoked (`iss`, `jti`), and (`iss`, `sub`) => the time before which its tokens are."""

    keys: Sequence[Sequence[Key]]
    revoked_tokens: frozenset[tuple[Any, Any]] = frozenset()
    revoked_subjects: Mapping[tuple[Any, Any], float] = {}


class Request(NamedTuple):
    """One request: its Authorization header, its path parameters, and its client certificate's thumbprint."""

    authorization: str
    path: Mapping[str, str]
    thumbprint: str | None = None


class Answer(NamedTuple):
    """200, 401 or 403; with 200 the principal, the context, and the second at which the policy ends, if it does."""

    status: int
    principal: str | None = None
    context: Mapping[str, str] | None = None
    until: int | None = None


class Untrusted(Exception):
    """401."""


def answer(configuration: Json, rule: Json, request: Request, now: float, world: World) -> Answer:
    """The answer to a request for a route that this rule of the configuration guards."""
    try:
        token = bearer_token(request.authorization)
        header, claims = parse(token)
        issuer, keys = issuer_of(configuration["issuers"], world.keys, header, claims)
        check(is_signed(token, header, issuer, keys) and is_bound_as_presented(claims, rule, request))
        check_claims(header, claims, issuer, now)
        check(not configuration.get("revocation") or not is_revoked(claims, world))
        principal, context = principal_of(claims, issuer), context_of(claims, configuration)
    except Untrusted:
        return Answer(401)
    if len(json.dumps([principal, context])) > 7168 or not meets(rule, claims, issuer, request.path):
        return Answer(403)
    return Answer(200, principal, context, policy_end(claims, issuer, configuration))


def check(holds: bool) -> None:
    """Nothing that fails a check is believed."""
    if not holds:
        raise Untrusted


def bearer_token(authorization: str) -> str:
    """`Bearer <token>`, the scheme in any case (RFC 6750, section 2.1), or the bare token."""
    words = [word for word in authorization.split(" ") if word]
    words = words[1:] if authorization.lower().startswith("bearer ") else words
    check(len(words) == 1 and words[0].lower() != "bearer")
    return words[0]


def parse(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The JOSE header and the claims of a compact JWS (RFC 7515, section 7.1)."""
    check(len(token) <= 8192 and token.isascii() and token.count(".") == 2)
    try:
        parts = [base64url(part) for part in token.split(".")]
        header, claims = strict_json(parts[0]), strict_json(parts[1])
    except (ValueError, RecursionError):
        raise Untrusted from None
    check(all(isinstance(header.get(name, ""), str) for name in ("typ", "cty", "kid")))
    check(parts[2] != b"" and isinstance(header.get("alg"), str) and len(header.get("kid", "")) <= 256)
    # Each of these changes what the token means, and none is supported (RFC 7515, section 4.1.11; RFC 8725, 3.1).
    check(header.keys().isdisjoint(("crit", "b64", "zip", "enc")) and media_type(header.get("cty", "")) != "jwt")
    return header, claims


def base64url(part: str) -> bytes:
    """Without padding, in the one spelling that encoding gives (RFC 7515, section 2)."""
    data = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    check(base64.urlsafe_b64encode(data).decode().rstrip("=") == part)
    return data


def strict_json(data: bytes) -> dict[str, Any]:
    """One object in UTF-8: no member twice, finite numbers, text that UTF-8 can carry, and not nested beyond reason."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        check(len(dict(pairs)) == len(pairs))
        return dict(pairs)

    check(data.count(b"{") + data.count(b"[") <= 500)
    value = json.loads(data.decode(), object_pairs_hook=members)
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    check(isinstance(value, dict))
    return dict(value)


def issuer_of(issuers: Sequence[Json], keys: Any, header: Json, claims: Json) -> tuple[Json, Sequence[Key]]:
    """The entry that `iss` names exactly, of the token's family; else the one of its tenant, and that tenant's keys."""
    is_hmac, name, tenant = header["alg"] in ("HS256", "HS384", "HS512"), claims.get("iss"), str(claims.get("tid"))
    for issuer, held in zip(issuers, keys, strict=True):
        if issuer["issuer"] == name and "tenants" not in issuer and issuer["algorithms"][0].startswith("HS") == is_hmac:
            return issuer, held
    check(all(issuer["issuer"] != name for issuer in issuers) and re.fullmatch(GUID, tenant) is not None)
    for issuer, held in zip(issuers, keys, strict=True):
        if issuer.get("tenants") == "any" or tenant in issuer.get("tenants", ()):
            check(name == issuer["issuer"].replace("{tenantid}", tenant))
            return issuer, [key for key in held if key.issuer in (None, name, issuer["issuer"])]
    raise Untrusted


def is_signed(token: str, header: Json, issuer: Json, keys: Sequence[Key]) -> bool:
    """Whether the one key that `alg`, by any of its names (RFC 9864), and `kid` leave has signed (RFC 8725, 3.5)."""
    names = {"EdDSA": ("Ed25519", "Ed448"), "Ed25519": ("EdDSA",), "Ed448": ("EdDSA",)}.get(header["alg"], ())
    check(not {header["alg"], *names}.isdisjoint(issuer["algorithms"]))
    fitting = [key for key in keys if header["alg"] in key.algorithms and key.algorithms & set(issuer["algorithms"])]
    named = [key for key in fitting if key.key_id == header.get("kid", key.key_id)]
    fitting = named or [key for key in fitting if key.key_id is None]
    return len(fitting) == 1 and header["alg"] in fitting[0].signed.get(token, ())


def check_claims(header: Json, claims: Json, issuer: Json, now: float) -> None:
    """RFC 7519, section 4.1, RFC 8725, section 3.11, and what the configuration requires beside."""
    kind, kinds = media_type(header.get("typ", "")), issuer.get("token_types")
    check(kind not in ("logout+jwt", "dpop+jwt", "secevent+jwt") and (kinds is None or kind in map(media_type, kinds)))
    check(all(claims.get(name) is not None for name in issuer.get("required_claims", ["exp"])))
    check(all(isinstance(claims[name], str) for name in ("iss", "sub", "jti") if name in claims))
    check_times(claims, issuer, now)
    audience = [claims["aud"]] if isinstance(claims.get("aud"), str) else claims.get("aud", [])
    check(isinstance(audience, list) and all(isinstance(name, str) for name in audience))
    check(not issuer["audiences"] or not set(issuer["audiences"]).isdisjoint(audience))
    client = next((claims[name] for name in ("client_id", "azp", "appid", "cid") if name in claims), None)
    check(not issuer.get("client_ids") or (isinstance(client, str) and client in issuer["client_ids"]))
    check(all(name in claims and equals_one(claims[name], values) for name, values in issuer.get("claims", {}).items()))


def check_times(claims: Json, issuer: Json, now: float) -> None:
    """RFC 7519, sections 4.1.4 to 4.1.6, and the greatest age."""
    check(all(is_time(claims[name]) for name in ("exp", "nbf", "iat") if name in claims))
    leeway, longest = issuer.get("leeway_seconds", 10), issuer.get("max_age_seconds")
    check("exp" not in claims or now < int(claims["exp"]) + leeway)
    check(all(claims[name] <= now + leeway for name in ("nbf", "iat") if name in claims))
    check(longest is None or ("iat" in claims and now < claims["iat"] + longest + leeway))


def principal_of(claims: Json, issuer: Json) -> str:
    """The user or client that the token stands for."""
    value = claims.get(issuer.get("principal_claim", "sub"), issuer.get("principal_fallback"))
    is_integer = type(value) is int and bool(issuer.get("integer_principal"))
    check(is_integer or (isinstance(value, str) and value.strip() != "" and is_plain(value)))
    return str(value)


def is_bound_as_presented(claims: Json, rule: Json, request: Request) -> bool:
    """Whether a bound token comes with its certificate, to a rule that needs one, and no other token does."""
    if rule.get("binding") is None:
        return "cnf" not in claims
    return request.thumbprint is not None and claims.get("cnf") == {"x5t#S256": request.thumbprint}


def is_revoked(claims: Json, world: World) -> bool:
    """Whether the denylist names the token or its subject, or could not: DynamoDB's keys have 2,048 bytes at most."""
    issuer, token_id, subject = claims.get("iss"), claims.get("jti"), claims.get("sub")
    is_before = claims.get("iat", -1) < world.revoked_subjects.get((issuer, subject), -1)
    is_nameable = all(len(json.dumps(["jti", issuer, name])) <= 2048 for name in (token_id, subject))
    return is_before or (issuer, token_id) in world.revoked_tokens or not is_nameable or token_id is subject is None


def context_of(claims: Json, configuration: Json) -> dict[str, str]:
    """The claims that the backend receives, each as one text."""
    several = len(configuration["issuers"]) > 1 or any("tenants" in issuer for issuer in configuration["issuers"])
    names = [*configuration.get("context_claims", []), "exp", *(["iss"] if several else [])]
    names = list(claims) if names[0] == "*" else names
    reserved = ("", "claims", "integrationLatency", "principal", "principalId")
    wanted = {name: claims[name] for name in names if name not in reserved and claims.get(name) is not None}
    check(all(is_plain(name) and (not isinstance(value, str) or is_plain(value)) for name, value in wanted.items()))
    return {name: value if isinstance(value, str) else COMPACT(value) for name, value in wanted.items()}


def meets(rule: Json, claims: Json, issuer: Json, path: Mapping[str, str]) -> bool:
    """Whether verified claims meet a rule; a claim that is missing, or not of the needed type, meets nothing."""
    texts = [claims.get(name) for name in issuer.get("scope_claims", ["scope", "scp"])]
    lists = [text.split(" ") if isinstance(text, str) else text for text in texts]
    granted = {scope for scopes in lists if isinstance(scopes, list) for scope in scopes if isinstance(scope, str)}
    any_scope = set(rule.get("any_scope", ()))
    is_granted = granted.issuperset(rule.get("scopes", ())) and (not any_scope or granted & any_scope)
    wanted = [(held_at(claims, steps(name)), accepted) for name, accepted in rule.get("claims", {}).items()]
    places = [(value_at(claims, steps(name)), path.get(at)) for at, name in rule.get("path_equals", {}).items()]
    has_claims = all(any(equals_one(value, accepted) for value in held) for held, accepted in wanted)
    return bool(is_granted) and has_claims and all(is_at(value, segment) for value, segment in places)


def is_at(value: Any, segment: str | None) -> bool:
    """Whether a value is a path's segment; what any backend may take for more or less than one is equal to nothing."""
    text = str(value) if type(value) in (str, int) else ""
    is_several = any(part in text.lower() for part in ("/", "\\", "%2f", "%5c", "%2e", "%25"))
    return segment == text and not is_several and text not in ("", ".", "..")


def steps(name: str) -> list[str]:
    """The members to follow for a name, names with dots between, or a JSON Pointer (RFC 6901)."""
    pointer = [part.replace("~1", "/").replace("~0", "~") for part in name[1:].split("/")]
    return pointer if name.startswith("/") else name.split(".")


def value_at(value: Any, path: Sequence[str]) -> Any:
    """The one value at a path, which leads through objects alone."""
    return value if not path else value_at(value.get(path[0]), path[1:]) if isinstance(value, dict) else None


def held_at(value: Any, path: Sequence[str]) -> list[Any]:
    """What a claim holds: of a list each item, of an object the names of its members that are objects, not empty."""
    if isinstance(value, list):
        return [held for item in value if not isinstance(item, list) for held in held_at(item, path)]
    if path or not isinstance(value, dict):
        return held_at(value.get(path[0], []), path[1:]) if isinstance(value, dict) else [] if path else [value]
    return [name for name, member in value.items() if isinstance(member, dict) and member]


def policy_end(claims: Json, issuer: Json, configuration: Json) -> int | None:
    """The second at which the token ends, where the policy is to end with it."""
    ends = [claims["exp"]] if "exp" in claims and configuration.get("bind_policy_to_expiry") else []
    ends += [claims["iat"] + issuer["max_age_seconds"]] if ends and issuer.get("max_age_seconds") else []
    return int(min(min(ends) + issuer.get("leeway_seconds", 10), LATEST)) if ends else None


def is_time(value: Any) -> bool:
    """Whether a value is a NumericDate (RFC 7519, section 2) that falls before the year 10000."""
    return type(value) in (int, float) and 0 <= value <= LATEST


def equals_one(value: Any, accepted: Sequence[Any]) -> bool:
    """Whether a value equals one of the accepted: 1, 1.0, true and "1" are four different values."""
    return any(type(value) is type(other) and value == other for other in accepted)


def is_plain(text: str) -> bool:
    """Whether a text is free of what ends a line or a string somewhere: C0, DEL, C1, U+2028 and U+2029."""
    return not any(ord(letter) < 32 or 127 <= ord(letter) < 160 or letter in "\u2028\u2029" for letter in text)


def media_type(name: str) -> str:
    """A `typ` or `cty` as it is compared (RFC 7515, section 4.1.9)."""
    return name.lower().removeprefix("application/")
