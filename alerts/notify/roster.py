"""The duty roster (值班表): who is on duty when, from a CSV; and when a shift begins. Pure but for reading the file.

Columns `duty,begins,ends,person,target`: a duty's id, times of the shift (China's without an offset; the end is not in
it), who has it, and the id of the target by which that person is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from core.clock import parse_time
from core.errors import InputError, LantianError
from ingest.rows import RowError, csv_rows, heading, in_one_line, open_text, too_many_cells

COLUMNS = ("duty", "begins", "ends", "person", "target")


class Shift(msgspec.Struct, frozen=True, order=True):
    """A person's time on a duty."""

    duty: str
    begins: datetime
    ends: datetime
    person: str
    target: str


class Gap(msgspec.Struct, frozen=True):
    """A time between a duty's first and last shift at which nobody has it."""

    duty: str
    begins: datetime
    ends: datetime


class Roster(msgspec.Struct, frozen=True):
    """All shifts, by duty and time."""

    shifts: tuple[Shift, ...] = ()

    @property
    def duties(self) -> frozenset[str]:
        """Those that it names."""
        return frozenset(shift.duty for shift in self.shifts)

    def on_duty(self, duty: str, now: datetime) -> list[Shift]:
        """Who has a duty at `now` (aware), in order of their beginning; nobody where the roster has a gap or ends."""
        return [shift for shift in self.shifts if shift.duty == duty and shift.begins <= now < shift.ends]

    def begun(self, since: datetime, now: datetime) -> list[Shift]:
        """The shifts that began after `since`, until `now`, and are not over."""
        return [shift for shift in self.shifts if since < shift.begins <= now < shift.ends]

    def ends(self) -> dict[str, datetime]:
        """When the last shift of each duty ends."""
        return {duty: max(shift.ends for shift in self.shifts if shift.duty == duty) for duty in sorted(self.duties)}

    def gaps(self) -> Iterator[Gap]:
        """Where a duty has nobody between its first shift and its last."""
        reach: dict[str, datetime] = {}
        for shift in self.shifts:
            covered = reach.get(shift.duty)
            if covered is not None and covered < shift.begins:
                yield Gap(shift.duty, covered, shift.begins)
            reach[shift.duty] = max(covered or shift.ends, shift.ends)


def load(path: Path, targets: Collection[str]) -> Roster:
    """The roster of a file whose targets are all among `targets`; raises `InputError` naming file, row and field.

    A row that cannot be used makes the whole file unusable: a shift that is left out silently is an alert unheard.
    """
    errors: list[RowError] = []
    with open_text(path) as file:
        rows = csv_rows(path, file)
        names = heading(path, rows, COLUMNS)
        shifts = [found for row, cells in rows if (found := _shift(path.name, row, names, cells, targets, errors))]
    if errors:
        raise InputError("roster", f"cannot be used: {in_one_line(errors)}", field="roster", hint="correct it")
    return Roster(tuple(sorted(shifts)))


def _shift(
    file: str, row: int, names: list[str], cells: list[str], targets: Collection[str], errors: list[RowError]
) -> Shift | None:
    if len(cells) > len(names):
        errors.append(too_many_cells(file, row, cells))
        return None
    given = dict.fromkeys(COLUMNS, "") | dict(zip(names, cells, strict=False))
    wrong = _empty(given) or _unprintable(given) or _unknown(given, targets)
    if wrong is None:
        try:
            begins, ends = (parse_time(given[name], field=name) for name in ("begins", "ends"))
        except LantianError as error:
            wrong = (error.field or "begins", error.message, error.hint or "correct it")
        else:
            if begins < ends:
                return Shift(given["duty"], begins, ends, given["person"], given["target"])
            wrong = ("ends", "is not after the beginning", "correct one of the two")
    field, message, hint = wrong
    errors.append(RowError(file, row, field, given[field], message, hint))
    return None


def _empty(given: dict[str, str]) -> tuple[str, str, str] | None:
    return next(((name, "is empty", "fill it in") for name in COLUMNS if not given[name]), None)


def _unprintable(given: dict[str, str]) -> tuple[str, str, str] | None:
    wrong = (name for name in COLUMNS if any(letter < " " for letter in given[name]))
    return next(((name, "holds what cannot be printed", "write it anew") for name in wrong), None)


def _unknown(given: dict[str, str], targets: Iterable[str]) -> tuple[str, str, str] | None:
    if given["target"] in targets:
        return None
    return "target", "is no target", f"name one of {', '.join(sorted(targets))}"
