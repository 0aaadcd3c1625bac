"""The review as SARIF 2.1.0, for code scanning. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from scripts.review_plan.access.changes import Change
from scripts.review_plan.checks.findings import Finding, Level
from scripts.review_plan.render.json_report import plain
from scripts.review_plan.review import Review
from scripts.review_plan.text import join, say, visible

_LEVELS = {Level.DANGER: "warning", Level.NOTICE: "note", Level.PLAIN: "none"}


def render(review: Review, folder: str = "terraform") -> str:
    """The log. A plan does not say where in the files a resource is: results stand at the folder's ``main.tf``."""
    allowed = {id(change) for change, _ in review.allowed}
    results = [_of_route(review, change, folder, allowed=id(change) in allowed) for change in review.changes]
    results += [_of_finding(review, finding, folder) for found in review.findings.values() for finding in found]
    names = sorted({result["ruleId"] for result in results})
    driver = {
        "name": "review_plan",
        "rules": [{"id": name, "shortDescription": {"text": name.replace("-", " ")}} for name in names],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, indent=2) + "\n"


def _of_route(review: Review, change: Change, folder: str, *, allowed: bool) -> dict[str, Any]:
    level = "error" if change.opens and not allowed else "note"
    text = say(f"{change.status.value}: {{}}: {{}} → {{}}", change.route.name, change.before, change.after)
    if reasons := [text for text in (change.lets_in, change.why) if text]:
        text = (*text, *say(" ({})", join(reasons, "; ")))
    return _result(
        review, f"route-{change.status.value.lower()}", level, plain(review, text), change.route.address, folder
    )


def _of_finding(review: Review, finding: Finding, folder: str) -> dict[str, Any]:
    level = _LEVELS[finding.level]
    return _result(review, finding.rule_id, level, plain(review, finding.text), finding.address, folder)


def _result(review: Review, rule: str, level: str, text: str, address: str, folder: str) -> dict[str, Any]:
    shown = visible(review.masker.redact(address))
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": f"{text} [{shown}]"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": f"{folder}/main.tf"},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": shown, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"plan/v1": hashlib.sha256(f"{rule}\0{address}\0{text}".encode()).hexdigest()},
    }
