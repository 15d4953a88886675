"""Cells: what each factor of a window comes to, the AQI and IAQI of these, and the row that they make. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from aggregate.statistic import AQI, IAQI_PREFIX, Computed, Content, Reason, Statistic, daily_name, shared
from standards.aqi import IndexTable, aqi
from standards.editions import HOURLY_FACTORS, Edition

_Item = TypeVar("_Item")


class Cell(NamedTuple):
    """One factor of a window."""

    value: float | None
    n_valid: int
    n_expected: int
    reason: int
    live: bool
    complete: bool


def once_for_all_alike(
    items: Sequence[_Item], alike: Callable[[_Item], Hashable], compute: Callable[[Sequence[_Item]], list[Computed]]
) -> list[Computed]:
    """What each item comes to: of those with the same `alike` one is computed for all; None is like no other."""
    places: dict[Hashable, int] = {}
    of = [places.setdefault(alike(item) or number, number) for number, item in enumerate(items)]
    distinct = list(places.values())
    computed = dict(zip(distinct, compute([items[number] for number in distinct]), strict=True))
    return [computed[number] for number in of]


def named_for_sanddust(cell: Cell, name: str, below: Iterable[Statistic | None]) -> Cell:
    """A cell that has no value names sand-dust as the reason if one of the rows that it is made of does."""
    if cell.reason == Reason.VALID or not any(row is not None and row.without_sanddust(name) for row in below):
        return cell
    return cell._replace(reason=Reason.SANDDUST)


def hour_indices(hours: Sequence[Mapping[str, Cell]], editions: Sequence[Edition]) -> list[dict[str, Cell]]:
    """AQI and IAQI of hours, from the six 1-h means (HJ 633); nothing where none of these is there.

    Where sand-dust left a particulate out there is no AQI, in every edition: that of the gases alone would say that
    the air was good (docs/standards.md, unconfirmed).
    """
    return _indices(hours, editions, lambda edition: (HOURLY_FACTORS, edition.hourly))


def day_indices(days: Sequence[Mapping[str, Cell]], editions: Sequence[Edition]) -> list[dict[str, Cell]]:
    """AQI and IAQI of days, from their editions' daily indicators, as of hours."""
    return _indices(days, editions, lambda edition: (daily_indicators(edition), edition.daily))


def daily_indicators(edition: Edition) -> tuple[str, ...]:
    """The daily statistics that an edition's daily IAQI table judges, in its columns' order."""
    return tuple(daily_name(*column) for column in edition.daily_columns)


def _indices(
    windows: Sequence[Mapping[str, Cell]],
    editions: Sequence[Edition],
    judged_by: Callable[[Edition], tuple[Sequence[str], IndexTable]],
) -> list[dict[str, Cell]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number, edition in enumerate(editions):
        if windows[number]:
            groups[edition.id].append(number)
    found: list[dict[str, Cell]] = [{} for _ in windows]
    for numbers in groups.values():
        names, table = judged_by(editions[numbers[0]])
        having = [number for number in numbers if any(name in windows[number] for name in names)]
        if not having:
            continue
        values = np.array([[_value(windows[number].get(name)) for name in names] for number in having])
        result = aqi(values, table)
        for place, number in enumerate(having):
            involved = [windows[number][name] for name in names if name in windows[number]]
            alike = (any(cell.live for cell in involved), all(cell.complete for cell in involved))
            found[number] = {
                IAQI_PREFIX + name: Cell(float(index), 1, 1, Reason.VALID, *alike)
                for name, index in zip(names, result.iaqi[place], strict=True)
                if not np.isnan(index)
            }
            reason = Reason.SANDDUST if left_out(involved) else int(result.reason[place])
            value = float(result.aqi[place]) if reason == Reason.VALID else None
            n_valid = int(np.count_nonzero(~np.isnan(values[place])))
            found[number][AQI] = Cell(value, n_valid, len(names), reason, *alike)
    return found


def left_out(cells: Iterable[Cell]) -> bool:
    """Whether sand-dust left one of these without a value: then they have no AQI (unconfirmed)."""
    return any(cell.reason == Reason.SANDDUST for cell in cells)


def _value(cell: Cell | None) -> float:
    return np.nan if cell is None or cell.value is None else cell.value


def assemble(cells: Mapping[str, Cell], edition: str, open_until: Mapping[str, int]) -> Computed:
    """A window's row from its cells; a factor that is open has no value yet."""
    names = tuple(sorted(cells))
    until = tuple([open_until[name] for name in names])
    shown = [cells[name] for name in names]
    if any(until):
        shown = [
            cell._replace(value=None, n_valid=0, reason=Reason.NO_VALUES) if wait else cell
            for cell, wait in zip(shown, until, strict=True)
        ]
    if not shown:
        return Computed(Content((), (), (), (), (), edition), (), ())
    values, n_valid, n_expected, reasons, live, _ = zip(*shown, strict=True)
    counts = shared(n_valid), shared(n_expected), shared(reasons)
    return Computed(Content(shared(names), values, *counts, edition), shared(live), until)
