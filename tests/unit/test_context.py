"""The context: which claims are passed on, in which form, and how many of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwt_authorizer import context
from jwt_authorizer.errors import ClaimInvalid

_RESERVED = ("claims", "integrationLatency", "principal", "principalId")
_PRINTABLE = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=8)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _PRINTABLE,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(_PRINTABLE, values, max_size=3),
    max_leaves=6,
)
_CLAIMS = st.dictionaries(_PRINTABLE | st.sampled_from(["exp", *_RESERVED]), _VALUES, max_size=6)


def text(value: Any) -> str:
    """A value as REST APIs take it: strings as they are, everything else as JSON text."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


@given(_CLAIMS, st.booleans(), st.booleans(), st.data())
def test_the_context_is_what_the_list_names_of_the_claims_and_exp(
    claims: dict[str, Any], passes_all: bool, typed: bool, data: st.DataObject
) -> None:
    names = ["*"] if passes_all else data.draw(st.lists(st.sampled_from(["absent", *claims]), unique=True))
    wanted = [
        name
        for name, value in claims.items()
        if (passes_all or name in names or name == "exp") and name and value is not None and name not in _RESERVED
    ]
    built = context.build(claims, names, "user-1", typed=typed)
    assert built == {name: claims[name] if typed else text(claims[name]) for name in wanted}


def test_without_typed_everything_is_a_string() -> None:
    claims = {"count": 7, "share": 1.5, "admin": True, "groups": ["a", {"b": None}], "name": "é"}
    expected = {"count": "7", "share": "1.5", "admin": "true", "groups": '["a",{"b":null}]', "name": "é"}
    assert context.build(claims, ["*"], "user-1") == expected


def test_all_claims_are_all_but_the_usage_key_and_a_list_may_name_it() -> None:
    # As a token has it: the same name, but not the same object.
    claims = json.loads('{"api_key": "k", "email": "e"}')
    assert context.build(claims, ["*"], "user-1", usage_key_claim="api_key") == {"email": "e"}
    assert context.build(claims, ["api_key"], "user-1", usage_key_claim="api_key") == {"api_key": "k"}
    assert context.build(claims, [], "user-1", usage_key_claim="api_key") == {}


@pytest.mark.parametrize("value", ["\n", ["\n"], {"a": "\n"}, {"\n": "a"}, [[{"a": ["\u2028"]}]]])
def test_control_characters_are_escaped_in_json_and_refused_elsewhere(value: Any) -> None:
    with pytest.raises(ClaimInvalid):
        context.build({"claim": value}, ["claim"], "user-1", typed=True)
    if isinstance(value, str):
        with pytest.raises(ClaimInvalid):
            context.build({"claim": value}, ["claim"], "user-1")
    else:
        assert json.loads(context.build({"claim": value}, ["claim"], "user-1")["claim"]) == value


@pytest.mark.parametrize("character", ["x", '"', "é", "😀"])
@pytest.mark.parametrize("several", [1, 5])
@pytest.mark.parametrize("typed", [False, True])
def test_principal_and_context_have_7168_bytes_of_json_at_most(character: str, several: int, typed: bool) -> None:
    names = [f"claim{number}" for number in range(several)]
    other = {"count": 7} if typed else {}

    def size(length: int) -> int:
        return len(json.dumps(["user-1", {**dict.fromkeys(names, character * length), "last": "x" * rest, **other}]))

    length, rest = 0, 0
    while size(length + 1) <= 7168:
        length += 1
    while size(length) < 7168:
        rest += 1
    claims = {**dict.fromkeys(names, character * length), "last": "x" * rest, **other}
    assert context.build(claims, ["*"], "user-1", typed=typed) == claims
    with pytest.raises(context.ContextTooLarge):
        context.build({**claims, "last": "x" * (rest + 1)}, ["*"], "user-1", typed=typed)


def test_many_short_texts_count_their_quotes_too() -> None:
    names = [chr(0x1F600 + number) for number in range(36)]
    with pytest.raises(context.ContextTooLarge):
        context.build({**dict.fromkeys(names, "😀" * 15), names[-1]: "😀" * 23}, ["*"], "p")
