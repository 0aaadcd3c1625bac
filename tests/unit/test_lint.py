"""Which configurations `make lint` has Terraform validate, and in which one call."""

from pathlib import Path

from scripts import ROOT
from scripts.terraform import lint


def test_everything_that_nothing_else_calls_is_called_with_what_it_requires(tmp_path: Path) -> None:
    files = {
        "main.tf": 'module "inner" {\n  source = "./modules/inner"\n}\n\nvariable "name" {\n  type = string\n}\n',
        "modules/inner/main.tf": "",
        "modules/alone/variables.tf": 'variable "a" {}\n\nvariable "b" {\n  default = null\n}\n',
        "examples/one/main.tf": 'module "root" {\n  source = "../../modules/inner"\n}\n',
    }
    for name, text in files.items():
        (tmp_path / "terraform" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "terraform" / name).write_text(text)
    assert lint.caller(tmp_path / "terraform")["module"] == {
        "terraform": {"source": "../terraform", "name": "${var.unknown}"},
        "terraform-examples-one": {"source": "../terraform/examples/one"},
        "terraform-modules-alone": {"source": "../terraform/modules/alone", "a": "${var.unknown}"},
    }


def test_the_root_and_every_example_are_called() -> None:
    called = lint.caller(ROOT / "terraform")["module"]
    assert isinstance(called, dict)
    examples = {f"terraform-examples-{folder.name}" for folder in (ROOT / "terraform/examples").iterdir()}
    assert {"terraform", *examples} <= set(called)
