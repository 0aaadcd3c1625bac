"""What the local AWS cannot show: the checks that fail there, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NO_REPORT: Final = "it reports no start of a function"
GAPS: Final[Mapping[str, str]] = {
    "account-logging": "it writes no access logs",
    "bind-policy-to-expiry": "it looks at no condition of a policy",
    "cold-start-full": _NO_REPORT,
    "cold-start-hmac": _NO_REPORT,
    "provisioned-concurrency": "it counts no call of a copy that is kept ready",
    "secret-at-init": _NO_REPORT,
    "snap-start-hook": "it takes no snapshots",
    "usage-identifier": "it knows no API key that an authorizer names",
}
