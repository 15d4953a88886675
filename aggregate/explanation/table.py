"""A table as it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Row = tuple[str, ...]


class Table(NamedTuple):
    """A heading, the columns' names (none: what it is, and what it says), rows, and a line below."""

    title: str
    head: Row
    rows: Sequence[Row]
    note: str = ""
