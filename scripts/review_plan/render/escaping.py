"""Hostile text in Markdown, in Mermaid and in SVG: it is shown as it is, and never does anything.

Values stand in code, where GitHub links no mention, issue or commit. https://github.github.com/gfm/
"""

from __future__ import annotations

import html
import re

from scripts.review_plan.text import visible

_LONGEST_RUN = re.compile(r"`+")
# Nothing but a backtick ends inline code, but a table looks for bars first, and other readers are less strict.
_MEANS_SOMETHING = re.compile(r"[`|<\\]")


def code(value: str) -> str:
    """A value as inline code, good in a paragraph, a list, a table cell and a summary."""
    text = visible(value)
    if not text.strip():
        return f"<code>{text.replace(' ', '&#32;') or '&#8203;'}</code>"
    if not _MEANS_SOMETHING.search(text) and text == text.strip():
        return f"`{text}`"
    # A table splits its cells before it looks for code, and inside code nothing can be escaped: as entities it can.
    return f"<code>{entities(text)}</code>"


def entities(text: str) -> str:
    """A text with every character that means something to Markdown or HTML as an entity."""
    return "".join(char if char.isalnum() or char in " /-" or ord(char) > 127 else f"&#{ord(char)};" for char in text)


def xml(value: str) -> str:
    """A value as the text of an element of XML, or of an attribute in double quotes."""
    return html.escape(visible(value))


def fence(content: str) -> str:
    """A fence that nothing inside can close."""
    longest = max((len(run) for run in _LONGEST_RUN.findall(content)), default=0)
    return "`" * max(3, longest + 1)


def mermaid(value: str, most: int = 60) -> str:
    """A value inside the double quotes of a Mermaid label, by Mermaid's own entity codes.

    https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
    """
    text = visible(value)
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(
        char if (char.isascii() and char.isalnum()) or char in " /-.…" else f"#{ord(char)};" for char in text
    )
