"""What of the functions' code and environment changes: files by two manifests, variables by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.review_plan.checks.findings import Finding, Level
from scripts.review_plan.errors import ReviewError
from scripts.review_plan.plan.document import Resource
from scripts.review_plan.plan.state import UNKNOWN, merge
from scripts.review_plan.text import Text, first, join, names, say


@dataclass(frozen=True)
class Package:
    """One zip and the files in it that differ."""

    name: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def packages(before: Path, after: Path) -> list[Package]:
    """The zips that differ between two manifests. Raises ReviewError when one cannot be read."""
    was, is_now = _files(before), _files(after)
    found = []
    for name in sorted(was.keys() | is_now.keys()):
        old, new = was.get(name, {}), is_now.get(name, {})
        if old != new:
            changed = tuple(sorted(file for file in old.keys() & new.keys() if old[file] != new[file]))
            found.append(
                Package(name, tuple(sorted(new.keys() - old.keys())), tuple(sorted(old.keys() - new.keys())), changed)
            )
    return found


def findings(resources: tuple[Resource, ...]) -> list[Finding]:
    """Functions whose code or environment changes."""
    found: list[Finding] = []
    for resource in resources:
        if resource.type != "aws_lambda_function" or not resource.changes:
            continue
        before = resource.before or {}
        after = merge(resource.after or {}, resource.unknown) if resource.after is not None else {}
        said: list[Text] = []
        if before and after:
            for name, words in (
                ("source_code_hash", "code"),
                ("image_uri", "image"),
                ("s3_key", "code"),
                ("layers", "layers"),
            ):
                if before.get(name) != after.get(name) and (words,) not in said:
                    said.append((words,))
            for name in ("runtime", "architectures"):
                if before.get(name) != after.get(name):
                    said.append(say("{} {} → {}", (name,), _text(before.get(name)), _text(after.get(name))))
        variables = _environment(before, after)
        if said and after:
            found.append(Finding("code", Level.NOTICE, resource.address, (*join(said), " changes")))
        if variables:
            found.append(Finding("environment", Level.NOTICE, resource.address, variables))
    return found


def _environment(before: Any, after: Any) -> Text:
    was, is_now = _variables(before), _variables(after)
    if was is UNKNOWN or is_now is UNKNOWN:
        return ("environment variables are known after apply",) if before != after else ()
    added = sorted(is_now.keys() - was.keys())
    removed = sorted(was.keys() - is_now.keys())
    changed = sorted(name for name in was.keys() & is_now.keys() if was[name] != is_now[name])
    if not before:
        return say("environment: {}", names(added)) if added else ()
    parts = [
        say(f"{verb} {{}}", first([say("{}", name) for name in each], 20))
        for verb, each in (("adds", added), ("removes", removed), ("changes", changed))
        if each
    ]
    return say("environment {}", join(parts)) if parts and after else ()


def _variables(values: Any) -> Any:
    blocks = values.get("environment")
    if blocks is UNKNOWN:
        return UNKNOWN
    block = blocks[0] if isinstance(blocks, list) and blocks else {}
    if block is UNKNOWN:
        return UNKNOWN
    variables = block.get("variables") if isinstance(block, Mapping) else None
    return UNKNOWN if variables is UNKNOWN else variables if isinstance(variables, Mapping) else {}


def _text(value: Any) -> Text:
    if value is UNKNOWN:
        return (f"({UNKNOWN})",)
    return names(value) if isinstance(value, list) else say("{}", value if value is not None else "none")


def _files(manifest: Path) -> dict[str, dict[str, str]]:
    try:
        document = json.loads(manifest.read_bytes())
        return {name: dict(each["files"]) for name, each in document["functions"].items()}
    except OSError as error:
        raise ReviewError(f"{manifest} cannot be read ({error.strerror}): run `make package`") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ReviewError(f"{manifest} is no manifest: give one that `make package` wrote") from None
