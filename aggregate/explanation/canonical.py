"""The inputs as a text that is the same whoever writes it, and its SHA-256, so that two people can compare. Pure.

The lines, joined and ended by line feeds, in UTF-8 (docs/explain.md): five that name the figure, one more if an hour's
particulates are left out, then one an input, sorted by their bytes. Times are UTC, numbers the shortest decimals that
read back as the same double. What is no input (superseded, of the other tier, an excluded station) is not in it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from datetime import UTC, datetime

from aggregate.explanation.inputs import NO_INPUT, Input, ReadingInput, WindowInput
from aggregate.explanation.question import Question
from aggregate.statistic import Reason

FORMAT = "lantian explain 1"
"""The first line; another number once a line is written otherwise."""


def canonical_lines(
    question: Question, edition: str, inputs: Iterable[Input], *, without_particulates: bool
) -> tuple[str, ...]:
    """The text's lines; `edition` is that of the figure."""
    head = [
        FORMAT,
        f"object {question.object}",
        f"window {question.window} {_utc(question.start)}",
        f"factor {question.factor}",
        f"edition {edition}",
    ]
    if without_particulates:
        head.append("without particulates")
    return (*head, *sorted(_line(each) for each in inputs if each.why not in NO_INPUT))


def digest(lines: Iterable[str]) -> str:
    """SHA-256 of the text, in hexadecimal."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def _line(of: Input) -> str:
    return _reading(of) if isinstance(of, ReadingInput) else _window(of)


def _reading(of: ReadingInput) -> str:
    number, reading = of.row.number, of.reading
    return (
        f"reading {_utc(of.slot.time)} {of.slot.period} {number.source.name.lower()} {number.run} {number.seq}"
        f" {reading.factor} {_number(reading.value)} {reading.flag}"
    )


def _window(of: WindowInput) -> str:
    head = f"{of.key.window} {_utc(of.key.start)} {of.key.object} {of.factor}"
    if of.figure is None:
        return f"{head} -"
    value, n_valid, n_expected, reason, _ = of.figure
    return f"{head} {_number(value)} {n_valid} {n_expected} {Reason(reason).name}"


def _number(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else repr(float(value))


def _utc(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
