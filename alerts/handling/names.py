"""Names of persons, as the log keeps them: when two are one person's, and which can be no name. Pure."""

from __future__ import annotations

import unicodedata
from enum import StrEnum

_FILLERS = frozenset("\u115f\u1160")
"""Letters by their category that show nothing (Hangul fillers); NFKC makes their other forms these."""
_COUNT = frozenset("LN")
"""What tells two names apart: letters and digits."""


class NameFault(StrEnum):
    """What is wrong with a name."""

    NO_NAME = "no-name"
    """There is no letter or digit in it."""
    UNREADABLE = "name-unreadable"
    """Something in it cannot be seen, or turns the direction of the line."""


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, however they are written: width, case, spaces, marks, what is not seen."""
    return _plain(one) == _plain(other)


def fault_of(who: str) -> NameFault | None:
    """Why nobody can act under that name; None if somebody can."""
    if not _plain(who):
        return NameFault.NO_NAME
    shown = unicodedata.normalize("NFKC", who).strip()
    return None if shown.isprintable() and _FILLERS.isdisjoint(shown) else NameFault.UNREADABLE


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(each for each in folded if unicodedata.category(each)[0] in _COUNT and each not in _FILLERS)
