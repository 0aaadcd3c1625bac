"""What terraform/modules/jwt-authorizer plans, which inputs it refuses, and where the secrets go."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest

from jwt_authorizer import config
from jwt_authorizer.authorizer import Authorizer
from jwt_authorizer.errors import ConfigurationError
from tests.plan import packages
from tests.plan.conftest import Plan, Refusal
from tests.plan.support import ACCOUNT, REGION, Modules

MODULE = "terraform/modules/jwt-authorizer"
OWN_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/own"
OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other"
LONG_NAME = "x" * 100
FOREIGN_ROLE = "arn:aws:iam::222222222222:role/orders-invoke-authorizer-1"
SALT = "a-salt-that-nobody-may-see-in-a-plan"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        "name": "orders-authorizer",
        "manifest": str(packages.write(tmp_path_factory.mktemp("build"))),
        "issuers": [issuer(secret={"generate": "hmac"})],
        "rules": {"signed-in": {}},
    }


FOREIGN_SECRET = f"arn:aws:secretsmanager:{REGION}:222222222222:secret:login/hmac-a1B2c3"


def issuer(name: str | None = "https://login.example.com/", *, secret: Any, **settings: Any) -> dict[str, Any]:
    """An issuer with an HMAC secret as one writes it, with what is required and these settings."""
    return {"issuer": name, "audiences": ["api"], "algorithms": ["HS256"], "keys": {"secret": secret}, **settings}


def public(name: str = "https://login.example.com/", **settings: Any) -> dict[str, Any]:
    """An issuer with public keys as one writes it, with what is required and these settings."""
    return {"issuer": name, "audiences": ["api"], "algorithms": ["RS256"], "keys": {"discovery": True}, **settings}


@pytest.fixture(scope="module")
def full(plan: Plan, base: dict[str, Any]) -> Any:
    """A secret of every kind, and all other inputs."""
    return plan(
        MODULE,
        {
            **base,
            "context_claims": ["email", "tenant"],
            "environment": {"AUTH_TOKEN_SALT": SALT},
            "issuers": [
                issuer("generated", secret={"generate": "hmac"}),
                issuer("shares-it", secret={"generate": "hmac"}),
                issuer("stored", secret={"secrets_manager": "login/hmac", "encoding": "hex"}, audiences=[]),
                issuer("parameter", secret={"ssm": "/login/hmac"}, token_types=["at+jwt"], max_age_seconds=3600),
                issuer("plain", secret={"ssm": "login-hmac"}, algorithms=["HS384", "HS512"]),
                issuer(
                    "environment",
                    secret={"environment": "AUTH_TOKEN_SALT"},
                    required_claims=[],
                    leeway_seconds=30,
                    principal_claim="userId",
                    principal_fallback="nobody",
                    minimum_secret_bytes=16,
                ),
            ],
            "bind_policy_to_expiry": False,
            "invoker_role_arns": {"orders": FOREIGN_ROLE},
            "kms_key_arn": OWN_KEY,
            "on_invalid_token": "deny",
            "recovery_window_days": 7,
            "rules": RULES,
            "secrets_kms_key_arns": [OTHER_KEY],
            "tags": {"team": "orders"},
        },
    )


@pytest.fixture(scope="module")
def large(plan: Plan, base: dict[str, Any]) -> Any:
    """One issuer whose tokens carry no iss, and more claims than fit into plain JSON."""
    claims = [f"https://example.com/claims/number-{number}" for number in range(90)]
    nameless = issuer(None, secret={"secrets_manager": FOREIGN_SECRET})
    in_s3 = {"bucket": "orders-packages", "objects": {"authorizer-hmac": {"key": "v1/authorizer-hmac.zip"}}}
    rules = {"dotted": {"claims": {claim: ["x"] for claim in (*DOTTED, *NESTED)}}}
    given = {"issuers": [nameless], "context_claims": claims, "rules": rules, "s3_packages": in_s3}
    return plan(MODULE, {**base, **given})


# A path that may be the name of one claim => how that claim is written, and how a nested one is.
DOTTED = {
    "kubernetes.io.namespace": ("/kubernetes.io/namespace", "/kubernetes/io/namespace"),
    "custom:tenant.id": ("/custom:tenant.id", "/custom:tenant/id"),
    "example.com": ("/example.com", "/example/com"),
    "resource_access.my.client.roles": ("/resource_access.my/client/roles", "/resource_access/my/client/roles"),
}
NESTED = (
    "realm_access.roles",
    "resource_access.orders.roles",
    "amr.method",
    "org.id",
    "cognito:groups",
    "/kubernetes.io/namespace",
    "/custom:tenant.id",
)


def function(planned: Any) -> dict[str, Any]:
    found: dict[str, Any] = planned.modules["module.function"].resources["aws_lambda_function.this"]
    return dict(found["values"])


def environment(planned: Any) -> dict[str, str]:
    found: dict[str, str] = function(planned)["environment"][0]["variables"]
    return found


def statements(planned: Any) -> dict[str, Any]:
    role_policy = planned.modules["module.function"].resources["aws_iam_role_policy.this"]
    return packages.statements(role_policy["values"]["policy"])


def test_the_function_reads_its_whole_configuration_from_one_variable(full: Any) -> None:
    given = {"audiences": ["api"], "algorithms": ["HS256"]}
    assert json.loads(environment(full)["AUTHORIZER_CONFIG"]) == {
        "issuers": [
            {
                "issuer": "generated",
                **given,
                "keys": {"secret": {"secrets_manager": "orders-authorizer-hmac"}},
            },
            {
                "issuer": "shares-it",
                **given,
                "keys": {"secret": {"secrets_manager": "orders-authorizer-hmac"}},
            },
            {
                "issuer": "stored",
                **given,
                "audiences": [],
                "keys": {"secret": {"secrets_manager": "login/hmac", "encoding": "hex"}},
            },
            {
                "issuer": "parameter",
                **given,
                "keys": {"secret": {"ssm": "/login/hmac"}},
                "token_types": ["at+jwt"],
                "max_age_seconds": 3600,
            },
            {
                "issuer": "plain",
                **given,
                "algorithms": ["HS384", "HS512"],
                "keys": {"secret": {"ssm": "login-hmac"}},
            },
            {
                "issuer": "environment",
                **given,
                "keys": {"secret": {"environment": "AUTH_TOKEN_SALT"}},
                "required_claims": [],
                "leeway_seconds": 30,
                "principal_claim": "userId",
                "principal_fallback": "nobody",
                "minimum_secret_bytes": 16,
            },
        ],
        "context_claims": ["email", "tenant"],
        "bind_policy_to_expiry": False,
        "on_invalid_token": "deny",
        "rules": {
            name: {
                key: value
                for key, value in rule.items()
                if key in FUNCTION_KEYS or (key == "cache_seconds" and rule.keys() & {"path_equals", "binding"})
            }
            for name, rule in RULES.items()
        },
    }
    assert full.outputs["configuration"] == environment(full)["AUTHORIZER_CONFIG"]


@pytest.fixture(scope="module")
def asymmetric(plan: Plan, base: dict[str, Any]) -> Any:
    """Public keys from everywhere that they can come from, and what else only such issuers have."""
    return plan(MODULE, {**base, "issuers": [*PUBLIC.values()], "secrets_kms_key_arns": [OTHER_KEY]})


TENANTED = "https://login.microsoftonline.com/{tenantid}/v2.0"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
JWKS = {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "11qY"}, {"kty": "RSA", "n": "0vx7", "e": "AQAB"}]}
PEM = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"
PUBLIC = {
    "discovery": public("https://login.example.com/", client_ids=["7pl0f3"], scope_claims=["permissions"]),
    "jwks_url": public(
        "https://other.example.com/",
        algorithms=["ES256", "PS512"],
        claims={"token_use": ["access"], "email_verified": [True], "version": [2, "2.0"]},
        keys={
            "jwks_url": "https://other.example.com:8443/keys?v=2",
            "cache_seconds": 600,
            "stale_seconds": 0,
            "timeout_seconds": 2,
            "snapshot_seconds": 86400,
        },
    ),
    "jwks": public("inline", algorithms=["EdDSA"], keys={"jwks": JWKS}),
    "tenants": public(TENANTED, tenants=[TENANT], principal_claim="uid", integer_principal=True),
    "any_tenant": public(
        "https://sts.windows.net/{tenantid}/", tenants="any", keys={"jwks_url": "https://login.microsoftonline.com/k"}
    ),
    "pem": public("file", algorithms=["Ed25519"], keys={"pem": PEM}),
}


def test_an_issuer_reaches_the_function_as_it_was_written(asymmetric: Any) -> None:
    assert json.loads(asymmetric.outputs["configuration"])["issuers"] == [*PUBLIC.values()]


def test_public_keys_need_no_rights_at_all(asymmetric: Any) -> None:
    assert set(statements(asymmetric)) == {"WriteLogs"}


def package(planned: Any) -> str:
    """The zip that the function runs."""
    return str(function(planned)["filename"]).rpartition("/")[2]


def test_hmac_alone_gets_the_package_without_cryptography_and_public_keys_the_whole_one(
    full: Any, asymmetric: Any
) -> None:
    assert package(full) == "authorizer-hmac.zip"
    assert package(asymmetric) == "authorizer.zip"


@pytest.fixture(scope="module")
def variants(modules: Modules, base: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Configurations that differ from the base in little, in one plan."""
    manifest = packages.write(tmp_path_factory.mktemp("whole"))
    document = json.loads(manifest.read_text())
    del document["functions"]["authorizer-hmac"]
    manifest.write_text(json.dumps(document))
    nothing = {"secrets_manager": None, "ssm": None, "environment": None, "encoding": None}
    keys = {"secret": {**nothing, "generate": "hmac"}, "jwks_url": None, "jwks": None, "cache_seconds": None}
    rule = {"scopes": ["a"], "any_scope": None, "claims": None, "type": None, "cache_seconds": None}
    changes: dict[str, dict[str, Any]] = {
        "good": ALIKE["good"],
        "beside": {"issuers": [*base["issuers"], public("https://other.example.com/")]},
        "whole": {"manifest": str(manifest)},
        "typed": {
            "issuers": [{**base["issuers"][0], "keys": keys, "token_types": None, "max_age_seconds": None}],
            "rules": {"a": rule},
        },
    }
    given = {name: {**base, **change} for name, change in changes.items()}
    return modules.variants(MODULE, given, ["configuration", "rules"]).plan({})


@pytest.mark.parametrize("variant", ["beside", "whole"])
def test_public_keys_beside_hmac_need_the_whole_package_which_serves_hmac_too(variants: Any, variant: str) -> None:
    address = f"module.{variant}.module.function.aws_lambda_function.this"
    assert variants.resource_changes[address]["change"]["after"]["filename"].endswith("/authorizer.zip")


def test_null_is_as_good_as_left_out_for_callers_that_pass_typed_objects(variants: Any, base: dict[str, Any]) -> None:
    configuration = json.loads(variants.outputs["typed_configuration"])
    (given,) = configuration["issuers"]
    assert given == {**base["issuers"][0], "keys": {"secret": {"secrets_manager": "orders-authorizer-hmac"}}}
    assert configuration["rules"] == {"a": {"scopes": ["a"]}}
    assert variants.outputs["typed_rules"]["a"]["cache_seconds"] == 300


def test_what_is_known_only_after_the_apply_leaves_the_rest_of_the_plan_readable(
    modules: Modules, base: dict[str, Any]
) -> None:
    planned = modules.root("tests/plan/roots/unknown_issuer").plan({"manifest": base["manifest"]})
    after = {address: change["change"]["after"] for address, change in planned.resource_changes.items()}
    secret = after['module.authorizer.aws_secretsmanager_secret.generated["hmac"]']
    assert secret["name"] == "orders-hmac"
    assert after["module.authorizer.module.function.aws_lambda_function.this"]["filename"].endswith("/authorizer.zip")
    assert 'module.authorizer.module.function.aws_lambda_alias.this["signed-in"]' in after


FUNCTION_KEYS = ("any_scope", "binding", "claims", "path_equals", "scopes", "simple_response", "token")
HEADER = "method.request.header.Authorization"
EXPRESSION = "^Bearer .+$"
RULES: dict[str, dict[str, Any]] = {
    "signed-in": {},
    "certified": {"binding": "mtls", "type": "REQUEST", "cache_seconds": 0},
    "profile": {"scopes": ["profile:read"], "any_scope": ["a", "b"], "validation_expression": EXPRESSION},
    "groups": {"claims": {"/https:~1~1x.example~1groups": ["ops", 7, True], "realm.roles": ["x"]}, "cache_seconds": 5},
    "own-record": {"type": "REQUEST", "path_equals": {"id": "sub"}, "cache_seconds": 0},
    "header": {"token": ["header.X-Token"]},
    "same-header": {"token": ["header.x-token"], "identity_source": "method.request.header.X-Token"},
    "query": {"type": "REQUEST", "token": ["querystring.t"]},
    "cookies": {"type": "REQUEST", "token": ["cookie.a", "cookie.b"]},
    "anywhere": {"type": "REQUEST", "token": ["header.Authorization", "cookie.session"], "cache_seconds": 0},
    "browsers": {"type": "REQUEST", "token": ["subprotocol.jwt"]},
    "http-api": {"simple_response": True},
    "tenant": {"type": "REQUEST", "identity_source": f"stageVariables.tenant, {HEADER.lower()}"},
}
CALLED: dict[str, tuple[str, str, int, str | None]] = {
    "signed-in": ("TOKEN", HEADER, 300, None),
    "certified": ("REQUEST", HEADER, 0, None),
    "profile": ("TOKEN", HEADER, 300, EXPRESSION),
    "groups": ("TOKEN", HEADER, 5, None),
    "own-record": ("REQUEST", HEADER, 0, None),
    "header": ("TOKEN", "method.request.header.X-Token", 300, None),
    "same-header": ("TOKEN", "method.request.header.X-Token", 300, None),
    "query": ("REQUEST", "method.request.querystring.t", 300, None),
    "cookies": ("REQUEST", "method.request.header.Cookie", 300, None),
    "anywhere": ("REQUEST", f"{HEADER},method.request.header.Cookie", 0, None),
    "browsers": ("REQUEST", "method.request.header.Sec-WebSocket-Protocol", 300, None),
    "http-api": ("TOKEN", HEADER, 300, None),
    "tenant": ("REQUEST", f"stageVariables.tenant,{HEADER.lower()}", 300, None),
}


def test_every_rule_is_an_alias_of_its_name_and_says_how_to_call_it(full: Any) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders-authorizer"
    assert full.outputs["rules"] == {
        rule: {
            "arn": f"{arn}:{rule}",
            "invoke_arn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}:{rule}/invocations",
            "type": kind,
            "identity_source": identity_source,
            "cache_seconds": cache_seconds,
            "path_parameters": sorted(RULES[rule].get("path_equals") or {}),
            "binding": RULES[rule].get("binding"),
            "simple_response": RULES[rule].get("simple_response") or False,
            "validation_expression": expression,
        }
        for rule, (kind, identity_source, cache_seconds, expression) in CALLED.items()
    }
    aliases = {address for address in full.modules["module.function"].resources if "aws_lambda_alias" in address}
    assert aliases == {f'aws_lambda_alias.this["{rule}"]' for rule in RULES}


def test_the_function_reads_the_rules_that_are_planned(full: Any) -> None:
    settings = config.load({config.VARIABLE: environment(full)["AUTHORIZER_CONFIG"]})
    assert set(settings.rules) == set(RULES)


def test_a_role_of_another_account_may_call_each_alias_and_nothing_else(full: Any, large: Any) -> None:
    permissions = [
        each["values"] for address, each in full.resources.items() if address.startswith("aws_lambda_permission")
    ]
    assert {permission["qualifier"] for permission in permissions} == set(RULES)
    assert {(each["principal"], each["action"]) for each in permissions} == {(FOREIGN_ROLE, "lambda:InvokeFunction")}
    assert not [address for address in large.resources if address.startswith("aws_lambda_permission")]


def test_the_role_may_read_exactly_the_secrets_that_issuers_name(full: Any) -> None:
    assert statements(full) == {
        "WriteLogs": {
            "Sid": "WriteLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/orders-authorizer:*"],
        },
        "ReadSecrets": {
            "Sid": "ReadSecrets",
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": [
                f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:login/hmac-??????",
                f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:orders-authorizer-hmac-??????",
            ],
        },
        "ReadParameters": {
            "Sid": "ReadParameters",
            "Effect": "Allow",
            "Action": ["ssm:GetParameter"],
            "Resource": [
                f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/login-hmac",
                f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/login/hmac",
            ],
        },
        "DecryptSecrets": {
            "Sid": "DecryptSecrets",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [OTHER_KEY, OWN_KEY],
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": [f"secretsmanager.{REGION}.amazonaws.com", f"ssm.{REGION}.amazonaws.com"]
                }
            },
        },
    }


def test_one_secret_is_generated_for_all_who_share_it(full: Any) -> None:
    secret = full.resources['aws_secretsmanager_secret.generated["hmac"]']["values"]
    assert secret["name"] == "orders-authorizer-hmac"
    assert secret["kms_key_id"] == OWN_KEY
    assert secret["recovery_window_in_days"] == 7
    assert full.outputs["generated_secrets"] == {"hmac": "orders-authorizer-hmac"}
    assert len([address for address in full.resources if "aws_secretsmanager_secret." in address]) == 1


def test_values_of_the_environment_are_marked_sensitive_and_the_configuration_is_readable(full: Any) -> None:
    change = full.resource_changes["module.function.aws_lambda_function.this"]["change"]
    assert change["after_sensitive"]["environment"][0]["variables"] == {"AUTH_TOKEN_SALT": True}


def test_an_entry_for_tokens_without_iss_says_null(large: Any) -> None:
    (entry,) = json.loads(large.outputs["configuration"])["issuers"]
    assert entry["issuer"] is None


def test_a_plan_warns_of_paths_that_may_be_the_name_of_one_claim(large: Any) -> None:
    (found,) = [check for check in large["checks"] if check["address"]["to_display"].endswith(".claims_with_dots")]
    (message,) = [problem["message"] for problem in found["instances"][0]["problems"]]
    assert found["status"] == "fail"
    lines = sorted(message.splitlines())
    assert len(lines) == len(DOTTED)
    for line, (claim, pointers) in zip(lines, sorted(DOTTED.items()), strict=True):
        assert line.startswith(f'rules.dotted names the claim "{claim}", a path of {claim.count(".") + 1} names.')
        assert line.endswith(
            f'write a JSON Pointer, "{pointers[0]}" for a claim with a dot, or "{pointers[1]}" for nested ones.'
        )


def test_nothing_is_generated_and_nothing_said_of_kms_unless_asked_for(large: Any) -> None:
    assert large.outputs["generated_secrets"] == {}
    assert not [address for address in large.resources if "secretsmanager" in address]
    assert set(statements(large)) == {"WriteLogs", "ReadSecrets"}


def test_a_secret_of_another_account_is_named_by_its_arn_and_may_be_read_alone(large: Any) -> None:
    assert statements(large)["ReadSecrets"]["Resource"] == [FOREIGN_SECRET]


def test_the_package_may_come_from_s3(large: Any) -> None:
    assert (function(large)["s3_bucket"], function(large)["s3_key"]) == ("orders-packages", "v1/authorizer-hmac.zip")
    assert function(large)["filename"] is None


def test_a_large_configuration_is_packed_and_stays_readable_as_an_output(large: Any) -> None:
    packed = environment(large)["AUTHORIZER_CONFIG"]
    assert gzip.decompress(base64.b64decode(packed)).decode() == large.outputs["configuration"]
    assert len(packed) < 1024 < 3072 < len(large.outputs["configuration"])


def test_a_configuration_that_lambda_cannot_hold_is_refused(refused: Refusal, base: dict[str, Any]) -> None:
    claims = [base64.b85encode(str(number**9).encode()).decode() for number in range(1, 500)]
    message = refused(MODULE, {**base, "context_claims": claims})
    assert "more than the 4096 bytes that Lambda allows in all: AUTHORIZER_CONFIG" in message


KNOWN = "algorithms, audiences, claims, client_ids, integer_principal, issuer, keys, leeway_seconds, max_age_seconds"
SECRET = {"generate": "hmac"}
PRIVATE = {"kty": "OKP", "crv": "Ed25519", "x": "11qY", "d": "nWGx"}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "misspelt": (issuer("a", secret=SECRET, audience="api"), f"audience is not a known key: write one of {KNOWN}"),
    "misspelt_keys": (
        public("b", keys={"jwks_uri": "https://x/", "pem": PEM}),
        "keys.jwks_uri is not a known key: write one of cache_seconds, discovery, jwks, jwks_url, pem, secret,",
    ),
    "misspelt_secret": (
        issuer("c", secret={"generate": "hmac", "encode": "hex"}),
        "keys.secret.encode is not a known key: write one of encoding, environment, generate, secrets_manager, ssm.",
    ),
    "nothing": ({}, "issuer is missing: write the exact iss of its tokens, or null for tokens that carry none."),
    "no_audiences": ({"issuer": "d"}, 'audiences is missing: write whom the tokens must be meant for, such as ["https'),
    "no_algorithms": ({"issuer": "e"}, "algorithms is missing: write some of HS256, HS384, HS512, or some of RS256,"),
    "no_keys": (
        {"issuer": "f"},
        "keys is missing: write an object with exactly one of secret, jwks_url, discovery, jwks, pem.",
    ),
    "blank_issuer": (issuer(" ", secret=SECRET), 'issuer is " ": write the exact iss of its tokens, or null'),
    "audience_that_is_no_list": (
        issuer("g", secret=SECRET, audiences="api"),
        'audiences is "api": write whom the tokens must be meant for',
    ),
    "weak_algorithm": (public("h", algorithms=["RS1"]), 'algorithms is ["RS1"]: write some of HS256'),
    "no_algorithm": (issuer("i", secret=SECRET, algorithms=[]), "algorithms is []: write some of HS256"),
    "hmac_beside_public": (
        public("j", algorithms=["RS256", "HS256"], keys={"pem": PEM}),
        'algorithms is ["RS256","HS256"]: HMAC and public-key algorithms never share an issuer, so write one kind',
    ),
    "hmac_with_public_keys": (
        issuer("k", secret=None, keys={"pem": PEM}),
        "keys has pem, which does not go with HS256: write secret, or public-key algorithms such as RS256.",
    ),
    "secret_with_public_algorithms": (
        issuer("l", secret=SECRET, algorithms=["ES256"]),
        "keys has secret, which does not go with ES256: write one of jwks_url, discovery, jwks and pem, or HMAC",
    ),
    "two_kinds_of_keys": (
        public("m", keys={"pem": PEM, "jwks": JWKS}),
        "keys has jwks and pem: write exactly one of secret, jwks_url, discovery, jwks, pem.",
    ),
    "no_kind_of_keys": (public("n", keys={}), "keys has none of them: write exactly one of secret"),
    "keys_that_are_no_object": (public("o", keys=PEM), "keys: write an object with exactly one of secret"),
    "discovery_without_https": (
        public("http://login.example.com/"),
        'keys.discovery needs an issuer that is an https URL, and it is "http://login.example.com/": write jwks_url',
    ),
    "discovery_off": (public("https://p/", keys={"discovery": False}), "keys.discovery is false: write true, or leave"),
    "jwks_url_without_https": (
        public("q", keys={"jwks_url": "http://q/"}),
        'keys.jwks_url is "http://q/": write an https URL with a host, and without credentials or fragment.',
    ),
    "jwks_url_with_credentials": (
        public("r", keys={"jwks_url": "https://user:password@r/"}),
        'keys.jwks_url is "https://...@r/": write an https URL',
    ),
    "jwks_url_with_a_fragment": (public("s", keys={"jwks_url": "https://s/#x"}), 'keys.jwks_url is "https://s/#x":'),
    "jwks_without_keys": (
        public("t", keys={"jwks": {"keys": []}}),
        "keys.jwks.keys: write 1 to 100 public keys, each a JSON Web Key.",
    ),
    "private_jwk": (
        public("u", algorithms=["EdDSA"], keys={"jwks": {"keys": [PRIVATE]}}),
        "keys.jwks holds a secret or private key, which a configuration must not: write the public members alone",
    ),
    "symmetric_jwk": (
        public("v", keys={"jwks": {"keys": [{"kty": "oct", "k": "AyM1"}]}}),
        "keys.jwks holds a secret or private key",
    ),
    "jwks_for_something_else": (
        public("w", algorithms=["ES256"], keys={"jwks": JWKS}),
        "keys.jwks holds no key for ES256: write the issuer's keys, or the algorithms that they are for.",
    ),
    "no_pem": (
        public("x", keys={"pem": "ssh-rsa AAAA"}),
        "keys.pem must be 1 to 10 public keys or certificates in PEM",
    ),
    "private_pem": (
        public("y", keys={"pem": PEM.replace("PUBLIC", "PRIVATE")}),
        "keys.pem holds a private key, which a configuration must not: write the public one",
    ),
    "timed_jwks": (
        public("z", algorithms=["EdDSA"], keys={"jwks": JWKS, "cache_seconds": 60}),
        "keys.cache_seconds has no meaning beside jwks: leave it out.",
    ),
    "timed_pem": (
        public("A", keys={"pem": PEM, "timeout_seconds": 1}),
        "keys.timeout_seconds has no meaning beside pem: leave it out.",
    ),
    "snapshot_of_a_secret": (
        issuer("B", secret=None, keys={"secret": SECRET, "snapshot_seconds": 60}),
        "keys.snapshot_seconds has no meaning beside secret: leave it out.",
    ),
    "cache": (
        public("https://C/", keys={"discovery": True, "cache_seconds": 0}),
        "keys.cache_seconds is 0: write a whole number from 1 to 86400 (a day).",
    ),
    "stale": (
        public("https://D/", keys={"discovery": True, "stale_seconds": 604801}),
        "keys.stale_seconds is 604801: write a whole number from 0 to 604800 (a week).",
    ),
    "fetch": (
        public("https://E/", keys={"discovery": True, "timeout_seconds": "3"}),
        'keys.timeout_seconds is "3": write a whole number from 1 to 10.',
    ),
    "snapshot": (
        public("https://F/", keys={"discovery": True, "snapshot_seconds": 0.5}),
        "keys.snapshot_seconds is 0.5: write a whole number from 0 to 7776000 (90 days).",
    ),
    "two_stores": (
        issuer("G", secret={"secrets_manager": "x", "ssm": "y"}),
        "keys.secret has secrets_manager and ssm: write exactly one of secrets_manager, ssm, environment, generate.",
    ),
    "no_store": (issuer("H", secret={}), "keys.secret has none: write exactly one of"),
    "secret_by_its_arn": (
        issuer("I", secret={"secrets_manager": "arn:aws:x"}),
        "keys.secret.secrets_manager: write the name of a secret (letters, digits and /_+=.@-), or the whole ARN of",
    ),
    "secret_of_another_region": (
        issuer("I2", secret={"secrets_manager": FOREIGN_SECRET.replace(REGION, "us-east-2")}),
        "keys.secret.secrets_manager is the ARN of a secret in us-east-2, and the function is in eu-west-1",
    ),
    "parameter_by_its_arn": (
        issuer("J", secret={"ssm": "arn:aws:x"}),
        "keys.secret.ssm: write the name of a parameter (letters, digits and /_.-), not its ARN.",
    ),
    "unset_variable": (
        issuer("K", secret={"environment": "MISSPELT"}),
        "keys.secret.environment: write the name of a variable that environment sets.",
    ),
    "generated_name": (
        issuer("L", secret={"generate": "HMAC!"}),
        'keys.secret.generate: write how the new secret\'s name shall end, such as "hmac"',
    ),
    "encoding": (
        issuer("M", secret={"ssm": "x", "encoding": "base32"}),
        'keys.secret.encoding is "base32": write utf8, base64 or hex, or leave it out for utf8.',
    ),
    "generated_encoding": (
        issuer("N", secret={"generate": "hmac", "encoding": "hex"}),
        'keys.secret.encoding is "hex": write utf8 or leave it out, for that is what a generated secret is.',
    ),
    "required_claims": (
        issuer("O", secret=SECRET, required_claims=[""]),
        'required_claims is [""]: write a list of claims, such as ["exp", "sub"], or [] to require none.',
    ),
    "claims": (
        issuer("P", secret=SECRET, claims=["x"]),
        'claims is ["x"]: write an object of lists, such as {"token_use"',
    ),
    "values_of_a_claim": (
        issuer("Q", secret=SECRET, claims={"tenant": "acme"}),
        'claims.tenant is "acme": write a list of the strings, numbers or booleans to accept.',
    ),
    "nested_value_of_a_claim": (issuer("R", secret=SECRET, claims={"act": [{}]}), "claims.act is [{}]: write a list"),
    "no_value_of_a_claim": (issuer("S", secret=SECRET, claims={"tenant": []}), "claims.tenant is []: write a list"),
    "client_ids": (public("https://T/", client_ids="7pl0f3"), 'client_ids is "7pl0f3": write a list of the clients'),
    "scope_claims": (
        public("https://U/", scope_claims=[1]),
        "scope_claims is [1]: write a list of the claims that hold",
    ),
    "token_types": (issuer("V", secret=SECRET, token_types=[]), "token_types is []: write a list of the typ headers"),
    "leeway": (issuer("W", secret=SECRET, leeway_seconds=301), "leeway_seconds is 301: write a whole number from 0 to"),
    "age": (issuer("X", secret=SECRET, max_age_seconds=0), "max_age_seconds is 0: write a whole number from 1 to"),
    "usage_key": (issuer("Y", secret=SECRET, usage_key_claim="sub"), 'usage_key_claim is "sub", which logs name: an'),
    "principal": (issuer("Y", secret=SECRET, principal_claim=" "), 'principal_claim is " ": write the name of a claim'),
    "fallback": (
        issuer("Z", secret=SECRET, principal_fallback=""),
        'principal_fallback is "": write the principal of tokens that carry none',
    ),
    "minimum": (
        issuer("0", secret=SECRET, minimum_secret_bytes=0),
        "minimum_secret_bytes is 0: write a whole number from 1 to 1024",
    ),
    "tenants": (public("https://2/", tenants=[TENANT]), "tenants has no meaning beside an issuer without {tenantid}"),
    "no_tenants": (public(TENANTED), "tenants is missing beside {tenantid} in issuer: write a list of the tenants"),
    "no_tenant": (public(TENANTED, tenants=[]), "tenants is []: write a list of tenants, each a GUID in lower case"),
    "tenant": (
        public(TENANTED, tenants=["contoso.example"]),
        'tenants is ["contoso.example"]: write a list of tenants',
    ),
    "every_tenant": (
        public(TENANTED, tenants="all"),
        'tenants is "all": write a list of tenants, each a GUID in lower',
    ),
    "tenants_elsewhere": (
        public("https://login.example.com/{tenantid}/v2.0", tenants="any"),
        'issuer is "https://login.example.com/{tenantid}/v2.0", and only Entra ID has issuers of several tenants:',
    ),
    "tenants_of_a_secret": (
        issuer("https://sts.windows.net/{tenantid}/", secret=SECRET, tenants="any"),
        "keys has secret, which {tenantid} in issuer does not go with: write public-key algorithms.",
    ),
    "tenants_by_discovery": (
        public("https://sts.chinacloudapi.cn/{tenantid}/", tenants="any"),
        'keys.discovery does not go with "https://sts.chinacloudapi.cn/{tenantid}/": write jwks_url, such as',
    ),
    "integer": (public("https://3/", integer_principal="yes"), 'integer_principal is "yes": write true or false.'),
    "minimum_of_nothing": (
        public("https://1/", minimum_secret_bytes=32),
        "minimum_secret_bytes has no meaning without a secret: leave it out.",
    ),
}


# Names of secrets that AWS would not have, and what is made by Terraform.
ONLY_TO_TERRAFORM = ("secret_of_another_region", "unset_variable")


def start_authorizer(document: dict[str, Any]) -> None:
    """Read a configuration as the function does when it starts."""
    Authorizer(config.parse(document))


@pytest.fixture(scope="module")
def refused_issuers(refused: Refusal, base: dict[str, Any]) -> str:
    """What Terraform says to all of these mistakes at once."""
    return refused(MODULE, {**base, "issuers": [wrong for wrong, _ in REFUSED.values()]})


class TestIssuers:
    @pytest.mark.parametrize("case", REFUSED)
    def test_a_mistake_is_refused_with_the_issuer_the_key_and_what_to_write(
        self, refused_issuers: str, case: str
    ) -> None:
        assert f"issuers[{list(REFUSED).index(case)}].{REFUSED[case][1]}" in refused_issuers

    def test_a_key_that_is_refused_is_not_quoted(self, refused_issuers: str) -> None:
        assert not [text for text in ("nWGx", "AyM1", "MCow", "password") if text in refused_issuers]

    @pytest.mark.parametrize("case", [case for case in REFUSED if case not in ONLY_TO_TERRAFORM])
    def test_the_function_would_refuse_it_too(self, case: str) -> None:
        document = {"issuers": [REFUSED[case][0]], "rules": {"signed-in": {}}}
        with pytest.raises(ConfigurationError):
            start_authorizer(document)

    def test_the_function_takes_what_is_planned(self) -> None:
        settings = config.parse({"issuers": [*PUBLIC.values()], "rules": {"signed-in": {}}})
        assert [issuer.issuer for issuer in settings.issuers] == [written["issuer"] for written in PUBLIC.values()]

    def test_sound_issuers_are_not_mentioned(self, refused: Refusal, base: dict[str, Any]) -> None:
        message = refused(MODULE, {**base, "issuers": [*PUBLIC.values(), issuer("last", secret={})]})
        assert f"issuers[{len(PUBLIC)}].keys.secret has none" in message
        assert message.count("issuers[") == 1

    def test_issuers_that_cannot_be_told_apart_are_refused(self, refused: Refusal, base: dict[str, Any]) -> None:
        issuers = [issuer(None, secret=SECRET), issuer("twice", secret=SECRET), issuer("twice", secret=SECRET)]
        message = refused(MODULE, {**base, "issuers": issuers})
        assert "issuer = null accepts tokens that carry no iss, and only as the one entry there is" in message
        assert 'issuers: "twice" is there more than once, as issuers[1] and issuers[2]: write one entry' in message

    @pytest.mark.parametrize(
        ("issuers", "sentence"),
        [
            ([], "issuers: write a list of one issuer or more, objects with issuer, audiences"),
            ({"issuer": "a"}, "issuers: write a list of one issuer or more"),
            (["a"], "issuers[0]: write an object with issuer, audiences, algorithms and keys."),
        ],
    )
    def test_what_is_no_list_of_issuers_is_refused(
        self, refused: Refusal, base: dict[str, Any], issuers: Any, sentence: str
    ) -> None:
        assert sentence in refused(MODULE, {**base, "issuers": issuers})


QUERY = "method.request.querystring.t"

REFUSED_RULES: dict[str, tuple[dict[str, Any], str]] = {
    "007": ({}, " is not a name for it: write 1 to 128 letters, digits, - and _, and not digits alone"),
    "can write": ({}, " is not a name for it"),
    "misspelt": (
        {"scope": ["orders:read"]},
        ".scope is not a known key: write one of any_scope, binding, cache_seconds, claims, identity_source,",
    ),
    "spaced-scopes": (
        {"scopes": ["orders:read orders:write"]},
        '.scopes is ["orders:read orders:write"]: write a list of scopes without spaces, quotes and backslashes, such',
    ),
    "scopes-as-text": ({"any_scope": "orders:read"}, '.any_scope is "orders:read": write a list of scopes'),
    "claims-as-list": ({"claims": ["ops"]}, '.claims is ["ops"]: write an object of lists, such as {"groups": ["ops"'),
    "claim-as-text": (
        {"claims": {"groups": "ops"}},
        '.claims.groups is "ops": write a list of the strings, numbers',
    ),
    "no-values": ({"claims": {"groups": []}}, ".claims.groups is []: write a list of the strings"),
    "claim-by-url": (
        {"claims": {"https://x.example/~groups": ["ops"]}},
        ' names the claim "https://x.example/~groups", which holds dots and slashes of its own: write it as a JSON '
        'Pointer, "/https:~1~1x.example~1~0groups".',
    ),
    "one-claim-twice": (
        {"claims": {"/a/b": [1], "a.b": [2]}},
        '.claims names one claim as "/a/b" and as "a.b", and only one of the two would count: write it once.',
    ),
    "claim-of-dots": (
        {"claims": {"a..b": ["x"]}},
        ' names the claim "a..b", which is none: write a name, or names with',
    ),
    "path-of-a-token": (
        {"path_equals": {"id": "sub"}, "cache_seconds": 0},
        '.path_equals needs the path, which a TOKEN authorizer does not get: write type = "REQUEST" and cache_',
    ),
    "path-by-default": (
        {"path_equals": {"id": "sub"}, "type": "REQUEST"},
        ".cache_seconds is 300, the default, beside path_equals, and an answer about one path would be used for "
        "another: write cache_seconds = 0.",
    ),
    "path-cached": (
        {"path_equals": {"id": "sub"}, "type": "REQUEST", "cache_seconds": 1},
        ".cache_seconds is 1 beside path_equals, and an answer about one path would be used for another: write",
    ),
    "bound-token": (
        {"binding": "mtls", "cache_seconds": 0},
        '.binding needs the client certificate, which a TOKEN authorizer does not get: write type = "REQUEST" and cach',
    ),
    "bound-cached": (
        {"binding": "mtls", "type": "REQUEST"},
        ".cache_seconds is 300, the default, beside binding, and an answer to one certificate would be used for",
    ),
    "bound-otherwise": ({"binding": "dpop"}, '.binding is "dpop": write "mtls" for tokens that are bound to a client'),
    "path-as-list": ({"path_equals": ["id"]}, '.path_equals is ["id"]: write an object, path parameter => claim'),
    "path-of-numbers": (
        {"path_equals": {"id": 1}, "type": "REQUEST", "cache_seconds": 0},
        '.path_equals.id is 1: write the name of a claim, such as "sub".',
    ),
    "two-places": (
        {"type": "REQUEST", "token": ["header.Authorization", "cookie.session"]},
        ".token may be in header.Authorization or cookie.session, and a cached authorizer answers 401 unless all of "
        "its identity sources are there: write one place, or cache_seconds = 0.",
    ),
    "key-without-token": (
        {"type": "REQUEST", "identity_source": QUERY},
        f'.identity_source is "{QUERY}", without the place of the token, header.Authorization, so one caller\'s answer '
        f"would be used for another: add {HEADER}, write in token where the token is, or write cache_seconds = 0.",
    ),
    "key-of-another-case": (
        {"type": "REQUEST", "token": ["querystring.T"], "identity_source": QUERY},
        f'.identity_source is "{QUERY}", without the place of the token, querystring.T,',
    ),
    "token-in-a-query": (
        {"token": ["querystring.t"]},
        '.token is ["querystring.t"], and a TOKEN authorizer reads one header alone: write ["header.<name>"], the '
        'header of identity_source where that is given, or write type = "REQUEST".',
    ),
    "token-in-two-headers": (
        {"token": ["header.A", "header.B"]},
        '.token is ["header.A","header.B"], and a TOKEN authorizer reads one header alone',
    ),
    "token-in-another-header": (
        {"token": ["header.A"], "identity_source": HEADER},
        '.token is ["header.A"], and a TOKEN authorizer reads one header alone',
    ),
    "token-nowhere": (
        {"token": []},
        ".token is []: write a list of places, each header.<name>, querystring.<name>, cookie.<name> or subprotocol.",
    ),
    "simple-as-text": (
        {"simple_response": "yes"},
        '.simple_response is "yes": write true for an HTTP API\'s authorizer',
    ),
    "token-in-the-body": ({"token": ["body.token"]}, '.token is ["body.token"]: write a list of places'),
    "expression-of-a-request": (
        {"type": "REQUEST", "validation_expression": EXPRESSION},
        ".validation_expression is set and its type is REQUEST: API Gateway checks expressions for TOKEN authorizers",
    ),
    "expression-as-list": (
        {"validation_expression": []},
        ".validation_expression is []: write a regular expression for the whole header",
    ),
    "type": ({"type": "JWT"}, '.type is "JWT": write "TOKEN" or "REQUEST".'),
    "cache": ({"cache_seconds": 3601}, ".cache_seconds is 3601: write a whole number from 0 (ask every time) to 3600."),
    "cache-as-text": ({"cache_seconds": "60"}, '.cache_seconds is "60": write a whole number'),
    "source": ({"identity_source": [HEADER]}, f'.identity_source is ["{HEADER}"]: write a text such as "{HEADER}".'),
}
# Keys for API Gateway, which the function does not have.
ONLY_TO_APIGATEWAY = (
    "path-of-a-token",
    "bound-token",
    "two-places",
    "key-without-token",
    "key-of-another-case",
    "token-in-a-query",
    "token-in-two-headers",
    "token-in-another-header",
    "expression-of-a-request",
    "expression-as-list",
    "type",
    "source",
)


@pytest.fixture(scope="module")
def refused_rules(refused: Refusal, base: dict[str, Any]) -> str:
    """What Terraform says to all of these mistakes at once."""
    return refused(MODULE, {**base, "rules": {name: rule for name, (rule, _) in REFUSED_RULES.items()}})


class TestRules:
    @pytest.mark.parametrize("name", REFUSED_RULES)
    def test_a_mistake_is_refused_with_the_rule_and_what_to_write(self, refused_rules: str, name: str) -> None:
        assert f"rules.{name}{REFUSED_RULES[name][1]}" in refused_rules

    @pytest.mark.parametrize("name", [name for name in REFUSED_RULES if name not in ONLY_TO_APIGATEWAY])
    def test_the_function_would_refuse_it_too(self, name: str) -> None:
        rule = {key: value for key, value in REFUSED_RULES[name][0].items() if key != "type"}
        with pytest.raises(ConfigurationError):
            start_authorizer({"issuers": [public(keys={"jwks_url": "https://x/"})], "rules": {name: rule}})

    def test_sound_rules_are_not_mentioned(self, refused: Refusal, base: dict[str, Any]) -> None:
        message = refused(MODULE, {**base, "rules": {**RULES, "typo": {"scope": []}}})
        assert {*re.findall(r"rules\.([\w-]+)", message)} == {"typo"}

    @pytest.mark.parametrize(
        ("rules", "sentence"),
        [
            ({}, "rules is {}: write an object of one rule or more"),
            (["signed-in"], 'rules is ["signed-in"]: write an object of one rule or more'),
            ({"signed-in": None}, "rules.signed-in is null: write an object, {} for a rule that any good token meets."),
        ],
    )
    def test_what_is_no_map_of_rules_is_refused(
        self, refused: Refusal, base: dict[str, Any], rules: Any, sentence: str
    ) -> None:
        assert sentence in refused(MODULE, {**base, "rules": rules})


def test_every_other_mistake_is_named_with_what_to_write(refused: Refusal, base: dict[str, Any]) -> None:
    message = refused(
        MODULE,
        {
            **base,
            "name": "orders authorizer",
            "generated_secret_version": 0,
            "kms_key_arn": "alias/orders",
            "recovery_window_days": 3,
            "invoker_role_arns": {"orders": "222222222222", "by name": FOREIGN_ROLE},
            "secrets_kms_key_arns": ["*"],
            "timeout_seconds": 30,
        },
    )
    for part in (
        'name is "orders authorizer": write 1 to 128 letters',
        "generated_secret_version is 0: write a whole number from 1",
        'kms_key_arn is "alias/orders": write the ARN of a key',
        "recovery_window_days is 3: write 7 to 30, or 0",
        'invoker_role_arns.orders is "222222222222": write the ARN of a role',
        'invoker_role_arns names "by name": write up to 64 letters',
        'secrets_kms_key_arns is ["*"]: write ARNs of keys',
        "timeout_seconds is 30: write 1 to 29",
    ):
        assert part in message


def test_a_manifest_without_the_schema_and_none_at_all_are_refused(
    modules: Modules, base: dict[str, Any], tmp_path: Path
) -> None:
    manifest = packages.write(tmp_path)
    document = json.loads(manifest.read_text())
    del document["functions"]["authorizer"]["configuration_schema"]
    manifest.write_text(json.dumps(document))
    variants = {"without": {**base, "manifest": str(manifest)}, "none": {**base, "manifest": None}}
    message = modules.variants(MODULE, variants).refused({})
    assert f'{manifest} does not list the function "authorizer" with the schema of its configuration: run' in message
    assert "There are no packages beside the modules: take them from a release" in message


def test_revocation_refuses_what_it_does_not_know(refused: Refusal, base: dict[str, Any]) -> None:
    message = refused(MODULE, {**base, "revocation": {"on_failur": "allow", "table": "t"}})
    assert "revocation.on_failur is not a known key: write one of deletion_protection, on_failure." in message
    assert "revocation.table is not a known key" in message


def spoken(sentence: str) -> str:
    """A sentence without the keys that one side alone has."""
    of_one_side = "deletion_protection|generate|identity_source|type|validation_expression"
    return re.sub(rf"(, )?\b({of_one_side})\b(?(1)|, )", "", sentence)


# Configurations that the plan and the function refuse with the same sentences, or both take.
ALIKE: dict[str, dict[str, Any]] = {
    # An issuer that changes from HMAC to public keys has an entry for each.
    "good": {
        "issuers": [*PUBLIC.values(), issuer(PUBLIC["discovery"]["issuer"], secret={"ssm": "login"})],
        "rules": {"a": {"scopes": ["x"], "cache_seconds": 0}},
    },
    "drift": {
        "rules": {
            "places": {"token": ["cookie.a=b"], "type": "REQUEST"},
            "header": {"token": ["header.X Y"]},
            "audience": {"audiences": ["api"]},
            "claims": {"claims": {"https://x.example/~a": ["b"], "a..b": [1], "<&>": "é"}},
            "twice": {"claims": {"/a/b": [1], "a.b": [2]}},
            "nameless": {"path_equals": {"id": ""}, "cache_seconds": 0},
            "path": {"path_equals": {"id": "sub"}, "type": "REQUEST"},
        },
        "telemetry": {"namespace": "AWS/Lambda"},
        "context_claims": ["email", "email"],
    },
    "settings": {"context_claims": ["principalId"], "on_invalid_token": "pass", "telemetry": {"allow_sample": 2}},
    "twice": {"issuers": [public(), public(), issuer(secret={"ssm": "login"})]},
    "star": {"context_claims": ["*", "email"]},
    "simple": {"bind_policy_to_expiry": True, "rules": {"a": {"simple_response": True}}},
}
# The function finds these when it reads the keys, in its own words.
IN_OWN_WORDS = ("jwks_for_something_else", "unset_variable", "generated_name", "generated_encoding")


@pytest.fixture(scope="module")
def sentences(modules: Modules, base: dict[str, Any]) -> str:
    """What a plan of all cases but the good one says."""
    wrong = {case: {**base, **changes} for case, changes in ALIKE.items() if case != "good"}
    return modules.variants(MODULE, wrong).refused({})


class TestTheFunctionAndThePlan:
    """The rules that a schema cannot say stand once in HCL and once in Python: one list holds them alike."""

    def said(self, document: dict[str, Any]) -> list[str]:
        """What the function says to a configuration, without the keys that the module keeps for itself."""
        rules = {
            name: {key: value for key, value in rule.items() if key != "type"}
            for name, rule in document.get("rules", {"a": {}}).items()
        }
        with pytest.raises(ConfigurationError) as refusal:
            config.parse({"issuers": [public()], **document, "rules": rules})
        return str(refusal.value).splitlines()[1:]

    def test_a_good_configuration_is_taken_by_both(self, variants: Any) -> None:
        assert config.load({config.VARIABLE: variants.outputs["good_configuration"]}).rules["a"].scopes == ("x",)

    @pytest.mark.parametrize("case", [case for case in ALIKE if case != "good"])
    def test_a_mistake_is_refused_by_both_in_the_same_words(self, sentences: str, case: str) -> None:
        said = self.said(ALIKE[case])
        assert said
        for sentence in said:
            assert spoken(" ".join(sentence.split())) in spoken(sentences)

    def test_what_is_wrong_with_issuers_is_said_in_the_same_words(self, refused_issuers: str) -> None:
        issuers = [wrong for case, (wrong, _) in REFUSED.items()]
        said = self.said({"issuers": issuers})
        assert len(said) > 50
        exempt = tuple(f"issuers[{list(REFUSED).index(case)}]" for case in IN_OWN_WORDS)
        of_generated = [f"issuers[{i}]" for i, wrong in enumerate(issuers) if "generate" in json.dumps(wrong)]
        for sentence in said:
            if not sentence.startswith((*exempt, *of_generated)):
                assert spoken(" ".join(sentence.split())) in spoken(refused_issuers)

    def test_what_is_wrong_with_rules_is_said_in_the_same_words(self, refused_rules: str) -> None:
        said = self.said({"rules": {name: rule for name, (rule, _) in REFUSED_RULES.items()}})
        for sentence in said:
            if not re.search(r"(identity_source|validation_expression) is not a known key", sentence):
                assert spoken(" ".join(sentence.split())) in spoken(refused_rules)


def test_a_fetch_of_keys_that_may_take_the_whole_call_is_refused(refused: Refusal, base: dict[str, Any]) -> None:
    issuers = [
        public("https://a/", keys={"discovery": True, "timeout_seconds": 2}),
        public("https://b/", keys={"discovery": True, "timeout_seconds": 3}),
        public("https://c/", keys={"jwks_url": "https://c/keys", "timeout_seconds": 10}),
        public("https://d/", keys={"jwks_url": "https://d/keys"}),
        public("https://e/", keys={"pem": PEM}),
    ]
    message = refused(MODULE, {**base, "issuers": issuers, "timeout_seconds": 3})
    for index, seconds in ((1, 3), (2, 10), (3, 3)):
        assert f"issuers[{index}].keys.timeout_seconds is {seconds}, and Lambda stops the call after 3" in message
    assert not re.search(r"issuers\[[04]\]", message)


def test_no_rules_and_an_occupied_variable_are_refused(refused: Refusal, base: dict[str, Any]) -> None:
    message = refused(MODULE, {**base, "rules": {}, "environment": {"AUTHORIZER_CONFIG": "{}"}})
    assert "environment sets AUTHORIZER_CONFIG, which this module writes" in message
    assert "rules is {}: write an object of one rule or more" in message


class Applied(NamedTuple):
    """One deployment: applied, its secret rotated and its environment changed, and then planned once more."""

    outputs: dict[str, Any]
    first_secret: str
    secrets: dict[str, str]
    change: Any
    rested: Any
    state: str


@pytest.fixture(scope="module")
def applied(modules: Modules, aws: str, base: dict[str, Any]) -> Iterator[Applied]:
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    secrets = boto3.client("secretsmanager", endpoint_url=aws, region_name=REGION, **credentials)

    def value(stage: str) -> str:
        return str(secrets.get_secret_value(SecretId=f"{LONG_NAME}-hmac", VersionStage=stage)["SecretString"])

    module = modules.fresh(MODULE)
    variables = {**base, "name": LONG_NAME, "recovery_window_days": 0, "rules": {"signed-in": {}, "profile": {}}}
    try:
        module.apply(variables)
        first = value("AWSCURRENT")
        variables |= {"generated_secret_version": 2, "on_invalid_token": "deny"}
        change = module.plan(variables)
        outputs = module.apply(variables)
        yield Applied(
            outputs=outputs,
            first_secret=first,
            secrets={stage: value(stage) for stage in ("AWSCURRENT", "AWSPREVIOUS")},
            change=change,
            rested=module.plan(variables),
            state=(module.folder / "terraform.tfstate").read_text(),
        )
    finally:
        module.destroy(variables)


def test_a_generated_secret_is_long_enough_for_every_hash_and_safe_in_any_encoding(applied: Applied) -> None:
    assert len(applied.first_secret) == 64
    assert applied.first_secret.isascii()
    assert applied.first_secret.isalnum()


def test_a_higher_version_rotates_the_secret_and_keeps_the_one_before(applied: Applied) -> None:
    assert applied.secrets["AWSPREVIOUS"] == applied.first_secret
    assert applied.secrets["AWSCURRENT"] != applied.first_secret


def test_a_generated_secret_is_in_no_plan_and_no_state(applied: Applied) -> None:
    for kept in (str(applied.change), str(applied.rested), applied.state):
        assert f"{LONG_NAME}-hmac" in kept
        for secret in applied.secrets.values():
            assert secret not in kept


def test_a_changed_environment_publishes_a_version_and_moves_every_alias(applied: Applied) -> None:
    aliases = {
        address: resource["values"]["function_version"]
        for address, resource in applied.rested.modules["module.function"].resources.items()
        if address.startswith("aws_lambda_alias")
    }
    assert aliases == {f'aws_lambda_alias.this["{rule}"]': "2" for rule in ("signed-in", "profile")}


def test_a_plan_after_apply_is_empty(applied: Applied) -> None:
    assert {tuple(change["change"]["actions"]) for change in applied.rested.resource_changes.values()} == {("no-op",)}


def test_long_names_are_cut_with_a_hash_to_keep_them_apart(applied: Applied) -> None:
    def cut(name: str) -> str:
        return f"{name[:55]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    assert applied.outputs["function_name"] == cut(LONG_NAME)
    assert applied.outputs["role_name"] == cut(f"{LONG_NAME}-{REGION}")


def test_a_dependency_of_the_caller_that_changes_leaves_all_as_it_is(modules: Modules, base: dict[str, Any]) -> None:
    """Terraform reads the data sources of a module with depends_on only in the apply, when the dependency changes."""
    root = modules.fresh("tests/plan/roots/depends_on")
    variables = {"manifest": base["manifest"], "dependency": "one"}
    try:
        root.apply(variables)
        planned = root.plan({**variables, "dependency": "two"})
    finally:
        root.destroy(variables)
    changed = {
        address: change["change"]["actions"]
        for address, change in planned.resource_changes.items()
        if change["change"]["actions"] != ["no-op"]
        and not address.rpartition("module.")[2].partition(".")[2].startswith("data.")
    }
    assert changed == {"terraform_data.dependency": ["update"]}
