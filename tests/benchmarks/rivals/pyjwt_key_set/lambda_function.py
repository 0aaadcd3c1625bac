import json
import os
from urllib.request import urlopen

import jwt


def jwks_url():
    if "JWKS_URL" in os.environ:
        return os.environ["JWKS_URL"]
    with urlopen(os.environ["ISSUER"] + "/.well-known/openid-configuration") as answer:
        return json.load(answer)["jwks_uri"]


KEYS = jwt.PyJWKClient(jwks_url())
KEYS.get_jwk_set()


def lambda_handler(event, context):
    token = event["authorizationToken"].replace("Bearer ", "")
    try:
        key = KEYS.get_signing_key_from_jwt(token)
        decoded = jwt.decode(token, key, algorithms=["RS256"], audience="orders")
        return policy(decoded["sub"], "Allow", event["methodArn"])
    except jwt.PyJWTError:
        return policy("user", "Deny", event["methodArn"])


def policy(principal, effect, resource):
    return {
        "principalId": principal,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}],
        },
    }
