"""Stations made up to fill a network: plausible ids, names, places, owners, limits; none of them exists.

Plants come first: outlets, meters and treatment facilities stand at them. Of Jincheng's 255 plants with 604 sets
(mission facts, S1) a few have many outlets and most have one or two; so it is here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from core.clock import DAY, HOUR
from ingest.kinds import MINUTE, Kind
from ingest.simulation.noise import Floats, Ints, gaussians, key_of, uniforms
from ingest.simulation.towns import AREAS, Area, Town
from ingest.station import ControlLevel, Limit
from ingest.station_row import StationRow

OUTLETS_A_PLANT = 604 / 255
"""Mission facts, S1."""
SCATTER_DEGREES = 0.05
"""Standard deviation of stations about their town: some five kilometres."""
PLANT_DEGREES = 0.004
"""The same of the outlets about the middle of their plant."""


class _Industry(NamedTuple):
    """`limits` of dust, SO2 and NOx in mg/m³; `weight` is its share of the plants."""

    zh: str
    en: str
    limits: tuple[float, float, float]
    weight: float


_INDUSTRIES = (
    _Industry("热电厂", "power plant", (10, 35, 50), 0.07),  # coal power, ultra-low
    _Industry("钢铁厂", "steelworks", (10, 35, 50), 0.05),  # sinter head, 环大气〔2019〕35号
    _Industry("焦化厂", "coking plant", (10, 30, 150), 0.05),  # coke-oven stack, ultra-low
    _Industry("化肥厂", "fertiliser works", (10, 35, 50), 0.10),  # coal boilers, ultra-low
    _Industry("水泥厂", "cement works", (20, 100, 320), 0.08),  # GB 4915-2013 table 2
    _Industry("铸造厂", "foundry", (30, 200, 300), 0.35),  # industrial furnaces
    _Industry("陶瓷厂", "ceramics works", (30, 200, 300), 0.15),
    _Industry("砖瓦厂", "brickworks", (30, 200, 300), 0.15),
)
_LARGE = 3
_LARGE_SHARE = 0.1
"""The first tenth of the plants, which have the most outlets, are of the first three industries."""


@dataclass(frozen=True, slots=True)
class _Plant:
    """An enterprise with outlets, registered or made up; `name` is what its stations' names begin with."""

    enterprise: str
    name: str
    name_en: str
    town: Town
    longitude: float
    latitude: float
    limits: tuple[float, float, float]


class _Traits(NamedTuple):
    """What stations of a kind have in common; `limits` and `ranges` by factor code."""

    period: int
    level: ControlLevel
    limits: Mapping[str, Limit] = {}
    ranges: Mapping[str, tuple[float, float]] = {}


_AIR_RANGES = {
    "a34004": (0.0, 1000.0),
    "a34002": (0.0, 3000.0),
    "a21026": (0.0, 2000.0),
    "a21004": (0.0, 1000.0),
    "a21005": (0.0, 50.0),
    "a05024": (0.0, 1000.0),
}
_STACK_RANGES = {"a34013": (0.0, 500.0), "a21026": (0.0, 2000.0), "a21002": (0.0, 2000.0), "a19001": (0.0, 25.0)}
_CITY, _ENTERPRISE = ControlLevel.CITY, ControlLevel.ENTERPRISE
_TRAITS: Mapping[Kind, _Traits] = {
    Kind.AIR: _Traits(MINUTE, ControlLevel.PROVINCIAL, {}, _AIR_RANGES),
    Kind.MICRO: _Traits(MINUTE, _CITY),
    # the stop-work value of a site: mission facts, S3 and S5
    Kind.DUST: _Traits(
        MINUTE, _CITY, {"a34002": Limit(maximum=250.0)}, {"a34002": (0.0, 10000.0), "a34001": (0.0, 20000.0)}
    ),
    Kind.WATER: _Traits(4 * HOUR, _CITY),
    Kind.CEMS: _Traits(MINUTE, _ENTERPRISE, {}, _STACK_RANGES),
    # GB 18918-2002, class 1A
    Kind.EFFLUENT: _Traits(
        HOUR,
        _ENTERPRISE,
        {
            "w01018": Limit(maximum=50.0),
            "w21003": Limit(maximum=5.0),
            "w21011": Limit(maximum=0.5),
            "w21001": Limit(maximum=15.0),
            "w01001": Limit(6.0, 9.0),
        },
    ),
    Kind.NOISE: _Traits(MINUTE, _CITY),
    Kind.POWER: _Traits(15 * MINUTE, _ENTERPRISE),
    Kind.FUME: _Traits(MINUTE, _ENTERPRISE, {"a34041": Limit(maximum=2.0)}),  # GB 18483-2001
    Kind.FACILITY: _Traits(MINUTE, _ENTERPRISE),
    Kind.GATE: _Traits(15 * MINUTE, _ENTERPRISE),
    Kind.RAIN: _Traits(DAY, _CITY),
    Kind.DUSTFALL: _Traits(30 * DAY, _CITY),
    Kind.GROUNDWATER: _Traits(30 * DAY, _CITY),
    Kind.RADIATION: _Traits(MINUTE, ControlLevel.PROVINCIAL),
    Kind.WEATHER: _Traits(MINUTE, _CITY),
    Kind.FORECAST: _Traits(DAY, _CITY),
}
_NOISE_LIMITS = (55.0, 60.0, 65.0, 70.0)
"""By day, dB(A): classes 1, 2, 3 and 4a of GB 3096-2008."""
_WATER_CLASSES = (2, 3, 3, 4)
_AT_PLANTS = {
    Kind.CEMS: ("号排放口", "stack"),
    Kind.EFFLUENT: ("号废水排放口", "outlet"),
    Kind.POWER: ("号用电监管点", "power meter"),
    Kind.FACILITY: ("号治理设施", "treatment unit"),
    Kind.GATE: ("号门禁", "gate"),
}
_FEW_PLANTS = (Kind.EFFLUENT, Kind.POWER, Kind.FACILITY, Kind.GATE)
"""Kinds of which a plant has one before any has two."""
_WATCHED = {Kind.DUST, Kind.CEMS}
"""Kinds with a camera."""


def invented(rows: Sequence[StationRow], counts: Mapping[Kind, int], seed: int, area: Area) -> Iterator[StationRow]:
    """Rows to be put behind `rows` so that of each kind there are `counts`; enterprises of `rows` are made use of."""
    have = Counter(row.kind for row in rows)
    wanted = {kind: counts[kind] - have[kind] for kind in Kind if counts.get(kind, 0) > have[kind]}
    taken = {row.station for row in rows}
    plants = _plants(rows, wanted, seed, area)
    for kind, number in wanted.items():
        made = _at_plants(kind, number, plants, seed) if kind in _AT_PLANTS else _in_towns(kind, number, seed, area)
        serials = count(1)
        for row in made:
            yield StationRow.model_validate(_identified(row, kind, taken, serials))


def _identified(row: dict[str, Any], kind: Kind, taken: set[str], serials: Iterator[int]) -> dict[str, Any]:
    """With the next id that is free, an MN code of 24 letters and, where it is watched, a camera (GB/T 28181)."""
    region, traits = row["region"], _TRAITS[kind]
    while (station := f"{region}{_number(kind):02d}{(serial := next(serials)):05d}") in taken:
        pass
    mn = f"{region}LT{kind.upper()}"
    camera = f"{region}0000132{_number(kind):02d}{serial:05d}" if kind in _WATCHED else None
    return {
        "station": station,
        "mn": mn + str(serial).zfill(24 - len(mn)),
        "kind": kind,
        "control_level": traits.level,
        "camera": camera,
        "reporting_period": traits.period,
        "limits": traits.limits,
        "valid_ranges": traits.ranges,
        **row,
    }


def _number(kind: Kind) -> int:
    return list(Kind).index(kind) + 1


def _plants(rows: Sequence[StationRow], wanted: Mapping[Kind, int], seed: int, area: Area) -> tuple[_Plant, ...]:
    """The plants of `rows`, then as many made-up ones as the outlets wanted need; those come from the largest on."""
    known = {row.enterprise: _known_plant(row, area) for row in rows if row.kind is Kind.CEMS and row.enterprise}
    outlets = sum(row.kind is Kind.CEMS for row in rows) + wanted.get(Kind.CEMS, 0)
    missing = round(outlets / OUTLETS_A_PLANT) - len(known)
    if wanted.get(Kind.CEMS) or (not known and any(kind in wanted for kind in _FEW_PLANTS)):
        missing = max(missing, 1)
    return (*known.values(), *_made_up_plants(max(missing, 0), seed, area))


def _known_plant(row: StationRow, area: Area) -> _Plant:
    middle = AREAS[area].middle
    town = Town(row.region, row.city, row.county, row.county or row.city, "", *middle, 0.0)
    name = row.enterprise or ""
    east = middle[0] if row.longitude is None else row.longitude
    north = middle[1] if row.latitude is None else row.latitude
    return _Plant(name, name, row.name_en or name, town, east, north, (30.0, 200.0, 300.0))


def _made_up_plants(number: int, seed: int, area: Area) -> Iterator[_Plant]:
    index = np.arange(number)
    towns = _drawn_towns(index, key_of(seed, "plant", "town"), area)
    industries = _drawn(
        np.array([industry.weight for industry in _INDUSTRIES]), key_of(seed, "plant", "industry"), index
    )
    longitudes, latitudes = _scattered(towns, index, key_of(seed, "plant", "place"), SCATTER_DEGREES)
    of_name: Counter[tuple[str, str]] = Counter()
    for place, town in enumerate(towns):
        industry = _INDUSTRIES[industries[place] % _LARGE if place < _LARGE_SHARE * number else industries[place]]
        of_name[town.zh, industry.zh] += 1
        serial = of_name[town.zh, industry.zh]
        zh, en = f"{town.zh}第{serial}{industry.zh}", f"{town.en} {industry.en} {serial}"
        yield _Plant(zh, zh, en, town, longitudes[place], latitudes[place], industry.limits)


def _at_plants(kind: Kind, number: int, plants: Sequence[_Plant], seed: int) -> Iterator[dict[str, Any]]:
    """Outlets: one at each made-up plant, the others mostly at the first few. Other kinds: one a plant in turn."""
    index = np.arange(number)
    if kind is Kind.CEMS:
        made_up = [plant for plant in plants if plant.town.weight]
        spread = (len(made_up) * uniforms(key_of(seed, "outlets"), index) ** 2).astype(np.int64)
        chosen = [made_up[place if place < len(made_up) else spread[place]] for place in range(number)]
    else:
        # meters and facilities stand at the same plants: what one shows, the other must
        order = np.argsort(uniforms(key_of(seed, "equipped"), np.arange(len(plants))), kind="stable")
        chosen = [plants[order[place % len(plants)]] for place in range(number)]
    east, north = PLANT_DEGREES * gaussians(key_of(seed, kind, "place"), np.arange(2)[:, None], index)
    zh, en = _AT_PLANTS[kind]
    of_plant: Counter[str] = Counter()
    for place, plant in enumerate(chosen):
        of_plant[plant.enterprise] += 1
        serial = of_plant[plant.enterprise]
        row = {
            **_somewhere(plant.town, plant.longitude + east[place], plant.latitude + north[place]),
            "name_zh": f"{plant.name}{serial}{zh}",
            "name_en": f"{plant.name_en}, {en} {serial}",
            "operator": plant.enterprise,
            "enterprise": plant.enterprise,
        }
        if kind is Kind.CEMS:
            codes = ("a34013", "a21026", "a21002")
            row["limits"] = {code: Limit(maximum=value) for code, value in zip(codes, plant.limits, strict=True)}
        yield row


def _in_towns(kind: Kind, number: int, seed: int, area: Area) -> Iterator[dict[str, Any]]:
    index = np.arange(number)
    towns = _drawn_towns(index, key_of(seed, kind, "town"), area)
    longitudes, latitudes = _scattered(towns, index, key_of(seed, kind, "place"), SCATTER_DEGREES)
    drawn = (4 * uniforms(key_of(seed, kind, "class"), index)).astype(np.int64)
    of_town: Counter[str] = Counter()
    for place, town in enumerate(towns):
        of_town[town.zh] += 1
        serial = of_town[town.zh]
        row = {
            **_somewhere(town, longitudes[place], latitudes[place]),
            "name_zh": f"{town.zh}{serial}号{kind.zh}",
            "name_en": f"{town.en} {kind.en} {serial}",
            "operator": f"{town.city}生态环境监测中心",
        }
        if kind in {Kind.DUST, Kind.FUME}:
            row["enterprise"] = f"{town.zh}{serial}号{'工地' if kind is Kind.DUST else '餐饮店'}"
        if kind is Kind.NOISE:
            row["limits"] = {"Leq": Limit(maximum=_NOISE_LIMITS[drawn[place]])}
        if kind is Kind.WATER:
            row["target_class"] = str(_WATER_CLASSES[drawn[place]])
        yield row


def _somewhere(town: Town, longitude: float, latitude: float) -> dict[str, Any]:
    return {
        "region": town.region,
        "city": town.city,
        "county": town.county,
        "longitude": round(float(longitude), 4),
        "latitude": round(float(latitude), 4),
    }


def _drawn_towns(index: Ints, key: int, area: Area) -> list[Town]:
    towns = AREAS[area].towns
    return [towns[place] for place in _drawn(np.array([town.weight for town in towns]), key, index)]


def _drawn(weights: Floats, key: int, index: Ints) -> list[int]:
    shares = np.cumsum(weights) / np.sum(weights)
    found: list[int] = np.minimum(np.searchsorted(shares, uniforms(key, index)), len(weights) - 1).tolist()
    return found


def _scattered(towns: Sequence[Town], index: Ints, key: int, degrees: float) -> tuple[Floats, Floats]:
    """Longitudes and latitudes [S] about each one's town."""
    east, north = degrees * np.clip(gaussians(key, np.arange(2)[:, None], index), -3.0, 3.0)
    return (
        np.array([town.longitude for town in towns]) + east,
        np.array([town.latitude for town in towns]) + north,
    )
