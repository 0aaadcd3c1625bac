"""Laws of the comparison, held against every token or call of a small world."""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.review_plan.access import access_rules, statements
from scripts.review_plan.access.access_rules import Atom, clauses

SCOPES = ["a", "b"]
VALUES: list[Any] = ["1", 1, 1.0, True, "true"]
rules = st.fixed_dictionaries(
    {},
    optional={
        "scopes": st.lists(st.sampled_from(SCOPES), unique=True),
        "any_scope": st.lists(st.sampled_from(SCOPES), unique=True),
        "claims": st.dictionaries(st.just("g"), st.lists(st.sampled_from(VALUES[:3]), min_size=1), max_size=1),
        "path_equals": st.dictionaries(st.just("id"), st.sampled_from(["sub", "tenant"]), max_size=1),
    },
)


def met(rule: dict[str, Any], token: frozenset[Atom]) -> bool:
    return all(clause & token for clause in clauses(rule))


def tokens(*named: dict[str, Any]) -> list[frozenset[Atom]]:
    """Every token of the atoms that the rules name."""
    atoms = sorted({atom for rule in named for clause in clauses(rule) for atom in clause})
    return [frozenset(chosen) for size in range(len(atoms) + 1) for chosen in itertools.combinations(atoms, size)]


@settings(max_examples=300, deadline=None)
@given(rules, rules)
def test_a_rule_is_looser_exactly_when_some_token_meets_it_that_did_not(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    found = access_rules.compare_rules(before, after)
    world = tokens(before, after)
    assert found.looser == any(met(after, token) and not met(before, token) for token in world)
    assert found.tighter == any(met(before, token) and not met(after, token) for token in world)
    assert bool(found.why) == (found.looser or found.tighter)


NETWORKS = ["10.0.0.0/30", "10.0.0.0/31", "10.0.0.2/31"]
ADDRESSES = [f"10.0.0.{last}" for last in range(5)]
policies = st.lists(
    st.fixed_dictionaries(
        {"Effect": st.sampled_from(["Allow", "Deny"]), "Principal": st.just("*"), "Action": st.just("x:y")},
        optional={
            "Condition": st.builds(
                lambda operator, networks: {operator: {"aws:SourceIp": networks}},
                st.sampled_from(["IpAddress", "NotIpAddress"]),
                st.lists(st.sampled_from(NETWORKS), min_size=1, max_size=2, unique=True),
            )
        },
    ),
    min_size=1,
    max_size=3,
)


def allowed(policy: list[dict[str, Any]], address: str) -> bool:
    effects = {statement["Effect"] for statement in policy if holds(statement, address)}
    return "Allow" in effects and "Deny" not in effects


def holds(statement: dict[str, Any], address: str) -> bool:
    for operator, keys in statement.get("Condition", {}).items():
        inside = any(int(address[-1]) in range(*bounds(network)) for network in keys["aws:SourceIp"])
        if inside != (operator == "IpAddress"):
            return False
    return True


def bounds(network: str) -> tuple[int, int]:
    first, size = int(network[7]), {"30": 4, "31": 2}[network[-2:]]
    return first, first + size


@settings(max_examples=300, deadline=None)
@given(policies, policies)
def test_no_policy_that_allows_more_is_taken_for_one_that_does_not(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    old = statements.parse(json.dumps({"Statement": before}))
    new = statements.parse(json.dumps({"Statement": after}))
    assert old is not None
    assert new is not None
    if any(allowed(after, address) and not allowed(before, address) for address in ADDRESSES):
        assert statements.allows_more(old, new)
    if set(map(json.dumps, before)) == set(map(json.dumps, after)):
        assert not statements.allows_more(old, new)
