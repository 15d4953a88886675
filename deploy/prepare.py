"""Everything that processes expect of servers that run: roles, database, schema, catalogue, topics, the broker's
accounts. Each may be there already; what is done again changes nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg2
from kafka.errors import KafkaError

from core.errors import UnavailableError
from core.kafka import admin, create_topics
from core.migrate import migrate
from core.postgres import connect
from core.settings import CoreSettings
from deploy.catalogue import publish_catalogue
from deploy.roles import provision, superuser
from ingest.broker_files import write_broker_files
from ingest.credentials import ensure_own, load_accounts

_LOOK_S = 0.5
_ANSWER_S = 2.0


def wait_for_servers(settings: CoreSettings, patience_s: float) -> None:
    """Wait until PostgreSQL lets the superuser in and Kafka tells of itself.

    Raises `UnavailableError` naming the one that does not within `patience_s` seconds.
    """
    deadline = time.monotonic() + patience_s
    postgres = partial(superuser, settings.state_dir, settings.postgres_port, "postgres", host=settings.postgres_host)
    _wait("postgres", settings.postgres_host, lambda: postgres().close(), deadline)
    _wait("kafka", settings.kafka, lambda: admin(settings, patience_s=_ANSWER_S).close(), deadline)


def make_roles(settings: CoreSettings) -> None:
    """Roles, database and extension, as the superuser of the secrets."""
    connected = partial(superuser, settings.state_dir, settings.postgres_port, host=settings.postgres_host)
    provision(connected, settings.state_dir, settings.postgres_database)


def prepare(settings: CoreSettings, broker: Path | None) -> list[str]:
    """Schema, catalogue, the broker's accounts and topics; returns the names of the migrations applied.

    `broker`: the folder of the broker's files; None where the broker is somebody else's.
    """
    applied = migrate(settings)
    publish_catalogue(settings)
    if broker is not None:
        with closing(connect(settings, "registry", application="lantian prepare")) as database:
            ensure_own(database, settings)
            write_broker_files(broker, load_accounts(database))
    create_topics(settings)
    return applied


def _wait(name: str, address: str, ask: Callable[[], None], deadline: float) -> None:
    pause = threading.Event()
    while True:
        try:
            return ask()
        except (psycopg2.OperationalError, KafkaError) as error:
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            if time.monotonic() >= deadline:
                raise UnavailableError(
                    name, f"{name} at {address} does not answer: {said}", hint="start it, and look at its log"
                ) from error
        pause.wait(_LOOK_S)
