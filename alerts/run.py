"""The engine's process: the engine, and beside it the notifier."""

from __future__ import annotations

from alerts import open_alerts
from alerts.handling import grid
from alerts.handling.escalate import Escalations
from alerts.notify.thread import NotifierThread
from alerts.rules.folder import RuleFolder
from alerts.settings import AlertsSettings
from alerts.step import AlertStep
from alerts.warnings.proposing import Proposals
from core.clock import clock_of
from core.health import HealthServer
from core.logs import configure, get_logger
from core.look import Looker
from core.process import Shutdown
from core.settings import CoreSettings
from core.stream import Stream

ROLE = "engine"
LOOK_ENDS_S = 5.0
"""How long to wait at the end for a look that has been cancelled: nothing is lost with it."""
LOOK_REST = 20.0
"""A look by the clock takes a twentieth of the engine's time at most."""


def run(settings: CoreSettings, own: AlertsSettings) -> None:
    """Until SIGTERM or SIGINT; raises `LantianError` for faulty rules or grid, and for what no waiting can mend."""
    configure(settings, "alerts")
    log = get_logger(__name__)
    escalations = Escalations(grid.load(own.grid_file), own.escalation_seconds)
    proposals = Proposals(own.warning_seconds)
    step = AlertStep(RuleFolder(own.rules_dir), own.registry_seconds, escalations, LOOK_REST, proposals)
    shutdown = Shutdown().install()
    notifier = NotifierThread(settings, own.notify_file, shutdown.requested) if own.notify_file else None
    stream = Stream(settings, step, role=ROLE, clock=clock_of(settings), transaction_bytes=own.transaction_bytes)

    def ready() -> dict[str, bool]:
        return stream.ready() | ({"notifier": notifier.well} if notifier else {})

    health = HealthServer(settings, "alerts", own.metrics_port, ready).start()
    log.info("started", port=health.port, notifies=notifier is not None)
    look = Looker(settings, ROLE, "alerts", open_alerts.SEEN, open_alerts.standing, settings.metrics_look_seconds)
    looking = look.start(shutdown.requested)
    try:
        if notifier:
            notifier.start()
        stream.run(shutdown.requested)
    finally:
        shutdown.requested.set()
        look.cancel()
        health.stop()
        if notifier:
            notifier.end()
        looking.join(timeout=LOOK_ENDS_S)
    log.info("stopped")
