"""PNG files of screens, made small: at most 256 colours, and a note of what the picture shows.

https://www.w3.org/TR/png/
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_BYTES_PER_PIXEL: Final = 3
_COLOURS: Final = 256
_KEYWORD: Final = b"Source"


def note(picture: bytes) -> str | None:
    """The note in a picture; None where it has none."""
    for kind, data in _chunks(picture):
        keyword, _, text = data.partition(b"\0")
        if kind == b"tEXt" and keyword == _KEYWORD:
            return text.decode()
    return None


def small(picture: bytes, note: str) -> bytes:
    """The same picture with a palette and a note, from one of 8-bit RGB."""
    chunks = list(_chunks(picture))
    header = chunks[0][1]
    width, height, *kind = struct.unpack(">IIBBBBB", header)
    assert kind == [8, 2, 0, 0, 0], "a picture of another kind"
    lines = list(_lines(zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT")), width))
    pixels = [line[at : at + _BYTES_PER_PIXEL] for line in lines for at in range(0, len(line), _BYTES_PER_PIXEL)]
    colours = Counter(pixels)
    palette = [colour for colour, _ in colours.most_common(_COLOURS)]
    places = {colour: _nearest(colour, palette) for colour in colours}
    indexed = bytes(places[pixel] for pixel in pixels)
    rows = b"".join(b"\0" + indexed[at : at + width] for at in range(0, width * height, width))
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            (b"tEXt", _KEYWORD + b"\0" + note.encode()),
            (b"PLTE", b"".join(palette)),
            (b"IDAT", zlib.compress(rows, 9)),
            (b"IEND", b""),
        )
    )


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(picture):
        (length,) = struct.unpack_from(">I", picture, at)
        yield picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        at += 12 + length


def _nearest(colour: bytes, palette: list[bytes]) -> int:
    def distance(place: int) -> int:
        return sum((one - other) ** 2 for one, other in zip(colour, palette[place], strict=True))

    return min(range(len(palette)), key=distance)


def _lines(data: bytes, width: int) -> Iterator[bytes]:
    """The lines of a picture, with their filters undone: https://www.w3.org/TR/png/#9Filters"""
    length = width * _BYTES_PER_PIXEL
    above = bytes(length)
    for start in range(0, len(data), length + 1):
        kind, line = data[start], bytearray(data[start + 1 : start + 1 + length])
        for at in range(length):
            left, corner = (line[at - 3], above[at - 3]) if at >= _BYTES_PER_PIXEL else (0, 0)
            line[at] = (line[at] + _predicted(kind, left, above[at], corner)) & 255
        above = bytes(line)
        yield above


def _predicted(kind: int, left: int, above: int, corner: int) -> int:
    if kind == 3:
        return (left + above) // 2
    if kind == 4:
        guess = left + above - corner
        return min((left, above, corner), key=lambda byte: abs(guess - byte))
    return (0, left, above)[kind]
