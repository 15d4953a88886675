"""The record of the fault suite as the table of docs/reliability.md: `python tests/faults/table.py FILE…`."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

Line = dict[str, Any]
"""A line of the record: `rounds.Played`."""

HEAD = (
    "fault", "rounds", "of them alone", "readings in flight", "recovery alone, median s", "longest s",
    "recovery with others, median s", "longest s", "lost", "doubled", "failed",
)  # fmt: skip


def markdown(rounds: Sequence[Line]) -> str:
    """A row a fault; rounds of several faults count for each of them, `rounds` are those that came to be judged."""
    of: dict[str, list[Line]] = defaultdict(list)
    for played in rounds:
        for fault in played["faults"]:
            of[fault].append(played)
    rows = [_row(fault, of[fault]) for fault in sorted(of)]
    return "\n".join(_line(cells) for cells in (HEAD, ("---",) * len(HEAD), *rows))


def last_line(rounds: Sequence[Line]) -> str:
    """The suite's own: of the rounds that came to be judged; how many failed and what differed, if any did."""
    judged, failed = _judged(rounds), _failed(rounds)
    flying, lost, doubled, differences = (
        sum(played[name] for played in judged) for name in ("in_flight", "lost", "doubled", "differences")
    )
    told = f"faults: {len(judged)} rounds, {flying} readings in flight, {lost} lost, {doubled} doubled"
    return f"{told}, {failed} failed, {differences} differences" if failed or differences else told


def _judged(rounds: Sequence[Line]) -> list[Line]:
    return [played for played in rounds if played["lost"] is not None]


def _failed(rounds: Sequence[Line]) -> int:
    return sum(bool(played["failure"]) for played in rounds)


def _row(fault: str, rounds: Sequence[Line]) -> tuple[str, ...]:
    judged = _judged(rounds)
    alone = [played for played in judged if len(played["faults"]) == 1]
    others = [played for played in judged if len(played["faults"]) > 1]
    flying = sum(
        strike["in_flight"] for played in judged for strike in played["strikes"] if strike["fault"] == fault
    )  # fmt: skip
    counts = (sum(played[name] for played in judged) for name in ("lost", "doubled"))
    return (
        fault, str(len(judged)), str(len(alone)), str(flying), *_seconds(alone), *_seconds(others),
        *map(str, counts), str(_failed(rounds)),
    )  # fmt: skip


def _seconds(rounds: Sequence[Line]) -> tuple[str, str]:
    found = [played["recovery_s"] for played in rounds if not played["failure"]]
    return (f"{median(found):.1f}", f"{max(found):.1f}") if found else ("–", "–")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(names: Sequence[str]) -> None:
    """Print the table and the sum of all."""
    rounds = [
        json.loads(line) for name in names for line in Path(name).read_text(encoding="utf-8").splitlines() if line
    ]
    print(markdown(rounds))  # noqa: T201
    print(last_line(rounds))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
