"""Telegraf, built with the few plugins that the work needs: MQTT to Kafka, and Kafka to a wide row a report.

Two processes of it, as one would run them on two machines, configured to be fast: `telegraf-in.toml` and
`telegraf-out.toml` beside this module say how.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from kafka.admin import NewTopic

from bench.pipeline.ground import Ground
from bench.pipeline.peers.peer import Command, Outcome, Peer, Servers, measure
from core import kafka
from deploy.setup.step import building, call

VERSION = "1.37.2"
TOPIC = "bench.telegraf"
REPORTS = 300_000
"""With fewer, its flushing each second would count for much of the time."""
_MODULE = f"github.com/influxdata/telegraf/cmd/telegraf@v{VERSION}"
PLUGINS = (
    "inputs.mqtt_consumer", "inputs.kafka_consumer", "outputs.kafka", "outputs.postgresql",
    "parsers.json", "parsers.influx", "serializers.influx",
)  # fmt: skip
LACKS = (
    "a wide row a report without key: a repeat is a second row, a value that is no number is left out without a word;"
    " no validation, no statistics, no alerts, no word to the device"
)
_HERE = Path(__file__).parent


def build(cache: Path) -> Path:
    """The program, built once; raises `StepFailedError` where Go or the module cannot be had."""
    folder = cache / f"telegraf-{VERSION}"
    with building(folder) as unfinished:
        if unfinished is not None:
            environment = {"GOBIN": str(unfinished), "CGO_ENABLED": "0"}
            call(["go", "install", "-tags", ",".join(("custom", *PLUGINS)), _MODULE], environment=environment)
    return folder / "telegraf"


def run(ground: Ground) -> Outcome:
    """What it makes of the load.

    Raises `StepFailedError` where it cannot be built, `UnavailableError` where it does not run.
    """
    program = build(ground.settings.cache_dir)
    peer = Peer(
        "telegraf", LACKS, REPORTS, "report", "station, time", rows_by_factor=False, schema="",
        commands=lambda servers: _commands(program, servers),
    )  # fmt: skip
    with closing(kafka.admin(ground.settings)) as client:
        client.create_topics([NewTopic(TOPIC, kafka.PARTITIONS, 1)])
        try:
            return measure(ground, peer)
        finally:
            client.delete_topics([TOPIC])


def _commands(program: Path, servers: Servers) -> list[Command]:
    environment = {
        **os.environ,
        "MQTT_SERVER": f"tcp://{servers.mqtt_host}:{servers.mqtt_port}", "MQTT_TOPIC": servers.mqtt_topic,
        "MQTT_USER": servers.mqtt_user, "MQTT_PASSWORD": servers.mqtt_password,
        "KAFKA": servers.kafka, "KAFKA_TOPIC": TOPIC, "POSTGRES": servers.postgres,
    }  # fmt: skip
    return [
        Command([str(program), "--config", str(_HERE / name)], environment)
        for name in ("telegraf-out.toml", "telegraf-in.toml")
    ]
