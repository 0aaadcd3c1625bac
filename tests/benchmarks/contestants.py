"""Who is started cold, each by the name that tables and targets know it by."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.package.interpreters import Interpreter
from tests.benchmarks import tokens, workshop
from tests.benchmarks.cold import Contestant
from tests.benchmarks.stand_ins import SECRET_NAME, TABLE, StandIns

TITLES = {
    "empty": "an empty handler",
    "hs256": "**this authorizer, HS256**, secret in the environment",
    "tutorial": "PyJWT as in the tutorials, HS256, secret in the code",
    "tutorial-compiled": "the same, with bytecode in the zip",
    "hs256-secrets-manager": "**this authorizer, HS256**, Secrets Manager",
    "tutorial-secrets-manager": "the tutorial with boto3 and Secrets Manager",
    "hs256-ssm": "**this authorizer, HS256**, Parameter Store",
    "tutorial-ssm": "the tutorial with boto3 and Parameter Store",
    "rs256": "**this authorizer, RS256**, keys in the configuration",
    "pyjwt": "PyJWT with cryptography, RS256, key in the environment",
    "pyjwt-compiled": "the same, with bytecode in the zip",
    "powertools": "Powertools and PyJWT, RS256, key in the environment",
    "rs256-jwks-url": "**this authorizer, RS256**, JWKS URL",
    "pyjwt-jwks-url": "PyJWT's client for key sets, RS256, JWKS URL",
    "rs256-discovery": "**this authorizer, RS256**, discovery",
    "pyjwt-discovery": "PyJWT's client for key sets, RS256, discovery",
    "rs256-denylist": "**this authorizer, RS256**, keys in the configuration, denylist",
    "pyjwt-denylist": "PyJWT with cryptography, boto3 and a table, RS256",
    "node-empty": "an empty handler on Node.js",
    "aws-jwt-verify": "aws-jwt-verify on Node.js, RS256, keys in the environment",
    "aws-jwt-verify-jwks-url": "aws-jwt-verify on Node.js, RS256, JWKS URL",
}
# What users deploy: this authorizer beside its like, in the words of the table.
STARTS = {
    "HS256, secret in Secrets Manager": (
        "hs256-secrets-manager",
        "tutorial-secrets-manager",
        "the tutorial with boto3",
    ),
    "HS256, secret in Parameter Store": ("hs256-ssm", "tutorial-ssm", "the tutorial with boto3"),
    "HS256, secret in the environment": ("hs256", "tutorial", "the tutorial, its secret in the code"),
    "RS256, keys at a URL": ("rs256-jwks-url", "pyjwt-jwks-url", "PyJWT's client for key sets"),
    "RS256, keys by discovery": ("rs256-discovery", "pyjwt-discovery", "PyJWT's client for key sets"),
    "RS256, keys in the configuration": ("rs256", "pyjwt", "PyJWT with cryptography"),
    "the same, beside Powertools": ("rs256", "powertools", "Powertools and PyJWT"),
    "the same, with the denylist": ("rs256-denylist", "pyjwt-denylist", "PyJWT with cryptography and boto3"),
}


def prepare(
    python: Path,
    interpreter: Interpreter,
    packages: Mapping[str, tuple[Path, int]],
    signers: Mapping[str, tokens.Signer],
    stand_ins: StandIns,
    say: workshop.Say,
    *,
    with_node: bool = True,
) -> list[Contestant]:
    """Install and unpack everybody. Raises WorkshopError."""
    hs256, rs256 = signers["HS256"], signers["RS256"]
    short = {name: tokens.event(signer.token(tokens.SHORT_TOKEN_BYTES)) for name, signer in signers.items()}

    def ours(
        name: str, signer: tokens.Signer, surroundings: Mapping[str, str], *, revocation: Any = None, **issuer: Any
    ) -> Contestant:
        folder, size = packages["authorizer-hmac" if signer is hs256 else "authorizer"]
        configuration = signer.configuration
        configuration["issuers"][0].update(issuer)
        if revocation:
            configuration["revocation"] = revocation
        token = signer.token(tokens.SHORT_TOKEN_BYTES, configuration["issuers"][0]["issuer"])
        environment = {**tokens.environment(configuration), **surroundings}
        command = (str(python), "-m", "awslambdaric", "jwt_authorizer.handler.lambda_handler")
        return Contestant(name, command, folder, environment, tokens.event(token), allows, size)

    def theirs(
        name: str, folder: str, environment: Mapping[str, str], algorithm: str = "RS256", *, compiled: bool = False
    ) -> Contestant:
        made, size = workshop.rival(folder, python, say, interpreter if compiled else None)
        command = (str(python), "-m", "awslambdaric", "lambda_function.lambda_handler")
        return Contestant(name, command, made, environment, short[algorithm], allows, size)

    def on_node(name: str, module: str, environment: Mapping[str, str]) -> Contestant:
        folder, size = workshop.node_rival(say)
        command = ("node", str(folder.parent / "runtime.mjs"), module)
        return Contestant(name, command, folder, environment, short["RS256"], allows, size)

    by_url, by_aws, by_boto3 = stand_ins.by_url, stand_ins.by_aws, stand_ins.by_boto3
    key, jwks_url = {"PUBLIC_KEY": rs256.public_pem}, f"{stand_ins.url}/jwks.json"
    named = {**by_boto3, "SECRET_NAME": SECRET_NAME}
    contestants = [
        theirs("empty", "empty", {}),
        ours("hs256", hs256, {}),
        theirs("tutorial", "tutorial", {}, "HS256"),
        theirs("tutorial-compiled", "tutorial", {}, "HS256", compiled=True),
        ours("hs256-secrets-manager", hs256, by_aws, keys={"secret": {"secrets_manager": SECRET_NAME}}),
        theirs("tutorial-secrets-manager", "tutorial_secrets_manager", named, "HS256"),
        ours("hs256-ssm", hs256, by_aws, keys={"secret": {"ssm": SECRET_NAME}}),
        theirs("tutorial-ssm", "tutorial_ssm", named, "HS256"),
        ours("rs256", rs256, {}),
        theirs("pyjwt", "pyjwt_rs256", key),
        theirs("pyjwt-compiled", "pyjwt_rs256", key, compiled=True),
        theirs("powertools", "powertools", key),
        ours("rs256-jwks-url", rs256, by_url, keys={"jwks_url": jwks_url}),
        theirs("pyjwt-jwks-url", "pyjwt_key_set", {**by_url, "JWKS_URL": jwks_url}),
        ours("rs256-discovery", rs256, by_url, keys={"discovery": True}, issuer=stand_ins.url),
        theirs("pyjwt-discovery", "pyjwt_key_set", {**by_url, "ISSUER": stand_ins.url}),
        ours("rs256-denylist", rs256, by_boto3, revocation={"table": TABLE}),
        theirs("pyjwt-denylist", "pyjwt_denylist", {**key, **by_boto3, "TABLE": TABLE}),
    ]
    if with_node:
        trusted = {"NODE_EXTRA_CA_CERTS": str(stand_ins.authority), "JWKS_URL": jwks_url}
        contestants += [
            on_node("node-empty", "empty.mjs", {}),
            on_node("aws-jwt-verify", "index.mjs", {"JWKS": json.dumps(rs256.jwks)}),
            on_node("aws-jwt-verify-jwks-url", "index.mjs", trusted),
        ]
    return contestants


def allows(answer: Any) -> bool:
    """Whether an answer lets the caller in."""
    return bool(answer["policyDocument"]["Statement"][0]["Effect"] == "Allow")
