"""The worker process: reports to statistics, and these to further ones, each a stream with offsets of its own."""

from __future__ import annotations

import threading

from aggregate import network
from aggregate.ledger.audit import Auditor
from aggregate.periods import warm_up as warm_up_periods
from aggregate.settings import AggregateSettings
from aggregate.steps import all_steps
from aggregate.windows import warm_up as warm_up_windows
from core.clock import clock_of
from core.health import HealthServer
from core.logs import configure, get_logger
from core.look import Looker
from core.process import Shutdown, loading
from core.settings import CoreSettings
from core.stream import Stream
from ingest.kinds import KindSettings
from standards.aqi import warm_up as warm_up_index
from standards.editions import load_editions

ROLE = "worker"

AUDIT_ENDS_S = 5.0
"""How long to wait at the end for an audit or a look that has been cancelled: nothing is lost with it."""


def run(settings: CoreSettings, own: AggregateSettings, kinds: KindSettings) -> None:
    """Until SIGTERM or SIGINT; raises what no waiting can mend."""
    configure(settings, "aggregate")
    log = get_logger(__name__)
    shutdown = Shutdown().install()
    with loading():
        warm_up()
    clock = clock_of(settings)
    streams = [
        Stream(
            settings,
            step,
            role=ROLE,
            clock=clock,
            transaction_bytes=own.transaction_bytes,
            tick_s=own.tick_s,
        )
        for step in all_steps(own, kinds, settings.clock_speed)
    ]
    health = HealthServer(settings, "aggregate", own.metrics_port, lambda: _ready(streams)).start()
    log.info("started", port=health.port)
    failed: list[BaseException] = []

    def guard(stream: Stream) -> None:
        try:
            stream.run(shutdown.requested)
        except BaseException as error:
            failed.append(error)
            shutdown.requested.set()

    threads = [threading.Thread(target=guard, args=(stream,), name=stream.name) for stream in streams]
    for thread in threads:
        thread.start()
    auditor = Auditor(settings, ROLE, own.audit_seconds)
    auditing = threading.Thread(target=auditor.run, args=(shutdown.requested,), name="audit", daemon=True)
    auditing.start()
    look = Looker(settings, ROLE, "network", network.SEEN, network.Network(clock), settings.metrics_look_seconds)
    looking = look.start(shutdown.requested)
    shutdown.join(threads)
    auditor.cancel()
    look.cancel()
    auditing.join(timeout=AUDIT_ENDS_S)
    looking.join(timeout=AUDIT_ENDS_S)
    health.stop()
    log.info("stopped")
    if failed:
        raise failed[0]


def warm_up() -> None:
    """Compile, or load from the cache, every kernel: before the first batch, not within it."""
    warm_up_windows()
    warm_up_periods(load_editions())
    for edition in load_editions().all:
        warm_up_index(edition.hourly)
        warm_up_index(edition.daily)


def _ready(streams: list[Stream]) -> dict[str, bool]:
    return {name: all(stream.ready()[name] for stream in streams) for name in streams[0].ready()}
