"""What tests of rules about devices stand on: monitors, a worker and an engine, told minute by minute."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from reports import entry
from worker_stage import Ground, Log, Worker, worker

from aggregate.report_step import ReportStep
from aggregate.settings import AggregateSettings
from alerts.rules import book
from alerts.rules.folder import RuleFolder
from alerts.step import AlertStep
from core.settings import CoreSettings
from ingest.kinds import KindSettings

MINUTE = 60
NOON = 1_772_424_000
TOWN = "devices-town"
QUIET, BUSY, HOURLY = "dev-quiet", "dev-busy", "dev-hourly"


class Town:
    """Two dust monitors that report every minute, a worker and an engine; time goes on as the story tells it."""

    def __init__(self, ground: Ground, stations: Worker, engine: Worker) -> None:
        self.ground = ground
        self.stations = stations
        self.engine = engine
        self.now = float(NOON)
        self._seq = 0
        for hand in (stations, engine):
            hand.gain(self.now)

    def minutes(
        self, count: int, *heard: str, late: float = 1.0, ahead: float = 0.0, origin: str = "live", value: float = 50.0
    ) -> None:
        """Let minutes pass in which these report each minute, `late` seconds after its end, stamped `ahead`."""
        for _ in range(count):
            self.now += MINUTE
            for name in heard:
                self.report(name, self.now - MINUTE - late + ahead, origin, value)
            self.look()

    def report(self, name: str, time: float, origin: str = "live", value: float = 50.0, period: str = "PT1M") -> None:
        self._seq += 1
        body = {"station": name, "time": int(time), "period": period, "seq": self._seq, "values": {"a34002": value}}
        said = json.dumps({**body, "origin": origin, "time": stamp(time)})
        self.stations.log.add(entry(said.encode(), name=name, received=self.now))

    def look(self) -> None:
        """The worker takes what came, says when it heard whom, and the engine looks."""
        self.stations.take(self.now)
        self.stations.tick(self.now)
        self.engine.tick(self.now)

    def log(self, rule: str) -> list[tuple[str, str, str, int]]:
        """What happened, to whom, how grave it was, and how many minutes after noon."""
        return [
            (happening, name, severity, round((at - NOON) / MINUTE))
            for happening, name, severity, at in self.ground.rows(
                "select l.happening, a.station, case when l.happening = 'opened' then 'info' else a.severity end,"
                " extract(epoch from l.at)::float8 from alert_log l join alert a using (alert_id)"
                " where a.rule_id = %s and a.city = %s order by l.log_id",
                rule,
                TOWN,
            )
        ]


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


@contextmanager
def a_town(
    stack: CoreSettings, folder: Path, rules: Path = book.BUILTIN, *, clock_speed: float = 1.0
) -> Iterator[Town]:
    """A town under the rules of a folder, whose data time goes so many times as fast as real time."""
    ground = Ground(stack, folder)
    ground.clear()
    ground.erase_alerts(TOWN)
    ground.stations(*(f"{name},站,dust,140502,{TOWN},PT1M,,," for name in (QUIET, BUSY)),
                    f"{HOURLY},站,air,140502,{TOWN},PT1H,,,")  # fmt: skip
    with ExitStack() as hands:
        step = ReportStep(AggregateSettings.load(), KindSettings.load(), clock_speed=clock_speed)
        stations = hands.enter_context(worker(stack, Log(), step))
        engine = hands.enter_context(worker(stack, Log(), AlertStep(RuleFolder(rules), 0.0), role="engine"))
        yield Town(ground, stations, engine)
