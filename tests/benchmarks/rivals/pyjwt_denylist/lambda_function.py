import os

import boto3
import jwt

PUBLIC_KEY = os.environ["PUBLIC_KEY"]
TABLE = os.environ["TABLE"]
dynamodb = boto3.client("dynamodb")


def lambda_handler(event, context):
    token = event["authorizationToken"].replace("Bearer ", "")
    try:
        decoded = jwt.decode(token, PUBLIC_KEY, algorithms=["RS256"], audience="orders")
        found = dynamodb.get_item(TableName=TABLE, Key={"subject": {"S": decoded["sub"]}})
        return policy(decoded["sub"], "Deny" if "Item" in found else "Allow", event["methodArn"])
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
