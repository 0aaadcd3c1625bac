"""Moves Markdown: its links lead to the same files where those stand elsewhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

_LINK = re.compile(r"(?P<text>\[(?:[^\[\]]|\[[^\]]*\])*\])\((?!\w+:|#)(?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")


def relink(text: str, name: str, places: Mapping[str, str]) -> str:
    """Change the relative links of a page for its new place.

    Takes the page's text, its name in the source, and the new name of each file that moves, by its old one. A link to a
    file that does not move along becomes plain text.
    """
    here = posixpath.dirname(places[name])

    def changed(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), link["target"]))
        place = places.get(target) or _folder(target, places)
        if place is None:
            return link["text"][1:-1]
        return f"{link['text']}({posixpath.relpath(place, here or '.')}{link['anchor'] or ''})"

    return _LINK.sub(changed, text)


def _folder(target: str, places: Mapping[str, str]) -> str | None:
    """Where a folder stands now: the folder of a file directly in it."""
    inside = (new for old, new in places.items() if posixpath.dirname(old) == target)
    first = next(inside, None)
    return None if first is None else posixpath.dirname(first) or "."
