import os

import jwt
from aws_lambda_powertools.utilities.data_classes import event_source
from aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event import (
    APIGatewayAuthorizerResponse,
    APIGatewayAuthorizerTokenEvent,
)

PUBLIC_KEY = os.environ["PUBLIC_KEY"]


@event_source(data_class=APIGatewayAuthorizerTokenEvent)
def lambda_handler(event, context):
    arn = event.parsed_arn
    token = event.authorization_token.replace("Bearer ", "")
    try:
        principal = jwt.decode(token, PUBLIC_KEY, algorithms=["RS256"], audience="orders")["sub"]
    except jwt.PyJWTError:
        principal = None
    policy = APIGatewayAuthorizerResponse(
        principal_id=principal or "user",
        region=arn.region,
        aws_account_id=arn.aws_account_id,
        api_id=arn.api_id,
        stage=arn.stage,
    )
    if principal:
        policy.allow_route(arn.http_method, arn.resource)
    else:
        policy.deny_all_routes()
    return policy.asdict()
