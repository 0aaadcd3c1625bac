"""What a change means for callers."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.review_plan.text import Text


@dataclass(frozen=True)
class Difference:
    """Whether somebody gets in who did not, whether somebody no longer does, and in which words.

    ``unread`` says that the change cannot be read at all; it counts as looser.
    """

    looser: bool = False
    tighter: bool = False
    why: tuple[Text, ...] = ()
    unread: bool = False

    def __add__(self, other: Difference) -> Difference:
        return Difference(
            self.looser or other.looser,
            self.tighter or other.tighter,
            self.why + tuple(reason for reason in other.why if reason not in self.why),
            self.unread or other.unread,
        )

    @property
    def is_nothing(self) -> bool:
        return not (self.looser or self.tighter)


def unclear(*why: Text) -> Difference:
    """Somebody may get in and somebody may be kept out."""
    return Difference(True, True, why)


def unread(*why: Text) -> Difference:
    """Nothing can be said of who gets in."""
    return Difference(True, True, why, unread=True)


def looser(*why: Text) -> Difference:
    return Difference(looser=True, why=why)


def tighter(*why: Text) -> Difference:
    return Difference(tighter=True, why=why)
