"""The demonstration on servers and processes that others run, such as containers: begun, then told.

Between the two parts those others start the processes with the clock that the first one names.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.clock import SHANGHAI, clock_of
from core.errors import InputError, SettingsError, UnavailableError
from core.postgres import connect
from core.process import Shutdown
from core.settings import CoreSettings
from deploy.demo_story import Story
from deploy.demo_telling import load_pictures, register, tell, the_story
from deploy.pipeline import ProcessState, read_processes
from deploy.processes import PROCESSES, Processes, StoppedError, data_clock

HEAD_START_S = 30.0
"""The clock stands still for this long: containers take their time to start, and then the day's hours are loaded."""
_LOOK_S = 0.5


class GivenGround:
    """Processes that others keep running, as `LANTIAN_PROCESSES` and the state folder name them."""

    def __init__(self, settings: CoreSettings, stopping: threading.Event) -> None:
        self.folder = settings.state_dir / "demo"
        self._settings = settings
        self._asked = Processes(settings.state_dir, os.environ, stopping)

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until one of each kind is ready; raises `UnavailableError` naming those that are not."""
        for _ in range(int(timeout_s / _LOOK_S)):
            self.check()
            if not (missing := not_ready(read_processes(self._settings))):
                return
            self._asked.stopping.wait(_LOOK_S)
        raise UnavailableError(
            "processes", f"{', '.join(missing)}: not ready within {timeout_s:.0f} s", hint="read their logs"
        )

    def check(self) -> None:
        """Raise `StoppedError` if the user wants no more; who runs the processes starts again what ends."""
        self._asked.check()

    def ask(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Run `lantian <arguments>` beside us."""
        return self._asked.ask(*arguments)

    def answer(self, child: subprocess.Popen[bytes]) -> tuple[int, str]:
        """Wait for the end of what was asked: exit status and answer."""
        return self._asked.answer(child)

    def stop(self) -> None:
        """End what was asked; the processes are not ours."""
        self._asked.stop()


def not_ready(found: Sequence[ProcessState]) -> list[str]:
    """Of the processes from devices to alerts, those of which none is ready."""
    ready = {process.role for process in found if process.ready}
    return [name for name in PROCESSES if name not in ready]


def begin(*, speed: float) -> dict[str, str]:
    """Register the story's stations; returns the environment with the clock that everything must run by.

    Raises `InputError` if stations are registered: what is there belongs to somebody.
    """
    settings: CoreSettings = CoreSettings.load()
    with closing(connect(settings, "registry", application="lantian demo")) as database, database.cursor() as cursor:
        cursor.execute("select station from station limit 1")
        if row := cursor.fetchone():
            raise InputError(
                "not_empty",
                "the demonstration begins on an empty database, and here stations are registered",
                field="station",
                value=row[0],
                hint="give it servers of its own",
            )
    story = the_story()
    register(settings, story)
    started = datetime.now(UTC) + timedelta(seconds=HEAD_START_S)
    return data_clock(datetime.fromtimestamp(story.live, SHANGHAI).isoformat(), started.isoformat(), speed)


def go_on(*, since: float, pictures_at: Path | None) -> bool:
    """Tell the story that was begun; returns whether nothing was lost, doubled or wrong."""
    settings: CoreSettings = CoreSettings.load()
    story = the_story()
    refuse_another_clock(settings, story)
    load_pictures()
    ground = GivenGround(settings, Shutdown().install().requested)
    try:
        outcome = tell(settings, story, ground, since=since, pictures_at=pictures_at)
    except StoppedError:
        return False
    finally:
        ground.stop()
    return outcome is not None and outcome.good


def refuse_another_clock(settings: CoreSettings, story: Story) -> None:
    """Raises `SettingsError` unless the settings' clock is one that `begin` named."""
    if clock_of(settings).epoch != story.live:
        raise SettingsError(
            "clock",
            "is not the evening at which the story begins",
            field="LANTIAN_CLOCK_EPOCH",
            value=settings.clock_epoch,
            hint="start the processes and this command with what `lantian demo begin` printed",
        )
