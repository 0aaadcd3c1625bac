"""Which of Checkov's rules the Terraform skips, and what `make checkov` makes of its report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts import ROOT
from scripts.terraform import checkov

TREE = ROOT / "terraform"

# Rule => how many resources may be without it. Each says why, in its own block.
NOT_ASKED_FOR = {
    "CKV2_AWS_4": 3,
    "CKV2_AWS_29": 3,
    "CKV2_AWS_51": 4,
    "CKV2_AWS_53": 2,
    "CKV_AWS_28": 2,
    "CKV_AWS_73": 2,
    "CKV_AWS_76": 4,
    "CKV_AWS_116": 1,
    "CKV_AWS_119": 2,
    "CKV_AWS_120": 3,
    "CKV_AWS_225": 1,
    "CKV_AWS_237": 3,
    "CKV_AWS_272": 1,
    "CKV_AWS_304": 1,
    "CKV_AWS_309": 1,
    "CKV_AWS_338": 3,
    "CKV_TF_1": 3,
}


def skips() -> Iterator[tuple[Path, str]]:
    for file in sorted(TREE.rglob("*.tf")):
        for line in file.read_text().splitlines():
            if "checkov:" in line:
                yield file, line


def test_every_exception_names_its_rule_and_a_reason() -> None:
    for file, line in skips():
        match = re.fullmatch(r"  # checkov:skip=(CKV2?_(?:AWS|TF)_\d+):([A-Z].{30,}\.)", line)
        assert match, f"{file}: {line}"


def test_there_are_no_other_exceptions_than_these() -> None:
    found: dict[str, int] = {}
    for _, line in skips():
        rule = line.partition("skip=")[2].partition(":")[0]
        found[rule] = found.get(rule, 0) + 1
    assert found == NOT_ASKED_FOR


def test_no_rule_is_switched_off_for_all() -> None:
    settings = (ROOT / ".checkov.yaml").read_text()
    for key in ("check:", "skip-check", "skip-path", "soft-fail", "baseline", "compact"):
        assert key not in settings


def report(failed: list[dict[str, Any]], unread: tuple[str, ...] = ()) -> dict[str, Any]:
    summary = {"passed": 3, "failed": len(failed), "skipped": 1, "parsing_errors": len(unread)}
    return {"summary": summary, "results": {"failed_checks": failed, "parsing_errors": list(unread)}}


def test_a_rule_that_does_not_hold_is_told_with_its_place() -> None:
    failure = {
        "check_id": "CKV_AWS_28",
        "check_name": "Ensure DynamoDB point in time recovery (backup) is enabled",
        "file_path": "/main.tf",
        "file_line_range": [3, 9],
        "resource": "aws_dynamodb_table.records",
    }
    code, lines = checkov.verdict(report([failure]))
    assert code == 1
    assert lines[0].startswith("main.tf:3: aws_dynamodb_table.records: CKV_AWS_28 Ensure DynamoDB")


def test_a_file_that_it_cannot_read_is_not_passed_over_but_named() -> None:
    assert checkov.verdict(report([], unread=("terraform/main.tf",))) == (
        2,
        ["terraform/main.tf could not be read: simplify what its parser trips over"],
    )


def test_when_all_rules_hold_it_says_how_many() -> None:
    assert checkov.verdict(report([])) == (
        0,
        ["3 checks hold, 1 are skipped, each for a reason at its resource"],
    )
