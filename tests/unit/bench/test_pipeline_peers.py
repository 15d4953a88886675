"""Peers of the pipeline's benchmark: what is told of them, and what their parts make of what they say."""

from __future__ import annotations

import socket
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.pipeline.generator import Account, Platform
from bench.pipeline.peers import contest, telegraf
from bench.pipeline.peers.quix import means_of
from bench.pipeline.report import peer_lines
from deploy.setup.step import StepFailedError

CONFIGURATIONS = sorted(Path(telegraf.__file__).parent.glob("telegraf-*.toml"))


def plugins_of(configuration: dict[str, Any]) -> set[str]:
    return {f"{kind}.{name}" for kind in ("inputs", "outputs") for name in configuration.get(kind, {})}


def test_each_peer_that_ran_is_told_with_its_ratio_and_what_it_does_not_do() -> None:
    said = list(peer_lines({"telegraf_readings_per_s": 180_000.0, "ratio_telegraf": 0.5, "telegraf_lost": 0}))
    assert said == [f"telegraf: 180,000 readings/s, ratio 0.50; {telegraf.LACKS}"]


def test_a_peer_that_was_skipped_is_told_with_its_reason() -> None:
    assert list(peer_lines({"telegraf_skipped": "go is not installed"})) == ["telegraf: SKIPPED: go is not installed"]


def test_what_a_peer_lost_or_doubled_is_told() -> None:
    [said] = peer_lines({"plain_readings_per_s": 1000.0, "plain_lost": 30, "plain_doubled": 2})
    assert said.startswith("plain: 1,000 readings/s, 30 LOST, 2 DOUBLED; ")


def test_ratios_are_over_those_that_move_all_readings_and_ran() -> None:
    figures = {"readings_per_s": 50.0, "telegraf_readings_per_s": 100.0, "sql_readings_per_s": 1000.0}
    assert contest.ratios(figures) == {"ratio_telegraf": 0.5}


def test_every_peer_says_what_it_does_not_do() -> None:
    assert set(contest.LACKS) == {"plain", "batched", "telegraf", "quix", "sql"}
    assert all("no " in lacks for lacks in contest.LACKS.values())


def test_telegraf_is_built_with_exactly_the_plugins_that_its_configurations_name() -> None:
    named = set().union(*(plugins_of(tomllib.loads(path.read_text(encoding="utf-8"))) for path in CONFIGURATIONS))
    assert named == {name for name in telegraf.PLUGINS if name.startswith(("inputs.", "outputs."))}


def test_without_go_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StepFailedError, match="go is not installed"):
        telegraf.build(tmp_path / "cache")


def test_windows_of_quix_become_means_and_counts_by_station_and_factor() -> None:
    windows = [{"station": "B000001", "count": 4, "sums": {"a34002": 10.0, "a21026": 2.0}}]
    assert means_of(windows) == {("B000001", "a34002"): (2.5, 4), ("B000001", "a21026"): (0.5, 4)}


@pytest.mark.parametrize(("by_broker", "durable"), [(True, 3), (False, 0)])
def test_what_the_broker_confirms_counts_only_where_there_is_no_lantian(*, by_broker: bool, durable: int) -> None:
    platform = Platform(Account("platform-a", "secret", "acks"), 0, 1, [], np.array([0]), by_broker=by_broker)
    platform.connection, broker = socket.socketpair()
    with platform.connection, broker:
        platform.connection.setblocking(False)
        broker.sendall(bytes([0x40, 2, 0, 1]) * 3)
        platform.read()
    assert platform.durable == durable
