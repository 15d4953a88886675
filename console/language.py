"""The page's two languages."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple


class Language(StrEnum):
    """What an operator reads."""

    ZH = "zh"
    EN = "en"

    @property
    def tag(self) -> Literal["zh-CN", "en-US"]:
        """As HTML names it (BCP 47)."""
        return "zh-CN" if self is Language.ZH else "en-US"

    @property
    def other(self) -> Language:
        """The one that a switch leads to."""
        return Language.EN if self is Language.ZH else Language.ZH


class Both(NamedTuple):
    """One thing in both languages."""

    zh: str
    en: str

    def say(self, language: Language, **given: object) -> str:
        """In one of them, with what is given put in."""
        text = self.zh if language is Language.ZH else self.en
        return text.format(**given) if given else text
