"""Base64url without padding (RFC 7515, section 2), in its one canonical spelling."""

import base64
import binascii


def decode(text: bytes) -> bytes:
    """Decode a segment. Raises ValueError for padding, white space, foreign characters and stray bits.

    Python's decoder skips foreign characters and ignores stray bits: only a round trip tells.
    """
    try:
        data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None
    if encode(data) != text:
        raise ValueError("not canonical base64url")
    return data


def encode(data: bytes) -> bytes:
    """Encode bytes as a segment."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")
