"""The ledger struck beside the worker: one of several does it, all show it, and the worker goes on whatever fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from ledger_stage import ledger_worker, sent, take
from pipeline import Process
from prometheus_client import REGISTRY
from waiting import eventually
from worker_stage import Ground, Worker

from aggregate.ledger import audit
from aggregate.ledger.audit import LOOK_AGAIN_S, Auditor, Line, last
from core.postgres import connect
from core.settings import CoreSettings

pytestmark = pytest.mark.stack

NAME = "audit-air"


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("audit"))
    made.stations(f"{NAME},站,air,140502,audit-city,PT1M,city,,")
    return made


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    with ledger_worker(ground) as made:
        ground.rows("delete from ledger_audit")
        yield made


def strike(ground: Ground) -> float:
    """One turn of an auditor; returns how long it would wait."""
    with closing(connect(ground.settings, "worker", application="test audit")) as database:
        return Auditor(ground.settings, "worker", 300.0).turn(database)


def lines(ground: Ground) -> dict[str, Line]:
    with closing(connect(ground.settings, "reader", application="test")) as database:
        return {line.source: line for line in last(database)}


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_what_was_found_is_written_down_and_shown_by_source(ground: Ground, step: Worker) -> None:
    take(step, *(sent(NAME, seq, {"PM10": 80, "SO2": 9}) for seq in (1, 2, 3, 5)))
    ground.rows("delete from report where seq = 2 and source = 0")
    strike(ground)
    device = lines(ground)["device"]
    assert (device.accounts, device.unbalanced, device.due, device.readings) == (1, 1, 5, 8)
    assert (device.missing, device.unaccounted, device.doubled, device.breaks) == (2, 2, 0, 0)
    assert lines(ground)["replay"].balanced
    assert shown("lantian_ledger_missing", source="device") == 2
    assert shown("lantian_ledger_unaccounted", source="device") == 2
    assert shown("lantian_ledger_doubled", source="device") == 0
    assert shown("lantian_ledger_checked_timestamp_seconds") == device.checked_at


def test_two_runs_whose_numbers_together_are_no_bigint_are_written_down_all_the_same(
    ground: Ground, step: Worker
) -> None:
    greatest = 2**63 - 2
    ground.rows("insert into told values (%s, 0, 0, %s, now()), (%s, 0, 1, %s, now())", NAME, greatest, NAME, greatest)
    strike(ground)
    assert (lines(ground)["device"].due, lines(ground)["device"].missing) == (2 * greatest, 2 * greatest)


def test_it_is_struck_once_by_whoever_comes_first_and_not_before_it_is_due(ground: Ground, step: Worker) -> None:
    strike(ground)
    first = lines(ground)["device"].checked_at
    assert 0 < strike(ground) <= 300
    assert lines(ground)["device"].checked_at == first


def test_while_one_strikes_another_waits_and_shows_what_was_found_before(ground: Ground, step: Worker) -> None:
    strike(ground)
    audit.MISSING.labels("device").set(-1)
    with closing(connect(ground.settings, "worker", application="test audit")) as other, other.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (audit._LOCK,))
        assert strike(ground) == LOOK_AGAIN_S
    assert shown("lantian_ledger_missing", source="device") == 0


def test_while_much_is_in_flight_it_is_put_off(ground: Ground, step: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "LITTLE", 1)
    for seq in (1, 2):
        step.log.add(sent(NAME, seq, {"PM10": 80}))
    assert strike(ground) == LOOK_AGAIN_S
    assert lines(ground) == {}
    monkeypatch.setattr(audit, "LITTLE", 2)
    strike(ground)
    assert lines(ground)["device"].in_flight == 2


def test_what_takes_too_long_is_given_up_and_counted_and_the_last_result_keeps_its_age(
    ground: Ground, step: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(step, *(sent(NAME, seq, {"PM10": 80}) for seq in (1, 3)))
    strike(ground)
    checked_at = lines(ground)["device"].checked_at
    ground.rows("update ledger_audit set seconds = 0, checked_at = checked_at - interval '1 day'")
    before = shown("lantian_ledger_audits_total", outcome="too_large") or 0
    monkeypatch.setattr(audit, "LONGEST_S", 1)
    stop = threading.Event()
    with closing(connect(ground.settings, "owner", application="test")) as holder, holder.cursor() as cursor:
        cursor.execute("lock table report in access exclusive mode")
        thread = threading.Thread(target=Auditor(ground.settings, "worker", 300.0).run, args=(stop,))
        thread.start()
        eventually(
            "it was given up", lambda: (shown("lantian_ledger_audits_total", outcome="too_large") or 0) == before + 1
        )
        stop.set()
        thread.join(timeout=30)
    assert lines(ground)["device"].checked_at == pytest.approx(checked_at - 86_400, abs=1)
    assert shown("lantian_ledger_checked_timestamp_seconds") == lines(ground)["device"].checked_at


def test_a_database_that_is_away_is_said_and_counted_and_asked_again(
    ground: Ground, step: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "LOOK_AGAIN_S", 0.01)
    before = shown("lantian_ledger_audits_total", outcome="failed") or 0
    away = ground.settings.model_copy(update={"postgres_port": 1})
    stop = threading.Event()
    thread = threading.Thread(target=Auditor(away, "worker", 300.0).run, args=(stop,))
    thread.start()
    eventually(
        "it has failed twice", lambda: (shown("lantian_ledger_audits_total", outcome="failed") or 0) >= before + 2
    )
    stop.set()
    thread.join(timeout=30)
    assert not thread.is_alive()


def test_a_worker_strikes_it_by_itself_and_ends_in_order(
    ground: Ground, step: Worker, stack_environment: dict[str, str]
) -> None:
    take(step, *(sent(NAME, seq, {"PM10": 80}) for seq in (1, 2, 4)))
    environment = stack_environment | {
        "LANTIAN_AGGREGATE_METRICS_PORT": "0",
        "LANTIAN_AGGREGATE_AUDIT_SECONDS": "1",
    }
    process = Process("audit", ["aggregate"], environment, ground.settings.state_dir)
    process.start()
    try:
        eventually("it was struck", lambda: process.metric("lantian_ledger_checked_timestamp_seconds") > 0)
        assert process.metric("lantian_ledger_missing") == 1
    finally:
        assert process.end() == 0
