"""The texts of a rule, and what they may name."""

from __future__ import annotations

import string
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PLACEHOLDERS = frozenset(
    {
        "object",
        "factor",
        "value",
        "own",
        "other",
        "peak",
        "threshold",
        "unit",
        "hour",
        "since",
        "camera",
        "hours",
        "county",
    }
)
"""What a text may name in braces; `alerts.alert` fills them in."""


def _template(text: str) -> str:
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise ValueError(f"is not a text with placeholders: {error}") from error
    if unknown := sorted(names - PLACEHOLDERS):
        raise ValueError(f"names {', '.join(unknown)}; a text may name {', '.join(sorted(PLACEHOLDERS))}")
    try:
        text.format_map(dict.fromkeys(PLACEHOLDERS, ""))
    except (ValueError, LookupError, AttributeError) as error:
        raise ValueError(f"formats what is a text already: {error}") from error
    return text


Template = Annotated[str, Field(min_length=1), AfterValidator(_template)]


class FileModel(BaseModel):
    """Part of a rule as its file says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(FileModel):
    """One text in both languages; operators read `zh` first."""

    zh: Template
    en: Template
