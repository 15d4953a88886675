"""A dispatch list as CSV and XLSX, Chinese headings first; what a person has typed never becomes a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from alerts.warnings.cuts import Pollutant
from alerts.warnings.dispatch import Dispatch
from alerts.warnings.scheme import Level
from core.errors import InputError

HEADINGS = (
    "企业 enterprise", "生产线 line", "工序 process", "设备 equipment", "级别 level", "减排措施 measure",
    "SO2 占比% share", "NOx 占比% share", "PM 占比% share", "变化 change",
)  # fmt: skip
SUM_HEADINGS = ("污染物 pollutant", "方案合计% planned", "要求% required", "尚缺% short", "结论 verdict")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_WIDTHS = (30, 16, 16, 18, 12, 50, 12, 12, 12, 12)

_NO_DATE = datetime(2000, 1, 1)  # noqa: DTZ001 (the file format has no zones)

Cell = str | Decimal


def rows(found: Dispatch) -> Iterator[tuple[Cell, ...]]:
    """The dispatch list's rows in the order of `HEADINGS`; shares are numbers."""
    for order in found.orders:
        unit, measure = order.measure.unit, order.measure
        yield (
            unit.enterprise, unit.line, unit.process, unit.equipment, f"{measure.level.chinese} {measure.level}",
            measure.text, *(measure.shares[pollutant] for pollutant in Pollutant),
            f"{order.change.chinese} {order.change}",
        )  # fmt: skip


def sum_rows(found: Dispatch) -> Iterator[tuple[Cell, ...]]:
    """The sums' rows in the order of `SUM_HEADINGS`."""
    for one in found.sums:
        required = "" if one.required is None else one.required
        yield one.pollutant.shown, one.planned, required, one.short, f"{one.verdict.chinese} {one.verdict}"


def guarded(text: str) -> str:
    """A text that a spreadsheet takes for a formula, with an apostrophe before it (CSV has no types)."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def write_csv(path: Path, found: Dispatch) -> None:
    """The dispatch list, UTF-8 with the mark that Excel knows it by; raises `InputError` if it cannot be written."""
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            writer.writerows([guarded(cell) if isinstance(cell, str) else f"{cell:f}" for cell in row]
                             for row in rows(found))  # fmt: skip
    except OSError as error:
        raise _unwritten(path, error) from error


def write_xlsx(path: Path, found: Dispatch) -> None:
    """The dispatch list and its sums as two sheets; raises `InputError` if it cannot be written."""
    # no date of making in the file, so that the same list makes the same bytes
    try:
        with xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
            book.set_properties({"created": _NO_DATE})
            bold = book.add_format({"bold": True})
            _sheet(book, bold, f"减排清单 {title(found.level)}", HEADINGS, list(rows(found)))
            _sheet(book, bold, "合计 sums", SUM_HEADINGS, list(sum_rows(found)))
    except (OSError, FileCreateError) as error:
        raise _unwritten(path, error) from error


def title(level: Level | None) -> str:
    """A level, or its absence, as operators read it."""
    return level.chinese if level else "解除"


def _sheet(
    book: xlsxwriter.Workbook, bold: object, name: str, head: Sequence[str], body: Sequence[Sequence[Cell]]
) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for column, (text, width) in enumerate(zip(head, _WIDTHS, strict=False)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, text, bold)
    for number, row in enumerate(body, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(number, column, cell)
            else:
                sheet.write_number(number, column, float(cell))
    sheet.autofilter(0, 0, max(1, len(body)), len(head) - 1)


def _unwritten(path: Path, error: Exception) -> InputError:
    said = getattr(error, "strerror", None) or str(error)
    return InputError("out", f"cannot be written: {said}", field=str(path), hint="choose another file")
