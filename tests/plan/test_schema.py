"""What terraform/modules/schema refuses, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plan.conftest import Plan, Refusal
from tests.plan.support import Modules, Refused

MODULE = "terraform/modules/schema"
SCOPES = {"description": "a list of scopes", "type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}}
DEFINITIONS: dict[str, Any] = {
    "pet": {
        "title": "pets.*",
        "description": "an object with name",
        "type": "object",
        "required": ["name", "made"],
        "properties": {
            "name": {"description": "a name", "type": "string", "pattern": "\\S", "maxLength": 5},
            "age": {"description": "a whole number from 0 to 30", "type": "integer", "minimum": 0, "maximum": 30},
            "weight": {"description": "a number", "type": ["number", "null"]},
            "kind": {"description": "cat or dog", "enum": ["cat", "dog"]},
            "alive": {"description": "true", "const": True},
            "chip": {"description": "the chip's secret", "type": "string", "writeOnly": True},
            "url": {"description": "a URL of ours", "type": "string", "not": {"pattern": "evil"}},
            "tags": {
                "description": "one to three tags, each once and not x",
                "type": "array",
                "items": {"type": "string", "not": {"enum": ["x"]}},
                "minItems": 1,
                "maxItems": 3,
                "uniqueItems": True,
            },
            "owner": {"$ref": "#/$defs/owner"},
            "visits": {
                "description": "a list of visits",
                "type": "array",
                "items": {"$ref": "#/$defs/owner"},
            },
            "made": {"description": "made by the function", "type": "string", "x-only": "function"},
        },
    },
    "owner": {
        "title": "pets.*.owner",
        "description": "an object with scopes",
        "type": "object",
        "properties": {"scopes": SCOPES, "by": {"description": "an owner", "$ref": "#/$defs/owner"}},
    },
}
ROW = {
    "description": "an object of one pet or more",
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"description": "1 to 9 letters", "pattern": "^[a-z]+$", "maxLength": 9},
    "additionalProperties": {"$ref": "#/$defs/pet"},
}
GOOD: dict[str, Any] = {
    "name": "tom",
    "age": 3,
    "weight": 4.5,
    "kind": "cat",
    "alive": True,
    "chip": "s",
    "url": "ours",
    "tags": ["a", "b"],
    "owner": {"scopes": ["a", "b"]},
    "visits": [{"scopes": []}, {}],
}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": ({"nam": "x"}, ".nam is not a known key: write one of age, alive, chip, kind, name, owner, tags, url,"),
    "elsewhere": ({"scopes": ["a"]}, ".scopes is not a known key: it belongs in pets.*.owner; write one of age, alive"),
    "functions": ({"made": "x"}, ".made is not a known key: write one of age"),
    "missing": ({"name": None}, ".name is missing: write a name."),
    "blank": ({"name": " "}, '.name is " ": write a name.'),
    "long": ({"name": "abcdef"}, '.name is "abcdef": write a name.'),
    "number": ({"name": 7}, ".name is 7: write a name."),
    "fraction": ({"age": 0.5}, ".age is 0.5: write a whole number from 0 to 30."),
    "text": ({"age": "3"}, '.age is "3": write a whole number from 0 to 30.'),
    "small": ({"age": -1}, ".age is -1: write a whole number from 0 to 30."),
    "large": ({"age": 31}, ".age is 31: write a whole number from 0 to 30."),
    "truth": ({"weight": True}, ".weight is true: write a number."),
    "bird": ({"kind": "bird"}, '.kind is "bird": write cat or dog.'),
    "const": ({"alive": "true"}, '.alive is "true": write true.'),
    "secret": ({"chip": ["hush"]}, ".chip: write the chip's secret."),
    "evil": ({"url": "https://me:hush@evil/"}, '.url is "https://...@evil/": write a URL of ours.'),
    "none": ({"tags": []}, ".tags is []: write one to three tags, each once and not x."),
    "many": ({"tags": ["a", "b", "c", "d"]}, '.tags is ["a","b","c","d"]: write one to three tags'),
    "twice": ({"tags": ["a", "a"]}, '.tags is ["a","a"]: write one to three tags'),
    "item": ({"tags": ["a", "x"]}, '.tags is ["a","x"]: write one to three tags'),
    "kind": ({"tags": ["a", 7]}, '.tags is ["a",7]: write one to three tags'),
    "object": ({"owner": "me"}, '.owner is "me": write an object with scopes.'),
    "nested": ({"owner": {"scopes": ["A"]}}, '.owner.scopes is ["A"]: write a list of scopes.'),
    "listed": ({"visits": [{}, {"scope": []}]}, ".visits[1].scope is not a known key: write one of by, scopes."),
    "deep": (
        {"owner": {"by": {"by": {"by": {"by": {"scopes": ["a"]}}}}}},
        ".owner.by.by.by.by lies deeper than the schema is read: write a flatter value.",
    ),
}


def given(value: Any, **more: Any) -> dict[str, Any]:
    return {"definitions": DEFINITIONS, "path": "pets", "row": ROW, "value": value, **more}


@pytest.fixture(scope="module")
def refusal(refused: Refusal) -> str:
    """What Terraform says to all of these mistakes at once."""
    return refused(MODULE, given({name: {**GOOD, **wrong} for name, (wrong, _) in REFUSED.items()}))


@pytest.mark.parametrize("case", REFUSED)
def test_a_mistake_is_refused_with_its_path_and_what_to_write(refusal: str, case: str) -> None:
    assert f"pets.{case}{REFUSED[case][1]}" in refusal


def test_a_value_that_may_be_secret_is_never_quoted(refusal: str) -> None:
    assert "hush" not in refusal


def test_each_mistake_is_one_sentence(refusal: str) -> None:
    assert refusal.count("pets.kind.tags") == refusal.count("pets.many.tags") == 1


def test_a_good_value_is_handed_on_as_it_is(plan: Plan) -> None:
    planned = plan(MODULE, given({"tom": GOOD}))
    assert planned.outputs["value"] == {"tom": GOOD}
    assert planned.outputs["mistakes"] == []


def test_null_is_as_good_as_left_out_for_callers_that_pass_typed_objects(plan: Plan) -> None:
    nothing = dict.fromkeys((key for key in GOOD if key != "name"), None)
    assert plan(MODULE, given({"tom": {**nothing, "name": "tom"}})).outputs["mistakes"] == []
    assert plan(MODULE, given(None)).outputs["mistakes"] == []


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({}, "pets is {}: write an object of one pet or more."),
        (["tom"], 'pets is ["tom"]: write an object of one pet or more.'),
        ({"tom": None}, "pets.tom is null: write an object with name."),
        ({"7": GOOD}, "pets.7 is not a name for it: write 1 to 9 letters."),
        ({"abcdefghij": GOOD}, "pets.abcdefghij is not a name for it: write 1 to 9 letters."),
    ],
)
def test_what_is_no_such_object_is_refused(refused: Refusal, value: Any, sentence: str) -> None:
    assert sentence in refused(MODULE, given(value))


def test_a_sentence_of_the_callers_own_refuses_the_value_too(refused: Refusal) -> None:
    message = refused(MODULE, given({"tom": {**GOOD, "age": 99}}, misfits=["pets.tom is too thin."]))
    assert "pets.tom.age is 99: write a whole number from 0 to 30." in message
    assert "pets.tom is too thin." in message


def test_what_is_known_only_after_the_apply_is_checked_before_anything_is_made_of_it(modules: Modules) -> None:
    root = modules.fresh("tests/plan/roots/unknown_value")
    planned = root.plan({"age": 99})
    assert planned.resource_changes["terraform_data.dependent"]["change"]["actions"] == ["create"]
    with pytest.raises(Refused, match=r"pet\.age is 99: write a whole number up to 30\."):
        root.apply({"age": 99})
    state = (root.folder / "terraform.tfstate").read_text()
    assert '"age"' in state
    assert '"dependent"' not in state
