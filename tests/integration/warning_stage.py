"""What tests of warnings stand on: a city of Shanxi in December 2019, its days and forecasts, engines, operators."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from engine_stage import Site
from reports import entry, report
from worker_stage import HEADING, Log, worker

from aggregate.statistic import AQI, Reason, Statement, Window, city_object
from alerts.handling.log import check
from alerts.warnings import desk
from alerts.warnings.cuts import load_cuts
from alerts.warnings.decide import Answer, Taken, Wish
from alerts.warnings.desk import Issued
from alerts.warnings.happening import Happening
from alerts.warnings.plan import read_plan
from alerts.warnings.proposing import Proposals
from alerts.warnings.record import Entry
from core.clock import DAY, SHANGHAI, day_start, parse_time
from core.kafka import partition_of
from core.postgres import connect
from core.settings import CoreSettings
from ingest.registry import Registry
from ingest.report import format_instant
from ingest.station_import import import_csv

SINCE = "2018-01-01T00:00:00+08:00"
LOOK_S = 60.0


def at(number: int, hour: int = 8, minute: int = 0) -> datetime:
    """Of December 2019: the unified scheme of 2018 and Shanxi's cuts of 2019 are in force."""
    return datetime(2019, 12, number, hour, minute, tzinfo=SHANGHAI)


def told(entries: Sequence[Entry]) -> list[str]:
    """What an engine wrote, in words."""
    return [
        f"{'withdrawn ' if entry.happening is Happening.WITHDRAWN else ''}{entry.action} {entry.level or ''}".strip()
        for entry in entries
    ]


def short(name: str) -> str:
    """A test's name as the id of a station may be."""
    return f"w{zlib.crc32(name.encode()):08x}"


class Town:
    """A city with a forecast, and an air station; `forecasts=False`: with the air station alone."""

    def __init__(self, settings: CoreSettings, name: str, folder: Path, *, forecasts: bool = True) -> None:
        self.settings = settings
        name = short(name)
        self.site = Site(settings, name)
        self.city = self.site.city
        self.air = f"{name}-air"
        self.forecaster = f"{name}-forecast"
        self._folder = folder
        self._seq = 0
        rows = [f"{self.air},站,air,140502,{self.city},PT1H,city,,"]
        rows += [f"{self.forecaster},预报,forecast,140500,{self.city},P1D,city,,"] if forecasts else []
        self.register(*rows)

    @staticmethod
    def partition_of(name: str) -> int:
        """Where a town of that name would be looked after."""
        return partition_of(f"city-{short(name)}")

    def register(self, *rows: str) -> None:
        file = self._folder / "stations.csv"
        file.write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")
        with closing(connect(self.settings, "registry", application="test")) as database:
            result = import_csv(database, file, effective=parse_time(SINCE, field="t"), user="test")
        assert result.failed == 0, result.errors

    def is_over(self, number: int, aqi: float | None, version: int = 1, primary: str = "a34004") -> None:
        """A day of December has come out so, as the worker makes it of the city's stations."""
        start = day_start(int(at(number).timestamp()))
        self.site.store(
            Statement(
                object=city_object(self.city),
                kind="city",
                window=Window.DAY,
                start=start,
                end=start + DAY,
                version=version,
                factors=[AQI, f"IAQI_{primary}"],
                states="PP",
                values=[aqi, aqi],
                n_valid=[6, 1],
                n_expected=[6, 1],
                reasons=[Reason.VALID, Reason.VALID] if aqi is not None else [Reason.NO_VALUES] * 2,
                edition="2012",
                live=[True, True],
            )
        )

    def is_foreseen(
        self, issued: datetime, expected: Sequence[float | Mapping[str, float] | None], first: datetime | None = None
    ) -> None:
        """An issue of the forecast comes in as reports, a day a value, from the day of issue on."""
        day = day_start(int((first or issued).timestamp()))
        with worker(self.settings, Log()) as hand:
            hand.gain(issued.timestamp())
            for place, value in enumerate(expected):
                self._seq += 1
                values = value if isinstance(value, Mapping) else {} if value is None else {"AQI": value}
                body = report(
                    day + place * DAY, self._seq, values, name=self.forecaster, period="P1D",
                    issued=format_instant(int(issued.timestamp())),
                )  # fmt: skip
                hand.log.add(entry(body, name=self.forecaster, received=issued.timestamp()))
            hand.take(issued.timestamp())

    def engine(self) -> Proposals:
        """One that has just started."""
        return Proposals(LOOK_S)

    def look(self, now: datetime, engine: Proposals | None = None, *, rolled_back: bool = False) -> list[str]:
        """What an engine proposes and withdraws for the city at that time, in a transaction of its own."""
        with closing(connect(self.settings, "engine", application="test")) as database:
            registry = Registry.load(database)
            with database.cursor() as cursor:
                entries = (engine or self.engine()).tick(cursor, [self.site.partition], registry, now.timestamp())
            if rolled_back:
                database.rollback()
            else:
                database.commit()
        return told([entry for entry in entries if entry.city == self.city])

    def wants(self, now: datetime, who: str = "值班员张", **wish: Any) -> Issued:
        """A person asks to issue."""
        with closing(connect(self.settings, "operator", application="test")) as database:
            return desk.issue(database, load_cuts(), self.city, Wish(wish.pop("reason", "会商同意"), **wish), who, now)

    def issues(self, now: datetime, **wish: Any) -> Issued:
        """A person issues, and is not refused."""
        found = self.wants(now, **wish)
        assert isinstance(found.answer, Taken), found.answer
        return found

    def declines(self, now: datetime, who: str = "值班员张") -> Answer:
        with closing(connect(self.settings, "operator", application="test")) as database:
            return desk.decline(database, self.city, "再观察", who, now)

    def plans(self, text: str, now: datetime) -> tuple[int, bool]:
        """A plan is imported; its edition, and whether it is new."""
        file = self._folder / "plan.csv"
        file.write_text(text, encoding="utf-8")
        with closing(connect(self.settings, "operator", application="test")) as database:
            kept, is_new = desk.import_plan(database, self.city, read_plan(file), file.name, "科员孙", now)
        return kept.edition, is_new

    def events(self) -> list[tuple[str, str, str | None, str | None]]:
        """All that became of the city's warning."""
        return self.site.rows(
            "select happening, action, level, who from v_warning_events where city = %(city)s order by event_id"
        )

    def logged(self) -> list[tuple[str, str | None]]:
        """What the city's log says of it, in its order."""
        return self.site.rows(
            "select happening, who from v_alert_record where city = %(city)s and subject = 'warning' order by place"
        )

    def log_holds(self) -> bool:
        """Whether it does, link by link, and the warning stands as it says."""
        with closing(connect(self.settings, "reader", application="test")) as database:
            (found,) = check(database, self.city)
            return found.broken is None and not found.warning_differs
