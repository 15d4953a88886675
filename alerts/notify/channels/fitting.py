"""Texts made to fit: cut where a reader sees it, and never by the line that names the message. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

Size = Callable[[str], int]
"""Of a text, in whatever a receiver counts; more text is never smaller."""

CUT = "…"
LINE_LETTERS = 300
"""Of a detail in the delivery log."""


def in_bytes(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode())


def fit(body: str, most: int, size: Size = len) -> str:
    """`body` with `size` of at most `most`: what is too much goes before the last line, which names the message."""
    if size(body) <= most:
        return body
    head, _, last = body.rstrip("\n").rpartition("\n")
    tail = f"{CUT}\n{last}"
    if size(tail) > most:
        return shorten(last, most, size)
    return _beginning(head, most, lambda text: size(text + tail)).rstrip() + tail


def shorten(line: str, most: int, size: Size = len) -> str:
    """`line` with `size` of at most `most`, cut at its end; empty if not even the mark of the cut fits."""
    if size(line) <= most:
        return line
    if size(CUT) > most:
        return ""
    return _beginning(line, most, lambda text: size(text + CUT)) + CUT


def one_line(text: str) -> str:
    """For a line of a log: no break, nothing that a terminal obeys, not long."""
    return shorten(" ".join("".join(c if c.isprintable() else " " for c in text).split()), LINE_LETTERS)


def _beginning(text: str, most: int, size: Size) -> str:
    """The longest beginning of `text` whose `size` is at most `most`; that of nothing is."""
    return text[: bisect_right(range(len(text) + 1), most, key=lambda letters: size(text[:letters])) - 1]
