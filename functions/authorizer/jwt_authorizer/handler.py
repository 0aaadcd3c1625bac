"""Lambda's entry point: maps every outcome to what API Gateway understands."""

import gc
import os
from typing import Any

from jwt_authorizer import config, telemetry
from jwt_authorizer.authorizer import Authorizer
from jwt_authorizer.errors import (
    ConfigurationError,
    EventNotRecognized,
    InternalError,
    KeysUnavailable,
    RevocationUnavailable,
    StartFailure,
    Unauthorized,
)


def _start() -> Authorizer:
    """Start without looking for garbage: what a start makes stays, and to look through it takes a twentieth of it."""
    gc.disable()
    try:
        return _started()
    finally:
        gc.freeze()
        gc.enable()


def _started() -> Authorizer:
    writer = config.default_telemetry()
    try:
        settings = config.load(os.environ)
        writer = settings.telemetry
        started = Authorizer(settings)
        started.fetch_keys()
    except ConfigurationError as mistakes:
        # No call will be logged after this: Lambda fails every call with this error.
        telemetry.event(writer, "start_failures", str(mistakes))
        raise StartFailure(str(mistakes)) from None
    return started


_authorizer = _start()


def _restart() -> None:
    """Load configuration and keys again after a restore: the snapshot's keys are as old as the version."""
    global _authorizer
    _authorizer = _start()


if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
    # Part of Lambda's Python runtime. https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
    from snapshot_restore_py import register_after_restore

    register_after_restore(_restart)


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one call of API Gateway.

    Takes the event of a TOKEN authorizer and the Lambda context, whose `invoked_function_arn` names the rule.
    Returns `{"principalId", "policyDocument", "context"}`; raises Unauthorized for 401 and anything else for 500.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
    """
    decision = _authorizer.decision(getattr(context, "aws_request_id", ""))
    try:
        return _authorizer.authorize(event, context.invoked_function_arn, decision)
    except Unauthorized:
        raise
    except (ConfigurationError, EventNotRecognized, KeysUnavailable, RevocationUnavailable) as failure:
        decision.log("error", _REASONS[type(failure)], message=str(failure))
        raise
    except Exception as unexpected:
        # Its message and its locals may hold a token, so the log gets only the place where it happened.
        frame = unexpected.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame else "unknown"
        message = f"{type(unexpected).__name__} at {where}"
        decision.log("error", "internal_error", message=message)
        raise InternalError(message) from None


_REASONS: dict[type[Exception], str] = {
    ConfigurationError: "configuration_error",
    EventNotRecognized: "event_not_recognized",
    KeysUnavailable: "keys_unavailable",
    RevocationUnavailable: "denylist_unavailable",
}
