"""Figures of periods as tables for people: Chinese first, concentrations as they are printed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aggregate.evaluation.days import FACTORS
from aggregate.evaluation.spans import Span
from aggregate.regions.figures import principal
from aggregate.regions.survey import Assessed
from aggregate.regions.verdict import rounded, share
from standards.editions import HOURLY_FACTORS, Edition
from standards.factors import load_catalogue

Floats = npt.NDArray[np.float64]

NONE = "–"
TOO_FEW_DAYS = "*"
"""Behind a figure that has not enough valid days."""
SYMBOLS = tuple(load_catalogue().by_code[factor].symbol for factor in HOURLY_FACTORS)


class Table(NamedTuple):
    """Cells of a table; the first column is text, the others stand right."""

    title: str
    names: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


class Line(NamedTuple):
    """What one line of each table is of."""

    name: tuple[str, ...]
    """Cells under the columns that say who."""
    assessed: Assessed
    row: int


def figure_tables(lines: Sequence[Line], who: tuple[str, ...], edition: Edition, span: Span) -> Iterator[Table]:
    """Concentrations and index, days, attainment of a span; headings by `edition`, each line by its own."""
    statistics = (f"{SYMBOLS[c]}{'' if f in edition.period.means else f' {_percent(c, edition)}'}"
                  for c, f in enumerate(HOURLY_FACTORS))  # fmt: skip
    yield Table(
        f"浓度和综合指数 Concentrations and composite index (µg/m³, CO mg/m³; {TOO_FEW_DAYS}有效天数不足 too few days)",
        (*who, "名次 Rank", "综合指数 Index", "最大单项 Largest", *statistics),
        [line.name + tuple(_of_index(line)) for line in lines],
    )
    levels = (f"{level.name_zh} {level.number}" for level in edition.levels)
    yield Table(
        f"天数 Days (应有 expected {(span.end - span.first).days}; 占有效天数 shares of valid days)",
        (*who, "有效 Valid", "优良 Attained", "优良率 %", "重污染 Heavy", "重污染率 %", *levels, "缺项超标 Incomplete"),
        [line.name + tuple(_of_days(line)) for line in lines],
    )
    yield Table(
        "达标评价（二级；超标倍数：均值/百分位数） Attainment of class II; multiples of mean/percentile",
        (*who, "全部 All", *SYMBOLS, *(f"{SYMBOLS[c]} {_percent(c, edition)}" for c in range(FACTORS))),
        [line.name + tuple(_of_limits(line)) for line in lines],
    )


def _percent(column: int, edition: Edition) -> str:
    return f"P{edition.period.percents[HOURLY_FACTORS[column]] * 100:g}"


def _of_index(line: Line) -> Iterator[str]:
    figures, edition, row = line.assessed.figures, line.assessed.edition, line.row
    valid = bool(figures.valid[row].all())
    yield ranked(int(line.assessed.ranking.rank[row]), tied=bool(line.assessed.ranking.tied[row]))
    yield marked(fixed(figures.composite[row], edition.composite.total_decimals), valid=valid)
    yield pollutants(int(figures.largest[row]))
    yield from _printed(principal(figures, edition), line)


def _of_days(line: Line) -> Iterator[str]:
    figures, shares, row = line.assessed.figures, line.assessed.edition.shares, line.row
    yield days(figures.days_valid[row])
    for of in (figures.days_attained, figures.days_heavy):
        yield days(of[row])
        yield fixed(share(of, figures.days_valid, line.assessed.edition)[row], shares.decimals)
    yield from map(days, figures.days_level[row])
    yield days(figures.days_incomplete[row])


def _of_limits(line: Line) -> Iterator[str]:
    found, edition, row = line.assessed.attainment, line.assessed.edition, line.row
    valid = line.assessed.figures.valid[row]
    yield marked({1.0: "达标", 0.0: "超标"}.get(float(found.every[row]), NONE), valid=bool(valid.all()))
    for column in range(FACTORS):
        multiples = found.mean_multiple[row, column], found.percentile_multiple[row, column]
        shown = (fixed(multiple, edition.period.multiple_decimals) for multiple in multiples if not np.isnan(multiple))
        exceeds = "超标 " + "/".join(shown)
        yield marked({1.0: "达标", 0.0: exceeds}.get(float(found.item[row, column]), NONE), valid=bool(valid[column]))
    yield from _printed(line.assessed.figures.percentile, line)


def _printed(values: Floats, line: Line) -> Iterator[str]:
    edition, valid = line.assessed.edition, line.assessed.figures.valid[line.row]
    for column, value in enumerate(rounded(values[line.row : line.row + 1], edition)[0]):
        yield marked(fixed(value, edition.decimals[HOURLY_FACTORS[column]]), valid=bool(valid[column]))


def pollutants(bits: int) -> str:
    """The pollutants of these columns."""
    return " ".join(symbol for column, symbol in enumerate(SYMBOLS) if bits >> column & 1) or NONE


def ranked(rank: int, *, tied: bool) -> str:
    """A rank, 0 for none."""
    return (f"{rank}（并列）" if tied else str(rank)) if rank else NONE


def marked(text: str, *, valid: bool) -> str:
    """A figure, marked where it has not enough valid days."""
    return text if valid or text == NONE else text + TOO_FEW_DAYS


def fixed(value: float, places: int) -> str:
    """A number that is rounded to so many places."""
    return NONE if np.isnan(value) else f"{value:.{places}f}"


def days(number: float) -> str:
    """Whole days, or the mean of several members' to one place."""
    return NONE if np.isnan(number) else f"{number:.0f}" if float(number).is_integer() else f"{number:.1f}"


def signed(value: float, places: int) -> str:
    """A change to so many places; nothing has no sign."""
    return NONE if np.isnan(value) else f"{value:+.{places}f}" if value else f"{0:.{places}f}"


def signed_days(number: float) -> str:
    """A change of days, whole or of a mean of several members'."""
    return NONE if np.isnan(number) else ("+" if number > 0 else "") + days(number)


def plain(value: float | None) -> str:
    """A number in as many digits as it has."""
    return NONE if value is None else f"{value:.6g}"
