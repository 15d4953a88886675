"""What a figure is made of, as a table for people. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from aggregate.cities import Excluded
from aggregate.explanation import words
from aggregate.explanation.account import Account
from aggregate.explanation.evidence import Member
from aggregate.explanation.inputs import ReadingInput, WindowInput
from aggregate.explanation.names import is_index
from aggregate.explanation.question import window_text
from aggregate.explanation.table import Row, Table
from aggregate.explanation.words import NONE, both, stamp, stored
from aggregate.readings.show import STATES
from aggregate.statistic import PERIODS, Reason, Window
from core.clock import MICROS
from ingest.period import format_period
from ingest.value import Flag

_READING = (
    "时间 Time",
    "周期 Period",
    "值 Value",
    "标记 Flag",
    "来源 Source",
    "run",
    "seq",
    "接收 Received",
    "修订 State",
    "计入 Counted",
)
_WINDOW = ("值 Value", "有效/应有 n", "有效性 Validity", "状态 State", "计入 Counted")


def inputs_table(account: Account) -> Table:
    """A line an input; of several factors of a day, a line a day."""
    asked = account.evidence.question
    windows = [each for each in account.inputs if isinstance(each, WindowInput)]
    if account.evidence.gone:
        return Table("输入 Inputs", (), [], "监测数据已随归档清除 the readings went with their closed day")
    if asked.window in PERIODS:
        return _by_start("输入：日值 Inputs: days", windows)
    if is_index(asked.factor):
        rows = [(words.factor_text(each.factor), *_cells(each)) for each in windows]
        return Table("输入：浓度 Inputs: concentrations", ("因子 Factor", *_WINDOW), rows)
    if asked.of_city:
        return _stations(windows, account.evidence.members)
    if asked.of_readings:
        readings = [_reading(each) for each in account.inputs if isinstance(each, ReadingInput)]
        return Table("输入：监测数据 Inputs: readings", _READING, readings)
    return _by_start("输入：小时值 Inputs: hours", windows)


def _by_start(title: str, windows: Sequence[WindowInput]) -> Table:
    names = tuple(dict.fromkeys(each.factor for each in windows))
    if len(names) == 1:
        return Table(title, ("时段 Window", *_WINDOW), [(_start(each), *_cells(each)) for each in windows])
    days: dict[str, dict[str, str]] = {}
    for each in windows:
        days.setdefault(_start(each), {})[each.factor] = stored(each.figure.value) if each.figure else NONE
    rows = [(start, *(cells[name] for name in names)) for start, cells in days.items()]
    return Table(title, ("时段 Window", *map(words.factor_text, names)), rows)


def _stations(windows: Sequence[WindowInput], members: Sequence[Member]) -> Table:
    names = {f"station:{station.station}": f"{station.station} {station.name_zh}" for station, _ in members}
    others = sum(member.excluded is Excluded.KIND for member in members)
    note = f"另有 {others} 个其他类型的站点不参与 {others} stations of other kinds are left out" if others else ""
    rows = [(names[each.key.object], *_cells(each)) for each in windows]
    return Table("输入：站点 Inputs: stations", ("站点 Station", *_WINDOW), rows, note)


def _reading(of: ReadingInput) -> Row:
    number, reading = of.row.number, of.reading
    state, state_zh = STATES[reading.state]
    return (
        stamp(of.slot.time),
        format_period(of.slot.period),
        NONE if math.isnan(reading.value) else stored(reading.value),
        f"{reading.flag} {Flag(reading.flag).zh}",
        number.source.name.lower(),
        str(number.run),
        str(number.seq),
        stamp(of.row.received / MICROS),
        f"{state_zh} {state}",
        both(words.WHYS[of.why]),
    )


def _cells(of: WindowInput) -> Row:
    if of.figure is None or of.state is None:
        return NONE, NONE, NONE, NONE, both(words.WHYS[of.why])
    counts = f"{of.figure.n_valid}/{of.figure.n_expected}"
    validity, state = words.REASONS[Reason(of.figure.reason)], words.STATES[of.state]
    return stored(of.figure.value), counts, both(validity), both(state), both(words.WHYS[of.why])


def _start(of: WindowInput) -> str:
    return stamp(of.key.start) if of.key.window is Window.HOUR else window_text(of.key.window, of.key.start)
