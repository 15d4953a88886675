"""What must be said beside a period's figures: what is unfinished, mixed, or by a rule nobody has confirmed. Pure."""

from __future__ import annotations

from enum import Enum

from aggregate.regions.level import Level
from aggregate.regions.period import a_year_before, is_season
from aggregate.regions.stretch import Stretch
from standards.describe import UNCONFIRMED
from standards.editions import Edition


class Note(Enum):
    """Chinese and English; what an unconfirmed rule says of itself begins with 未确认."""

    RUNNING = ("时段未结束，只算已过完的日子", "the period is still running: the days that are over")
    BASE_CUT = ("基期只取相同的日子", "the base has the same days only")
    BASE_WHOLE = ("基期不止于相同的日子", "the base has more days than those that are over")
    MIXED = (
        "未确认：时段跨标准版本，每日按当日版本，限值、百分位数和指数按最后一日的版本",
        "unconfirmed: days of two editions, each by its own; limits, percentiles and index by the last day's",
    )
    PROPORTION = (
        "未确认：不足一月的部分按天数折算有效天数要求",
        "unconfirmed: a part of a month needs its number of valid days in proportion",
    )
    ANNUAL_LIMITS = (
        "未确认：非整年时段的均值按年平均限值评价",
        "unconfirmed: means of what is no whole year are held against annual limits",
    )
    HEATING = (
        "未确认：采暖期起止日期（设置 [regions]）",
        "unconfirmed: dates of the heating season (settings, [regions])",
    )
    MEMBERS = (
        "未确认：省和区域为成员指标的算术平均，综合指数亦然；天数比例按平均天数计算",
        "unconfirmed: figures of provinces and groups are means of their members', the index too; shares by mean days",
    )
    STATIONS_SHARE = (
        "未确认：县值要求的有效站点比例",
        "unconfirmed: the share of its stations that a county's value needs",
    )
    INDEX = ("未确认：该版本的综合指数方法", "unconfirmed: this edition's method of the composite index")
    TWO_METHODS = (
        "与基期的标准版本不同：不比较综合指数；天数各按其版本。可用 --edition 统一版本",
        "the base is of another edition: indices are not compared, days are by its own; --edition sets one for both",
    )
    BOTH = (
        "全国排名惯例：浓度和综合指数扣除沙尘，优良和重污染天数不扣除",
        "national practice: concentrations and index without sand-dust, shares of days with it",
    )
    AGAIN = (
        "每日 AQI 由已存日值按所选版本重算；小时有效性不变（另见 lantian whatif）",
        "the days' AQI comes of the stored daily values by this edition; for hours see lantian whatif",
    )
    HOURS_STAND = (
        "小时值及其有效性以已存结果为准",
        "hours stand as they are stored, and so does which of them are valid",
    )

    @property
    def zh(self) -> str:
        """What operators read."""
        return self.value[0]

    @property
    def en(self) -> str:
        """The same in English."""
        return self.value[1]


def notes_of_trial(stretch: Stretch, other: Edition) -> list[Note]:
    """What must be said where the days of a stretch are judged under another edition, too."""
    said = {
        Note.RUNNING: stretch.left > 0,
        Note.MIXED: len(stretch.editions) > 1,
        Note.PROPORTION: _parted(stretch),
        Note.ANNUAL_LIMITS: _no_year(stretch),
        Note.INDEX: UNCONFIRMED & {of.source.composite.weights.confidence for of in (stretch.edition, other)} != set(),
        Note.HOURS_STAND: True,
    }
    return [note for note, holds in said.items() if holds]


def _parted(stretch: Stretch) -> bool:
    return (stretch.span.first.day, stretch.span.end.day) != (1, 1)


def _no_year(stretch: Stretch) -> bool:
    return a_year_before(stretch.span).end != stretch.span.first


def notes_of(stretch: Stretch, base: Stretch, levels: set[Level], *, both: bool, again: bool) -> list[Note]:
    """What must be said of a period's figures.

    `levels`: those that figures are of; `both`: with sand-dust and without; `again`: under an edition of choice.
    """
    source, span = stretch.edition.source, stretch.span
    alike = base.span == a_year_before(span)
    said = {
        Note.RUNNING: stretch.left > 0,
        Note.BASE_CUT: stretch.left > 0 and alike,
        Note.BASE_WHOLE: stretch.left > 0 and not alike,
        Note.MIXED: len(stretch.editions) > 1,
        Note.PROPORTION: _parted(stretch),
        Note.ANNUAL_LIMITS: _no_year(stretch),
        Note.HEATING: is_season(stretch.asked),
        Note.MEMBERS: bool({Level.PROVINCE, Level.GROUP} & levels),
        Note.STATIONS_SHARE: Level.COUNTY in levels and source.city.minimum_share.confidence in UNCONFIRMED,
        Note.INDEX: source.composite.weights.confidence in UNCONFIRMED,
        Note.TWO_METHODS: stretch.edition.id != base.edition.id,
        Note.BOTH: both,
        Note.AGAIN: again,
    }
    return [note for note, holds in said.items() if holds]
