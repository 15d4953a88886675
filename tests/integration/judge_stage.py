"""What the tests of the judge stand on: a town where all goes wrong that can, and the whole pipeline in steps."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from reports import CO, DAY, HOUR, MIDNIGHT, MINUTE, NO2, OZONE, PM10, PM25, SO2, entry, report
from truth_folders import Sent, known, write_folder
from worker_stage import Ground, Log, Worker, worker

from aggregate.statistic import decode_statements
from aggregate.steps import city_step, period_step
from alerts.rules import book
from alerts.rules.folder import RuleFolder
from alerts.step import AlertStep
from core.kafka import STATISTICS, partition_of
from core.postgres import connect
from ingest.kinds import KIND_RULES, KindSettings
from ingest.report import format_instant
from truth.folder import open_folder
from truth.judge import Patience, Verdict, judge
from truth.write import write_expected

BEGIN, END = MIDNIGHT - 5 * HOUR, MIDNIGHT + 7 * HOUR
PERIOD = 5 * MINUTE
SIX = (PM25, PM10, SO2, NO2, CO, OZONE)
FACTORS = {"air": SIX, "dust": (PM10, "a01008"), "cems": (SO2, "a19001"), "micro": (PM25, OZONE),
           "water": ("CODMn",), "forecast": ("AQI", PM25)}  # fmt: skip
BOOK = book.load()
EPISODES = [
    {"episode": "construction-dust", "expects": "dust-stop-work"},
    {"episode": "exceedance", "expects": "a-rule-to-come"},
    {"episode": "exceedance", "expects": "a-rule-to-come"},
    {"episode": "ozone"},
]


def stations_of(town: str) -> list[dict[str, Any]]:
    """A town's stations: four that count for its air, two that do not, and other kinds."""
    told: dict[str, Any] = {"city": town, "reporting_period": PERIOD}
    return [
        known(f"{town}-air-1", **told),
        known(f"{town}-air-2", **told, valid_ranges={PM10: [0.0, 900.0]}),
        known(f"{town}-air-3", **told),
        known(f"{town}-air-4", **told),
        known(f"{town}-control", **told, control_point=True),
        known(f"{town}-works", **told, control_level="enterprise"),
        known(f"{town}-dust", "dust", **told),
        known(f"{town}-stack", "cems", **told),
        known(f"{town}-micro", "micro", **told),
        known(f"{town}-river", "water", city=town, reporting_period=4 * HOUR),
        known(f"{town}-outlook", "forecast", city=town, reporting_period=2 * HOUR),
    ]


def level(dice: random.Random, factor: str, time: int) -> float:
    """A plausible value; PM10 and PM2.5 are high for three hours of the night."""
    night = MIDNIGHT <= time < MIDNIGHT + 3 * HOUR
    return round(dice.uniform(0.5, 1.5) * (900.0 if night and factor in {PM10, PM25} else 20.0), dice.choice([0, 1, 9]))


def messages(town: str, seed: int) -> list[Sent]:
    """Half a day of all stations with everything that goes wrong, in order of being handed over."""
    dice = random.Random(seed)
    found: list[Sent] = []
    for station in stations_of(town):
        name, period, seq = station["station"], station["reporting_period"], 0
        for time in range(BEGIN // period * period, END, period):
            if dice.random() < 0.03 or (name.endswith("air-4") and time >= END - 3 * HOUR):
                continue  # a gap
            at = time + period + dice.choice([2.0, 30.5])
            lot = dice.random()
            values: dict[str, Any] = {factor: level(dice, factor, time) for factor in FACTORS[station["kind"]]}
            for factor in list(values):
                if dice.random() < 0.02:
                    values[factor] = dice.choice(
                        [{"v": 5.0, "flag": "C"}, {"flag": "D"}, None, -80.0, 1e8, {"v": -80.0, "flag": "M"}]
                    )
            seq += 1
            body = report(time, seq, values, name=name, **head_of(station, time)).decode()
            found += [(at, name, text) for text in _faulty(lot, body, name)]
            if lot > 0.95:
                seq += 1
                fewer = {factor: level(dice, factor, time) for factor in list(values)[: dice.choice([1, 6])]}
                found.append(
                    (at + 7000.0, name, report(time, seq, fewer, name=name, **head_of(station, time)).decode())
                )
            if station["kind"] == "cems" and time % HOUR == HOUR - period:
                seq += 1
                own = {factor: level(dice, factor, time) for factor in values if dice.random() < 0.5}
                found.append((at, name, report(time - time % HOUR, seq, own, name=name, period="PT1H").decode()))
            if 0.94 < lot < 0.95 and station["kind"] != "forecast":
                seq += 1
                found.append((at, name, report(time + 90 * DAY, seq, values, name=name).decode()))
    return sorted(found, key=lambda message: message[0])


def head_of(station: dict[str, Any], time: int) -> dict[str, Any]:
    """What a report says beside its values; a forecast speaks of the day that its period begins in."""
    if station["kind"] == "forecast":
        return {"period": "P1D", "issued": format_instant(time - DAY)}
    return {"period": f"PT{station['reporting_period']}S"}


def _faulty(lot: float, body: str, name: str) -> list[str]:
    """What is handed over of one report."""
    if lot < 0.03:
        return [body, body]
    if lot < 0.05:
        return [body[: len(body) // 2], body]
    if lot < 0.07:
        return [body.replace(f'"{name}"', '"stranger"'), body]
    if lot < 0.08:
        return [body, body[:-2] + ',"none":1}}']
    return [body]


class Judged(NamedTuple):
    """A folder and the database that it is held against."""

    ground: Ground
    folder: Path

    def judge(self, now: float, *tampering: str) -> Verdict:
        """The verdict at `now`, after statements that are undone again."""
        with closing(connect(self.ground.settings, "owner" if tampering else "reader", application="test")) as database:
            with database.cursor() as cursor:
                for statement in tampering:
                    cursor.execute(statement)
                    assert cursor.rowcount == 1, statement
                verdict = judge(cursor, open_folder(self.folder), BOOK, Patience(KIND_RULES, now))
            database.rollback()
        return verdict


class Line:
    """Worker, cities, periods and engine, one behind the other."""

    def __init__(self, ground: Ground, stations: Worker, *others: Worker) -> None:
        """`others` take statements, and tell of them in this order."""
        self._ground, self._stations, self._others = ground, stations, others
        self._relayed = len(self._told())

    def gain(self, now: float) -> None:
        for hand in (self._stations, *self._others):
            hand.gain(now)

    def take(self, now: float, sent: Sequence[Sent]) -> None:
        """Take messages that were received a second after they had been handed over."""
        self._stations.log.add(*(entry(body.encode(), name=name, received=at + 1) for at, name, body in sent))
        self._stations.take(now)
        self._stations.tick(now)
        self._pass_on(now)
        for hand in self._others:
            hand.tick(now)
        self._pass_on(now)

    def _pass_on(self, now: float) -> None:
        """What was told goes to all others, in the order written."""
        told = self._told()
        for value in told[self._relayed :]:
            partition = partition_of(decode_statements(value).city)
            for hand in self._others:
                hand.log.add_bytes(partition, value)
        self._relayed = len(told)
        for hand in self._others:
            hand.take(now)

    def _told(self) -> list[bytes]:
        rows = self._ground.rows("select value from outbox where topic = %s order by id", STATISTICS)
        return [bytes(value) for (value,) in rows]


def register(ground: Ground, town: str) -> None:
    """Register a town's stations."""
    for known_ in stations_of(town):
        columns = [known_["station"], "站", known_["kind"], "140502", town, f"PT{known_['reporting_period']}S",
                   known_["control_level"], "yes" if known_["control_point"] else "",
                   f"{PM10} 0..900" if known_["valid_ranges"] else ""]  # fmt: skip
        ground.stations(",".join(columns))


def run(ground: Ground, folder: Path, town: str, sent: Sequence[Sent], span: tuple[int, int], until: float) -> Judged:
    """Take all of it in pieces as time goes on until `until`, and write what must follow."""
    write_expected(write_folder(folder, stations_of(town), sent, span, EPISODES))
    with (
        worker(ground.settings, Log()) as stations,
        worker(ground.settings, Log(), city_step(KindSettings.load())) as cities,
        worker(ground.settings, Log(), period_step(KindSettings.load())) as periods,
        worker(ground.settings, Log(), AlertStep(RuleFolder(book.BUILTIN), 0.0), role="engine") as engine,
    ):
        line = Line(ground, stations, cities, periods, engine)
        line.gain(sent[0][0])
        for first in range(0, len(sent), 60):
            piece = sent[first : first + 60]
            line.take(piece[-1][0] + 2, piece)
        line.take(until, [])
    return Judged(ground, folder)


def erase_alerts(ground: Ground, town: str) -> None:
    """Nothing of a town's alerts, and nothing that its engine still had to tell."""
    ground.erase_alerts(town)
    for statement in (
        "delete from outbox where consumer = 'engine'",
        "delete from consumer_offset where consumer = 'engine' and cluster like 'test%%'",
    ):
        ground.rows(statement)
