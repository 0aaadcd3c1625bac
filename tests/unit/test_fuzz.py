"""The fuzzer finds what is broken, and nothing where nothing is."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from scripts import fuzz


def test_a_sound_authorizer_breaks_no_law(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.run(1.5, 7, tmp_path / "case.json") == 0
    printed = capsys.readouterr().out
    assert "no law broken" in printed
    # Good tokens and bad ones were among them, and what is signed but wrong.
    for outcome in ("Allow", "signature_invalid", "claim_invalid", "EventNotRecognized"):
        assert outcome in printed


@pytest.mark.parametrize(
    ("function", "broken", "said"),
    [
        ("jwt_authorizer.keys.keyset.KeySet.candidates", lambda *_: 1 / 0, "InternalError: ZeroDivisionError"),
        ("jwt_authorizer.claims.check", lambda *_: None, "allowed a token that is not good"),
        ("jwt_authorizer.request.stage_arn", lambda arn: arn, "the policy is about"),
        ("jwt_authorizer.context.build", lambda claims, *_, **__: claims, "more than strings"),
    ],
)
def test_a_broken_authorizer_is_found_and_the_case_can_be_run_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    function: str,
    broken: Any,
    said: str,
) -> None:
    case = tmp_path / "case.json"
    with monkeypatch.context() as patch:
        patch.setattr(function, broken)
        assert fuzz.run(20, 7, case) == 1
        error = capsys.readouterr().err
        assert said in error
        assert "seed 7" in error
        assert fuzz.main(["--replay", str(case)]) == 1
    assert fuzz.main(["--replay", str(case)]) == 0


def test_the_same_seed_makes_the_same_choices() -> None:
    trusted = fuzz.parties()[:1]
    first, second = (random.Random(7) for _ in range(2))  # noqa: S311 - to be repeated
    assert [fuzz.event(first, trusted) for _ in range(50)] == [fuzz.event(second, trusted) for _ in range(50)]


def test_its_own_check_knows_good_from_bad() -> None:
    for party in fuzz.parties():
        claims = {"iss": party.issuer, "aud": fuzz.AUDIENCE, "sub": "user-1", "exp": 4102444800}
        header = {"alg": party.algorithm}
        signing_input = ".".join(fuzz._encode(json.dumps(part).encode()) for part in (header, claims))
        good = f"{signing_input}.{party.sign(signing_input)}"
        assert fuzz.is_good(good, [party])
        assert fuzz.is_good(f"Bearer  {good} ", [party])
        assert not fuzz.is_good(f"{signing_input}.{party.sign('other')}", [party])
        assert not fuzz.is_good(good, [])
        assert not fuzz.is_good("x", [party])
