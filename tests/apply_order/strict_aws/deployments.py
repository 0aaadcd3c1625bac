"""A stage serves the API as it was when the stage's deployment was made, and what is in use cannot be deleted.

MiniStack serves methods, integrations, routes and authorizers as they are now. AWS serves a REST or WebSocket API by
its deployment; an HTTP API's stage with auto-deploy serves what is there now.
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html

AWS does not say whether a deployment outlives a deleted authorizer. Here it does not: its routes answer 500.
"""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

serving: ContextVar[tuple[str, str] | None] = ContextVar("serving", default=None)
"""The API and the stage that a request is served by; None for calls that manage APIs."""

frozen: dict[tuple[str, str], dict[str, Any]] = {}
"""By API and deployment: its parts, by the name of their store."""


def enforce() -> None:
    """Let the data plane of every kind of API read deployments."""
    from ministack.services import apigateway, apigateway_v1

    _freeze(apigateway_v1, "_stages_v1", ("_resources", "_authorizers_v1"))
    _freeze(apigateway, "_stages", ("_routes", "_integrations", "_authorizers"))
    _serve(apigateway_v1, "_execute_in_scope", lambda given: (given[1], given[2]))
    _serve(apigateway, "_handle_execute_in_scope", lambda given: (given[0], given[1]))
    _serve(apigateway, "handle_websocket", _websocket_stage)
    _keep_what_is_in_use(apigateway, apigateway_v1)


def _freeze(module: Any, stages: str, stores: tuple[str, ...]) -> None:
    """Keep a copy of the stores with each new deployment, and read that copy while a request is served."""
    for name in stores:
        setattr(module, name, _store(getattr(module, name), name, getattr(module, stages)))
    create = module._create_deployment

    @functools.wraps(create)
    def create_and_freeze(api: str, data: Any) -> Any:
        answer = create(api, data)
        if answer[0] == 201:
            made = json.loads(answer[2])
            frozen[api, made.get("deploymentId") or made["id"]] = {
                name: copy.deepcopy(getattr(module, name).get(api, {})) for name in stores
            }
        return answer

    module._create_deployment = create_and_freeze


def _store(original: Any, name: str, stages: Any) -> Any:
    from ministack.core.responses import AccountRegionScopedDict

    class AsDeployed(AccountRegionScopedDict):  # type: ignore[misc, unused-ignore]
        """A store that answers a served request with the deployment's part."""

        def get(self, key: Any, default: Any = None) -> Any:
            now = super().get(key, default)
            api, stage = serving.get() or (None, "")
            if key != api:
                return now
            deployment = stages.get(api, {}).get(stage, {}).get("deploymentId")
            part = frozen.get((key, deployment), {}).get(name)
            if part is None:
                return now
            return {entry: value for entry, value in part.items() if entry in now} if "authorizers" in name else part

    result = AsDeployed()
    result._data = original._data
    return result


def _serve(module: Any, name: str, stage_of: Callable[[Sequence[Any]], tuple[str, str]]) -> None:
    """Note the API and the stage while a request is served; they are among the arguments of what serves it."""
    execute = getattr(module, name)

    @functools.wraps(execute)
    async def execute_as_deployed(*arguments: Any, **more: Any) -> Any:
        token = serving.set(stage_of([*arguments, *more.values()]))
        try:
            return await execute(*arguments, **more)
        finally:
            serving.reset(token)

    setattr(module, name, execute_as_deployed)


def _websocket_stage(given: Sequence[Any]) -> tuple[str, str]:
    scope, _, _, api, *override = given
    path: str = override[0] if override and override[0] is not None else scope.get("path", "")
    return api, path.lstrip("/").split("/")[0]


def _keep_what_is_in_use(http: Any, rest: Any) -> None:
    """Refuse to delete a deployment of a stage, an authorizer of a method or route, an integration of a route."""

    def rest_methods(api: str) -> list[dict[str, Any]]:
        return [
            method
            for resource in rest._resources.get(api, {}).values()
            for method in resource.get("resourceMethods", {}).values()
        ]

    def routes(api: str) -> list[dict[str, Any]]:
        return list(http._routes.get(api, {}).values())

    _refuse(
        rest,
        "_delete_deployment",
        lambda api, key: any(stage.get("deploymentId") == key for stage in rest._stages_v1.get(api, {}).values()),
    )
    _refuse(rest, "_delete_authorizer", lambda api, key: any(m.get("authorizerId") == key for m in rest_methods(api)))
    _refuse(
        http,
        "_delete_deployment",
        lambda api, key: any(stage.get("deploymentId") == key for stage in http._stages.get(api, {}).values()),
    )
    _refuse(http, "_delete_authorizer", lambda api, key: any(r.get("authorizerId") == key for r in routes(api)))
    _refuse(
        http,
        "_delete_integration",
        lambda api, key: any(route.get("target", "").rpartition("/")[2] == key for route in routes(api)),
    )


def _refuse(module: Any, name: str, is_in_use: Any) -> None:
    delete = getattr(module, name)
    error = module._v1_error if hasattr(module, "_v1_error") else module._apigw_error

    @functools.wraps(delete)
    def delete_unless_in_use(api: str, key: str) -> Any:
        if is_in_use(api, key):
            return error("ConflictException", f"{name.removeprefix('_delete_')} {key} is in use", 409)
        return delete(api, key)

    setattr(module, name, delete_unless_in_use)
