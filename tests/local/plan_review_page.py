"""The example of ``docs/plan-review.md``, and its picture, made from the plan of the change to ``local-next``.

    make plan ENV=local-next && .venv/bin/python -m tests.local.plan_review_page

writes both anew; read the difference before you commit it.
"""

from __future__ import annotations

import re
import sys
from typing import Final

from scripts import ROOT
from scripts.operate import environment
from scripts.review_plan import callers_file, check, gate, review
from scripts.review_plan.__main__ import ALLOW
from scripts.review_plan.plan import document
from scripts.review_plan.render import markdown, svg
from scripts.review_plan.review import Review
from tests.review.test_golden import without_accidents

NAME: Final = "local-next"
PAGE: Final = ROOT / "docs" / "plan-review.md"
DRAWING: Final = ROOT / "docs" / "plan-review.svg"
_EXAMPLE: Final = re.compile(r"(?<=<!-- example: begin -->\n\n).*(?=\n<!-- example: end -->)", re.DOTALL)


def reviewed(plan: bytes) -> Review:
    """The review of a plan, without what differs from run to run."""
    contract = callers_file.read(check.CALLERS, NAME)
    steady = without_accidents(plan.decode()).encode()
    return review.review_plan(document.read(steady), gate.read(ALLOW), contract=contract)


def comment(found: Review) -> str:
    """The comment, as it stands in the page."""
    return markdown.render(found, NAME, f"make plan review ENV={NAME}")


def written() -> str:
    """The example that the page has."""
    found = _EXAMPLE.search(PAGE.read_text())
    if found is None:
        raise ValueError(f"{PAGE} has no <!-- example: begin --> and end")
    return found[0]


def access(text: str) -> str:
    """What a comment says of access: all before its findings."""
    return text.partition("\n#### Permissions\n")[0]


def main() -> int:
    """Write the page and the picture; returns 0."""
    found = reviewed(environment.show(NAME))
    page = PAGE.read_text()
    PAGE.write_text(page.replace(written(), comment(found)))
    DRAWING.write_text(svg.render(found, NAME))
    return 0


if __name__ == "__main__":
    sys.exit(main())
