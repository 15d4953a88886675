"""`lantian demo`: a day in Jincheng, from the monitor to the alert, on real servers.

The shared clock stands at the scenario's evening while the day's hours are loaded as the devices' buffers would send
them, then runs at 60× while every monitor reports each minute. At the end the judge compares what stands with what had
to follow, and the day is drawn.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from aggregate.worker import warm_up
from core.clock import SHANGHAI
from core.process import Shutdown
from core.settings import ConfiguredSettings
from deploy.demo_telling import load_pictures, register, say, tell, the_story
from deploy.local.stack import Stack
from deploy.processes import FREE_PORTS, PROCESSES, Processes, StoppedError, data_clock, refuse_servers

HEAD_START_S = 15.0
"""The clock stands still for this long: time to start the processes and to load the day's hours."""
NOTIFY = Path(__file__).parent / "container" / "demo" / "notify.toml"
"""Boards and sirens on the demonstration's own broker hear of grave alerts of dust."""


def run(*, once: bool, speed: float) -> bool:
    """Tell the story on a stack of its own, emptied first; returns whether nothing was lost, doubled or wrong."""
    configured = ConfiguredSettings.load()
    refuse_servers(configured, "the demonstration")
    began = time.time()
    load_pictures()
    shutdown = Shutdown().install()
    stack = Stack(configured.model_copy(update={"state_dir": configured.state_dir / "demo"}))
    stack.erase()
    say("starting Mosquitto, Kafka and TimescaleDB, empty")
    try:
        with ThreadPoolExecutor(1) as beside:
            kernels = beside.submit(warm_up)
            settings = stack.up()
            story = the_story()
            register(settings, story)
            kernels.result()
        started = (datetime.now(UTC) + timedelta(seconds=HEAD_START_S)).isoformat()
        epoch = datetime.fromtimestamp(story.live, SHANGHAI).isoformat()
        timed = settings.model_copy(update={"clock_epoch": epoch, "clock_started": started, "clock_speed": speed})
        told = {"LANTIAN_ALERTS_NOTIFY_FILE": str(NOTIFY)}
        environment = {**os.environ, **stack.environment, **data_clock(epoch, started, speed), **FREE_PORTS, **told}
        processes = Processes(stack.state_dir, environment, shutdown.requested)
        try:
            for name, arguments in PROCESSES.items():
                processes.start(name, *arguments)
            outcome = tell(timed, story, processes, since=began)
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
