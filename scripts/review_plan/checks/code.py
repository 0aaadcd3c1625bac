"""What of the functions' code and environment changes: files by two manifests, variables by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scripts.review_plan.checks.findings import Finding, Level
from scripts.review_plan.errors import ReviewError
from scripts.review_plan.plan.document import Resource
from scripts.review_plan.plan.values import UNKNOWN, get, mapping, with_unknowns
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
    was, is_now = _functions(before), _functions(after)
    found = []
    for name in sorted(was.keys() | is_now.keys()):
        old, new = _comparable(was.get(name), is_now.get(name))
        if old != new:
            changed = tuple(sorted(file for file in old.keys() & new.keys() if old[file] != new[file]))
            found.append(
                Package(name, tuple(sorted(new.keys() - old.keys())), tuple(sorted(old.keys() - new.keys())), changed)
            )
    return found


_CODE: Final = {"source_code_hash": "code", "image_uri": "image", "s3_key": "code", "layers": "layers"}
_SHOWN: Final = ("runtime", "architectures")


def findings(resources: tuple[Resource, ...]) -> list[Finding]:
    """Functions whose code or environment changes."""
    found: list[Finding] = []
    for resource in resources:
        if resource.type != "aws_lambda_function" or not resource.changes:
            continue
        before = mapping(resource.before)
        after = with_unknowns(resource.after or {}, resource.unknown) if resource.after is not None else {}
        if before and after and (said := _code(before, after)):
            found.append(Finding("code", Level.NOTICE, resource.address, (*join(said), " changes")))
        if variables := _environment(before, after):
            found.append(Finding("environment", Level.NOTICE, resource.address, variables))
    return found


def _code(before: Any, after: Any) -> list[Text]:
    changed = dict.fromkeys(words for name, words in _CODE.items() if before.get(name) != after.get(name))
    return [
        *((words,) for words in changed),
        *(
            say("{} {} → {}", (name,), _text(before.get(name)), _text(after.get(name)))
            for name in _SHOWN
            if before.get(name) != after.get(name)
        ),
    ]


def _environment(before: Any, after: Any) -> Text:
    old, new = _variables(before), _variables(after)
    if old is UNKNOWN or new is UNKNOWN:
        return ("environment variables are known after apply",) if before != after else ()
    added = sorted(new.keys() - old.keys())
    removed = sorted(old.keys() - new.keys())
    changed = sorted(name for name in old.keys() & new.keys() if old[name] != new[name])
    if not before:
        return say("environment: {}", names(added)) if added else ()
    parts = [
        say(f"{verb} {{}}", first([say("{}", name) for name in variables], 20))
        for verb, variables in (("adds", added), ("removes", removed), ("changes", changed))
        if variables
    ]
    return say("environment {}", join(parts)) if parts and after else ()


def _variables(values: Any) -> Any:
    found = get(values.get("environment"), 0, "variables")
    return found if found is UNKNOWN else mapping(found)


def _text(value: Any) -> Text:
    if value is UNKNOWN:
        return (f"({UNKNOWN})",)
    return names(value) if isinstance(value, list) else say("{}", value if value is not None else "none")


def _functions(manifest: Path) -> dict[str, tuple[dict[str, str], str]]:
    """The files of each function, and which Python made their bytecode."""
    try:
        document = json.loads(manifest.read_bytes())
        return {
            name: (dict(function["files"]), str(function.get("bytecode")))
            for name, function in document["functions"].items()
        }
    except OSError as error:
        raise ReviewError(f"{manifest} cannot be read ({error.strerror}): run `make package`") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ReviewError(f"{manifest} is no manifest: give one that `make package` wrote") from None


def _comparable(
    before: tuple[dict[str, str], str] | None, after: tuple[dict[str, str], str] | None
) -> tuple[dict[str, str], dict[str, str]]:
    """The files of both sides; where one has no bytecode, that of the other is one entry and not one a module."""
    (old, old_python), (new, new_python) = before or ({}, ""), after or ({}, "")
    if before and after and _has_bytecode(old) != _has_bytecode(new):
        return _with_bytecode_as_one(old, old_python), _with_bytecode_as_one(new, new_python)
    return old, new


def _has_bytecode(files: dict[str, str]) -> bool:
    return any(file.endswith(".pyc") for file in files)


def _with_bytecode_as_one(files: dict[str, str], python: str) -> dict[str, str]:
    code = {file: digest for file, digest in files.items() if not file.endswith(".pyc")}
    return {**code, f"bytecode of Python {python}": ""} if _has_bytecode(files) else code
