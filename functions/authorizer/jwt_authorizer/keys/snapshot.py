"""Key sets that were put into the package when it was built, for cold starts and networks without a way out.

A snapshot is a JSON object: `source`, the issuer or JWKS URL as the configuration names it; `taken_at`, in whole
seconds since 1970; and `jwks`, the text of the JWK Set exactly as it was served.
"""

import hashlib
import os
import time
from typing import Any

from jwt_authorizer.errors import ConfigurationError, KeysUnavailable
from jwt_authorizer.keys.keyset import KeySet
from jwt_authorizer.keys.remote import read_public_keys
from jwt_authorizer.strict_json import parse_object

# By how much the clock of the machine that builds may be ahead.
_CLOCK_SECONDS = 300
FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "snapshots")


def file_name(source: str) -> str:
    """The name of the file that holds the snapshot of an issuer or JWKS URL."""
    return f"{hashlib.sha256(source.encode()).hexdigest()[:32]}.json"


def load(source: str, lifetime_seconds: float) -> tuple[KeySet, float]:
    """The snapshot of a source and the seconds for which it may still stand in, counted from when it was taken.

    Raises ConfigurationError when the package holds none, or one from the future.
    """
    try:
        with open(os.path.join(FOLDER, file_name(source)), "rb") as file:
            document: dict[str, Any] = parse_object(file.read())
        if document["source"] != source:
            raise ValueError
        keys = read_public_keys(document["jwks"].encode(), "the snapshot")
        taken_at = int(document["taken_at"])
    except FileNotFoundError:
        raise ConfigurationError(
            f"the package holds no snapshot of {source}; build it with `make package SNAPSHOTS={source}`"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, KeysUnavailable):
        raise ConfigurationError(f"the package's snapshot of {source} is damaged; build the package again") from None
    age = time.time() - taken_at
    if age < -_CLOCK_SECONDS:
        # It would stand in for longer than it may.
        raise ConfigurationError(f"the package's snapshot of {source} was taken in the future; build the package again")
    return keys, max(lifetime_seconds - max(age, 0), 0)
