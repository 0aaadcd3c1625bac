"""Keeping a comment within what GitHub takes: the least important goes first, and the comment says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

LIMIT: Final = 65_536
"""GitHub's limit counts characters; bytes are counted here, which are never fewer."""


@dataclass(frozen=True)
class Section:
    """A part of the comment: ``items`` stand between ``head`` and ``tail`` and can go, from the last on.

    The lower the importance, the sooner it is shortened; a section without items is never.
    """

    importance: int
    head: str
    items: tuple[str, ...] = ()
    tail: str = ""
    name: str = ""
    left_out: int = 0
    indivisible: bool = False

    @property
    def text(self) -> str:
        """The section as it stands, with a line that says what was left out."""
        if self.left_out and not self.items:
            return f"\n_{self.name}: left out, because a comment holds no more._\n"
        note = ""
        if self.left_out:
            note = f"\n_{self.name}: the last {self.left_out} left out, because a comment holds no more._\n"
        return f"{self.head}{''.join(self.items)}{self.tail}{note}"


def fit(sections: Sequence[Section], limit: int = LIMIT) -> str:
    """The sections as one text of at most so many bytes."""
    kept = list(sections)
    sizes = [_size(section.text) for section in kept]
    for place in sorted(range(len(kept)), key=lambda each: (kept[each].importance, -each)):
        excess = sum(sizes) - limit
        if excess <= 0:
            break
        if kept[place].items:
            kept[place] = _shortened(kept[place], sizes[place] - excess)
            sizes[place] = _size(kept[place].text)
    text = "".join(section.text for section in kept)
    if _size(text) <= limit:
        return text
    # Never in practice: the parts that are never shortened are bounded themselves.
    return text.encode()[:limit].decode(errors="ignore")


def _shortened(section: Section, most: int) -> Section:
    """The section with as many items as fit into so many bytes."""
    if section.indivisible:
        return replace(section, items=(), left_out=len(section.items))
    room = most - _size(replace(section, items=section.items[:1], left_out=len(section.items)).text)
    number = 0
    if room >= 0:
        room += _size(section.items[0])
        for item in section.items:
            room -= _size(item)
            if room < 0:
                break
            number += 1
    return replace(section, items=section.items[:number], left_out=section.left_out + len(section.items) - number)


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
