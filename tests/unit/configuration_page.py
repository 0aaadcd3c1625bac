"""The tables of docs/configuration.md, from the schema: ``python -m tests.unit.configuration_page`` writes them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "functions" / "authorizer"))

from jwt_authorizer.schema import DEFINITIONS, resolve  # noqa: E402

PAGE = ROOT / "docs" / "configuration.md"
_TABLE = re.compile(r"<!-- the keys of (\w+) -->\n(?:\|.*\n)*")
_HEAD = "| key | write | default | meaning | example |\n| --- | --- | --- | --- | --- |"
_ONLY = {"module": " Terraform module only.", "function": " Function only.", None: ""}


def every_key() -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """Yield every key of the schema: its path, its row, and whether it is required."""
    for name in DEFINITIONS:
        yield from keys_of(name)


def keys_of(definition: str) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """Yield the keys of one definition, with their paths from the top of the configuration."""
    row = DEFINITIONS[definition]
    prefix = "" if definition == "configuration" else f"{row['title']}."
    for name, member in row.get("properties", {}).items():
        yield prefix + name, resolve(member), name in row.get("required", ())


def page(text: str) -> str:
    """Return a page with each of its tables made anew; a comment above a table names the definition it shows."""
    return _TABLE.sub(lambda match: f"<!-- the keys of {match[1]} -->\n{_table(match[1])}\n", text)


def _table(definition: str) -> str:
    return "\n".join([_HEAD, *(_line(*key) for key in keys_of(definition))])


def _line(path: str, row: Mapping[str, Any], is_required: bool) -> str:
    default = "required" if is_required else f"`{_json(row['default'])}`" if "default" in row else "none"
    cells = [
        f"`{path}`",
        row["description"],
        default,
        row["x-meaning"] + _ONLY[row.get("x-only")],
        f"`{_json(row['examples'][0])}`",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
