"""Kinds of monitor, and how long each kind's readings count as live, are waited for, and may still change things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from pydantic import Field, PositiveInt
from pydantic_settings import SettingsConfigDict

from core.clock import DAY, HOUR
from core.settings import SectionSettings

MINUTE = 60


class Kind(StrEnum):
    """What a station monitors; the level `{kind}` of its topics."""

    AIR = "air"
    MICRO = "micro"
    DUST = "dust"
    WATER = "water"
    CEMS = "cems"
    EFFLUENT = "effluent"
    NOISE = "noise"
    POWER = "power"
    FUME = "fume"
    FACILITY = "facility"
    GATE = "gate"
    RAIN = "rain"
    DUSTFALL = "dustfall"
    GROUNDWATER = "groundwater"
    RADIATION = "radiation"
    WEATHER = "weather"
    FORECAST = "forecast"

    @property
    def zh(self) -> str:
        """The name that operators read."""
        return _NAMES[self][0]

    @property
    def en(self) -> str:
        """The English name."""
        return _NAMES[self][1]


_NAMES = {
    Kind.AIR: ("环境空气站", "air station"),
    Kind.MICRO: ("空气质量微站", "air micro-station"),
    Kind.DUST: ("扬尘监测点", "dust monitor"),
    Kind.WATER: ("水质自动站", "water autostation"),
    Kind.CEMS: ("烟气排放口", "stack emission monitor"),
    Kind.EFFLUENT: ("废水排放口", "effluent outlet"),
    Kind.NOISE: ("噪声自动站", "noise monitor"),
    Kind.POWER: ("用电监管点", "power meter"),
    Kind.FUME: ("餐饮油烟监测点", "cooking-fume monitor"),
    Kind.FACILITY: ("治理设施", "treatment facility"),
    Kind.GATE: ("门禁", "gate"),
    Kind.RAIN: ("降水监测点", "precipitation sampler"),
    Kind.DUSTFALL: ("降尘监测点", "dustfall sampler"),
    Kind.GROUNDWATER: ("地下水监测井", "groundwater well"),
    Kind.RADIATION: ("辐射监测点", "radiation monitor"),
    Kind.WEATHER: ("气象站", "weather station"),
    Kind.FORECAST: ("空气质量预报", "air-quality forecast"),
}


KIND_CODES: Mapping[str, int] = {kind: code for code, kind in enumerate(Kind)}
"""The kinds numbered, for columns in memory; nothing that is kept holds these numbers."""


@dataclass(frozen=True, slots=True)
class KindRules:
    """Times of a kind, in seconds.

    `live_limit_s`: a `live` report whose period ended longer ago than this is taken as `resent`.
    `grace_s`: how long after a window's end its missing values are waited for before it is provisional.
    `lateness_s`: how long after its end and its last change a window becomes final.
    """

    live_limit_s: int
    grace_s: int
    lateness_s: int


# A minute monitor resends within seconds after a short loss of connection: five minutes of grace hold nearly all of it
# and keep the hour's value early enough to act on. Two days let a weekend's outage come in before days are final; a
# network's own review of air data takes as long.
_MINUTE_MONITOR = KindRules(15 * MINUTE, 5 * MINUTE, 2 * DAY)
# HJ 212 loggers send the hour's value up to ten minutes after the hour, and HJ 75 and HJ 353 let an outage's data be
# supplied later: a week.
_OUTLET = KindRules(30 * MINUTE, 10 * MINUTE, 7 * DAY)
# A water autostation takes a sample every four hours and reports when the slow analysers are done.
_WATER = KindRules(4 * HOUR, HOUR, 7 * DAY)
# A laboratory's results come weeks after the sample.
_LABORATORY = KindRules(DAY, DAY, 60 * DAY)

KIND_RULES: Mapping[Kind, KindRules] = {
    Kind.AIR: replace(_MINUTE_MONITOR, live_limit_s=HOUR),  # many stations publish their hour's value within the next
    Kind.MICRO: _MINUTE_MONITOR,
    Kind.DUST: _MINUTE_MONITOR,
    Kind.WATER: _WATER,
    Kind.CEMS: _OUTLET,
    Kind.EFFLUENT: _OUTLET,
    Kind.NOISE: _MINUTE_MONITOR,
    Kind.POWER: _OUTLET,  # meters are read every 15 minutes
    Kind.FUME: _MINUTE_MONITOR,
    Kind.FACILITY: _OUTLET,
    Kind.GATE: _OUTLET,
    Kind.RAIN: _LABORATORY,
    Kind.DUSTFALL: _LABORATORY,
    Kind.GROUNDWATER: _LABORATORY,
    Kind.RADIATION: _MINUTE_MONITOR,
    Kind.WEATHER: replace(_MINUTE_MONITOR, live_limit_s=HOUR),
    Kind.FORECAST: KindRules(12 * HOUR, HOUR, 2 * DAY),  # issued once or twice a day, revised until it has come about
}


class KindSettings(SectionSettings):
    """What an operator sets otherwise, e.g. `[kinds] grace_s = { air = 600 }`."""

    section: ClassVar[str] = "kinds"
    model_config = SettingsConfigDict(env_prefix="LANTIAN_KINDS_")

    live_limit_s: dict[Kind, PositiveInt] = Field(default_factory=dict)
    grace_s: dict[Kind, PositiveInt] = Field(default_factory=dict)
    lateness_s: dict[Kind, PositiveInt] = Field(default_factory=dict)

    def rules(self) -> dict[Kind, KindRules]:
        """The rules of every kind with these settings applied."""
        return {
            kind: KindRules(
                self.live_limit_s.get(kind, rules.live_limit_s),
                self.grace_s.get(kind, rules.grace_s),
                self.lateness_s.get(kind, rules.lateness_s),
            )
            for kind, rules in KIND_RULES.items()
        }
