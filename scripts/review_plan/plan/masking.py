"""Which values are secrets: those the plan marks, those named like one, and those that look like one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from scripts.review_plan.plan.document import Plan
from scripts.review_plan.plan.values import UNKNOWN, Path, below, marked_leaves

MARKED: Final = "(sensitive)"
NAMED: Final = "(hidden by its name)"
NOT_SHOWN: Final = "(not shown)"
LOOKS: Final = "(looks like a secret)"

_SHORTEST: Final = 6

# fmt: off
_SECRET_WORDS: Final = frozenset(
    (
        "apikey", "auth", "authorization", "authtoken", "cert", "certificate", "connectionstring", "cookie",
        "credential", "credentials", "dsn", "hmac", "jwk", "key", "keys", "passphrase", "passwd", "password",
        "passwords", "pem", "pepper", "private", "psk", "pwd", "salt", "secret", "secrets", "signature", "token",
        "tokens",
    )
)
# A name that ends like this says where a secret is, how long it lives or what kind it is.
_HARMLESS_ENDS: Final = frozenset(
    (
        "algorithm", "algorithms", "arn", "arns", "count", "days", "description", "enabled", "for", "from", "id",
        "ids", "length", "minutes", "name", "names", "period", "required", "rotation", "seconds", "source", "spec",
        "state", "status", "ttl", "type", "types", "url", "usage", "validity", "version", "versions", "wo",
    )
)
# fmt: on
_HARMLESS: Final = frozenset(
    {
        "authorization",
        "authorization_scopes",
        "authorization_type",
        "authorizer_credentials",
        "credentials_arn",
        "hash_key",
        "key",
        "kms_key",
        "kms_master_key_id",
        "range_key",
        "route_key",
        "tag_key",
    }
)
_LOOKS: Final = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # a JWT
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)


class Masker:
    """Hides what is secret in a plan, wherever it turns up."""

    def __init__(self, secrets: Iterable[str], shown: Iterable[str] = ()) -> None:
        self._shown = frozenset(shown)
        # The longest first: one may be part of another.
        self._secrets = sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)

    @classmethod
    def from_plan(cls, plan: Plan, shown: Iterable[str] = ()) -> Masker:
        """The masker of a plan: it knows every value that the plan marks; ``shown`` are texts that no mark hides."""
        found: set[str] = set()
        for resource in (*plan.resources, *plan.drift):
            found.update(_marked(resource.before, resource.before_sensitive))
            found.update(_marked(resource.after, resource.after_sensitive))
        return cls(found, shown)

    def redact(self, text: str) -> str:
        """A text without any value that the plan marks as sensitive, and without what looks like a secret."""
        if text not in self._shown:
            for secret in self._secrets:
                if secret in text:
                    text = text.replace(secret, MARKED)
        return _LOOKS.sub(LOOKS, text) if len(text) >= _SHORTEST else text

    def show(self, value: Any, marks: Any, path: Path) -> Any:
        """A value to be shown: its secrets replaced by why they are not, all else as it is.

        Takes the value, the plan's tree of sensitivity marks beside it, and the attribute's path.
        """
        if value is None:
            return None
        if marks is True:
            return MARKED
        if value is UNKNOWN:
            return UNKNOWN
        if is_environment(path):
            return NOT_SHOWN
        if isinstance(value, dict):
            return self._show_mapping(value, marks, path)
        if isinstance(value, list):
            return [self.show(each, below(marks, place), (*path, place)) for place, each in enumerate(value)]
        if path and any(is_secret_name(step) for step in path if isinstance(step, str)) and not isinstance(value, bool):
            return NAMED
        if isinstance(value, str):
            return self._show_text(value, path)
        return value

    def _show_mapping(self, value: Mapping[str, Any], marks: Any, path: Path) -> dict[str, Any]:
        shown = {self.redact(key): self.show(each, below(marks, key), (*path, key)) for key, each in value.items()}
        # {"name": "DB_PASSWORD", "value": "..."}, as containers and others are given their environment.
        for name, content in (("name", "value"), ("Name", "Value"), ("key", "value"), ("Key", "Value")):
            if isinstance(value.get(name), str) and content in value and is_secret_name(value[name]):
                shown[content] = NAMED
        return shown

    def _show_text(self, value: str, path: Path) -> str:
        if value[:1] in "{[":
            try:
                inner = json.loads(value)
            except (ValueError, RecursionError):
                return self.redact(value)
            if isinstance(inner, (dict, list)):
                return json.dumps(self.show(inner, False, path), ensure_ascii=False, default=str)
        return self.redact(value)


def is_environment(path: Path) -> bool:
    """Whether a path leads into environment variables, whose names alone are shown."""
    steps = [step for step in path if isinstance(step, str)]
    for place, step in enumerate(steps):
        name = step.lower()
        if name in ("environment_variables", "env_vars", "env") and place + 1 < len(steps):
            return True
        if name == "environment" and len(steps) > place + (2 if steps[place + 1 : place + 2] == ["variables"] else 1):
            return True
    return False


def is_secret_name(name: str) -> bool:
    """Whether something of this name is likely to be a secret."""
    spread = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    if spread in _HARMLESS:
        return False
    words = [word for word in re.split(r"[^a-z0-9]+", spread) if word]
    if not words or words[-1] in _HARMLESS_ENDS:
        return False
    return any(word in _SECRET_WORDS or word.endswith(("password", "secret", "token")) for word in words)


def _marked(value: Any, marks: Any) -> Iterator[str]:
    """The texts that a plan marks as sensitive, and the lines of those that have several."""
    for leaf in marked_leaves(value, marks):
        if isinstance(leaf, str):
            yield leaf
            # A secret of several lines may turn up in parts.
            if "\n" in leaf:
                yield from (line for line in leaf.splitlines() if len(line) > 12 and not line.startswith("-----"))
        elif isinstance(leaf, (int, float)) and not isinstance(leaf, bool):
            yield str(leaf)
