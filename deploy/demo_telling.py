"""The demonstration's story, whatever ground it stands on: sent, waited for, judged, printed and drawn."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import typer

from aggregate.ledger.books import read_ledger
from core.clock import DAY, SHANGHAI, clock_of
from core.errors import SettingsError
from core.postgres import connect
from core.settings import CoreSettings
from deploy import demo_report
from deploy.demo_story import Outcome, Story, lost_readings
from deploy.totals import Totals
from ingest.credentials import ALL_STATIONS, issue_platform
from ingest.kinds import MINUTE, Kind, KindSettings
from ingest.simulation.network import write_csv
from ingest.simulation.scenario import load_scenario
from ingest.station_import import import_csv
from ingest.stations_cli import update_broker
from truth.expected import read_readings
from truth.folder import open_folder
from truth.settled import nothing_overdue, wait_at_rest

SCENARIO = "jincheng-day"
READY_S = 60.0
"""How long the processes may take until they are ready."""
SETTLE_S = 180.0
"""A machine that cannot keep up with the evening may finish it afterwards."""
PLATFORM = "demo"


class Ground(Protocol):
    """What the story asks of where it is told: processes that run by its clock, and commands beside them."""

    @property
    def folder(self) -> Path:
        """Where the truth and the pictures are left."""

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until every process is ready; raises `UnavailableError` naming the one that is not."""

    def check(self) -> None:
        """Raise what makes waiting useless: `StoppedError`, or `UnavailableError` naming a process that is gone."""

    def ask(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Run `lantian <arguments>`, led to the same servers by the same clock."""

    def answer(self, child: subprocess.Popen[bytes]) -> tuple[int, str]:
        """Wait for the end of what was asked: exit status and answer. Raises as `check` does."""


def the_story() -> Story:
    """The day that is told."""
    return Story.of(load_scenario(SCENARIO))


def load_pictures() -> None:
    """Import what draws, at the beginning: matplotlib may be missing, and the end of the day is late to say so."""
    try:
        import deploy.charts.draw  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError(
            "demo", f"the demonstration draws pictures with matplotlib, but there is no module {error.name}",
            hint="run `make setup`, or `pip install lantian[demo]`",
        ) from error  # fmt: skip


def register(settings: CoreSettings, story: Story) -> None:
    """Make the story's stations known, and the account that sends for them."""
    network = story.scenario.network
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(connect(settings, "registry", application="lantian demo")) as database,
    ):
        write_csv(network, Path(folder) / "stations.csv")
        effective = datetime.fromtimestamp(story.first, UTC)
        import_csv(database, Path(folder) / "stations.csv", effective=effective, user="demo")
        # for all: the broker reads an account's list of topics at each publication, 1 420 of them in vain
        issue_platform(database, settings, PLATFORM, [ALL_STATIONS])
        update_broker(database, settings.state_dir / "mosquitto")
    say(f"registered {len(network.rows)} stations: {story.scenario.title_zh} ({story.scenario.title_en})")


def tell(
    settings: CoreSettings, story: Story, ground: Ground, *, since: float, pictures_at: Path | None = None
) -> Outcome | None:
    """The evening and what came of it; None if the simulator failed. Raises as `Ground.check` does.

    `since`: the Unix time from which the last line counts. `pictures_at`: what the ground's folder is called where
    the pictures are looked at, if not as here.
    """
    ground.wait_ready(READY_S)
    say("bridge, worker and alert engine are ready")
    live, last = (datetime.fromtimestamp(moment, SHANGHAI) for moment in (story.live, story.last))
    span = f"hours until {live:%H} at once, then minutes at {settings.clock_speed:.0f}× until {last:%H:%M}"
    say(f"sending {live:%Y-%m-%d}: {span}")
    truth = ground.folder / "truth"
    status, _ = ground.answer(
        ground.ask("simulate", "--scenario", SCENARIO, "--truth", str(truth), "--platform", PLATFORM)
    )
    if status:
        return None  # it has said why
    with closing(connect(settings, "reader", application="lantian demo")) as database:
        _settle(settings, story, database, ground)
        return _conclude(settings, story, database, ground, since, pictures_at or ground.folder)


def _conclude(
    settings: CoreSettings, story: Story, database: Any, ground: Ground, since: float, pictures_at: Path
) -> Outcome:
    """Say and draw what has come of the day, while the judge works beside."""
    from deploy.charts.canvas import Canvas  # noqa: PLC0415 (matplotlib)
    from deploy.charts.day import Day  # noqa: PLC0415
    from deploy.charts.draw import Pictures  # noqa: PLC0415

    truth = ground.folder / "truth"
    judging = ground.ask("simulate", "--judge", str(truth))
    accounts = read_ledger(database, settings)
    totals = Totals.of(accounts)
    with database, database.cursor() as cursor:
        alerts, lines = demo_report.alerts(cursor)
        _print(demo_report.day_table(cursor, story.first, story.first + DAY))
        _print([*lines, *demo_report.messages(cursor)])
        _print(demo_report.ledger(totals, demo_report.rejections(cursor)))
        canvas, day = Canvas.configured(settings.cache_dir), Day(cursor, story.first, story.first + DAY)
        files = Pictures(canvas, day, story.live, story.last, story.subjects, totals).save(ground.folder)
        cursor.execute("select count(*) from statistic")
        statistics = cursor.fetchone()[0]
    refuted, said = ground.answer(judging)
    _print(demo_report.verdict(said.splitlines()))
    _print(demo_report.pictures([pictures_at / file.name for file in files]))
    folder = open_folder(truth)
    expected = read_readings(folder).stations
    outcome = Outcome(
        sent=folder.run,
        stored=totals.stored,
        lost=lost_readings({station: readings.current for station, readings in expected.items()}, accounts),
        doubled=totals.duplicated,
        unbalanced=totals.unbalanced,
        statistics=statistics,
        alerts=alerts,
        judged=refuted == 0,
        seconds=time.time() - since,
    )
    typer.echo(str(outcome))
    return outcome


def _settle(settings: CoreSettings, story: Story, database: Any, ground: Ground) -> None:
    """Wait until the evening's hours are through: all minutes there, or no longer waited for."""
    clock = clock_of(settings)
    # of the monitors that report by the minute, outlets are waited for longest
    through = story.last + KindSettings.load().rules()[Kind.CEMS].grace_s + MINUTE

    def due_is_done(cursor: Any) -> bool:
        return clock.now() >= through and nothing_overdue(cursor, through)

    timeout = SETTLE_S + clock.wall_seconds(max(0.0, through - clock.now()))
    wait_at_rest(settings, database, timeout, ground.check, due_is_done)


def say(text: str) -> None:
    """Tell the person who waits what is going on, beside the story."""
    sys.stderr.write(f"demo: {text}\n")
    sys.stderr.flush()


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)
