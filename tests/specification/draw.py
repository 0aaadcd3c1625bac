"""Random configurations, keys, tokens and requests, near the border between what is trusted and what is not.

Keys are few and are made once. Tokens are signed when a world is drawn, and many decisions are about each of them, so
that a decision costs little more than to decide.
"""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.specification.specification import Key, Request, World

NOW = 1_800_000_000
TOKENS = 48
"""The tokens of one world."""

_NAMES = ("https://a.example/", "https://b.example/")
_TENANTED = "https://login.microsoftonline.com/{tenantid}/v2.0"
_TENANTS = ("11111111-2222-4333-8444-555555555555", "72f988bf-86f1-41af-91ab-2d7cd011db47")
_ISSUERS = (*_NAMES, *(_TENANTED.replace("{tenantid}", tenant) for tenant in _TENANTS))
_HMAC = ("HS256", "HS384", "HS512")
_SECRETS = tuple(hashlib.sha512(b"secret %d" % number).hexdigest() for number in range(2))
_SCOPES = ("read", "write", "admin")
_VALUES: tuple[Any, ...] = ("ops", "dev", 1, 1.0, True, "1", "true", 0, False, "")
_TIMES: tuple[Any, ...] = (
    *(NOW + seconds for seconds in (-4000, -3600, -60, -11, -10, -9, -1, 0, 1, 9, 10, 11, 60, 3600, 4000)),
    *(NOW + 0.5, NOW - 9.5, NOW - 10.5, NOW + 10.5, float(NOW), 0, -1, 253402300799, 253402300800, 1e300),
    *(True, None, "1800003600", [NOW], {}),
)
_TEXTS: tuple[Any, ...] = ("alice", "bob", "", " ", "a b", "a\nb", "a\u2028", "\x85", "é", "..", "a%2Fb")
_ODD: tuple[Any, ...] = (
    "x" * 5000,
    *_TEXTS,
    *_VALUES,
    None,
    [],
    {},
    ["alice"],
    [None],
    {"a": {"b": "ops"}},
    10**30,
    -7,
    1.5,
)
_OBJECTS: tuple[Any, ...] = (
    "b",
    [{"b": "ops"}],
    ["dev", {"b": ["ops", 1]}, [{"b": "dev"}]],
    {"ops": {"1001": "a"}, "b": {"dev": {"x": 1}}},
    {"ops": True, "dev": {}, "b": [{"ops": {"x": 1}}]},
)
_PATHS: tuple[str, ...] = ("alice", "bob", "", "..", "7", "-7", "a%2Fb", "Alice", "True", "1")
_THUMBPRINTS = tuple(
    base64.urlsafe_b64encode(hashlib.sha256(b"%d" % n).digest()).decode().rstrip("=") for n in range(2)
)


_SECONDS = (0.5, -1, -11, 9, 10, 11, 29, 30, 31, 3599, 3600, 3609, 3610, 3611, 3659, 3660, 3661, -3601)


class Case(NamedTuple):
    """One question: what does a rule of a configuration answer to a request at a time?"""

    configuration: Mapping[str, Any]
    world: World
    environment: Mapping[str, str]
    rule: str
    request: Request
    now: float


class Signer(NamedTuple):
    """A key pair or a secret, the algorithms it can sign with, and what an issuer publishes of it."""

    algorithms: tuple[str, ...]
    private: Any
    public: Mapping[str, Any]

    def sign(self, algorithm: str, data: bytes) -> bytes:
        """The signature of data with one of its algorithms."""
        if isinstance(self.private, str):
            return hmac.digest(self.private.encode(), data, f"sha{algorithm[2:]}")
        implementation = jwt.get_algorithm_by_name("EdDSA" if algorithm == "Ed25519" else algorithm)
        return implementation.sign(data, self.private)


@cache
def signers() -> tuple[Signer, ...]:
    """The public-key signers: two of EC, two of EdDSA, one of RSA."""
    pairs: tuple[tuple[tuple[str, ...], Any, str], ...] = (
        *((("ES256",), ec.generate_private_key(ec.SECP256R1()), "ES256") for _ in range(2)),
        *((("EdDSA", "Ed25519"), ed25519.Ed25519PrivateKey.generate(), "EdDSA") for _ in range(2)),
        (("RS256", "PS256"), rsa.generate_private_key(65537, 2048), "RS256"),
    )
    return tuple(
        Signer(algorithms, private, dict(jwt.get_algorithm_by_name(name).to_jwk(private.public_key(), as_dict=True)))
        for algorithms, private, name in pairs
    )


class Entry(NamedTuple):
    """An issuer's entry with its signers, each with the `kid` under which it stands there."""

    issuer: dict[str, Any]
    signers: Sequence[tuple[Signer, str | None]]
    environment: Mapping[str, str]


def some(source: random.Random, share: float, value: Any) -> dict[str, Any]:
    """The member in a share of the cases."""
    return value if source.random() < share else {}


def _entry(source: random.Random, name: str | None, is_hmac: bool) -> Entry:
    if is_hmac:
        secret = source.randrange(2)
        algorithms = source.sample(_HMAC, source.choice((1, 1, 2)))
        variable = f"SECRET_{secret}"
        keys: dict[str, Any] = {"secret": {"environment": variable}}
        held: list[tuple[Signer, str | None]] = [(Signer(tuple(algorithms), _SECRETS[secret], {}), None)]
        environment = {variable: _SECRETS[secret]}
    else:
        chosen = source.sample(signers(), source.choice((1, 1, 2, 3)))
        names: list[str | None] = [f"k{number}" for number in range(len(chosen))]
        if source.random() < 0.3:
            names[0] = None
        held, environment = list(zip(chosen, names, strict=True)), {}
        if name == _TENANTED:
            owners = (None, None, _TENANTED, _ISSUERS[2])
            held = [(_owned(signer, source.choice(owners)), kid) for signer, kid in held]
        able = sorted({algorithm for signer in chosen for algorithm in signer.algorithms})
        algorithms = source.sample(able, source.randint(1, len(able)))
        keys = {"jwks": {"keys": [{**signer.public, **({"kid": kid} if kid else {})} for signer, kid in held]}}
    issuer: dict[str, Any] = {
        "issuer": name,
        **({"tenants": source.choice(("any", [_TENANTS[0]], list(_TENANTS)))} if name == _TENANTED else {}),
        "audiences": source.choice(([], ["orders"], ["orders", "carts"])),
        "algorithms": algorithms,
        "keys": keys,
        **some(source, 0.3, {"required_claims": source.choice(([], ["sub"], ["exp", "jti"], ["exp", "email"]))}),
        **some(source, 0.3, {"claims": {source.choice(("level", "email", "aud")): source.sample(_VALUES, 2)}}),
        **some(source, 0.2, {"client_ids": ["web", "app"]}),
        **some(source, 0.2, {"token_types": ["at+jwt", "application/JWT"]}),
        **some(source, 0.5, {"leeway_seconds": source.choice((0, 10, 60))}),
        **some(source, 0.2, {"max_age_seconds": source.choice((60, 3600))}),
        **some(source, 0.2, {"scope_claims": ["permissions", "scope"]}),
        **some(source, 0.2, {"principal_claim": source.choice(("email", "level", "sub"))}),
        **some(source, 0.2, {"integer_principal": True}),
        **some(source, 0.2, {"principal_fallback": "user"}),
    }
    return Entry(issuer, held, environment)


def _owned(signer: Signer, owner: str | None) -> Signer:
    """A signer whose key says which issuer it is for."""
    return signer._replace(public={**signer.public, **({"issuer": owner} if owner else {})})


def _rule(source: random.Random) -> dict[str, Any]:
    claims = {
        name: source.sample(_VALUES, source.randint(1, 2))
        for name in source.sample(
            ("roles", "level", "a", source.choice(("a.b", "/a/b")), "/x~1y~0z"), source.choice((0, 0, 0, 1, 2))
        )
    }
    path = some(source, 0.3, {"path_equals": {"id": source.choice(("sub", "level", "a.b"))}})
    binding = some(source, 0.15, {"binding": "mtls"})
    return {
        **some(source, 0.3, {"scopes": source.sample(_SCOPES, source.randint(1, 2))}),
        **some(source, 0.3, {"any_scope": source.sample(_SCOPES, source.randint(1, 2))}),
        **({"claims": claims} if claims else {}),
        **path,
        **binding,
        **({"cache_seconds": 0} if path or binding else {}),
    }


def _named(source: random.Random, issuer: Mapping[str, Any]) -> dict[str, Any]:
    """The claims that name a token's issuer, and mostly one of its tenants where it has several."""
    if issuer["issuer"] != _TENANTED:
        return {"iss": issuer["issuer"]} if issuer["issuer"] is not None else {}
    tenant = source.choice(_TENANTS)
    odd = (tenant.upper(), "any", [tenant], None, _TENANTS[0], "{tenantid}")
    return {
        "iss": _TENANTED.replace("{tenantid}", tenant),
        "tid": tenant if source.random() < 0.9 else source.choice(odd),
    }


def _claims(source: random.Random, issuer: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any]:
    """Claims that are good for an issuer and meet a rule, but for a few."""
    claims: dict[str, Any] = {
        **_named(source, issuer),
        "sub": source.choice(("alice", "bob")),
        "exp": NOW + 3600,
        "aud": source.choice(("orders", "orders", ["orders"], ["carts", "orders"], ["carts"])),
        "iat": NOW - source.choice((0, 30, 50, 3000)),
        **some(source, 0.7, {"jti": source.choice(("t1", "t2", "t3", "t4"))}),
        **some(source, 0.6, {"scope": " ".join(source.sample(_SCOPES, source.choice((1, 2, 3, 3))))}),
        **some(source, 0.2, {"scp": source.sample(_SCOPES, 2)}),
        **some(source, 0.3, {"permissions": source.sample((*_SCOPES, 7), 2)}),
        **some(source, 0.5, {"roles": source.choice((source.sample(_VALUES, 2), source.choice(_VALUES)))}),
        **some(source, 0.5, {"level": source.choice(_VALUES)}),
        **some(source, 0.5, {"a": source.choice(({"b": source.choice(_VALUES)}, *_OBJECTS))}),
        **some(source, 0.2, {"x/y~z": source.choice(_VALUES)}),
        **some(source, 0.7, {"email": source.choice(("alice", "alice", "bob", *_TEXTS))}),
        **some(
            source, 0.8, {source.choice(("client_id", "azp", "cid")): source.choice(("web", "app", "app", "other"))}
        ),
        **some(
            source,
            0.7 if "binding" in rule else 0.03,
            {"cnf": source.choice(({"x5t#S256": source.choice(_THUMBPRINTS)}, {}, {"jkt": "x"}))},
        ),
    }
    for name, accepted in issuer.get("claims", {}).items():
        if source.random() < 0.9:
            claims[name] = source.choice(accepted)
    for name, accepted in rule.get("claims", {}).items():
        if source.random() < 0.8:
            value = source.choice((accepted[0], [accepted[-1], "other"]))
            claims |= {"a": {"b": value}} if name in ("a.b", "/a/b") else {"x/y~z" if "~" in name else name: value}
    for _ in range(source.choice((0, 0, 0, 0, 1, 2))):
        name = source.choice((*claims, "nbf", "iat", "exp", "principal", "a\nb", ""))
        if source.random() < 0.2:
            claims.pop(name, None)
        else:
            claims[name] = source.choice(_TIMES if name in ("exp", "nbf", "iat") else _ODD)
    return claims


def _text(source: random.Random, value: Mapping[str, Any]) -> bytes:
    """An object as JSON, in a spelling that is strict or nearly so."""
    text = json.dumps(value, ensure_ascii=source.random() < 0.5, separators=source.choice(((",", ":"), (" , ", ": "))))
    kind = source.random()
    if kind < 0.95:
        return text.encode()
    oddities = (
        lambda: text[:-1] + ',"sub":"alice"}',
        lambda: text[:-1] + ',"n":NaN}',
        lambda: text[:-1] + ',"n":1e999}',
        lambda: text[:-1] + ',"n":"\\ud800"}',
        lambda: text[:-1] + ',"n":' + "[" * 250 + "]" * 250 + "}",
        lambda: text[:-1] + ',"n":' + "[" * 600 + "]" * 600 + "}",
        lambda: "\ufeff" + text,
        lambda: f"[{text}]",
        lambda: text + " ",
        lambda: text + "}",
        lambda: "null",
    )
    return source.choice(oddities)().encode()


def _token(
    source: random.Random,
    entries: Sequence[Entry],
    rules: Sequence[Mapping[str, Any]],
    signed: Mapping[int, dict[str, Collection[str]]],
) -> str:
    """A token, with its signer."""
    entry = source.choice(entries)
    signer, key_id = source.choice(
        [held for held in entry.signers if not set(held[0].algorithms).isdisjoint(entry.issuer["algorithms"])]
    )
    configured = [name for name in signer.algorithms if name in entry.issuer["algorithms"]]
    algorithm = source.choice(configured if configured and source.random() < 0.9 else signer.algorithms)
    header: dict[str, Any] = {"alg": algorithm, **({"kid": key_id} if key_id else {})}
    if "token_types" in entry.issuer and source.random() < 0.9:
        header["typ"] = source.choice(("at+jwt", "JWT", "application/AT+jwt"))
    if source.random() < 0.15:
        oddities: tuple[dict[str, Any], ...] = (
            {"kid": source.choice(("k0", "k1", "none", 7, "x" * 257))},
            {"typ": source.choice(("at+jwt", "AT+JWT", "application/at+jwt", "JWT", "logout+jwt", "dpop+jwt", 7))},
            {"alg": source.choice(("none", "HS256", "RS256", "EdDSA", "Ed25519", "ES256", "ES384", 7, None))},
            {source.choice(("crit", "b64", "zip", "enc", "jku", "x5c")): source.choice((True, [], ["exp"], "DEF"))},
            {"cty": source.choice(("JWT", "json", 7))},
        )
        header |= source.choice(oddities)
    payload = _claims(source, entry.issuer, source.choice(rules))
    if source.random() < 0.05:
        payload["iss"] = source.choice((*_ISSUERS, _TENANTED, "https://c.example/", None, 7))
    parts = [_encode(_text(source, header)), _encode(_text(source, payload))]
    used = source.choice(signers()) if source.random() < 0.05 else signer
    algorithm = algorithm if algorithm in used.algorithms else used.algorithms[0]
    data = ".".join(parts)
    token = f"{data}.{_encode(used.sign(algorithm, data.encode()))}"
    # EdDSA is one algorithm under two names.
    signed[id(used.private)][token] = used.algorithms if "EdDSA" in used.algorithms else (algorithm,)
    return _bent(source, token) if source.random() < 0.05 else token


def _bent(source: random.Random, token: str) -> str:
    """A token whose text was changed after it was signed."""
    place = source.randrange(len(token))
    return source.choice(
        (
            token[:place] + source.choice("Aa0-_.=") + token[place + 1 :],
            token[:-1] + chr(ord(token[-1]) ^ 1),
            token + source.choice(("=", ".", "A", "é")),
            token.rpartition(".")[0] + ".",
            token.rpartition(".")[0],
            token.replace(".", "..", 1),
        )
    )


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Drawn(NamedTuple):
    """A configuration with its world, the environment of its secrets, and tokens for it."""

    configuration: Mapping[str, Any]
    world: World
    environment: Mapping[str, str]
    tokens: Sequence[str]

    def case(self, source: random.Random) -> Case:
        """A request with one of the tokens, to one of the rules, at some time."""
        token = source.choice(self.tokens)
        rule = source.choice(list(self.configuration["rules"]))
        around = (
            f"Bearer {token}",
            f"bearer {token}",
            token,
            f"Bearer  {token} ",
            f"Basic {token}",
            f"Bearer {token} x",
            "",
        )
        authorization = around[0] if source.random() < 0.9 else source.choice(around)
        thumbprint = source.choice((*_THUMBPRINTS, None))
        path = {"id": source.choice(_PATHS)} if source.random() < 0.9 else {}
        seconds = 0 if source.random() < 0.7 else source.choice(_SECONDS)
        return Case(
            self.configuration,
            self.world,
            self.environment,
            rule,
            Request(authorization, path, thumbprint),
            NOW + seconds,
        )


def draw(source: random.Random) -> Drawn:
    """A configuration of one to three issuers and up to three rules, and tokens for it."""
    if source.random() < 0.15:
        places: list[tuple[str | None, bool]] = [(None, source.random() < 0.5)]
    else:
        places = source.sample(
            [
                *((name, is_hmac) for name in _NAMES for is_hmac in (True, False)),
                (_TENANTED, False),
                (_ISSUERS[2], False),
            ],
            source.choice((1, 1, 2, 3)),
        )
    entries = [_entry(source, *place) for place in places]
    rules = {f"rule-{number}": _rule(source) for number in range(source.randint(1, 3))}
    signed: dict[int, dict[str, Collection[str]]] = {
        id(private): {} for private in (*(s.private for s in signers()), *_SECRETS)
    }
    tokens = [_token(source, entries, list(rules.values()), signed) for _ in range(TOKENS)]
    keys = [
        [
            Key(kid, frozenset(signer.algorithms), signed[id(signer.private)], signer.public.get("issuer"))
            for signer, kid in entry.signers
        ]
        for entry in entries
    ]
    configuration = {
        "issuers": [entry.issuer for entry in entries],
        "rules": rules,
        "telemetry": {"namespace": ""},
        **some(source, 0.5, {"context_claims": source.choice((["*"], ["email"], ["a", "roles", "sub"]))}),
        **some(source, 0.3, {"bind_policy_to_expiry": True}),
        **some(source, 0.3, {"revocation": {"table": "revoked"}}),
    }
    world = World(
        keys,
        frozenset((issuer, "t1") for issuer in (None, *_ISSUERS)),
        {(issuer, "bob"): NOW - 60 for issuer in (None, *_ISSUERS)},
    )
    environment = {name: value for entry in entries for name, value in entry.environment.items()}
    return Drawn(configuration, world, environment, tokens)
