"""The README of each module says what its Terraform has, and shows nothing that the Terraform would refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import ROOT
from scripts.gate import hcl
from scripts.gate.hcl import IDENTIFIER, OPERATOR, Block, Body, Tokens
from scripts.terraform import levels, reference

TREE = ROOT / "terraform"
MODULES = TREE / "modules"
RELEASED = re.compile(
    r"git::https://github\.com/CHANGE-ME/terraform-aws-jwt-authorizer\.git(?://modules/([\w-]+))?\?ref=.*"
)
META = {"count", "depends_on", "for_each", "providers", "source"}
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(TREE.rglob("README.md"))]
EXAMPLES = [
    pytest.param(page, text, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, text in enumerate(re.findall(r"^ *```hcl\n(.*?)^ *```", page.read_text(), re.DOTALL | re.MULTILINE))
]


@pytest.mark.parametrize("folder", reference.folders(), ids=lambda folder: folder.name)
def test_the_tables_of_inputs_and_outputs_are_those_of_the_terraform(folder: Path) -> None:
    assert (folder / "README.md").read_text() == reference.page(folder), "run `make docs`"


def test_the_levels_of_a_schema_are_those_that_their_program_writes() -> None:
    assert levels.FILE.read_text() == levels.text(), "run `make docs`"


def test_the_root_and_every_module_have_a_page() -> None:
    folders = {
        TREE,
        TREE / "release",
        *(file.parent for file in MODULES.rglob("*.tf") if ".terraform" not in file.parts),
    }
    assert set(reference.folders()) == folders


def test_an_expression_is_written_on_one_line() -> None:
    text = 'a = {\n  list = [1, "x"], map = {\n    "a/b" = object({ n = optional(number, -1) })\n    c = any\n  }\n}\n'
    (attribute,) = hcl.parse(text).attributes
    written = '{list = [1, "x"], map = {"a/b" = object({n = optional(number, -1)}), c = any}}'
    assert reference.text_of(attribute.value) == written


def test_descriptions_are_text_and_no_markup(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('output "x" {\n  description = "a <b> | `<c>`"\n}\n')
    assert "| `x` | a &lt;b> \\| `<c>` |\n" in reference.tables(tmp_path)


def variables(module: Path) -> dict[str, Block]:
    return {block.labels[0]: block for block in blocks(module) if block.type == "variable"}


def blocks(module: Path) -> Iterator[Block]:
    for file in module.glob("*.tf"):
        yield from hcl.parse(file.read_text()).blocks


def calls(body: Body) -> Iterator[tuple[Block, Path]]:
    """The calls of our modules in an example, each with the module's folder."""
    for block in body.blocks:
        source = block.body.attribute("source") if block.type == "module" else None
        text = hcl.literal(source.value[0]) if source else None
        if text and text.startswith("."):
            yield block, MODULES / Path(text).name
        elif text and (address := RELEASED.fullmatch(text)):
            yield block, MODULES / address[1] if address[1] else TREE / "release"


def expressions(body: Body) -> Iterator[Tokens]:
    for attribute in body.attributes:
        yield from hcl.every_sequence(attribute.value)
    for block in body.blocks:
        yield from expressions(block.body)


@pytest.mark.parametrize(("page", "text"), EXAMPLES)
def test_an_example_gives_a_module_what_it_takes_and_all_that_it_needs(page: Path, text: str) -> None:
    body = hcl.parse(text)
    for call, folder in calls(body):
        known = variables(folder)
        given = {attribute.name for attribute in call.body.attributes} - META
        assert given <= set(known), call.name
        if "# ..." not in text:
            required = {name for name, variable in known.items() if variable.body.attribute("default") is None}
            assert required <= given, call.name
    if not body.blocks and page.parent.parent == MODULES:
        assert {attribute.name for attribute in body.attributes} <= set(variables(page.parent))


@pytest.mark.parametrize(("page", "text"), EXAMPLES)
def test_an_example_uses_outputs_that_there_are(page: Path, text: str) -> None:
    body = hcl.parse(text)
    outputs = {
        call.labels[0]: {block.labels[0] for block in blocks(folder) if block.type == "output"}
        for call, folder in calls(body)
    }
    for tokens in expressions(body):
        spaced = " ".join(token.text for token in tokens if token.kind in (IDENTIFIER, OPERATOR))
        for module, output in re.findall(r"\bmodule \. ([\w-]+) \. (\w+)", spaced):
            assert output in outputs.get(module, {output}), f"{page.name}: module.{module}.{output}"
