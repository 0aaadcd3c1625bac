"""The blocks in docs/identity-providers.md, with tokens of the shape that each provider mints."""

import json
import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from jwt_authorizer.errors import Unauthorized
from tests.unit.conftest import Invoke

PAGE = Path(__file__).resolve().parents[2] / "docs" / "identity-providers.md"
NOW = int(time.time())
TIMES = {"iat": NOW - 10, "exp": NOW + 3600}


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def blocks() -> dict[str, dict[str, Any]]:
    """The issuer in each section of the page, by its heading."""
    sections = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return {heading: json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0]) for heading, text in sections}


def rules_of(heading: str) -> list[dict[str, Any]]:
    """The rules in a section of the page, which follow its issuer."""
    text = PAGE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [json.loads(block) for block in re.findall(r"```jsonc\n// a rule\n(.*?)```", text, re.DOTALL)]


COGNITO = {
    "iss": "https://cognito-idp.REGION.amazonaws.com/USER_POOL_ID",
    "sub": "aaaaaaaa-bbbb-4ccc-dddd-eeeeeeeeeeee",
    "cognito:groups": ["ops"],
    "origin_jti": "6e2b7a",
    "jti": "b7a6e2",
    "event_id": "e1",
    "auth_time": NOW - 10,
    **TIMES,
}
COGNITO_ACCESS = {
    **COGNITO,
    "version": 2,
    "client_id": "APP_CLIENT_ID",
    "token_use": "access",
    "scope": "openid profile",
    "username": "ada",
}
COGNITO_ID = {
    **COGNITO,
    "aud": "APP_CLIENT_ID",
    "token_use": "id",
    "email": "ada@example.com",
    "email_verified": True,
    "cognito:username": "ada",
}
AUTH0 = {
    "iss": "https://TENANT.eu.auth0.com/",
    "sub": "auth0|5f7c8ec7c33c6c004bbafe82",
    "aud": ["https://API_IDENTIFIER", "https://TENANT.eu.auth0.com/userinfo"],
    "azp": "my_client_id",
    "scope": "openid profile read:orders",
    "permissions": ["read:orders"],
    **TIMES,
}
ENTRA = {
    "aud": "API_CLIENT_ID",
    "iss": "https://login.microsoftonline.com/TENANT_ID/v2.0",
    "nbf": NOW - 10,
    "aio": "ATQAy/8TAAAA",
    "azp": "client",
    "azpacr": "1",
    "name": "Ada Lovelace",
    "oid": "00000000-0000-0000-66f3-3332eca7ea81",
    "preferred_username": "ada@example.com",
    "rh": "0.AgoA",
    "scp": "orders.read orders.write",
    "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
    "tid": "TENANT_ID",
    "uti": "fqiBqXLPj0eQa82S-IYFAA",
    "ver": "2.0",
    **TIMES,
}
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
ENTRA_TENANTS = {**ENTRA, "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0", "tid": TENANT}
ANOTHER_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
OKTA = {
    "ver": 1,
    "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
    "iss": "https://ORGANIZATION.okta.com/oauth2/default",
    "aud": "api://default",
    "sub": "ada@example.com",
    "cid": "CLIENT_ID",
    "uid": "00ujmkLgagxeRrAg20g3",
    "scp": ["openid", "orders.read"],
    "auth_time": NOW - 10,
    **TIMES,
}
KEYCLOAK = {
    "jti": "onrtac:7d0f9d9c",
    "iss": "https://KEYCLOAK_HOST/realms/REALM",
    "aud": ["API_CLIENT_ID", "account"],
    "sub": "f:550e8400",
    "typ": "Bearer",
    "azp": "web-app",
    "sid": "1",
    "acr": "1",
    "allowed-origins": ["https://app.example.com"],
    "realm_access": {"roles": ["offline_access", "ops"]},
    "resource_access": {"account": {"roles": ["view-profile"]}},
    "scope": "openid email profile",
    "email_verified": False,
    "preferred_username": "ada",
    **TIMES,
}
GOOGLE = {
    "iss": "https://accounts.google.com",
    "azp": "CLIENT_ID.apps.googleusercontent.com",
    "aud": "CLIENT_ID.apps.googleusercontent.com",
    "sub": "110169484474386276334",
    "hd": "WORKSPACE_DOMAIN",
    "email": "ada@WORKSPACE_DOMAIN",
    "email_verified": True,
    "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q",
    **TIMES,
}

FIREBASE = {
    "iss": "https://securetoken.google.com/PROJECT_ID",
    "aud": "PROJECT_ID",
    "sub": "u1",
    "user_id": "u1",
    "auth_time": NOW - 10,
    "firebase": {"identities": {}, "sign_in_provider": "password"},
    **TIMES,
}
SUPABASE = {
    "iss": "https://PROJECT_REF.supabase.co/auth/v1",
    "aud": "authenticated",
    "sub": "u1",
    "role": "authenticated",
    "aal": "aal1",
    "amr": [{"method": "password", "timestamp": NOW}],
    "session_id": "s1",
    "is_anonymous": False,
    **TIMES,
}
CLERK = {
    "iss": "https://INSTANCE.clerk.accounts.dev",
    "sub": "user_1",
    "azp": "https://APP_ORIGIN",
    "sid": "sess_1",
    "nbf": NOW - 20,
    **TIMES,
}
ROLES = "urn:zitadel:iam:org:project:roles"
ZITADEL = {
    "iss": "https://INSTANCE.zitadel.cloud",
    "aud": ["CLIENT_ID", "PROJECT_ID"],
    "client_id": "CLIENT_ID",
    "sub": "250000000000000001",
    "jti": "j1",
    ROLES: {"admin": {"1001": "acme.example"}},
    **TIMES,
}
APPLE = {
    "iss": "https://appleid.apple.com",
    "aud": "CLIENT_ID",
    "sub": "000000.0a1b.0000",
    "email_verified": "true",
    "nonce_supported": True,
    **TIMES,
}
AWS = {
    "iss": "https://ISSUER_ID.tokens.sts.global.api.aws",
    "aud": "https://API_IDENTIFIER",
    "sub": "arn:aws:iam::ACCOUNT_ID:role/ROLE_NAME",
    "jti": "j1",
    "https://sts.amazonaws.com/": {
        "aws_account": "ACCOUNT_ID",
        "source_region": "eu-west-1",
        "org_id": "ORGANIZATION_ID",
        "principal_tags": {"team": "TEAM"},
    },
    **TIMES,
}
GITHUB = {
    "iss": "https://token.actions.githubusercontent.com",
    "aud": "https://API_IDENTIFIER",
    "sub": "repo:OWNER/REPOSITORY:ref:refs/heads/main",
    "repository": "OWNER/REPOSITORY",
    "repository_id": "REPOSITORY_ID",
    "repository_owner": "OWNER",
    "ref": "refs/heads/main",
    "event_name": "push",
    **TIMES,
}
GITLAB = {
    "iss": "https://gitlab.com",
    "aud": "https://API_IDENTIFIER",
    "sub": "project_path:group/project:ref_type:branch:ref:main",
    "project_id": "PROJECT_ID",
    "project_path": "group/project",
    "ref": "main",
    "ref_type": "branch",
    "ref_protected": "true",
    **TIMES,
}
KUBERNETES = {
    "iss": "https://CLUSTER_ISSUER",
    "aud": ["https://API_IDENTIFIER"],
    "sub": "system:serviceaccount:NAMESPACE:SERVICE_ACCOUNT",
    "kubernetes.io": {"namespace": "NAMESPACE", "serviceaccount": {"name": "SERVICE_ACCOUNT", "uid": "1"}},
    **TIMES,
}
SPIFFE = {
    "iss": "https://SPIRE_OIDC_HOST",
    "aud": ["https://API_IDENTIFIER"],
    "sub": "spiffe://TRUST_DOMAIN/WORKLOAD",
    **TIMES,
}
SERVICE_ACCOUNT = {
    "iss": "https://accounts.google.com",
    "aud": "https://API_IDENTIFIER",
    "sub": "100000000000000000001",
    "azp": "100000000000000000001",
    "email": "ACCOUNT@PROJECT.iam.gserviceaccount.com",
    "email_verified": True,
    **TIMES,
}
# Each with look-alikes that the provider mints too, for others.
OTHERS: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
    ("Firebase", FIREBASE, [{"iss": "https://session.firebase.google.com/PROJECT_ID"}, {"aud": "another-project"}]),
    ("Supabase", SUPABASE, [{"role": "anon"}, {"role": "service_role"}, {"is_anonymous": True}, {"iss": "supabase"}]),
    ("Clerk", CLERK, [{"azp": "https://another-origin"}, {"azp": None}, {"sid": None}]),
    ("Zitadel", ZITADEL, [{"aud": ["CLIENT_ID"]}, {"client_id": "another"}, {"client_id": None}]),
    ("Apple", APPLE, [{"aud": "another.app"}, {"iss": "https://account.apple.com"}]),
    ("AWS roles", AWS, [
        {"sub": "arn:aws:iam::ACCOUNT_ID:role/ANOTHER"}, {"sub": "arn:aws:iam::ANOTHER:role/ROLE_NAME"},
        {"iss": "https://another.tokens.sts.global.api.aws"}, {"aud": "https://another-api"}, {"iat": NOW - 4000},
    ]),
    ("GitHub Actions", GITHUB, [
        {"repository": "FORKER/REPOSITORY", "repository_id": "1"}, {"repository_id": "1"},
        {"ref": "refs/pull/1/merge", "event_name": "pull_request"}, {"ref": "refs/heads/other"},
        {"ref": "refs/tags/main"},
    ]),
    ("GitLab CI", GITLAB, [
        {"project_id": "1"}, {"ref_type": "tag"}, {"ref_protected": "false"}, {"ref": "other"}, {"ref_protected": True},
    ]),
    ("Kubernetes service accounts", KUBERNETES, [
        {"sub": "system:serviceaccount:NAMESPACE:default"}, {"sub": "system:serviceaccount:OTHER:SERVICE_ACCOUNT"},
        {"aud": ["https://kubernetes.default.svc"]}, {"iss": "kubernetes/serviceaccount"},
    ]),
    ("SPIFFE", SPIFFE, [
        {"sub": "spiffe://TRUST_DOMAIN/WORKLOAD/x"}, {"sub": "spiffe://ANOTHER/WORKLOAD"}, {"aud": ["another"]},
    ]),
    ("Google service accounts", SERVICE_ACCOUNT, [
        {"email": "ANOTHER@PROJECT.iam.gserviceaccount.com"}, {"email": "a@gmail.com"}, {"email_verified": False},
    ]),
]  # fmt: skip

GOOD = [
    ("Amazon Cognito, access tokens", COGNITO_ACCESS, None, COGNITO["sub"]),
    ("Amazon Cognito, ID tokens", COGNITO_ID, None, COGNITO["sub"]),
    ("Auth0", AUTH0, "JWT", AUTH0["sub"]),
    ("Auth0", AUTH0, "at+jwt", AUTH0["sub"]),
    ("Microsoft Entra ID", ENTRA, "JWT", ENTRA["oid"]),
    ("Microsoft Entra ID, several tenants", ENTRA_TENANTS, "JWT", ENTRA["oid"]),
    ("Okta", OKTA, None, OKTA["sub"]),
    ("Keycloak", KEYCLOAK, "JWT", KEYCLOAK["sub"]),
    ("Google, ID tokens", GOOGLE, "JWT", GOOGLE["sub"]),
]
BAD = [
    ("Amazon Cognito, access tokens", COGNITO_ID, "client_id"),
    ("Amazon Cognito, access tokens", {**COGNITO_ACCESS, "token_use": "id"}, "token_use"),
    ("Amazon Cognito, access tokens", {**COGNITO_ACCESS, "client_id": "another"}, "client_not_allowed"),
    ("Amazon Cognito, ID tokens", COGNITO_ACCESS, "audience_mismatch"),
    ("Auth0", {**AUTH0, "aud": "https://TENANT.eu.auth0.com/userinfo"}, "audience_mismatch"),
    ("Auth0", {**AUTH0, "iss": "https://TENANT.eu.auth0.com"}, "issuer_unknown"),
    ("Microsoft Entra ID", {**ENTRA, "tid": "ANOTHER_TENANT"}, "tid"),
    ("Microsoft Entra ID", {**ENTRA, "iss": "https://sts.windows.net/TENANT_ID/", "ver": "1.0"}, "issuer_unknown"),
    ("Microsoft Entra ID, several tenants", {**ENTRA_TENANTS, "tid": ANOTHER_TENANT}, "issuer_unknown"),
    (
        "Microsoft Entra ID, several tenants",
        {**ENTRA, "iss": f"https://login.microsoftonline.com/{ANOTHER_TENANT}/v2.0", "tid": ANOTHER_TENANT},
        "issuer_unknown",
    ),
    ("Okta", {**OKTA, "cid": "another"}, "client_not_allowed"),
    ("Okta", {**OKTA, "iss": "https://ORGANIZATION.okta.com"}, "issuer_unknown"),
    ("Keycloak", {**KEYCLOAK, "typ": "ID", "aud": "API_CLIENT_ID"}, "typ"),
    ("Keycloak", {**KEYCLOAK, "aud": "account"}, "audience_mismatch"),
    ("Google, ID tokens", {**GOOGLE, "email_verified": False}, "email_verified"),
    ("Google, ID tokens", {name: value for name, value in GOOGLE.items() if name != "hd"}, "hd"),
]


@pytest.fixture
def start_with_block(start: Callable[..., Invoke]) -> Callable[[str], Invoke]:
    """Start the authorizer with one block of the page, but for its keys, which are ours."""

    def start_authorizer(heading: str) -> Invoke:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private_key().public_key()))
        keys = {"jwks": {"keys": [{**public, "kid": "k1", "use": "sig"}]}}
        return start(issuers=[{**blocks()[heading], "keys": keys}])

    return start_authorizer


def mint(claims: dict[str, Any], kind: str | None) -> str:
    # The claims are as old as this module, which a whole run of the tests may have imported long ago.
    late = int(time.time()) - NOW
    times = {name: claims[name] + late for name in ("iat", "nbf", "exp", "auth_time") if name in claims}
    # PyJWT leaves typ out for None, as Cognito and Okta do.
    return jwt.encode(claims | times, private_key(), algorithm="RS256", headers={"kid": "k1", "typ": kind})


def test_every_block_of_the_page_is_tested() -> None:
    more = {heading for heading, *_ in OTHERS}
    assert {heading for heading, *_ in GOOD} | more == {heading for heading, *_ in BAD} | more == set(blocks())
    assert all(look_alikes for *_, look_alikes in OTHERS)


@pytest.mark.parametrize(("heading", "claims", "look_alikes"), OTHERS, ids=[heading for heading, *_ in OTHERS])
def test_a_callers_token_is_accepted_and_its_look_alikes_are_refused(
    start_with_block: Callable[[str], Invoke], heading: str, claims: dict[str, Any], look_alikes: list[dict[str, Any]]
) -> None:
    invoke = start_with_block(heading)
    assert invoke(f"Bearer {mint(claims, 'JWT')}")["principalId"] == claims["sub"]
    for change in look_alikes:
        changed = {name: value for name, value in {**claims, **change}.items() if value is not None}
        with pytest.raises(Unauthorized):
            invoke(f"Bearer {mint(changed, 'JWT')}")


def within(claims: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Claims with another value in the one claim that is an object."""
    ((name, value),) = ((name, value) for name, value in claims.items() if isinstance(value, dict))
    return {**claims, name: {**value, **changes}}


TWO_FACTORS = {**SUPABASE, "amr": [{"method": "password", "timestamp": NOW}, {"method": "totp", "timestamp": NOW}]}


@pytest.mark.parametrize(
    ("heading", "claims", "look_alikes"),
    [
        (
            "AWS roles",
            AWS,
            [
                within(AWS, org_id="b"),
                within(AWS, principal_tags={"team": "b"}),
                within(AWS, principal_tags="TEAM"),
            ],
        ),
        (
            "Kubernetes service accounts",
            KUBERNETES,
            [within(KUBERNETES, namespace="another"), within(KUBERNETES, namespace=None)],
        ),
        (
            "Zitadel",
            ZITADEL,
            [
                within(ZITADEL, admin={}),
                within(ZITADEL, admin=False),
                {**ZITADEL, ROLES: {"viewer": {"1001": "admin"}}},
            ],
        ),
        ("Supabase", TWO_FACTORS, [SUPABASE, {**SUPABASE, "amr": ["totp"]}, {**SUPABASE, "aal": "totp"}]),
    ],
)
def test_the_rule_that_a_page_shows_holds_for_nested_claims(
    start: Callable[..., Invoke], heading: str, claims: dict[str, Any], look_alikes: list[dict[str, Any]]
) -> None:
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private_key().public_key()))
    keys = {"jwks": {"keys": [{**public, "kid": "k1", "use": "sig"}]}}
    (rule,) = rules_of(heading)
    invoke = start(issuers=[{**blocks()[heading], "algorithms": ["RS256"], "keys": keys}], rules={"r": rule})

    def effect(changed: dict[str, Any]) -> str:
        answer = invoke(f"Bearer {mint(changed, 'JWT')}", "r")
        return str(answer["policyDocument"]["Statement"][0]["Effect"])

    assert effect(claims) == "Allow"
    assert [effect(look_alike) for look_alike in look_alikes] == ["Deny"] * len(look_alikes)


@pytest.mark.parametrize(("heading", "claims", "kind", "principal"), GOOD)
def test_a_providers_token_is_accepted(
    start_with_block: Callable[[str], Invoke], heading: str, claims: dict[str, Any], kind: str | None, principal: str
) -> None:
    assert start_with_block(heading)(f"Bearer {mint(claims, kind)}")["principalId"] == principal


@pytest.mark.parametrize(("heading", "claims", "said"), BAD)
def test_a_providers_other_tokens_are_refused(
    start_with_block: Callable[[str], Invoke],
    capsys: pytest.CaptureFixture[str],
    heading: str,
    claims: dict[str, Any],
    said: str,
) -> None:
    with pytest.raises(Unauthorized):
        start_with_block(heading)(f"Bearer {mint(claims, 'JWT')}")
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said in (line["reason"], line.get("detail"))
