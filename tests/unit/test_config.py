"""AUTHORIZER_CONFIG: what is read, what is refused and in which words."""

import base64
import gzip
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwt_authorizer import config
from jwt_authorizer.errors import ConfigurationError
from tests.unit.conftest import configuration


def mistakes(document: object) -> list[str]:
    with pytest.raises(ConfigurationError) as error:
        config.parse(document)
    return str(error.value).splitlines()[1:]


def test_an_issuer_is_safe_by_default() -> None:
    document = configuration()
    del document["issuers"][0]["leeway_seconds"]
    (issuer,) = config.parse(document).issuers
    assert issuer.required_claims == ("exp",)
    assert issuer.minimum_secret_bytes == 32
    assert issuer.leeway_seconds == 10
    assert issuer.principal_claim == "sub"
    assert issuer.principal_fallback is None


def test_the_configuration_may_be_gzipped_as_terraforms_base64gzip_makes_it() -> None:
    text = json.dumps(configuration())
    packed = base64.b64encode(gzip.compress(text.encode())).decode()
    assert config.load({"AUTHORIZER_CONFIG": packed}) == config.load({"AUTHORIZER_CONFIG": text})


@pytest.mark.parametrize("text", ["", " ", "nonsense", "{", "bm9uc2Vuc2U=", "H4sIAAAAAAAA"])
def test_what_is_no_configuration_at_all_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="AUTHORIZER_CONFIG"):
        config.load({"AUTHORIZER_CONFIG": text})


def test_every_mistake_is_listed_at_once_with_its_path() -> None:
    document = {
        "issuers": [
            {
                "issuer": "",
                "audience": ["api"],
                "algorithms": ["RS1"],
                "keys": {"secret": {"ssm": "a", "environment": "B", "encoding": "rot13"}},
                "leeway_seconds": "10",
                "required_claims": ["exp", 7],
            },
            "not an object",
        ],
        "rules": {"123": {}, "a b": {}, "odd": {"scope": "x"}},
        "context_claims": ["principalId"],
        "on_invalid_token": "allow",
    }
    assert [re.split(r" is |: write", mistake)[0] for mistake in mistakes(document)] == [
        "issuers[0].issuer",
        "issuers[0].audience",
        "issuers[0].algorithms",
        "issuers[0].keys.secret.encoding",
        "issuers[0].leeway_seconds",
        "issuers[0].required_claims",
        "issuers[0].audiences",
        "issuers[1]",
        "rules.123",
        "rules.a b",
        "rules.odd.scope",
        "context_claims",
        "on_invalid_token",
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"audiences": None},
            "issuers[0].audiences is null: write whom the tokens must be meant for,"
            ' such as ["https://api.example.com"], or [] to accept any.',
        ),
        (
            {"algorithms": []},
            "issuers[0].algorithms is []: write some of HS256, HS384, HS512, or some of RS256, RS384, RS512, PS256,"
            " PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, Ed448.",
        ),
        (
            {"keys": {}},
            "issuers[0].keys has none of them: write exactly one of secret, jwks_url, discovery, jwks, pem.",
        ),
        (
            {"keys": {"secret": {}}},
            "issuers[0].keys.secret has none: write exactly one of secrets_manager, ssm, environment.",
        ),
        ({"keys": {"secret": "hush"}}, "issuers[0].keys.secret: write an object that names one secret."),
        ({"leeway_seconds": 301}, "issuers[0].leeway_seconds is 301: write a whole number from 0 to 300."),
        ({"leeway_seconds": True}, "issuers[0].leeway_seconds is true: write a whole number from 0 to 300."),
        (
            {"claims": {"x": [None]}},
            "issuers[0].claims.x is [null]: write a list of the strings, numbers or booleans to accept.",
        ),
        (
            {"rules": {}},
            'rules is {}: write an object of one rule or more, such as {"signed-in": {}} for a rule that any good token'
            " meets.",
        ),
        (
            {"issuers": []},
            "issuers: write a list of one issuer or more, objects with issuer, audiences, algorithms and keys.",
        ),
        (
            {"context_claims": ["*", "email"]},
            'context_claims has "*" beside other names: write ["*"] alone for all claims, or the names without it.',
        ),
        (
            {"on_invalid_token": "pass"},
            'on_invalid_token is "pass": write "unauthorized" for a 401, or "deny" for a 403.',
        ),
        (
            {"rules": {"odd": {"audiences": ["api"]}}},
            "rules.odd.audiences is not a known key: it belongs in issuers[]; write one of any_scope, binding,"
            " cache_seconds, claims, path_equals, scopes, simple_response, token.",
        ),
    ],
)
def test_a_mistake_is_listed_with_what_to_write_instead(change: dict[str, Any], expected: str) -> None:
    assert mistakes(configuration(**change)) == [expected]


def test_an_issuer_may_be_there_once_only() -> None:
    document = configuration()
    document["issuers"] *= 2
    assert mistakes(document) == [
        'issuers: "https://login.example.com/" is there more than once, as issuers[0] and issuers[1]: write one entry'
        " for each issuer, or two while it changes from HMAC to public-key algorithms, one for each kind."
    ]


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers"])
def test_what_no_token_of_entra_id_has_for_its_issuer_is_refused(tenant: str) -> None:
    issuer = f"https://login.microsoftonline.com/{tenant}/v2.0"
    assert mistakes(configuration(issuer=issuer)) == [
        f'issuers[0].issuer is "{issuer}": write the exact iss of its tokens, or null for tokens that carry none.'
    ]


TENANTED = "https://login.microsoftonline.com/{tenantid}/v2.0"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"issuer": TENANTED}, "tenants is missing beside {tenantid} in issuer: write a list of the tenants to trust,"),
        ({"tenants": [TENANT]}, "tenants has no meaning beside an issuer without {tenantid}: leave it out,"),
        ({"issuer": "https://login.evil.example/{tenantid}/v2.0", "tenants": "any"}, "only Entra ID has issuers of"),
        ({"issuer": TENANTED + "/", "tenants": "any"}, "only Entra ID has issuers of several tenants"),
        ({"issuer": TENANTED + "{tenantid}", "tenants": "any"}, "only Entra ID has issuers of several tenants"),
        ({"issuer": TENANTED, "tenants": []}, "tenants is []: write a list of tenants, each a GUID in lower case"),
        ({"issuer": TENANTED, "tenants": [TENANT.upper()]}, "write a list of tenants, each a GUID in lower case"),
        ({"issuer": TENANTED, "tenants": ["any"]}, 'tenants is ["any"]: write a list of tenants'),
        ({"issuer": TENANTED, "tenants": "common"}, 'tenants is "common": write a list of tenants'),
        (
            {"issuer": TENANTED, "tenants": "any", "keys": {"secret": {"environment": "S"}}, "algorithms": ["HS256"]},
            "keys has secret, which {tenantid} in issuer does not go with: write public-key algorithms.",
        ),
        (
            {"issuer": "https://sts.windows.net/{tenantid}/", "tenants": "any", "keys": {"discovery": True}},
            "write jwks_url, such as https://login.microsoftonline.com/common/discovery/keys.",
        ),
    ],
)
def test_several_tenants_are_named_on_entra_ids_hosts_only(change: dict[str, Any], expected: str) -> None:
    public = {"algorithms": ["RS256"], "keys": {"jwks_url": "https://login.example.com/jwks"}}
    (mistake,) = mistakes(configuration(**(public | change)))
    assert mistake.startswith("issuers[0].")
    assert expected in mistake


@pytest.mark.parametrize("tenants", [[TENANT], "any"])
def test_an_issuer_of_several_tenants_says_which(tenants: Any) -> None:
    public = {"algorithms": ["RS256"], "keys": {"discovery": True}}
    (issuer,) = config.parse(configuration(issuer=TENANTED, tenants=tenants, **public)).issuers
    assert issuer.tenants == frozenset([TENANT] if isinstance(tenants, list) else ["any"])


def test_an_issuer_without_a_name_must_be_the_only_one() -> None:
    document = configuration()
    document["issuers"].append({**document["issuers"][0], "issuer": None})
    assert mistakes(document) == [
        "issuers: issuer = null accepts tokens that carry no iss, and only as the one entry there is: name every"
        " issuer, or keep that one alone."
    ]


@given(st.text(max_size=130) | st.from_regex(r"[a-z0-9_-]{1,130}", fullmatch=True))
def test_a_rules_name_is_one_that_lambda_takes_for_an_alias(name: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html"""
    try:
        config.parse(configuration(rules={name: {}}))
        is_taken = True
    except ConfigurationError:
        is_taken = False
    assert is_taken == bool(re.fullmatch(r"(?![0-9]+$)[a-zA-Z0-9_-]{1,128}", name, re.ASCII))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
_MEMBERS = ["issuers", "rules", "context_claims", "on_invalid_token"]
_ISSUER_MEMBERS = ["issuer", "audiences", "algorithms", "keys", "required_claims", "token_types", "max_age_seconds"]


@given(
    st.dictionaries(st.sampled_from(_MEMBERS) | st.text(max_size=5), _JSON),
    st.dictionaries(st.sampled_from(_ISSUER_MEMBERS), _JSON),
)
def test_any_json_is_read_or_refused_with_words_but_never_crashes(
    changes: dict[str, Any], issuer: dict[str, Any]
) -> None:
    document = {**configuration(**issuer), **changes}
    try:
        config.parse(document)
    except ConfigurationError as error:
        assert str(error).startswith("AUTHORIZER_CONFIG has ")  # noqa: PT017 - most documents are refused, not all


@pytest.mark.parametrize(
    "text",
    [
        '{"issuers": [], "issuers": []}',
        '{"issuers": [{"audiences": ["a"], "audiences": []}]}',
        '{"issuers": [{"leeway_seconds": NaN}]}',
        '{"issuers": [{"leeway_seconds": -Infinity}]}',
        '{"issuers": [{"claims": {"level": [1e400]}}]}',
        '{"issuers": ' + "9" * 5000 + "}",
        '{"issuers": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_a_configuration_is_strict_json(text: str) -> None:
    for packed in (text, base64.b64encode(gzip.compress(text.encode())).decode()):
        with pytest.raises(ConfigurationError, match="AUTHORIZER_CONFIG: is neither JSON nor"):
            config.load({"AUTHORIZER_CONFIG": packed})
