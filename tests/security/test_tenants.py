"""An issuer of several tenants: a token needs its own tenant's name, a trusted tenant, and that tenant's key."""

import json
from typing import Any

import pytest

from jwt_authorizer.keys import remote
from tests.security.door import Door, signer
from tests.unit.conftest import SECRET

NAME = "https://login.microsoftonline.com/{tenantid}/v2.0"
MINE = "72f988bf-86f1-41af-91ab-2d7cd011db47"
ALSO_MINE = "11111111-2222-4333-8444-555555555555"
OTHERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
ENTRA = signer("RS256")


def of(tenant: str, name: str = NAME) -> str:
    """A tenant's own issuer."""
    return name.replace("{tenantid}", tenant)


def open_door(tenants: Any = (MINE, ALSO_MINE), *, key_issuer: Any = None, name: str = NAME, more: Any = ()) -> Door:
    """The authorizer with one issuer of several tenants, and the issuer that its key says it is for."""
    key = ENTRA.jwk | ({} if key_issuer is None else {"issuer": key_issuer})
    entry = {
        "issuer": name,
        "tenants": tenants if isinstance(tenants, str) else list(tenants),
        "audiences": ["orders"],
        "algorithms": ["RS256"],
        "keys": {"jwks": {"keys": [key]}},
    }
    return Door(json.dumps({"issuers": [entry, *more], "rules": {"signed-in": {}}}), SECRET.encode())


def effect(door: Door, **claims: Any) -> str:
    return door.ask(ENTRA.token(claims)).effect


def test_a_token_of_each_trusted_tenant_is_taken_and_the_backend_learns_whose_it_is() -> None:
    door = open_door()
    for tenant in (MINE, ALSO_MINE):
        outcome = door.ask(ENTRA.token({"iss": of(tenant), "tid": tenant}))
        assert outcome.effect == "Allow"
        assert outcome.answer["context"]["iss"] == of(tenant)


@pytest.mark.parametrize("tenants", [(MINE, ALSO_MINE), "any"])
@pytest.mark.parametrize(
    "claims",
    [
        {"iss": of(MINE), "tid": ALSO_MINE},
        {"iss": of(MINE), "tid": None},
        {"iss": of(MINE), "tid": [MINE]},
        {"iss": of(MINE), "tid": {MINE: {}}},
        {"iss": of(MINE.upper()), "tid": MINE.upper()},
        {"iss": of(MINE.upper()), "tid": MINE},
        {"iss": of("any"), "tid": "any"},
        {"iss": of("common"), "tid": "common"},
        {"iss": of(""), "tid": ""},
        {"iss": NAME, "tid": "{tenantid}"},
        {"iss": NAME, "tid": MINE},
        {"iss": of(f"{MINE}/v2.0/{MINE}"), "tid": MINE},
        {"iss": of(f"{MINE}/../{OTHERS}"), "tid": f"{MINE}/../{OTHERS}"},
        {"iss": of(MINE) + "/", "tid": MINE},
        {"iss": of(MINE).removesuffix("/v2.0"), "tid": MINE},
        {"iss": of(MINE).replace("https", "http"), "tid": MINE},
        {"iss": of(MINE, "https://login.microsoftonline.us/{tenantid}/v2.0"), "tid": MINE},
        {"iss": of(MINE, "https://sts.windows.net/{tenantid}/"), "tid": MINE},
        {"iss": f"https://evil.example/{of(MINE)}", "tid": MINE},
        {"iss": [of(MINE)], "tid": MINE},
        {"iss": None, "tid": MINE},
    ],
)
def test_another_name_than_the_tokens_own_tenants_is_no_issuer(tenants: Any, claims: dict[str, Any]) -> None:
    outcome = open_door(tenants).ask(ENTRA.token(claims))
    assert (outcome.effect, outcome.reason) == ("Unauthorized", "issuer_unknown")


def test_a_tenant_that_is_not_listed_is_refused_and_any_takes_every_tenant() -> None:
    stranger = {"iss": of(OTHERS), "tid": OTHERS}
    assert effect(open_door(), **stranger) == "Unauthorized"
    assert effect(open_door("any"), **stranger) == "Allow"


@pytest.mark.parametrize(
    ("key_issuer", "mine"),
    [
        (NAME, "Allow"),
        (of(MINE), "Allow"),
        (of(OTHERS), "Unauthorized"),
        (of(ALSO_MINE), "Unauthorized"),
        (of(MINE) + "/", "Unauthorized"),
        ("", "Unauthorized"),
        (7, "Unauthorized"),
        ([NAME], "Unauthorized"),
        ({}, "Unauthorized"),
    ],
)
def test_a_key_that_says_whose_it_is_signs_for_that_tenant_alone(key_issuer: Any, mine: str) -> None:
    door = open_door("any", key_issuer=key_issuer)
    assert effect(door, iss=of(MINE), tid=MINE) == mine
    stranger = {NAME: "Allow", of(OTHERS): "Allow"}.get(str(key_issuer), "Unauthorized")
    assert effect(door, iss=of(OTHERS), tid=OTHERS) == stranger


def test_a_key_that_is_listed_twice_signs_for_those_alone_that_either_entry_names() -> None:
    twice = [ENTRA.jwk | {"issuer": of(MINE)}, ENTRA.jwk | {"issuer": of(OTHERS)}]
    for keys in (twice, twice[::-1], [*twice, ENTRA.jwk]):
        entry = {"issuer": NAME, "tenants": "any", "audiences": ["orders"], "algorithms": ["RS256"]}
        document = {"issuers": [{**entry, "keys": {"jwks": {"keys": keys}}}], "rules": {"signed-in": {}}}
        door = Door(json.dumps(document), SECRET.encode())
        assert [effect(door, iss=of(t), tid=t) for t in (MINE, OTHERS, ALSO_MINE)] == ["Allow", "Allow", "Unauthorized"]


def test_the_exact_issuer_of_a_tenant_goes_before_the_name_of_all() -> None:
    exact = {"issuer": of(MINE), "audiences": ["special"], "algorithms": ["RS256"], "keys": ENTRA.keys}
    door = open_door("any", more=[exact])
    assert effect(door, iss=of(MINE), tid=MINE) == "Unauthorized"
    assert effect(door, iss=of(MINE), tid=MINE, aud="special") == "Allow"
    assert effect(door, iss=of(OTHERS), tid=OTHERS) == "Allow"


@pytest.mark.parametrize("name", ["https://sts.windows.net/{tenantid}/", "https://sts.chinacloudapi.cn/{tenantid}/"])
def test_tokens_of_version_1_have_their_own_name(name: str) -> None:
    door = open_door(name=name)
    assert effect(door, iss=of(MINE, name), tid=MINE) == "Allow"
    assert effect(door, iss=of(MINE), tid=MINE) == "Unauthorized"


def test_discovery_asks_for_the_configuration_that_all_tenants_have_in_common(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    common = "https://login.microsoftonline.com/common"
    document = {"issuer": NAME, "jwks_uri": f"{common}/discovery/v2.0/keys"}

    def get(url: str, _deadline: float) -> bytes:
        fetched.append(url)
        return json.dumps(document if "openid" in url else {"keys": [ENTRA.jwk]}).encode()

    monkeypatch.setattr("jwt_authorizer.keys.https.get", get)
    assert remote.discover(NAME, 3).keys
    assert fetched == [f"{common}/v2.0/.well-known/openid-configuration", f"{common}/discovery/v2.0/keys"]
