"""Editions as people name them."""

from __future__ import annotations

from core.errors import InputError
from standards.editions import Edition, Editions, load_editions
from standards.errors import StandardsError

AUTO = "auto"
"""Each day by the edition of its own date."""


def editions_of(name: str) -> Editions:
    """All editions for `auto`, else the one of this id alone. Raises `InputError` naming those there are."""
    return load_editions() if name == AUTO else Editions((edition_named(name, AUTO),))


def edition_named(name: str, *others: str, field: str = "edition") -> Edition:
    """The edition of this id. Raises `InputError` naming those there are, and what `others` may be given."""
    editions = load_editions()
    try:
        return editions.by_id(name)
    except StandardsError:
        hint = f"take one of {', '.join([*others, *(edition.id for edition in editions.all)])}"
        raise InputError("edition", "there is no such edition", field=field, value=name, hint=hint) from None
