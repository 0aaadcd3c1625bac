"""Who is started cold, each by the name that tables, targets and pictures know it by."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.package.interpreters import Interpreter
from tests.benchmarks import tokens, workshop
from tests.benchmarks.cold import Contestant

TITLES = {
    "empty": "an empty handler",
    "hs256": "**this authorizer, HS256**",
    "tutorial": "PyJWT as in the tutorials, HS256",
    "tutorial-compiled": "the same, with bytecode in the zip",
    "rs256": "**this authorizer, RS256**",
    "pyjwt": "PyJWT with cryptography, RS256",
    "pyjwt-compiled": "the same, with bytecode in the zip",
    "powertools": "Powertools and PyJWT, RS256",
    "node-empty": "an empty handler on Node.js",
    "aws-jwt-verify": "aws-jwt-verify on Node.js, RS256",
}


def prepare(
    python: Path,
    interpreter: Interpreter,
    packages: Mapping[str, tuple[Path, int]],
    signers: Mapping[str, tokens.Signer],
    say: workshop.Say,
    *,
    with_node: bool = True,
) -> list[Contestant]:
    """Install and unpack everybody. Raises WorkshopError."""

    def contestant(name: str, made: tuple[Path, int], algorithm: str, environment: dict[str, str]) -> Contestant:
        handler = "jwt_authorizer.handler" if "AUTHORIZER_CONFIG" in environment else "lambda_function"
        command = (str(python), "-m", "awslambdaric", f"{handler}.lambda_handler")
        return Contestant(name, command, made[0], environment, events[algorithm], allows, made[1])

    events = {name: tokens.event(signer.token(tokens.SHORT_TOKEN_BYTES)) for name, signer in signers.items()}
    hs256, rs256 = signers["HS256"], signers["RS256"]
    public_key = {"PUBLIC_KEY": rs256.public_pem}
    contestants = [
        contestant("empty", workshop.rival("empty", python, say), "HS256", {}),
        contestant("hs256", packages["authorizer-hmac"], "HS256", tokens.environment(hs256.configuration)),
        contestant("tutorial", workshop.rival("tutorial", python, say), "HS256", {}),
        contestant("tutorial-compiled", workshop.rival("tutorial", python, say, interpreter), "HS256", {}),
        contestant("rs256", packages["authorizer"], "RS256", tokens.environment(rs256.configuration)),
        contestant("pyjwt", workshop.rival("pyjwt_rs256", python, say), "RS256", public_key),
        contestant("pyjwt-compiled", workshop.rival("pyjwt_rs256", python, say, interpreter), "RS256", public_key),
        contestant("powertools", workshop.rival("powertools", python, say), "RS256", public_key),
    ]
    if with_node:
        folder, size = workshop.node_rival(say)
        jwks = {"JWKS": json.dumps(rs256.jwks)}
        for name, module in (("node-empty", "empty.mjs"), ("aws-jwt-verify", "index.mjs")):
            command = ("node", str(folder.parent / "runtime.mjs"), module)
            contestants.append(Contestant(name, command, folder, jwks, events["RS256"], allows, size))
    return contestants


def allows(answer: Any) -> bool:
    """Whether an answer lets the caller in."""
    return bool(answer["policyDocument"]["Statement"][0]["Effect"] == "Allow")
