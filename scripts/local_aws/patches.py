"""What MiniStack does otherwise than AWS, mended: a function a patch.

``tests/local/test_patches.py`` has a test for each that fails when a newer MiniStack needs the patch no more.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

_AUTHORIZER_VARIABLE = re.compile(r"\$(?:\{context\.authorizer\.(\w+)\}|context\.authorizer\.(\w+))")
_authorizer_context: ContextVar[Mapping[str, str]] = ContextVar("_authorizer_context")
_usage_key: ContextVar[str] = ContextVar("_usage_key", default="")
_raised: ContextVar[str] = ContextVar("_raised", default="")


def patch_all() -> None:
    """Mend all of it, before MiniStack serves."""
    patch_aliases()
    patch_new_authorizers()
    patch_changed_authorizers()
    patch_stages()
    patch_deployments()
    patch_mock_integrations()
    patch_refusals()
    patch_usage_keys()
    patch_unauthorized()
    patch_workers()
    patch_websocket_versions()
    patch_flushes()
    patch_answers()


def patch_aliases() -> None:
    """Give a function that API Gateway calls by an alias that alias's ARN, as on AWS.

    MiniStack resolves the alias and gives the function its version's ARN; the authorizer finds the access rule by the
    alias. https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """
    from ministack.services import lambda_svc

    find = lambda_svc._get_func_record_for_ref_in_scope

    @functools.wraps(find)
    def find_as_called(function_ref: str, **scope: Any) -> tuple[Any, Any, str]:
        record, config, name = find(function_ref, **scope)
        if config is not None and function_ref.startswith("arn:") and function_ref.count(":") == 7:
            config = {**config, "FunctionArn": function_ref}
        return record, config, name

    lambda_svc._get_func_record_for_ref_in_scope = find_as_called


def patch_new_authorizers() -> None:
    """Describe an authorizer of an HTTP or WebSocket API by what it was created with.

    MiniStack adds an empty JWT configuration and a payload format to each, and Terraform plans to remove them at each
    apply. https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers-authorizerid.html
    """
    from ministack.services import apigateway

    create = apigateway._create_authorizer

    @functools.wraps(create)
    def create_as_given(api_id: str, data: dict[str, Any]) -> Any:
        answer = create(api_id, data)
        authorizer = apigateway._authorizers.get(api_id, {}).get(json.loads(answer[2]).get("authorizerId"), {})
        for member in {"jwtConfiguration", "authorizerPayloadFormatVersion"} - set(data):
            authorizer.pop(member, None)
        return answer

    apigateway._create_authorizer = create_as_given


def patch_stages() -> None:
    """Describe a stage of a REST API without settings of access logs where it was given none.

    https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html
    """
    from ministack.services import apigateway_v1

    create = apigateway_v1._create_stage

    @functools.wraps(create)
    def create_as_given(api_id: str, data: dict[str, Any]) -> Any:
        answer = create(api_id, data)
        stage = apigateway_v1._stages_v1.get(api_id, {}).get(data.get("stageName", ""), {})
        if not stage.get("accessLogSettings"):
            stage.pop("accessLogSettings", None)
        return answer

    apigateway_v1._create_stage = create_as_given


def patch_deployments() -> None:
    """Say of each method in the summary of a deployment by what it was guarded.

    https://docs.aws.amazon.com/apigateway/latest/api/API_MethodSnapshot.html
    """
    from ministack.services import apigateway_v1

    summarize = apigateway_v1._build_api_summary

    @functools.wraps(summarize)
    def summarize_with_authorization(api_id: str) -> Any:
        summary = summarize(api_id)
        for resource in apigateway_v1._resources.get(api_id, {}).values():
            for verb, method in resource.get("resourceMethods", {}).items():
                kind = method.get("authorizationType", "NONE")
                summary[resource.get("path", "/")][verb]["authorizationType"] = kind
        return summary

    apigateway_v1._build_api_summary = summarize_with_authorization


def patch_answers() -> None:
    """Send the header of an answer together with its body.

    The web server writes the header first. On a busy machine Terraform's provider sometimes gives up a connection
    between the two and asks again, and what the first request made is then in the way.
    """
    import h11

    connection: Any = h11.Connection
    send = connection.send

    @functools.wraps(send)
    def send_in_one_piece(self: Any, event: Any) -> bytes | None:
        data = send(self, event)
        if isinstance(event, h11.Response):
            self.header = data
            return b""
        return self.__dict__.pop("header", b"") + data if data is not None else None

    connection.send = send_in_one_piece


def patch_changed_authorizers() -> None:
    """Keep the cache time of a REST API's authorizer a number when it changes.

    UpdateAuthorizer gets all values as text, and MiniStack keeps them so; Terraform's provider wants a number.
    https://docs.aws.amazon.com/apigateway/latest/api/API_Authorizer.html
    """
    from ministack.services import apigateway_v1

    update = apigateway_v1._update_authorizer

    @functools.wraps(update)
    def update_as_typed(api_id: str, authorizer_id: str, data: dict[str, Any]) -> Any:
        for operation in data.get("patchOperations", []):
            if operation.get("path") == "/authorizerResultTtlInSeconds":
                operation["value"] = int(operation["value"])
        return update(api_id, authorizer_id, data)

    apigateway_v1._update_authorizer = update_as_typed


def patch_mock_integrations() -> None:
    """Describe a MOCK integration without the HTTP method that only a backend has.

    MiniStack adds POST. Terraform then replaces the integration at each apply, and in doing so deletes it.
    https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html
    """
    from ministack.services import apigateway_v1

    put = apigateway_v1._put_integration

    @functools.wraps(put)
    def put_as_given(api_id: str, resource_id: str, http_method: str, data: dict[str, Any]) -> Any:
        if data.get("type") == "MOCK":
            data = {"httpMethod": None, **data}
        return put(api_id, resource_id, http_method, data)

    apigateway_v1._put_integration = put_as_given


class _Policy(dict[str, Any]):
    """An authorizer's policy, with the context and the key of a usage plan that came with it."""

    context: Mapping[str, str] = MappingProxyType({})
    usage_key = ""


def patch_refusals() -> None:
    """Put the authorizer's context into the body of a refusal: ``$context.authorizer.reason`` and its like.

    MiniStack drops the context of a Deny and sends the variables' names. A variable without a value is empty.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    from ministack.services import apigateway_v1

    authorize = apigateway_v1._authorize_request_v1
    invoke = apigateway_v1._invoke_authorizer_lambda
    evaluate = apigateway_v1._evaluate_policy
    render = apigateway_v1._gateway_error_response

    @functools.wraps(authorize)
    async def authorize_anew(*arguments: Any, **named: Any) -> Any:
        _authorizer_context.set({})
        _usage_key.set("")
        return await authorize(*arguments, **named)

    @functools.wraps(invoke)
    async def invoke_with_context(*arguments: Any) -> Any:
        result = await invoke(*arguments)
        answer = result.get("body") if result else None
        if isinstance(answer, dict) and isinstance(answer.get("policyDocument"), dict):
            # The cache keeps the policy as it is, and so the context with it.
            policy = _Policy(answer["policyDocument"])
            policy.context = apigateway_v1._stringify_context(answer.get("context"))
            policy.usage_key = str(answer.get("usageIdentifierKey") or "")
            answer["policyDocument"] = policy
        return result

    @functools.wraps(evaluate)
    def evaluate_with_context(policy: Any, method_arn: str) -> Any:
        if isinstance(policy, _Policy):
            _authorizer_context.set(policy.context)
            _usage_key.set(policy.usage_key)
        return evaluate(policy, method_arn)

    @functools.wraps(render)
    def render_with_context(error: Any, request: Any) -> Any:
        status, headers, body = render(error, request)
        values = _authorizer_context.get({})
        text = _AUTHORIZER_VARIABLE.sub(lambda found: values.get(found[1] or found[2], ""), body.decode())
        return status, headers, text.encode()

    apigateway_v1._authorize_request_v1 = authorize_anew
    apigateway_v1._invoke_authorizer_lambda = invoke_with_context
    apigateway_v1._evaluate_policy = evaluate_with_context
    apigateway_v1._gateway_error_response = render_with_context


def patch_usage_keys() -> None:
    """Take the key of a usage plan from the authorizer where the API says so: ``apiKeySource`` is ``AUTHORIZER``.

    MiniStack takes it from the header ``x-api-key`` alone. ``patch_refusals`` keeps what came with a
    policy.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html
    """
    from ministack.services import apigateway_v1

    check = apigateway_v1._check_api_key

    @functools.wraps(check)
    def check_the_authorizers(method: Any, api_id: str, stage: str, headers: Any) -> Any:
        if apigateway_v1._rest_apis.get(api_id, {}).get("apiKeySource") == "AUTHORIZER":
            headers = {"x-api-key": _usage_key.get()}
        return check(method, api_id, stage, headers)

    apigateway_v1._check_api_key = check_the_authorizers


def patch_unauthorized() -> None:
    """Answer 401 where an authorizer of an HTTP or WebSocket API raises ``Unauthorized``.

    MiniStack does so for REST APIs alone, and answers 500 here.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    """
    from ministack.services import apigateway

    run, authorize, connect = (
        getattr(apigateway, name) for name in ("run_reentrant", "_authorize_request_v2", "_authorize_ws_connect")
    )

    @functools.wraps(run)
    async def run_and_note(*arguments: Any, **more: Any) -> Any:
        result = await run(*arguments, **more)
        body = result.get("body") if isinstance(result, dict) and result.get("error") else None
        _raised.set(str(body.get("errorMessage")) if isinstance(body, dict) else "")
        return result

    @functools.wraps(authorize)
    async def authorize_or_401(*arguments: Any, **more: Any) -> Any:
        _raised.set("")
        error, context = await authorize(*arguments, **more)
        if error is not None and error[0] == 500 and _raised.get() == "Unauthorized":
            error = 401, {"Content-Type": "application/json"}, b'{"message":"Unauthorized"}'
        return error, context

    @functools.wraps(connect)
    async def connect_or_401(*arguments: Any, **more: Any) -> Any:
        _raised.set("")
        refusal, context = await connect(*arguments, **more)
        if refusal is not None and refusal[0] == 500 and _raised.get() == "Unauthorized":
            refusal = 401, "Unauthorized"
        return refusal, context

    apigateway.run_reentrant = run_and_note
    apigateway._authorize_request_v2 = authorize_or_401
    apigateway._authorize_ws_connect = connect_or_401


class _Answers:
    """A worker's answers, in which the word for a function that raised is one that does not end the worker."""

    FAILED, RAISED = '"status": "error"', '"status": "ok", "raised": true'

    def __init__(self, stdout: Any) -> None:
        self._stdout = stdout

    def readline(self) -> str:
        line = str(self._stdout.readline())
        # Only an answer with a stack trace is of a function that raised; others are of a worker that cannot go on.
        return line.replace(self.FAILED, self.RAISED, 1) if '"trace": ' in line else line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stdout, name)


def patch_workers() -> None:
    """Keep the process of a function that raised for its next call.

    MiniStack ends it, so that each refusal by ``Unauthorized`` costs the next caller a cold start.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """
    from ministack.core import lambda_runtime

    spawn, invoke = lambda_runtime.Worker._spawn, lambda_runtime.Worker.invoke

    @functools.wraps(spawn)
    def spawn_with_answers(self: Any) -> None:
        spawn(self)
        self._proc.stdout = _Answers(self._proc.stdout)

    @functools.wraps(invoke)
    def invoke_and_keep(self: Any, *arguments: Any, **more: Any) -> Any:
        answer = invoke(self, *arguments, **more)
        if answer.pop("raised", False):
            answer["status"] = "error"
        return answer

    lambda_runtime.Worker._spawn = spawn_with_answers
    lambda_runtime.Worker.invoke = invoke_and_keep


def patch_websocket_versions() -> None:
    """Let a WebSocket API's integration call the version that its alias has now.

    MiniStack keeps a function's process by the alias there, and calls the version of the first call for ever.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
    """
    from ministack.core import lambda_runtime

    get = lambda_runtime.get_or_create_worker

    @functools.wraps(get)
    def get_by_version(name: str, config: Any, code: bytes, qualifier: str = "$LATEST") -> Any:
        worker = get(name, config, code, qualifier=config.get("Version") or qualifier)
        worker.config = config  # with the ARN that this call is made by
        return worker

    lambda_runtime.get_or_create_worker = get_by_version


def patch_flushes() -> None:
    """Answer FlushStageAuthorizersCache: ``DELETE /restapis/{id}/stages/{stage}/cache/authorizers``.

    MiniStack keeps authorizers' answers as API Gateway does, and does not know this call, without which a revoked token
    would be good on the local stack for as long as its answer is kept.
    https://docs.aws.amazon.com/apigateway/latest/api/API_FlushStageAuthorizersCache.html
    """
    from ministack.services import apigateway_v1

    handle = apigateway_v1.handle_request

    @functools.wraps(handle)
    async def handle_flushes_too(method: str, path: str, *rest: Any) -> Any:
        parts = path.strip("/").split("/")
        if method != "DELETE" or parts[0] != "restapis" or parts[2::2] != ["stages", "cache"] or len(parts) != 6:
            return await handle(method, path, *rest)
        cache = apigateway_v1._authorizer_cache
        for key in [key for key in cache if (key[2], key[4]) == (parts[1], parts[3])]:
            del cache[key]
        return 202, {}, b""

    apigateway_v1.handle_request = handle_flushes_too
