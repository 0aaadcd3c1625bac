"""The whole comment for one large change, kept as a file.

    REGENERATE=1 .venv/bin/python -m pytest tests/review/test_golden.py

writes it anew; read the difference before you commit it.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from scripts.review_plan import review
from scripts.review_plan.gate import AllowList, Entry
from scripts.review_plan.plan import document
from scripts.review_plan.render import markdown

GOLDEN = Path(__file__).parent / "golden" / "everything.md"
COMMAND = "REGENERATE=1 .venv/bin/python -m pytest tests/review/test_golden.py"


def test_the_comment_is_as_it_was_agreed(planned: dict[str, dict[str, Any]]) -> None:
    plan = without_accidents(json.dumps(planned["everything"]))
    allowed = AllowList((Entry("GET /orders", None, None, "Every customer reads | their own orders."),))
    found = review.review_plan(document.read(plan.encode()), allowed)
    comment = re.sub("sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", markdown.render(found, "dev", "make plan review"))
    if os.environ.get("REGENERATE"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(comment)
    assert comment == GOLDEN.read_text(), f"if that is meant: {COMMAND}"


def without_accidents(plan: str) -> str:
    """A plan with ids counted as they come, and with one date and one release: they differ from run to run."""
    ids: dict[str, str] = {}
    numbered = re.sub(
        r"\b(?=[0-9a-f]*[a-z])(?=[0-9a-f]*[0-9])[0-9a-f]{8}\b|\b[0-9]{8}\b",
        lambda found: ids.setdefault(found.group(), f"id{len(ids):06d}"),
        plan,
    )
    numbered = re.sub(r'"terraform_version": "[^"]*"', '"terraform_version": "1.11.4"', numbered)
    return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|\+0000)", "2026-01-01T00:00:00Z", numbered)
