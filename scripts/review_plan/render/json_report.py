"""The review as JSON, for other programs."""

from __future__ import annotations

import json
from typing import Any

from scripts.review_plan.access.decision import NOW
from scripts.review_plan.access.witness import Witness
from scripts.review_plan.checks.findings import Finding
from scripts.review_plan.render import picture
from scripts.review_plan.review import Review
from scripts.review_plan.text import Text, Value, visible


def plain(review: Review, text: Text) -> str:
    """A text without any markup, on one line."""
    return "".join(visible(review.masker.redact(p.text)) if isinstance(p, Value) else p for p in text)


def render(review: Review, name: str = "", reproduce: str = "") -> str:
    """The document; ``format`` changes when an older reader would misunderstand it."""

    def value(text: str) -> str:
        return visible(review.masker.redact(text))

    def finding(each: Finding) -> dict[str, str]:
        return {
            "rule": each.rule_id,
            "level": each.level.value,
            "address": value(each.address),
            "text": plain(review, each.text),
        }

    allowed = {id(change): entry for change, entry in review.allowed}
    document: dict[str, Any] = {
        "format": 1,
        "environment": visible(name) or None,
        "verdict": plain(review, review.verdict),
        "passes": not review.not_allowed,
        "counts": dict(sorted(review.counts.items())),
        "routes": [
            {
                "status": change.status.value,
                "route": value(change.route.name),
                "api": value(change.route.api_name),
                "before": plain(review, change.before),
                "after": plain(review, change.after),
                "why": plain(review, change.why),
                "lets_in": plain(review, change.lets_in) or None,
                "witness": _witness(review, change.witness),
                "address": value(change.route.address),
                "opens": change.opens,
                "allowed_because": value(allowed[id(change)].reason) if id(change) in allowed else None,
            }
            for change in review.changes
        ],
        "all_routes": [
            {
                "route": value(route.name),
                "api": value(route.api_name),
                "access": route.access.kind.value,
                "who": plain(review, route.words),
                "calls": value(route.calls),
                "address": value(route.address),
            }
            for route in review.routes
        ],
        "picture": picture.document(
            review.picture, lambda text: plain(review, text), value, lambda whole: _redacted(review, whole)
        ),
        **{section: [finding(each) for each in found] for section, found in review.findings.items()},
        "packages": [
            {"name": package.name, "added": package.added, "removed": package.removed, "changed": package.changed}
            for package in review.packages
        ],
        "plan_sha256": review.plan.sha256,
        "reproduce": reproduce or None,
    }
    return json.dumps(document, indent=2) + "\n"


def _witness(review: Review, witness: Witness | None) -> dict[str, Any] | None:
    """A token that is refused before and allowed after; its times are about ``now``."""
    if witness is None:
        return None
    token = witness.token
    return {
        "words": plain(review, witness.words),
        "header": _redacted(review, dict(token.header)),
        "claims": _redacted(review, dict(token.claims)),
        "path_parameters": _redacted(review, dict(token.path)),
        "now": NOW,
        "before": {"answer": witness.before.word, "reason": witness.before.reason},
        "after": {"answer": witness.after.word},
    }


def _redacted(review: Review, value: Any) -> Any:
    """A value whose texts and numbers are hidden where the plan marks them."""
    if isinstance(value, dict):
        return {_redacted(review, name): _redacted(review, item) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted(review, item) for item in value]
    if isinstance(value, str):
        return visible(review.masker.redact(value))
    shown = review.masker.redact(str(value))
    return value if shown == str(value) else shown
