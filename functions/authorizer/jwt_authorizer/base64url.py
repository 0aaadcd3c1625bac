"""Base64url without padding (RFC 7515, section 2), in its one canonical spelling."""

import binascii

# The alphabet of RFC 4648, section 4, which Python decodes, and that of section 5.
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_TO_URL = bytes.maketrans(b"+/", b"-_")


def decode(text: bytes) -> bytes:
    """Decode a segment. Raises ValueError for padding, white space, foreign characters and stray bits.

    Python's decoder skips foreign characters and ignores stray bits: only a round trip tells.
    """
    try:
        data = binascii.a2b_base64(text.translate(_TO_STANDARD) + b"=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None
    if encode(data) != text:
        raise ValueError("not canonical base64url")
    return data


def encode(data: bytes) -> bytes:
    """Encode bytes as a segment."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")
