"""The capacity program: its formulas against a simulation, request by request, and what it says of quotas."""

import math
import random
from dataclasses import replace

import pytest

from scripts.capacity import __main__ as program
from scripts.capacity import prices
from scripts.capacity.load import Load
from scripts.capacity.model import busiest, estimate, misses_per_second
from scripts.capacity.quotas import Quota, quotas
from tests.load.simulation import simulate

# How far a formula may be from what the simulation sees: its own randomness is about a third of it.
TOLERANCE = 0.03

# 100,000 requests a second, with times as short as the simulation's: nothing in the model depends on their unit.
BUSY = Load(100_000, 50_000, cache_seconds=1.5)


@pytest.mark.parametrize(
    ("load", "seconds", "warm_up"),
    [
        pytest.param(BUSY, 3, 3, id="100,000 a second"),
        pytest.param(replace(BUSY, token_seconds=3), 3, 3, id="100,000 a second, tokens that live for two answers"),
        pytest.param(replace(BUSY, skew=1.0, rules=3), 3, 3, id="100,000 a second, three rules, few call much"),
        # A thousandth of the tokens with their own requests: what they do does not depend on the others.
        pytest.param(Load(100, 1000), 3600, 3600, id="100,000 a second of a million tokens, a thousandth of them"),
        pytest.param(Load(100, 20, cache_seconds=10, skew=0.7), 3600, 100, id="kept for 10 s"),
        pytest.param(Load(1000, 50, cache_seconds=0), 60, 1, id="nothing is kept"),
        pytest.param(Load(100, 5000, cache_seconds=3600, token_seconds=900), 1800, 900, id="kept longer than good"),
        pytest.param(Load(300, 40, cache_seconds=1), 600, 60, id="kept for a second"),
    ],
)
def test_the_formula_says_what_the_simulation_sees(load: Load, seconds: float, warm_up: float) -> None:
    seen = simulate(load, seconds, warm_up, seed=8)
    expected = estimate(load)
    assert seen.calls > 5000, "enough for the tolerance to mean something"
    assert seen.calls_per_second == pytest.approx(expected.calls_per_second, rel=TOLERANCE)
    assert 1 - seen.calls / seen.requests == pytest.approx(expected.hit_ratio, abs=TOLERANCE)


@pytest.mark.parametrize(
    "load",
    [
        Load(20_000, 10_000, cache_seconds=1, duration_ms=20, init_ms=0),
        Load(2000, 100, cache_seconds=0, duration_ms=40, init_ms=0),
    ],
)
def test_the_busiest_moment_is_as_estimated(load: Load) -> None:
    # A cache that was filled all at once also empties in waves; they have ebbed away by then.
    seen = simulate(load, 5, 8, seed=8)
    expected = estimate(load).concurrency
    assert 0.85 * expected <= seen.concurrency <= expected


def test_the_first_second_of_an_empty_cache_is_as_estimated() -> None:
    for load in (BUSY, replace(BUSY, skew=1.0)):
        assert simulate(load, 1, 1, seed=8).first_second == pytest.approx(estimate(load).first_second, rel=TOLERANCE)


def test_keys_are_renewed_as_often_as_estimated() -> None:
    load = Load(500, 100, cache_seconds=0, duration_ms=30, init_ms=0, key_seconds=30, key_calls=1)
    seen = simulate(load, 240, 60, seed=8)
    # Of the environments that there are for the busiest moments, the last are used so seldom that their keys age.
    assert seen.key_renewals / seen.seconds == pytest.approx(estimate(load).key_calls_per_second, rel=0.3)


def test_more_caching_never_means_more_calls() -> None:
    rng = random.Random(8)  # noqa: S311 - to be repeated
    for _ in range(200):
        load = Load(rng.uniform(1, 1e5), rng.randint(1, 10**6), cache_seconds=rng.choice((0, 1, 10, 100)))
        more = replace(load, cache_seconds=load.cache_seconds + rng.uniform(1, 1000))
        assert estimate(more).calls_per_second <= estimate(load).calls_per_second * (1 + 1e-9)
        assert 0 <= estimate(load).hit_ratio <= 1


def test_the_two_ways_to_count_a_tokens_calls_agree_where_they_meet() -> None:
    for rate in (0.01, 1, 100):
        few = misses_per_second(rate, Load(1, 1, cache_seconds=18.1, token_seconds=3600))
        many = misses_per_second(rate, Load(1, 1, cache_seconds=17.9, token_seconds=3600))
        assert many == pytest.approx(few, rel=0.02)


def test_the_extremes_are_what_they_must_be() -> None:
    assert misses_per_second(7, Load(1, 1, cache_seconds=0)) == 7
    # A token that calls all the time asks once for each time that an answer is kept.
    assert misses_per_second(1e4, Load(1, 1, cache_seconds=300)) == pytest.approx(12 / 3600, rel=0.001)
    # One that hardly ever calls asks each time.
    assert misses_per_second(1e-6, Load(1, 1, cache_seconds=300)) == pytest.approx(1e-6, rel=0.001)
    assert busiest(0.001) == 1
    assert busiest(399.9) == pytest.approx(busiest(400.1), rel=0.01)


def test_each_quota_binds_where_it_should() -> None:
    def binding(load: Load) -> set[str]:
        return {quota.name.partition(",")[0] for quota in quotas(load, estimate(load)) if quota.binds}

    assert binding(Load(1000, 20_000)) == set()
    assert binding(Load(9000, 100)) == {"API Gateway"}
    assert binding(Load(100, 100, rules=11)) == {"API Gateway"}
    assert binding(Load(9_900, 10**6, cache_seconds=0)) == {"API Gateway", "Lambda"}
    assert "DynamoDB" in binding(Load(20_000, 10**6, cache_seconds=0, denylist=True))
    burst = [quota for quota in quotas(Load(100_000, 10**6), estimate(Load(100_000, 10**6))) if quota.binds]
    assert "Lambda, new environments in ten seconds" in {quota.name for quota in burst}


def test_the_denylist_is_read_for_every_call_of_an_empty_caches_first_second() -> None:
    """A table on demand that has served little yet serves less than its quota."""

    def first(load: Load) -> Quota:
        (found,) = [
            quota for quota in quotas(load, estimate(load)) if "first second" in quota.name and "Dyn" in quota.name
        ]
        return found

    crowd = Load(25_000, 10**6, skew=1, denylist=True)
    assert first(crowd).used == 2 * estimate(crowd).first_second > 12_000
    assert first(crowd).binds
    assert not first(Load(1000, 20_000, denylist=True)).binds
    without = Load(25_000, 10**6, skew=1)
    assert not [quota for quota in quotas(without, estimate(without)) if quota.name.startswith("DynamoDB")]


def test_prices_go_by_tiers() -> None:
    assert prices.rest_requests(1e6) == pytest.approx(3.50)
    assert prices.rest_requests(334e6) == pytest.approx(333 * 3.50 + 2.80)
    assert prices.rest_requests(21e9) == pytest.approx(333 * 3.5 + 667 * 2.8 + 19_000 * 2.38 + 1000 * 1.51)


def test_what_is_off_costs_nothing() -> None:
    dollars = estimate(Load(100, 1000)).dollars
    assert dollars["DynamoDB, denylist"] == 0
    assert estimate(Load(100, 1000, denylist=True)).dollars["DynamoDB, denylist"] > 0
    assert estimate(Load(100, 1000, key_calls=0)).dollars["Secrets Manager"] == 0
    assert estimate(Load(100, 1000, provisioned=10)).dollars["Lambda, compute"] > dollars["Lambda, compute"]
    assert estimate(Load(100, 1000, allow_sample=0)).dollars["CloudWatch, logs"] < dollars["CloudWatch, logs"]


def test_the_program_prints_what_the_model_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--rps", "1000", "--tokens", "20000", "--denylist"]) == 0
    printed = capsys.readouterr().out
    found = estimate(Load(1000, 20_000, denylist=True))
    for value in (f"{found.calls_per_second:.3g}", f"{found.hit_ratio:.1%}", f"{sum(found.dollars.values()):,.2f}"):
        assert value in printed


def test_regions_divide_the_load_and_the_tokens_but_those_that_roam(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--rps", "90000", "--tokens", "300000", "--regions", "3"]) == 0
    stay = capsys.readouterr().out
    assert "30,000 requests a second with 100,000 tokens, answers kept 300 s in each of 3 regions" in stay
    assert program.main(["--rps", "90000", "--tokens", "300000", "--regions", "3", "--roaming"]) == 0
    assert "30,000 requests a second with 300,000 tokens" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rps", "-1"], "capacity: RPS must be more than 0\n"),
        (["--ttl", "7200"], "which is API Gateway's limit"),
        (["--tokens", "0"], "a token and a rule at least"),
        (["--regions", "0"], "a region at least"),
        (["--life", "soon"], "not a length of time"),
        (["--rps", "nan"], "RPS must be"),
        (["--sample", "2"], "capacity: MORE=--sample must be from 0 to 1\n"),
        (["--rps", "a"], "capacity: RPS=a: write a number, such as RPS=1\n"),
        (["--tokens", "2.5"], "capacity: TOKENS=2.5: write a whole number, such as TOKENS=1\n"),
        (["--memory", "big"], "capacity: MORE=--memory=big: write a whole number, such as MORE=--memory=1\n"),
    ],
)
def test_a_load_that_cannot_be_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert program.main(["--rps", "10", "--tokens", "10", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_load_that_is_no_number_is_named_before_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--rps", "a"]) == 2
    assert capsys.readouterr().err == "capacity: RPS=a: write a number, such as RPS=1\n"


@pytest.mark.parametrize("arguments", [[], ["--rps", "10"], ["--tokens", "10"]])
def test_a_load_that_is_not_named_is_asked_for(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert program.main(arguments) == 2
    assert capsys.readouterr().err.strip().endswith("write RPS=1000 TOKENS=20000")


def test_the_skew_gives_the_first_tokens_their_share() -> None:
    ranks = list(Load(1000, 10**6, skew=1).ranks())
    assert sum(count * rate for count, rate in ranks) == pytest.approx(1000)
    assert ranks[0][1] == pytest.approx(2 * ranks[1][1])
    assert ranks[0][1] == pytest.approx(1000 / (math.log(10**6) + 0.5772), rel=0.01)
