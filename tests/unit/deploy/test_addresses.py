"""Ports are free when chosen, remembered, and left alone where the settings name a server."""

from __future__ import annotations

import socket
import tomllib
from pathlib import Path

from core.settings import ConfiguredSettings, CoreSettings
from deploy.local import addresses
from deploy.local.addresses import Ports

PORTS = Ports(mqtt=21001, kafka=21002, kafka_controller=21003, postgres=21004, prometheus=21005, alertmanager=21006)


def test_the_ports_are_remembered(tmp_path: Path) -> None:
    addresses.save(tmp_path, PORTS, ConfiguredSettings(state_dir=tmp_path))
    assert addresses.load_ports(tmp_path) == PORTS


def test_every_process_reads_the_addresses(tmp_path: Path) -> None:
    addresses.save(tmp_path, PORTS, ConfiguredSettings(state_dir=tmp_path))
    settings = CoreSettings(state_dir=tmp_path)
    assert (settings.mqtt_host, settings.mqtt_port) == ("127.0.0.1", 21001)
    assert settings.kafka == "127.0.0.1:21002"
    assert (settings.postgres_host, settings.postgres_port) == ("127.0.0.1", 21004)


def test_a_configured_address_is_not_written_over(tmp_path: Path) -> None:
    addresses.save(tmp_path, PORTS, ConfiguredSettings(state_dir=tmp_path, kafka="kafka.example:9092"))
    assert "kafka" not in tomllib.loads((tmp_path / "stack.toml").read_text(encoding="utf-8"))["core"]


def test_a_port_that_another_has_taken_is_exchanged_and_the_others_kept() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = Ports(mqtt=taken.getsockname()[1], kafka=21002, kafka_controller=21003, postgres=21004)
        renewed = addresses.renew(ports, "mqtt")
    assert renewed.mqtt != ports.mqtt
    assert (renewed.kafka, renewed.kafka_controller, renewed.postgres) == (21002, 21003, 21004)


def test_a_server_that_listens_is_reachable_and_a_free_port_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert addresses.reachable(f"127.0.0.1:{server.getsockname()[1]}")
    assert not addresses.reachable(f"127.0.0.1:{addresses.free_port()}")
    assert not addresses.reachable("")
