"""What only a real account can show: each check says what it proves, and returns what it saw.

A sentence of the documentation that says "not proven" names its check. `tests/unit/test_acceptance.py` holds the two
lists together.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scripts.operate.acceptance.system import Call, System
from scripts.smoke.http import Answer

Seen = Mapping[str, Any]
_SHOWN: Final = ("content-type", "www-authenticate", "x-amzn-errortype")
_COLD_STARTS: Final = 5
_SHORT_LIFE: Final = 12
_LEEWAY: Final = 5
"""What the authorizers of ``terraform/acceptance`` add to a token's end."""

_MOST_MILLISECONDS: Final = 50.0
"""For how long a decision may take whose secret was read before: a call of Secrets Manager takes longer."""


class Failed(Exception):
    """AWS answered otherwise; the message says how."""


class Skipped(Exception):
    """The account does not let it be seen; the message says what to change."""


@dataclass(frozen=True)
class Check:
    """One check: what it proves when it passes, and what carries it out."""

    name: str
    proves: str
    run: Callable[[System], Seen]


def rest_answers(system: System) -> Seen:
    return {
        "no token": _answered(system.rest("/hello", None), 401, "UnauthorizedException", "invalid_token"),
        "forged token": _answered(
            system.rest("/hello", system.forged()), 401, "UnauthorizedException", "invalid_token"
        ),
        "scope missing": _answered(
            system.rest("/scoped", system.token()), 403, "AccessDeniedException", "insufficient_scope"
        ),
    }


def http_answers(system: System) -> Seen:
    return {
        "no token": _answered(system.http("/hello", None), 401),
        "scope missing": _answered(system.http("/scoped", system.token()), 403),
        "good token": _answered(system.http("/hello", system.token()), 200),
    }


def http_unauthorized(system: System) -> Seen:
    return {"forged token": _answered(system.http("/hello", system.forged()), 401)}


def websocket_answers(system: System) -> Seen:
    tokens = {
        "no token": (None, 401),
        "forged token": (system.forged(), 401),
        "scope missing": (system.token(), 403),
        "good token": (system.token(scope="write"), 101),
    }
    seen = {title: (system.connect(token), expected) for title, (token, expected) in tokens.items()}
    wrong = [
        f"{title}: {status} and not {expected}" for title, (status, expected) in seen.items() if status != expected
    ]
    if wrong:
        raise Failed("; ".join(wrong))
    return {title: status for title, (status, _) in seen.items()}


def bind_policy_to_expiry(system: System) -> Seen:
    token = system.token("bound", seconds=_SHORT_LIFE)
    before = _reaches_backend(system.rest("/bound", token))
    time.sleep(_SHORT_LIFE + _LEEWAY + 3)
    # The backend looks at `exp` too, and answers 401: a 403 is API Gateway's, by the kept policy.
    return {"before its end": before, "after its end": _answered(system.rest("/bound", token), 403)}


def http_cache_json_text(system: System) -> Seen:
    token = system.token(foo={"roles": ["a", "b"]})
    answers = [_answered(system.http("/hello", token), 200) for _ in range(3)]
    bodies = {answer["body"] for answer in answers}
    if len(bodies) != 1 or "roles" not in str(bodies):
        raise Failed(f"the kept answer has another context: {sorted(bodies)}")
    return {"three answers": bodies.pop()}


def usage_identifier(system: System) -> Seen:
    token, other = system.token(tenant_key=system.usage_key), system.token()
    # API Gateway knows a new key only after some seconds.
    answer = _until(system, lambda: system.rest("/metered", token), lambda answer: answer.status != 403)
    return {"with a key": _reaches_backend(answer), "without": _answered(system.rest("/metered", other), 403)}


def snap_start_hook(system: System) -> Seen:
    old = system.secret("snap")
    functions, secrets = system.client("lambda"), system.client("secretsmanager")
    name = system.authorizers["snap"].function_name
    found = functions.get_function_configuration(FunctionName=name, Qualifier="signed-in")
    status = found.get("SnapStart", {}).get("OptimizationStatus")
    if status != "On":
        raise Failed(f"the version has no snapshot: its optimization status is {status}")
    # The snapshot holds the first value. After two others it is neither the current one nor the one before.
    values = [f"a new secret for acceptance, number {number}, {time.time_ns()}" for number in (1, 2)]
    for value in values:
        secrets.put_secret_value(SecretId=system.authorizers["snap"].secret_name, SecretString=value)
    new = system.invoke("snap", system.token("snap", secret=values[-1].encode()))
    if new.error is not None:
        raise Failed(f"the token of the new secret is refused: {new.error}")
    refused = system.invoke("snap", system.token("snap", secret=old))
    if refused.error != "Unauthorized":
        raise Failed("the token of the snapshot's secret is accepted: keys are not loaded again after a restore")
    if "Restore Duration" not in new.report:
        raise Failed("the first call was no restore of a snapshot")
    return {"first call": new.report}


def provisioned_concurrency(system: System) -> Seen:
    functions, name = system.client("lambda"), system.authorizers["ready"].function_name
    version = functions.get_alias(FunctionName=name, Name="signed-in")["FunctionVersion"]
    status = functions.get_provisioned_concurrency_config(FunctionName=name, Qualifier=version)["Status"]
    if status != "READY":
        raise Failed(f"the version's concurrency is {status}")
    started = datetime.now(UTC)
    call = _allowed(system.invoke("ready", system.token("ready")))
    # Lambda reports a start in the log of a copy's first call, also where it was made long before.
    calls = _until(system, lambda: _counted(system, name, "ProvisionedConcurrencyInvocations", started), bool)
    if not calls:
        raise Failed("Lambda counts no call of a copy that is kept ready")
    if _counted(system, name, "ProvisionedConcurrencySpilloverInvocations", started):
        raise Failed("the call by the alias went past the copies that are kept ready")
    return {"first call": call.report, "calls of copies that are kept ready": calls}


def secret_at_init(system: System) -> Seen:
    call = _first_call(system, "plain")
    if not call.decision.get("cold_start") or call.decision.get("latency", _MOST_MILLISECONDS) >= _MOST_MILLISECONDS:
        raise Failed(f"the first decision took {call.decision.get('latency')} ms: the secret was not read before it")
    return {"first call": call.report, "latency": call.decision["latency"]}


def account_logging(system: System) -> Seen:
    group = system.access_log_group
    if group is None:
        raise Skipped("the account's settings of API Gateway name no role that writes logs: see docs/deploying.md")
    system.rest("/hello", None)
    logs = system.client("logs")
    found = _until(system, lambda: logs.filter_log_events(logGroupName=group).get("events", []), bool)
    if not found:
        raise Failed("a request leaves no line in the access log")
    return {"a line": str(found[-1]["message"])}


def _cold_starts(authorizer: str) -> Callable[[System], Seen]:
    def run(system: System) -> Seen:
        reports = [_first_call(system, authorizer).report for _ in range(_COLD_STARTS)]
        median = {name: statistics.median(report[name] for report in reports) for name in reports[0]}
        return {"median": median, "all": reports}

    return run


CHECKS: Final = (
    Check(
        "rest-answers",
        "a REST API answers 401 and 403 with the bodies and headers that the documentation says",
        rest_answers,
    ),
    Check("http-answers", "an HTTP API answers 401 and 403 as the documentation says", http_answers),
    Check("http-unauthorized", "an authorizer that raises Unauthorized makes a 401 on an HTTP API", http_unauthorized),
    Check("websocket-answers", "a WebSocket handshake is refused by 401 and 403", websocket_answers),
    Check(
        "bind-policy-to-expiry",
        "API Gateway looks at the condition of a policy that it keeps, and ends an Allow with its token",
        bind_policy_to_expiry,
    ),
    Check(
        "http-cache-json-text",
        "an HTTP API keeps an answer whose context holds JSON text, and passes it on",
        http_cache_json_text,
    ),
    Check("usage-identifier", "a call counts against the API key that the authorizer names", usage_identifier),
    Check("snap-start-hook", "keys are loaded again after the restore of a snapshot", snap_start_hook),
    Check(
        "provisioned-concurrency",
        "a call by an alias meets no cold start where its version is kept ready",
        provisioned_concurrency,
    ),
    Check(
        "secret-at-init", "the secret is read while Lambda starts the function, before the first call", secret_at_init
    ),
    Check("account-logging", "a REST API writes its access log by the account's role", account_logging),
    Check("cold-start-hmac", "how long a cold start takes with the package authorizer-hmac", _cold_starts("plain")),
    Check("cold-start-full", "how long a cold start takes with the package authorizer", _cold_starts("full")),
)


def _answered(answer: Answer, status: int, error_type: str = "", challenge: str = "") -> dict[str, Any]:
    """What an answer was, which must have this status, error type and challenge."""
    seen = {
        "status": answer.status,
        "body": answer.body,
        "headers": {name: answer.headers[name] for name in _SHOWN if name in answer.headers},
    }
    is_right = answer.status == status and error_type in answer.headers.get("x-amzn-errortype", "")
    if not is_right or challenge not in answer.headers.get("www-authenticate", ""):
        raise Failed(f"expected {' '.join(filter(None, (str(status), error_type, challenge)))}, got {seen}")
    return seen


def _reaches_backend(answer: Answer) -> dict[str, Any]:
    """What the backend answered: 404, for it does not know the route."""
    return _answered(answer, 404)


def _counted(system: System, function: str, metric: str, since: datetime) -> float:
    """How many calls Lambda has counted in a metric of a function."""
    found = system.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=since - timedelta(minutes=1),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found.get("Datapoints", [])))


def _first_call(system: System, authorizer: str) -> Call:
    """The first call of a new version, which Lambda reports the start of."""
    system.start_cold(authorizer)
    call = _allowed(system.invoke(authorizer, system.token(authorizer)))
    if "Init Duration" not in call.report:
        raise Failed("Lambda reports no start of a first call")
    return call


def _allowed(call: Call) -> Call:
    if call.error is not None:
        raise Failed(f"the authorizer refuses a good token: {call.error}")
    return call


def _until(system: System, ask: Callable[[], Any], is_there: Callable[[Any], bool]) -> Any:
    """What is answered once it is there, or after a while."""
    deadline = time.monotonic() + system.patience
    while not is_there(found := ask()) and time.monotonic() < deadline:
        time.sleep(3)
    return found
