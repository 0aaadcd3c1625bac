"""The levels of a value that the module `schema` reads: ``python -m scripts.terraform.levels`` writes ``levels.tf``.

Terraform has neither recursion nor functions, and a module call for each level doubles the time of a plan.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from scripts import ROOT
from scripts.lib.console import say

FILE: Final = ROOT / "terraform" / "modules" / "schema" / "levels.tf"
DEEPEST: Final = 6

_HEAD: Final = """\
# Written by `make docs` (scripts/terraform/levels.py), a local for each level: Terraform has no recursion, and a module
# for each level doubles the time of a plan.
#
# A node has the `path` of a value, the value itself, its `json`, and its `row`: its definition with what the row says
# itself, and without the keys that the function alone has. `as` is what its sentences speak of: an item without a
# definition of its own is reported as its list, with the whole list.
# JSON text is the one form that keeps a value's type, whatever the type is.
# In an object, null is as good as left out, so that objects of a type with optional attributes may be given, too.
"""

_LEVEL: Final = """
locals {
  level_NUMBER = [
    for child in [
      for child in concat(
        flatten([
          for parent in local.PARENTS : [
            for name, value in parent.value : {
              as    = {}
              path  = parent.path == "" ? name : "${parent.path}.${name}"
              row   = try(parent.row.properties[name], parent.row.additionalProperties)
              value = value
            }
            if(contains(keys(parent.row.properties), name) ? value != null || contains(flatten([try(parent.row.properties[name].type, [])]), "null") : can(keys(parent.row.additionalProperties)))
          ] if startswith(parent.json, "{")
        ]),
        flatten([
          for parent in local.PARENTS : [
            for index, value in parent.value : {
              as    = { for key, about in parent.as : key => about if !can(parent.row.items["$ref"]) }
              path  = "${parent.path}[${index}]"
              row   = parent.row.items
              value = value
            }
          ] if startswith(parent.json, "[") && can(parent.row.items)
        ]),
        ) : merge(child, {
          json = jsonencode(child.value)
          row  = merge(concat([for name in [try(child.row["$ref"], null)] : var.definitions[trimprefix(name, "#/$defs/")] if name != null], [child.row])...)
      })
      ] : merge(child, {
        as  = merge({ json = child.json, path = child.path, row = child.row }, child.as)
        row = merge(child.row, { properties = { for key, row in try(child.row.properties, {}) : key => row if try(row["x-only"], "") != "function" } })
    })
  ]
}
"""  # noqa: E501 - lines of Terraform


def text() -> str:
    """The file's content, from the variable itself down to one level below the deepest that is read."""
    levels = [
        _LEVEL.replace("NUMBER", str(number)).replace("PARENTS", f"level_{number - 1}" if number else "variable")
        for number in range(DEEPEST + 1)
    ]
    return _HEAD + "".join(levels)


def main(file: Path = FILE) -> int:
    """Write the file; returns the exit code."""
    file.write_text(text())
    say(f"{file.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
