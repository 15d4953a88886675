"""The process `lantian ingest`: the bridge's beginning, its end, and its leaving for good."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

from core.clock import clock_of
from core.errors import UnavailableError
from core.health import HealthServer
from core.logs import configure, get_logger
from core.mqtt import Connection, Login
from core.postgres import connect
from core.process import Shutdown
from core.settings import CoreSettings
from ingest.bridge import SUBSCRIPTIONS, USERNAME, Bridge, client_id
from ingest.registry import Registry
from ingest.routes import AckRoutes
from ingest.settings import BridgeSettings
from ingest.station import ACKS_TO_STATION

log = get_logger(__name__)

PROCESS = "ingest"


def load_routes(core: CoreSettings) -> Mapping[str, str]:
    """Station to platform credential, for the stations that the registry has acknowledged that way."""
    connection = connect(core, "bridge", application="lantian-ingest")
    try:
        registry = Registry.load(connection)
    finally:
        connection.close()
    return {station.station: station.acks for station in registry.stations() if station.acks != ACKS_TO_STATION}


def run(core: CoreSettings, settings: BridgeSettings) -> None:
    """Bridge until SIGTERM, then drain; what Kafka did not take in time stays with the broker."""
    configure(core, PROCESS)
    shutdown = Shutdown().install()
    routes = AckRoutes(lambda: load_routes(core), settings.registry_seconds)
    bridge = Bridge(core, settings, clock_of(core), routes)
    health = HealthServer(core, PROCESS, settings.metrics_port, bridge.ready).start()
    routes.start()
    log.info("started", port=health.port, name=settings.name, correlation=f"{bridge.correlation}…")
    try:
        while not shutdown.requested.is_set() and not bridge.writer.open():
            shutdown.requested.wait(0.2)
        while not shutdown.requested.is_set():
            bridge.turn()
        drained = bridge.drain()
        log.info("stopped", drained=drained, taken=bridge.taken, left_with_broker=bridge.in_flight)
    finally:
        routes.stop()
        bridge.close()
        health.stop()


def leave(core: CoreSettings, settings: BridgeSettings) -> int:
    """End the session of a bridge that will not come back, once all that the broker keeps for it is durable.

    An absent member of a shared subscription keeps its share of the messages, so whoever takes a bridge out of
    service must do this. Returns the number of messages passed on. Raises `UnavailableError` if it is told to stop
    or a server stays away for longer than the drain may take; nothing is lost then, and it can be run again.
    """
    configure(core, PROCESS)
    shutdown = Shutdown().install()
    routes = AckRoutes(lambda: load_routes(core), settings.registry_seconds)
    routes.start()
    bridge = Bridge(core, settings, clock_of(core), routes, subscriptions=())
    try:
        _empty_session(bridge, partial(_turn_until, bridge, shutdown, settings.drain_seconds))
        bridge.drain()
    finally:
        routes.stop()
        bridge.close()
    _forget_session(core, settings)
    return bridge.taken


def _empty_session(bridge: Bridge, until: Callable[[Callable[[], bool]], None]) -> None:
    """Unsubscribe when all in flight is acknowledged: if nothing comes before the broker's answer, nothing is left.

    The broker handles in order: our acknowledgements, then what it still queues for us, then its answer.
    """
    while True:
        until(lambda: bridge.writer.open() and bridge.mqtt.connected and not bridge.in_flight)
        taken, number = bridge.taken, bridge.mqtt.number
        fence = bridge.mqtt.unsubscribe(SUBSCRIPTIONS)
        until(lambda: fence in bridge.mqtt.fenced or bridge.mqtt.number != number)  # noqa: B023 (called here only)
        if (bridge.taken, bridge.mqtt.number) == (taken, number):
            return


def _turn_until(bridge: Bridge, shutdown: Shutdown, patience: float, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        if shutdown.requested.is_set() or time.monotonic() > deadline:
            raise UnavailableError(
                "leave",
                "the session is not empty yet",
                hint="see `lantian status`, then run `lantian ingest --leave` again",
            )
        bridge.turn()


def _forget_session(core: CoreSettings, settings: BridgeSettings) -> None:
    """A connection without a session ends the one that the broker kept."""
    login = Login(USERNAME, client_id(settings), keep_session=False)
    mqtt = Connection(core, login, on_messages=lambda _messages: None)
    deadline = time.monotonic() + settings.drain_seconds
    while not mqtt.connected:
        if time.monotonic() > deadline:
            raise UnavailableError("mqtt", "the broker does not answer", hint="see `lantian status`")
        mqtt.poll(0.1)
    mqtt.disconnect()
