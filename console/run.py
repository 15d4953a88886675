"""The console's process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from console.poll import Poller
from console.server import WebServer, build, listen
from console.settings import ConsoleSettings
from console.snapshot import Health
from core.clock import clock_of
from core.health import HealthServer
from core.logs import configure, get_logger
from core.process import Shutdown
from core.settings import CoreSettings


def page_file(settings: CoreSettings) -> Path:
    """Where the console tells the address of its page."""
    return settings.state_dir / "run" / "console-page.url"


def run(settings: CoreSettings, own: ConsoleSettings, look: Callable[[], Health]) -> None:
    """Serve until SIGTERM or SIGINT; `look` says how the pipeline stands. Raises `SettingsError` for a taken port."""
    configure(settings, "console")
    log = get_logger(__name__)
    clock = clock_of(settings)
    shutdown = Shutdown().install()
    poller = Poller(settings, clock, look, refresh_s=own.refresh_seconds, most=own.most_alerts, stop=shutdown.requested)
    app = build(lambda: poller.shown, clock, host=own.host, language=own.language, refresh_s=own.refresh_seconds)
    web = WebServer(app, listen(own.host, own.port))

    def ready() -> dict[str, bool]:
        shown = poller.shown
        return {"page": web.well, "postgres": shown.read is not None and not shown.away, "threads": poller.alive}

    health = HealthServer(settings, "console", own.metrics_port, ready).start()
    threads = poller.start()
    web.start()
    page_file(settings).write_text(f"{web.url}\n", encoding="utf-8")
    sys.stdout.write(f"值班台 console: {web.url}\n")
    sys.stdout.flush()
    log.info("started", port=health.port, page=web.url)
    try:
        shutdown.wait()
    finally:
        shutdown.requested.set()
        page_file(settings).unlink(missing_ok=True)
        web.stop()
        health.stop()
        shutdown.join(threads)
    log.info("stopped")
