"""The state of all services, kept and brought back in memory.

MiniStack's own way is to write its state when it ends and to read it when it starts; this takes milliseconds, and the
functions' processes that the snapshot knows go on.
"""

from __future__ import annotations

import copy
import sys
from types import ModuleType
from typing import Any

from tests.apply_order.strict_aws import deployments

_taken: dict[str, dict[str, Any]] = {}


def take(name: str) -> None:
    """Keep the state under a name."""
    _taken[name] = copy.deepcopy(
        {"stores": {key: store._data for key, store in _stores()}, "frozen": deployments.frozen}
    )


def restore(name: str) -> None:
    """Bring the state of that name back; answers that API Gateway has cached are forgotten."""
    from ministack.services import apigateway, apigateway_v1

    state = copy.deepcopy(_taken[name])
    for key, store in _stores():
        store._data.clear()
        store._data.update(state["stores"].get(key, {}))
    deployments.frozen.clear()
    deployments.frozen.update(state["frozen"])
    apigateway._authorizer_cache.clear()
    apigateway_v1._authorizer_cache.clear()
    _end_other_workers()


def _stores() -> list[tuple[str, Any]]:
    """Every store of every service, but the sessions of roles, which functions that go on still use."""
    from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict

    kinds = (AccountRegionScopedDict, AccountScopedDict)
    modules = [
        (name, module)
        for name, module in sorted(sys.modules.items())
        if name.startswith("ministack.services.") and not name.endswith(".sts") and isinstance(module, ModuleType)
    ]
    return [
        (f"{name}.{attribute}", value)
        for name, module in modules
        for attribute, value in sorted(vars(module).items())
        if isinstance(value, kinds)
    ]


def _end_other_workers() -> None:
    """End the functions' processes that run other code or settings than the version of that number has now."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    doomed = []
    with lambda_runtime._lock:
        for key in list(lambda_runtime._workers):
            account, region, name, qualifier = key.split(":")
            function = lambda_svc._functions.get_scoped(account, region, name) or {}
            config = function.get("versions", {}).get(qualifier, {}).get("config", {})
            if not all(_same(worker.config, config) for worker in lambda_runtime._workers[key]):
                doomed += lambda_runtime._workers.pop(key)
    lambda_runtime.kill_workers(doomed)


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    members = ("CodeSha256", "Environment", "Handler", "Role", "LastModified")
    return all(one.get(member) == other.get(member) for member in members)
