"""Keys that are good by themselves and do not go together, which a schema cannot say.

terraform/modules/jwt-authorizer has the same rules in validation.tf, in the same order and with the same sentences; one
test gives both the same configurations.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jwt_authorizer.schema import DEFINITIONS, is_good, quoted
from jwt_authorizer.settings import claim_path

KEY_KINDS = ("secret", "jwks_url", "discovery", "jwks", "pem")
SECRET_STORES = ("secrets_manager", "ssm", "environment")

# A setting => the kinds of keys that it goes with.
_TIMED = {
    "cache_seconds": ("secret", "jwks_url", "discovery"),
    "stale_seconds": ("secret", "jwks_url", "discovery"),
    "timeout_seconds": ("jwks_url", "discovery"),
    "snapshot_seconds": ("jwks_url", "discovery"),
}
# RFC 7518, section 6: what no public key has.
_PRIVATE = frozenset(("d", "dp", "dq", "k", "oth", "p", "q", "qi"))
# RFC 7468, sections 5 and 13, and PKCS #1.
_PEM_MARKERS = ("-----BEGIN PUBLIC KEY-----", "-----BEGIN RSA PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----")
_MAXIMUM_PEM_BLOCKS = 10


# Entra ID's issuers of several tenants; `tenants.py` says how a token is held against one.
_TENANTED = (
    "https://login.microsoftonline.com/{tenantid}/v2.0",
    "https://login.microsoftonline.us/{tenantid}/v2.0",
    "https://login.partner.microsoftonline.cn/{tenantid}/v2.0",
    "https://sts.windows.net/{tenantid}/",
    "https://sts.chinacloudapi.cn/{tenantid}/",
)


def of_issuer(issuer: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield the sentences about one issuer that the schema finds no mistake in."""
    keys = issuer["keys"]
    kinds = [kind for kind in KEY_KINDS if kind in keys]
    if len(kinds) != 1:
        yield f"{path}.keys has {' and '.join(kinds) or 'none of them'}: write exactly one of {', '.join(KEY_KINDS)}."
    yield from _of_algorithms(issuer["algorithms"], kinds, path)
    if "discovery" in keys and not is_good(issuer["issuer"], DEFINITIONS["keys"]["properties"]["jwks_url"]):
        yield (
            f"{path}.keys.discovery needs an issuer that is an https URL, and it is {quoted(issuer['issuer'])}:"
            " write jwks_url instead, or the issuer's URL."
        )
    yield from _of_tenants(issuer, path)
    if issuer.get("minimum_secret_bytes") is not None and not any(map(_is_hmac, issuer["algorithms"])):
        yield f"{path}.minimum_secret_bytes has no meaning without a secret: leave it out."
    yield from _of_times(keys, kinds, f"{path}.keys")
    yield from _of_usage_key(issuer, path)
    yield from _of_secret(keys.get("secret"), f"{path}.keys.secret")
    yield from _of_public_keys(keys, f"{path}.keys")


def _of_usage_key(issuer: Mapping[str, Any], path: str) -> Iterator[str]:
    claim = issuer.get("usage_key_claim")
    if claim in (issuer.get("principal_claim", "sub"), "iss"):
        yield (
            f"{path}.usage_key_claim is {quoted(claim)}, which logs name: an API key is for no log,"
            " so write another claim."
        )


def _of_algorithms(algorithms: Sequence[str], kinds: Sequence[str], path: str) -> Iterator[str]:
    hmac = [_is_hmac(name) for name in algorithms]
    if any(hmac) and not all(hmac):
        yield (
            f"{path}.algorithms is {quoted(algorithms)}: HMAC and public-key algorithms never share an issuer,"
            " so write one kind only."
        )
    elif len(kinds) == 1 and all(hmac) != ("secret" in kinds):
        instead = "secret, or public-key algorithms such as RS256"
        if "secret" in kinds:
            instead = "one of jwks_url, discovery, jwks and pem, or HMAC algorithms such as HS256"
        yield f"{path}.keys has {kinds[0]}, which does not go with {', '.join(algorithms)}: write {instead}."


def _is_hmac(algorithm: str) -> bool:
    return algorithm.startswith("HS")


def _of_times(keys: Mapping[str, Any], kinds: Sequence[str], path: str) -> Iterator[str]:
    for setting, meaningful in _TIMED.items() if len(kinds) == 1 else ():
        if setting in keys and kinds[0] not in meaningful:
            yield f"{path}.{setting} has no meaning beside {kinds[0]}: leave it out."


def _of_tenants(issuer: Mapping[str, Any], path: str) -> Iterator[str]:
    name, has_tenants = issuer["issuer"], issuer.get("tenants") is not None
    if "{tenantid}" not in (name or ""):
        if has_tenants:
            yield (
                f"{path}.tenants has no meaning beside an issuer without {{tenantid}}: leave it out,"
                " or write {tenantid} in issuer."
            )
        return
    if name not in _TENANTED:
        yield (
            f"{path}.issuer is {quoted(name)}, and only Entra ID has issuers of several tenants:"
            f" write the exact iss, or one of {', '.join(_TENANTED)}."
        )
    if not has_tenants:
        yield (
            f"{path}.tenants is missing beside {{tenantid}} in issuer: write a list of the tenants to trust,"
            ' or "any" for every tenant there is.'
        )
    if "secret" in issuer["keys"]:
        yield f"{path}.keys has secret, which {{tenantid}} in issuer does not go with: write public-key algorithms."
    if "discovery" in issuer["keys"] and not name.endswith("/v2.0"):
        yield (
            f"{path}.keys.discovery does not go with {quoted(name)}:"
            " write jwks_url, such as https://login.microsoftonline.com/common/discovery/keys."
        )


def _of_secret(secret: Mapping[str, Any] | None, path: str) -> Iterator[str]:
    if secret is None:
        return
    stores = [store for store in SECRET_STORES if store in secret]
    if len(stores) != 1:
        yield f"{path} has {' and '.join(stores) or 'none'}: write exactly one of {', '.join(SECRET_STORES)}."


def _of_public_keys(keys: Mapping[str, Any], path: str) -> Iterator[str]:
    """Nothing here may quote a key, because it may be one that should have been kept secret."""
    if "jwks" in keys and any(key.get("kty") == "oct" or not _PRIVATE.isdisjoint(key) for key in keys["jwks"]["keys"]):
        yield (
            f"{path}.jwks holds a secret or private key, which a configuration must not: write the public members"
            " alone, and replace that key."
        )
    if "pem" in keys and "PRIVATE KEY-----" in keys["pem"]:
        yield (
            f"{path}.pem holds a private key, which a configuration must not: write the public one, and replace that"
            " pair."
        )
    elif "pem" in keys and not 1 <= sum(map(keys["pem"].count, _PEM_MARKERS)) <= _MAXIMUM_PEM_BLOCKS:
        yield (
            f"{path}.pem must be 1 to {_MAXIMUM_PEM_BLOCKS} public keys or certificates in PEM:"
            " write -----BEGIN PUBLIC KEY----- and so on."
        )


def of_issuers(issuers: list[Any]) -> Iterator[str]:
    """Yield the sentences about the issuers' names: each name must be there once."""
    names = list(map(_name, issuers))
    if None in names and len(names) > 1:
        yield (
            "issuers: issuer = null accepts tokens that carry no iss, and only as the one entry there is:"
            " name every issuer, or keep that one alone."
        )
    for name in dict.fromkeys(name for name in names if isinstance(name, str) and name.strip()):
        yield from _of_name(name, {index: issuers[index] for index, other in enumerate(names) if other == name})


def _name(issuer: Any) -> Any:
    return issuer.get("issuer", "") if isinstance(issuer, dict) else ""


def _of_name(name: str, entries: Mapping[int, Any]) -> Iterator[str]:
    families = {_family(issuer) for issuer in entries.values()} - {None}
    if len(entries) > max(1, len(families)):
        yield (
            f"issuers: {quoted(name)} is there more than once, as"
            f" {' and '.join(f'issuers[{index}]' for index in entries)}: write one entry for each issuer, or two"
            " while it changes from HMAC to public-key algorithms, one for each kind."
        )


def _family(issuer: Mapping[str, Any]) -> bool | None:
    """Whether all algorithms of an issuer are HMAC's; None where they are mixed or cannot be read."""
    algorithms = issuer.get("algorithms")
    kinds = {str(name).startswith("HS") for name in algorithms} if isinstance(algorithms, list) else set()
    return kinds.pop() if len(kinds) == 1 else None


def of_rule(rule: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield the sentences about one rule that the schema finds no mistake in."""
    for claim in (*rule.get("claims", ()), *rule.get("path_equals", {}).values()):
        yield from _of_claim(claim, path)
    yield from _of_one_claim_twice(sorted(rule.get("claims", ())), path)
    default = DEFINITIONS["rule"]["properties"]["cache_seconds"]["default"]
    seconds = rule.get("cache_seconds", default)
    if rule.get("path_equals") and seconds != 0:
        is_default = "" if "cache_seconds" in rule else ", the default,"
        yield (
            f"{path}.cache_seconds is {seconds}{is_default} beside path_equals, and an answer about one path would be"
            " used for another: write cache_seconds = 0."
        )
    if rule.get("binding") and seconds != 0:
        is_default = "" if "cache_seconds" in rule else ", the default,"
        yield (
            f"{path}.cache_seconds is {seconds}{is_default} beside binding, and an answer to one certificate would be"
            " used for another: write cache_seconds = 0."
        )


def _of_claim(claim: str, path: str) -> Iterator[str]:
    """A claim is named by its name, by dots between the names of nested ones, or by a JSON Pointer (RFC 6901)."""
    if claim.startswith("/"):
        return
    if "://" in claim:
        pointer = "/" + claim.replace("~", "~0").replace("/", "~1")
        yield (
            f"{path} names the claim {quoted(claim)}, which holds dots and slashes of its own:"
            f" write it as a JSON Pointer, {quoted(pointer)}."
        )
    elif not all(claim.split(".")):
        yield (
            f"{path} names the claim {quoted(claim)}, which is none: write a name, or names with a dot between them."
        )


def _of_one_claim_twice(claims: list[str], path: str) -> Iterator[str]:
    for index, claim in enumerate(claims):
        for other in claims[index + 1 :]:
            if claim_path(claim) == claim_path(other):
                yield (
                    f"{path}.claims names one claim as {quoted(claim)} and as {quoted(other)}, and only one of the two"
                    " would count: write it once."
                )


def of_configuration(configuration: Mapping[str, Any]) -> Iterator[str]:
    """Yield the sentences about the keys outside issuers and rules, which the schema finds no mistake in."""
    claims = configuration.get("context_claims", [])
    if "*" in claims and len(claims) > 1:
        yield 'context_claims has "*" beside other names: write ["*"] alone for all claims, or the names without it.'
    simple = [name for name, rule in configuration["rules"].items() if rule.get("simple_response")]
    if configuration.get("bind_policy_to_expiry") and simple:
        yield (
            f"bind_policy_to_expiry is true and {', '.join(simple)} give simple responses, which have no policy to"
            " bind: write false, or remove simple_response."
        )
