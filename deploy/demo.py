"""`lantian demo`: a day in Jincheng, from the monitor to the alert, on real servers.

The shared clock stands at the scenario's evening while the day's hours are loaded as the devices' buffers would send
them, then runs at 60× while every monitor reports each minute. At the end the judge compares what stands with what had
to follow, and the day is drawn.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import typer

from aggregate.ledger.books import read_ledger
from aggregate.worker import warm_up
from core.clock import DAY, SHANGHAI, clock_of
from core.errors import SettingsError
from core.postgres import connect
from core.process import Shutdown
from core.settings import ConfiguredSettings, CoreSettings
from deploy import demo_report
from deploy.demo_story import Outcome, Story, lost_readings
from deploy.local.stack import Stack
from deploy.processes import FREE_PORTS, PROCESSES, Processes, StoppedError, data_clock, refuse_servers
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
HEAD_START_S = 15.0
"""The clock stands still for this long: time to start the processes and to load the day's hours."""
SETTLE_S = 180.0
"""A machine that cannot keep up with the evening may finish it afterwards."""
PLATFORM = "demo"
NOTIFY = """\
gather = "PT5S"

[[target]]
id = "boards"
via = "mqtt"

[[route]]
id = "dust"
to = ["boards"]
kinds = ["dust"]
severity = "severe"
"""
"""Boards and sirens on the demonstration's own broker hear of grave alerts of dust."""


def run(*, once: bool, speed: float) -> bool:
    """Tell the story on a stack of its own, emptied first; returns whether nothing was lost, doubled or wrong."""
    configured = ConfiguredSettings.load()
    refuse_servers(configured, "the demonstration")
    began = time.monotonic()
    _load_pictures()
    shutdown = Shutdown().install()
    stopping = shutdown.requested
    stack = Stack(configured.model_copy(update={"state_dir": configured.state_dir / "demo"}))
    stack.erase()
    _say("starting Mosquitto, Kafka and TimescaleDB, empty")
    try:
        with ThreadPoolExecutor(1) as beside:
            kernels = beside.submit(warm_up)
            settings = stack.up()
            story = Story.of(load_scenario(SCENARIO))
            _register(settings, story)
            kernels.result()
        started = datetime.now(UTC) + timedelta(seconds=HEAD_START_S)
        epoch = datetime.fromtimestamp(story.live, SHANGHAI).isoformat()
        clock = data_clock(epoch, started.isoformat(), speed)
        notify = stack.state_dir / "notify.toml"
        notify.write_text(NOTIFY, encoding="utf-8")
        told = {"LANTIAN_ALERTS_NOTIFY_FILE": str(notify)}
        environment = {**os.environ, **stack.environment, **clock, **FREE_PORTS, **told}
        processes = Processes(stack.state_dir, environment, stopping)
        timed = settings.model_copy(
            update={"clock_epoch": epoch, "clock_started": started.isoformat(), "clock_speed": speed}
        )
        try:
            outcome = _tell(timed, story, processes, began)
            if not once and sys.stdout.isatty():
                _stay(stack)
                shutdown.wait()
        except StoppedError:
            outcome = None
        finally:
            processes.stop()
    finally:
        stack.down()
    return outcome is not None and outcome.good


def _load_pictures() -> None:
    """Import what draws, at the beginning: matplotlib may be missing, and the end of the day is late to say so."""
    try:
        import deploy.charts.draw  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError(
            "demo", f"the demonstration draws pictures with matplotlib, but there is no module {error.name}",
            hint="run `make setup`, or `pip install lantian[demo]`",
        ) from error  # fmt: skip


def _register(settings: CoreSettings, story: Story) -> None:
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
    _say(f"registered {len(network.rows)} stations: {story.scenario.title_zh} ({story.scenario.title_en})")


def _tell(settings: CoreSettings, story: Story, processes: Processes, began: float) -> Outcome | None:
    """The evening and what came of it; None if the simulator failed. Raises `StoppedError`."""
    for name, arguments in PROCESSES.items():
        processes.start(name, *arguments)
    processes.wait_ready(60)
    _say("bridge, worker and alert engine are ready")
    live, last = (datetime.fromtimestamp(moment, SHANGHAI) for moment in (story.live, story.last))
    span = f"hours until {live:%H} at once, then minutes at {settings.clock_speed:.0f}× until {last:%H:%M}"
    _say(f"sending {live:%Y-%m-%d}: {span}")
    truth = settings.state_dir / "truth"
    simulating = processes.ask("simulate", "--scenario", SCENARIO, "--truth", str(truth), "--platform", PLATFORM)
    status, _ = processes.answer(simulating)
    if status:
        return None  # it has said why
    with closing(connect(settings, "reader", application="lantian demo")) as database:
        _settle(settings, story, database, processes)
        return _conclude(settings, story, database, processes, began)


def _conclude(settings: CoreSettings, story: Story, database: Any, processes: Processes, began: float) -> Outcome:
    """Say and draw what has come of the day, while the judge works beside."""
    from deploy.charts.canvas import Canvas  # noqa: PLC0415 (matplotlib)
    from deploy.charts.day import Day  # noqa: PLC0415
    from deploy.charts.draw import Pictures  # noqa: PLC0415

    truth = settings.state_dir / "truth"
    judging = processes.ask("simulate", "--judge", str(truth))
    accounts = read_ledger(database, settings)
    totals = Totals.of(accounts)
    with database, database.cursor() as cursor:
        alerts, lines = demo_report.alerts(cursor)
        _print(demo_report.day_table(cursor, story.first, story.first + DAY))
        _print([*lines, *demo_report.messages(cursor)])
        _print(demo_report.ledger(totals, demo_report.rejections(cursor)))
        canvas, day = Canvas.configured(settings.cache_dir), Day(cursor, story.first, story.first + DAY)
        files = Pictures(canvas, day, story.live, story.last, story.subjects, totals).save(settings.state_dir)
        cursor.execute("select count(*) from statistic")
        statistics = cursor.fetchone()[0]
    refuted, said = processes.answer(judging)
    _print(demo_report.verdict(said.splitlines()))
    _print(demo_report.pictures(files))
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
        seconds=time.monotonic() - began,
    )
    typer.echo(str(outcome))
    return outcome


def _settle(settings: CoreSettings, story: Story, database: Any, processes: Processes) -> None:
    """Wait until the evening's hours are through: all minutes there, or no longer waited for."""
    clock = clock_of(settings)
    # of the monitors that report by the minute, outlets are waited for longest
    through = story.last + KindSettings.load().rules()[Kind.CEMS].grace_s + MINUTE

    def due_is_done(cursor: Any) -> bool:
        return clock.now() >= through and nothing_overdue(cursor, through)

    timeout = SETTLE_S + clock.wall_seconds(max(0.0, through - clock.now()))
    wait_at_rest(settings, database, timeout, processes.check, due_is_done)


def _stay(stack: Stack) -> None:
    typer.echo(
        f"\nThe stack runs on. In another terminal:\n"
        f"  export LANTIAN_STATE_DIR={stack.state_dir}\n"
        f"  lantian status            # servers and addresses\n"
        f"  lantian alerts list       # what an operator sees\n"
        f"  lantian stations list     # who reports\n"
        f"  lantian ledger            # nothing lost, nothing twice\n"
        f'  eval "$(lantian env)"     # addresses for psql and others\n'
        f"Ctrl-C ends it."
    )


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _say(text: str) -> None:
    sys.stderr.write(f"demo: {text}\n")
    sys.stderr.flush()
