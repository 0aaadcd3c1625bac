"""Who may call what, through the whole stack, with the cache on and off."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import requests

from scripts.lib.local_stack import StackInfo
from scripts.local_aws.stack import mint
from tests.local.access_rules import CACHE_SECONDS, CALLERS, MET, QUOTA, ROUTES, TENANT_KEY
from tests.local.conftest import Applied, plan_is_empty

ORDERS_IN_ALL = 6
SEED = 20250704


class Api:
    """The API with many rules: calls it, and reads what its authorizer has logged."""

    def __init__(self, applied: Applied, record: StackInfo) -> None:
        self.base_url = applied.base_url
        self.function_name = str(applied.outputs["authorizer_function_name"])
        self._record = applied.record(record)
        self._log_group = applied.outputs["authorizer_log_group"]
        self._session = requests.Session()
        self._aws = {
            "endpoint_url": record.endpoint_url,
            "region_name": record.region,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }

    def client(self, service: str) -> Any:
        return boto3.client(service, **self._aws)

    def token(self, claims: dict[str, Any]) -> str:
        return mint(self._record, claims)

    def get(self, path: str, token: str) -> requests.Response:
        return self._session.get(self.base_url + path, headers={"Authorization": f"Bearer {token}"}, timeout=20)

    def decisions(self) -> Counter[str]:
        """How often the authorizer has been called so far, by the rule."""
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=self._log_group)
        lines = [line for line in pages.search("events[].message") if line.startswith("{")]
        return Counter(record["rule"] for record in map(json.loads, lines) if "rule" in record)


@pytest.fixture(scope="module")
def api(applied: dict[str, Applied], record: StackInfo) -> Api:
    return Api(applied["access-rules"], record)


def may_pass(answer: requests.Response) -> bool:
    """Whether a request got past the authorizer: the backend answers for itself, if only that it has no such page."""
    if answer.status_code == 403:
        assert "explicit deny" in answer.json()["message"]
        assert answer.headers["WWW-Authenticate"].endswith('error="insufficient_scope"')
        return False
    assert (answer.status_code, answer.json()) in [(200, {"context": None}), (404, {"message": "Not Found"})]
    return True


def shuffled(seed: int) -> Iterator[tuple[str, str, str]]:
    """Every caller at every route, several times over: the caller, the rule and the path."""
    calls = [(caller, rule, path) for caller in CALLERS for rule, paths in ROUTES.items() for path in paths]
    chance = random.Random(seed)  # noqa: S311 - the order of a test's requests
    for _ in range(ORDERS_IN_ALL):
        chance.shuffle(calls)
        yield from calls


def test_a_second_plan_is_empty(applied: dict[str, Applied]) -> None:
    """Before the others: one of them deploys another version behind Terraform's back."""
    assert plan_is_empty(applied["access-rules"].workspace, *applied["access-rules"].arguments)


def test_every_answer_is_as_the_rights_say_in_any_order_and_each_token_is_asked_about_once_a_rule(api: Api) -> None:
    tokens = {caller: api.token(claims) for caller, claims in CALLERS.items()}
    before = api.decisions()
    for caller, rule, path in shuffled(SEED):
        assert may_pass(api.get(path.replace("{id}", "7"), tokens[caller])) == (rule in MET[caller]), (caller, path)
    assert api.decisions() - before == Counter(dict.fromkeys(ROUTES, len(CALLERS)))


def test_without_the_cache_every_answer_is_the_same_and_every_request_is_asked_about(api: Api) -> None:
    tokens = {caller: api.token(claims) for caller, claims in CALLERS.items()}
    before = api.decisions()
    expected: Counter[str] = Counter()
    for caller, rule, path in list(shuffled(SEED + 1))[: len(CALLERS) * 12 * 2]:
        assert may_pass(api.get(f"/fresh{path}", tokens[caller])) == (rule in MET[caller]), (caller, path)
        expected[f"fresh-{rule}"] += 1
    assert api.decisions() - before == expected


def test_a_second_route_behind_the_same_rule_is_no_random_403(api: Api) -> None:
    clerk = api.token({**CALLERS["clerk"], "jti": "second"})
    before = api.decisions()
    assert [may_pass(api.get(path.replace("{id}", "7"), clerk)) for path in ROUTES["reader"]] == [True] * 4
    assert api.decisions() - before == Counter(reader=1)


def test_a_route_behind_another_rule_does_not_ride_on_an_allow(api: Api) -> None:
    clerk = api.token({**CALLERS["clerk"], "jti": "ride"})
    assert may_pass(api.get("/orders/7", clerk))
    assert not may_pass(api.get("/orders/new", clerk))
    assert not may_pass(api.get("/admin", clerk))
    assert may_pass(api.get("/orders/7", clerk))


def test_a_narrower_token_of_the_same_caller_does_not_ride_on_the_wider_ones_allow(api: Api) -> None:
    wide = api.token({"sub": "dora", "scope": "orders:read"})
    assert may_pass(api.get("/orders", wide))
    assert not may_pass(api.get("/orders", api.token({"sub": "dora"})))


def test_a_plan_counts_the_calls_of_the_key_that_a_claim_names(api: Api) -> None:
    tenant = api.token({**CALLERS["guest"], "tenant_key": TENANT_KEY})
    answers = [api.get("/counted", tenant) for _ in range(QUOTA + 1)]
    assert [may_pass(answer) for answer in answers[:QUOTA]] == [True] * QUOTA
    assert (answers[QUOTA].status_code, answers[QUOTA].json()) == (429, {"message": "Limit Exceeded"})


@pytest.mark.parametrize("claims", [{}, {"tenant_key": "another-key-of-20-letters"}], ids=["no key", "an unknown key"])
def test_who_names_no_key_of_a_plan_does_not_pass_where_one_is_required(api: Api, claims: dict[str, str]) -> None:
    answer = api.get("/counted", api.token({**CALLERS["guest"], **claims}))
    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})


@pytest.fixture
def narrowed(api: Api) -> Iterator[Callable[[], None]]:
    """Deploys a stricter rule `brief`, as an apply does: a new version of the function, and the alias moved to it."""
    functions = api.client("lambda")
    before = functions.get_alias(FunctionName=api.function_name, Name="brief")["FunctionVersion"]
    variables = functions.get_function_configuration(FunctionName=api.function_name)["Environment"]["Variables"]

    def configure(document: dict[str, Any]) -> None:
        given = {**variables, "AUTHORIZER_CONFIG": json.dumps(document)}
        functions.update_function_configuration(FunctionName=api.function_name, Environment={"Variables": given})

    def narrow() -> None:
        document = json.loads(variables["AUTHORIZER_CONFIG"])
        document["rules"]["brief"] = {"scopes": ["orders:read", "orders:audit"]}
        configure(document)
        version = functions.publish_version(FunctionName=api.function_name)["Version"]
        assert version != before
        functions.update_alias(FunctionName=api.function_name, Name="brief", FunctionVersion=version)

    yield narrow
    configure(json.loads(variables["AUTHORIZER_CONFIG"]))
    functions.update_alias(FunctionName=api.function_name, Name="brief", FunctionVersion=before)


def test_a_token_whose_rights_were_narrowed_keeps_none_past_the_cache_time(
    api: Api, narrowed: Callable[[], None]
) -> None:
    clerk = api.token(CALLERS["clerk"])
    assert may_pass(api.get("/brief", clerk))
    began = time.monotonic()
    narrowed()
    while time.monotonic() < began + CACHE_SECONDS:
        time.sleep(0.1)
    assert not may_pass(api.get("/brief", clerk))


def test_a_caller_reads_the_record_of_ones_own_and_nobody_elses_in_any_order(api: Api) -> None:
    alice, bob = (api.token({"sub": name}) for name in ("alice", "bob"))
    before = api.decisions()
    for _ in range(2):
        assert may_pass(api.get("/users/alice/record", alice))
        assert not may_pass(api.get("/users/bob/record", alice))
        assert may_pass(api.get("/users/bob/record", bob))
        assert not may_pass(api.get("/users/alice/record", bob))
    assert api.decisions() - before == Counter(own=8)


def test_the_token_may_come_in_a_cookie_where_a_rule_says_so_and_there_only(api: Api) -> None:
    alice = api.token({"sub": "alice"})
    cookie = {"Cookie": f"theme=dark; session={alice}"}
    own = requests.get(f"{api.base_url}/users/alice/record", headers=cookie, timeout=20)
    assert may_pass(own)
    assert requests.get(f"{api.base_url}/orders", headers=cookie, timeout=20).status_code == 401
    both = {**cookie, "Authorization": f"Bearer {api.token({'sub': 'mallory'})}"}
    assert requests.get(f"{api.base_url}/users/alice/record", headers=both, timeout=20).status_code == 401


def test_a_403_says_why_and_a_401_does_not(api: Api) -> None:
    refused = api.get("/orders/new", api.token(CALLERS["clerk"])).json()
    assert refused["reason"] == "insufficient_scope"
    assert refused["scope"] == "orders:write"
    assert api.get("/orders/new", "hoge").json() == {"message": "Unauthorized"}
