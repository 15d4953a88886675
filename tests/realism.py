"""Simulated air against real air: figures of six Beijing sites' four years, and how far simulated ones may be off.

`python tests/realism.py FOLDER_OF_REAL_DATA` writes the table of docs/simulator.md anew. Real values: UCI "Beijing
Multi-Site Air-Quality Data", CC BY 4.0; Zhang et al. 2017, Proc. R. Soc. A 473:20170457.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from core.clock import DAY, HOUR, SHANGHAI_OFFSET
from ingest.kinds import Kind
from ingest.report import Origin
from ingest.simulation.climate import load_climate
from ingest.simulation.generator import Generator
from ingest.simulation.models.model import World
from ingest.simulation.monitor import Monitor
from ingest.simulation.span import Span
from standards.editions import HOURLY_FACTORS

ROOT = Path(__file__).resolve().parents[1]
SEEDS = (1, 2, 3)
FACTORS = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3")
START, HOURS = 1_362_067_200, 35_064
"""2013-03-01 in China, four years."""
NEAR_KM, FAR_KM = 16.0, 30.0

Floats = npt.NDArray[np.float64]
Figures = dict[tuple[str, str], float]
"""By figure and factor (or pair of factors)."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How far a simulated figure may be from the real one: a share of it, or as it is."""

    share: float = 0.0
    absolute: float = 0.0

    def allows(self, real: float, simulated: float) -> bool:
        """Whether `simulated` is near enough."""
        return bool(abs(simulated - real) <= max(self.share * abs(real), self.absolute))

    def __str__(self) -> str:
        """As a reader sees it."""
        return f"±{self.absolute:g}" if self.absolute else f"±{100 * self.share:.0f} %"


_OF_FACTORS: Mapping[str, Bound] = {
    "mean": Bound(share=0.10),
    "standard deviation": Bound(share=0.15),
    "percentile 25": Bound(share=0.30),
    "median": Bound(share=0.20),
    "percentile 75": Bound(share=0.15),
    "percentile 95": Bound(share=0.15),
    "percentile 99": Bound(share=0.20),
    "winter mean": Bound(share=0.20),
    "spring mean": Bound(share=0.20),
    "summer mean": Bound(share=0.20),
    "autumn mean": Bound(share=0.20),
    "hour 3 / mean": Bound(absolute=0.05),
    "hour 9 / mean": Bound(absolute=0.05),
    "hour 15 / mean": Bound(absolute=0.05),
    "hour 21 / mean": Bound(absolute=0.05),
    "autocorrelation 1 h": Bound(absolute=0.03),
    "autocorrelation 24 h": Bound(absolute=0.10),
    "neighbours within 16 km": Bound(absolute=0.05),
    "neighbours beyond 30 km": Bound(absolute=0.10),
    "missing hours, %": Bound(share=0.20),
    "gaps a year": Bound(share=0.10),
    "mean gap, h": Bound(share=0.20),
    "1 of 20 gaps exceeds, h": Bound(share=0.35),
}
_OF_PAIRS: Mapping[str, Bound] = {
    "correlation": Bound(absolute=0.10),
    "winter correlation": Bound(absolute=0.15),
    "summer correlation": Bound(absolute=0.15),
}
_OF_ALL: Mapping[str, Bound] = {
    "PM2.5 / PM10 of the means": Bound(absolute=0.04),
    "PM2.5 / PM10, median of hours": Bound(absolute=0.04),
    "all six missing, % of hours": Bound(share=0.20),
}
PAIRS = tuple(f"{one}, {other}" for one, other in combinations(FACTORS, 2))

BOUNDS: Mapping[tuple[str, str], Bound] = {
    **{(figure, factor): bound for figure, bound in _OF_FACTORS.items() for factor in FACTORS},
    **{(figure, pair): bound for figure, bound in _OF_PAIRS.items() for pair in PAIRS},
    **{(figure, "all"): bound for figure, bound in _OF_ALL.items()},
}
"""The one table of what is compared: by figure, and factor, pair of factors, or `all`."""


@dataclass(frozen=True, slots=True)
class Sites:
    """Six sites and their hours: [HOURS, 6 sites, 6 factors], µg/m³ and CO mg/m³; NaN where missing."""

    x: Floats
    y: Floats
    hours: Floats


def _registry() -> list[dict[str, str]]:
    with (ROOT / "ingest" / "registries" / "beijing.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["kind"] == "air"]


def _kilometres() -> tuple[Floats, Floats]:
    rows = _registry()
    longitude = np.array([float(row["longitude"]) for row in rows])
    latitude = np.array([float(row["latitude"]) for row in rows])
    east = (longitude - longitude.mean()) * 111.32 * np.cos(np.radians(latitude.mean()))
    return east, (latitude - latitude.mean()) * 111.13


def real_sites(data_dir: Path) -> Sites:
    """As published."""
    columns = ["station", "year", "month", "day", "hour", *FACTORS]
    table = pq.read_table(data_dir / "air" / "beijing_2013_2017.parquet", columns=columns)
    stations = np.array(table["station"].to_pylist())
    hours = np.empty((HOURS, 6, 6))
    for site, row in enumerate(_registry()):
        own = stations == row["station"]
        for place, factor in enumerate(FACTORS):
            hours[:, site, place] = table[factor].to_numpy().astype(np.float64)[own]
    hours[..., FACTORS.index("CO")] /= 1000.0
    return Sites(*_kilometres(), hours)


def simulated_sites(seed: int) -> Sites:
    """Air stations at the same places in the same years, as the generator reports them."""
    x, y = _kilometres()
    monitors = [
        Monitor(row["station"], Kind.AIR, row["region"], float(east), float(north), period=HOUR)
        for row, east, north in zip(_registry(), x, y, strict=True)
    ]
    places = {monitor.station: place for place, monitor in enumerate(monitors)}
    hours = np.full((HOURS, 6, 6), np.nan)
    generator = Generator(World(seed, load_climate("beijing")), monitors)
    for row in generator.rows(Span(START, START + HOURS * HOUR, HOUR, Origin.REPLAY, paced=False)):
        hour, site = (row.time - START) // HOUR, places[row.monitor.station]
        hours[hour, site] = [row.values.get(code, np.nan) for code in HOURLY_FACTORS]
    return Sites(x, y, hours)


def figures(sites: Sites) -> Figures:
    """What the hours of six sites are like."""
    found: Figures = {}
    for place, factor in enumerate(FACTORS):
        values = sites.hours[..., place]
        for name, figure in (*_distribution(values), *_course(values), *_likeness(values, sites), *_gaps(values)):
            found[name, factor] = figure
    found.update(_correlations(sites.hours))
    pm25, pm10 = sites.hours[..., 0], sites.hours[..., 1]
    found["PM2.5 / PM10 of the means", "all"] = float(np.nanmean(pm25) / np.nanmean(pm10))
    found["PM2.5 / PM10, median of hours", "all"] = float(np.nanmedian(pm25 / pm10))
    found["all six missing, % of hours", "all"] = float(100.0 * np.isnan(sites.hours).all(axis=2).mean())
    return found


def _local() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Hour of the day and month of each hour, in China."""
    local = START + SHANGHAI_OFFSET + HOUR * np.arange(HOURS, dtype=np.int64)
    months = local.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12
    return local % DAY // HOUR, months


SEASONS = {"winter": (11, 0, 1), "spring": (2, 3, 4), "summer": (5, 6, 7), "autumn": (8, 9, 10)}
"""Months from 0."""


def _distribution(values: Floats) -> Iterator[tuple[str, float]]:
    yield "mean", float(np.nanmean(values))
    yield "standard deviation", float(np.nanstd(values))
    yield "median", float(np.nanmedian(values))
    for percent in (25, 75, 95, 99):
        yield f"percentile {percent}", float(np.nanpercentile(values, percent))
    _, months = _local()
    for season, of_season in SEASONS.items():
        yield f"{season} mean", float(np.nanmean(values[np.isin(months, of_season)]))


def _course(values: Floats) -> Iterator[tuple[str, float]]:
    hours, _ = _local()
    for hour in (3, 9, 15, 21):
        yield f"hour {hour} / mean", float(np.nanmean(values[hours == hour]) / np.nanmean(values))


def _likeness(values: Floats, sites: Sites) -> Iterator[tuple[str, float]]:
    for lag in (1, 24):
        own = [_correlation(values[:-lag, site], values[lag:, site]) for site in range(6)]
        yield f"autocorrelation {lag} h", float(np.mean(own))
    near, far = [], []
    for one, other in combinations(range(6), 2):
        distance = np.hypot(sites.x[one] - sites.x[other], sites.y[one] - sites.y[other])
        if distance < NEAR_KM:
            near.append(_correlation(values[:, one], values[:, other]))
        elif distance > FAR_KM:
            far.append(_correlation(values[:, one], values[:, other]))
    yield "neighbours within 16 km", float(np.mean(near))
    yield "neighbours beyond 30 km", float(np.mean(far))


def _correlations(hours: Floats) -> Figures:
    found: Figures = {}
    _, months = _local()
    times_of_year = {
        "": np.ones(HOURS, dtype=np.bool_),
        "winter ": np.isin(months, SEASONS["winter"]),
        "summer ": np.isin(months, SEASONS["summer"]),
    }
    for (one, other), pair in zip(combinations(range(6), 2), PAIRS, strict=True):
        for name, some in times_of_year.items():
            found[f"{name}correlation", pair] = _correlation(hours[some, :, one].ravel(), hours[some, :, other].ravel())
    return found


def _correlation(one: Floats, other: Floats) -> float:
    both = ~(np.isnan(one) | np.isnan(other))
    return float(np.corrcoef(one[both], other[both])[0, 1])


def _gaps(values: Floats) -> Iterator[tuple[str, float]]:
    gone = np.isnan(values)
    edges = np.diff(gone.astype(np.int8), axis=0, prepend=0, append=0)
    lengths = np.concatenate([np.flatnonzero(site == -1) - np.flatnonzero(site == 1) for site in edges.T])
    yield "missing hours, %", float(100.0 * gone.mean())
    yield "gaps a year", lengths.size / 6 / 4
    yield "mean gap, h", float(lengths.mean())
    yield "1 of 20 gaps exceeds, h", float(np.quantile(lengths, 0.95))


def simulated_figures() -> Figures:
    """Means over `SEEDS`, so that luck with the rare long gaps and hazes does not decide."""
    runs = [figures(simulated_sites(seed)) for seed in SEEDS]
    return {key: float(np.mean([run[key] for run in runs])) for key in runs[0]}


def table(real: Figures, simulated: Figures) -> str:
    """Markdown: `real | simulated` of every figure, those out of bounds in bold."""
    lines: list[str] = []
    for bounds, columns in ((_OF_FACTORS, FACTORS), (_OF_ALL, ("all",))):
        _head(lines, ["figure", *columns, "bound", "within"])
        for figure, bound in bounds.items():
            _row(lines, figure, [(figure, column) for column in columns], str(bound), real, simulated)
    _head(lines, ["factors", *(f"{figure}, {bound}" for figure, bound in _OF_PAIRS.items()), "within"])
    for pair in PAIRS:
        _row(lines, pair, [(figure, pair) for figure in _OF_PAIRS], "", real, simulated)
    return "\n".join(lines) + "\n"


def _head(lines: list[str], titles: list[str]) -> None:
    lines += ["", f"| {' | '.join(titles)} |", f"| --- |{' ---: |' * (len(titles) - 1)}"]


def _row(
    lines: list[str], title: str, keys: list[tuple[str, str]], bound: str, real: Figures, simulated: Figures
) -> None:
    within = [BOUNDS[key].allows(real[key], simulated[key]) for key in keys]
    cells = [
        text if good else f"**{text}**"
        for key, good in zip(keys, within, strict=True)
        for text in [f"{_shown(real[key])} / {_shown(simulated[key])}"]
    ]
    shown = [title, *cells, *([bound] if bound else []), f"{sum(within)} of {len(within)}"]
    lines.append(f"| {' | '.join(shown)} |")


def _shown(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"


def documented(page: str, new: str) -> str:
    """The page with its generated part replaced."""
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n{new}\n{END}{tail}"


PAGE = ROOT / "docs" / "simulator.md"
BEGIN, END = "<!-- begin: python tests/realism.py -->", "<!-- end -->"


def main(data_dir: Path) -> None:
    """Write the page's table anew."""
    new = table(figures(real_sites(data_dir)), simulated_figures())
    PAGE.write_text(documented(PAGE.read_text(encoding="utf-8"), new), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
