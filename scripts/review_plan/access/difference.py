"""What a change means for callers."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.review_plan.access.witness import Witness
from scripts.review_plan.text import Text


@dataclass(frozen=True)
class Difference:
    """Whether somebody gets in who did not, whether somebody no longer does, and in which words.

    ``unread`` says that the change cannot be read at all; it counts as looser. ``keys`` says that other keys, URLs or
    secrets prove tokens, whose holders no plan shows. ``gains`` says in words who gets in, where no token can show it,
    and ``witness`` is a token that does.
    """

    looser: bool = False
    tighter: bool = False
    why: tuple[Text, ...] = ()
    unread: bool = False
    keys: bool = False
    gains: tuple[Text, ...] = ()
    witness: Witness | None = None

    def __add__(self, other: Difference) -> Difference:
        return Difference(
            self.looser or other.looser,
            self.tighter or other.tighter,
            self.why + tuple(reason for reason in other.why if reason not in self.why),
            self.unread or other.unread,
            self.keys or other.keys,
            self.gains + tuple(gain for gain in other.gains if gain not in self.gains),
            self.witness or other.witness,
        )

    @property
    def is_nothing(self) -> bool:
        return not (self.looser or self.tighter or self.keys)


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


def other_keys(*why: Text) -> Difference:
    """Other keys, URLs or secrets prove tokens."""
    return Difference(why=why, keys=True)
