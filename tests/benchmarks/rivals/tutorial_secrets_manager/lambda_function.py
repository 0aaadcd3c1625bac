import os

import boto3
import jwt

SECRET = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET_NAME"])["SecretString"]


def lambda_handler(event, context):
    token = event["authorizationToken"].replace("Bearer ", "")
    try:
        decoded = jwt.decode(token, SECRET, algorithms=["HS256"], audience="orders")
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
