"""The script that anybody writes first: paho, JSON, and INSERT; or the same with readings gathered and copied.

`python -m bench.pipeline.peers.plain BATCH` finds the servers in `PEER_SERVERS` (JSON); 1 inserts each reading by
itself and commits a report at once, a larger number copies so many readings in a transaction. It runs until it is
ended.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import closing
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import psycopg2
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bench.pipeline.peers.peer import Command, Peer, Servers

VARIABLE = "PEER_SERVERS"
BATCH = 1000
IDLE_S = 0.2
"""Readings that are gathered go into the database after so long without another."""
SCHEMA = "create table reading (station text, time timestamptz, factor text, value double precision)"


def _commands(batch: int, servers: Servers) -> list[Command]:
    arguments = [sys.executable, "-m", "bench.pipeline.peers.plain", str(batch)]
    return [Command(arguments, {**os.environ, VARIABLE: msgspec.json.encode(servers).decode()})]


PLAIN = Peer(
    "plain",
    "a transaction a report into a table without key or index: a repeat is a second row; no Kafka, no validation, no"
    " statistics, no alerts",
    8_000, "reading", "station, time, factor", rows_by_factor=True, schema=SCHEMA,
    commands=lambda servers: _commands(1, servers),
)  # fmt: skip
BATCHED = Peer(
    "batched",
    f"{BATCH} readings a COPY, confirmed to the broker before they are stored: lost when the script dies; no key, no"
    " Kafka, no validation, no statistics, no alerts",
    50_000, "reading", "station, time, factor", rows_by_factor=True, schema=SCHEMA,
    commands=lambda servers: _commands(BATCH, servers),
)  # fmt: skip


class Script:
    """What is done with each message."""

    def __init__(self, database: Any, batch: int) -> None:
        self._database = database
        self._batch = batch
        self._rows: list[tuple[str, str, str, float]] = []

    def take(self, payload: bytes | bytearray) -> None:
        """A report."""
        report = json.loads(payload)
        self._rows += [(report["station"], report["time"], factor, value) for factor, value in report["values"].items()]
        if len(self._rows) >= self._batch:
            self.store()

    def store(self) -> None:
        """What is gathered, in one transaction."""
        if not self._rows:
            return
        with self._database, self._database.cursor() as cursor:
            if self._batch == 1:
                for row in self._rows:
                    cursor.execute("insert into reading values (%s, %s, %s, %s)", row)
            else:
                lines = "".join(f"{station}\t{at}\t{factor}\t{value}\n" for station, at, factor, value in self._rows)
                cursor.copy_expert("copy reading from stdin", io.StringIO(lines))
        self._rows.clear()


def main() -> None:
    """Until it is ended, or the broker or the database goes."""
    servers = msgspec.json.decode(os.environ[VARIABLE], type=Servers)
    with closing(psycopg2.connect(servers.postgres)) as database:
        script = Script(database, int(sys.argv[1]))
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="peer-plain", protocol=MQTTProtocolVersion.MQTTv311)
        client.username_pw_set(servers.mqtt_user, servers.mqtt_password)
        client.on_connect = lambda client, *_: client.subscribe(servers.mqtt_topic, qos=1)
        taken = 0

        def on_message(_client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
            nonlocal taken
            taken += 1
            script.take(message.payload)

        client.on_message = on_message
        client.connect(servers.mqtt_host, servers.mqtt_port)
        while True:
            before = taken
            if (code := client.loop(IDLE_S)) != mqtt.MQTT_ERR_SUCCESS:
                sys.exit(f"the connection to the broker ended: {mqtt.error_string(code)}")
            if taken == before:
                script.store()


if __name__ == "__main__":
    main()
