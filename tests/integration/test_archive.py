"""Closing days on a real database: what is kept, what goes, what comes too late, and who is in the way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest
from archive_stage import FINAL, START, accounts, balanced, close, grow_old, sent, take
from reports import DAY, HOUR, MIDNIGHT, entry
from waiting import eventually
from worker_stage import Ground, Log, Worker, worker

from aggregate.archive.closing import Waiting
from core.kafka import partition_of
from core.postgres import connect
from core.settings import CoreSettings

pytestmark = pytest.mark.stack

NAME, OTHER, NOBODY = "archive-air", "archive-other", "archive-nobody"
LATE = MIDNIGHT + FINAL + DAY


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("archive"))
    made.stations(*(f"{name},站,air,140502,archive-city,PT1M,city,," for name in (NAME, OTHER)))
    return made


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    ground.clear()
    with worker(ground.settings, Log()) as made:
        made.gain(START)
        yield made


# --- which days close ----------------------------------------------------------------------------------------------


def test_a_day_closes_only_when_every_window_of_it_is_final(ground: Ground, step: Worker) -> None:
    take(step, *(sent(NAME, seq, {"PM10": 80, "O3": 40}, minute=seq) for seq in range(1, 50)))
    waits = close(ground)
    assert (waits.closed, waits.waiting[Waiting.NOT_FINAL]) == (0, 1)
    grow_old(step)
    done = close(ground)
    assert (done.closed, done.waiting.total(), done.folded, done.chunks) == (1, 0, 1, 1)
    assert (ground.count("report"), ground.count("intake")) == (0, 0)
    assert balanced(ground, NAME)


def test_a_day_that_is_not_old_enough_stays(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}))
    take(step, sent(NAME, 2, {"PM10": 80}, day=1), now=START + DAY)
    grow_old(step)
    assert close(ground, keep_days=FINAL // DAY).closed == 0
    assert close(ground, keep_days=FINAL // DAY - 1).closed == 1
    assert ground.rows("select day::text from closed_day") == [("2026-03-10",)]


def test_history_that_came_lately_stays_as_long_as_if_it_were_new(ground: Ground, step: Worker) -> None:
    now = MIDNIGHT + FINAL
    take(step, sent(NAME, 1, {"PM10": 80}, received=now - HOUR), now=now - HOUR)
    take(step, sent(NAME, 2, {"PM10": 80}, minute=1, received=now - 5 * DAY), now=now - 5 * DAY)
    grow_old(step, now + FINAL)
    assert close(ground, now=now, keep_days=3).waiting == {Waiting.NOT_FINAL: 0, Waiting.LATELY: 1}
    assert close(ground, now=now + 4 * DAY, keep_days=3).closed == 1


def test_a_day_of_which_only_repeats_came_closes_so_that_its_intake_can_go(ground: Ground, step: Worker) -> None:
    take(step, entry(b"no report", name=NAME, received=START))
    take(step, entry(b"no report", name=NAME, received=START + DAY), now=START + DAY)
    assert (close(ground).closed, ground.count("intake")) == (2, 0)
    assert accounts(ground)[NAME, "device"].balanced


def test_a_rehearsal_says_the_same_and_changes_nothing(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}), sent(OTHER, 1, {"PM10": 80}), sent(NAME, 2, {"PM10": 80}, day=1))
    grow_old(step)
    take(step, sent(OTHER, 2, {"PM10": 80}, day=2))
    said = close(ground, dry_run=True)
    assert ground.count("closed_day") == 0
    assert (said.closed, said.waiting) == (3, {Waiting.NOT_FINAL: 1, Waiting.LATELY: 0})
    done = close(ground)
    assert (done.closed, done.waiting) == (said.closed, said.waiting)


# --- what is kept of it --------------------------------------------------------------------------------------------


def test_numbers_are_kept_with_their_holes_and_counts_by_what_became_of_the_readings(
    ground: Ground, step: Worker
) -> None:
    take(step, *(sent(NAME, seq, {"PM10": 80, "SO2": 9}, minute=seq) for seq in (1, 2, 3, 7)))
    take(step, sent(NAME, 3, {"PM10": 80, "SO2": 9}, minute=3))
    take(step, sent(NAME, 9, {"PM10": 81}, minute=1), sent(NAME, 10, {"XYZ": 1, "SO2": 1e9}, minute=4))
    before = accounts(ground)[NAME, "device"]
    grow_old(step)
    close(ground)
    assert ground.rows("select source, run, numbers::text from closed_numbers") == [(0, 0, "{[1,4),[7,8),[9,11)}")]
    counts = "select reports, readings, repeats, current, superseded, rejected from closed_counts"
    assert ground.rows(counts) == [(7, 13, 2, 8, 1, 2)]
    after = accounts(ground)[NAME, "device"]
    assert [run.missing for run in after.runs] == [run.missing for run in before.runs] == [[(4, 6), (8, 8)]]
    assert (after.readings, after.difference, after.reports) == (13, 0, before.reports)


def test_the_ledger_balances_when_days_are_closed_and_their_rows_still_stand(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}), sent(NAME, 2, {"PM10": 1e9}, minute=1), sent(OTHER, 1, {"PM10": 80}, day=1))
    take(step, sent(NOBODY, 1, {"PM10": 80}))
    grow_old(step)
    done = close(ground, now=MIDNIGHT + DAY + HOUR)
    assert (done.closed, done.chunks, ground.count("report")) == (2, 0, 3)
    assert balanced(ground, NAME, OTHER, NOBODY)


def test_days_of_stations_that_the_registry_does_not_know_close_and_their_numbers_stay_known(
    ground: Ground, step: Worker
) -> None:
    take(step, sent(NOBODY, 1, {"PM10": 80}), sent(NOBODY, 3, {"PM10": 80}, minute=1))
    done = close(ground)
    assert (done.closed, done.rejected, ground.count("rejected")) == (1, 2, 0)
    take(step, sent(NOBODY, 3, {"PM10": 80}, minute=1), now=LATE)
    account = accounts(ground)[NOBODY, "device"]
    assert (account.repeats, account.readings, account.difference) == (1, 3, 0)
    assert account.runs[0].missing == [(2, 2)]


def test_a_payload_without_a_number_is_known_when_its_day_is_gone(ground: Ground, step: Worker) -> None:
    take(step, entry(b"no report", name=NAME, received=START))
    close(ground)
    assert (ground.count("rejected"), ground.count("closed_payloads")) == (0, 1)
    take(step, entry(b"no report", name=NAME, received=LATE), now=LATE)
    assert (ground.count("rejected"), accounts(ground)[NAME, "device"].reports) == (0, 2)


# --- what goes -----------------------------------------------------------------------------------------------------


def test_a_chunk_stays_until_every_station_day_in_it_is_closed(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}), sent(OTHER, 1, {"PM10": 80}))
    grow_old(step)
    take(step, sent(OTHER, 2, {"PM10": 80}, minute=90))
    done = close(ground)
    assert (done.closed, done.chunks, ground.count("report")) == (1, 0, 3)
    grow_old(step, LATE)
    done = close(ground, now=LATE)
    assert (done.closed, done.chunks, ground.count("report")) == (1, 1, 0)
    assert balanced(ground, NAME, OTHER)


def test_what_was_rejected_goes_with_the_chunk_and_not_before(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 1e9}), sent(OTHER, 1, {"PM10": 80}))
    grow_old(step)
    take(step, sent(OTHER, 2, {"PM10": 80}, minute=90))
    assert (close(ground).rejected, ground.count("rejected")) == (0, 1)
    grow_old(step, LATE)
    assert (close(ground, now=LATE).rejected, ground.count("rejected")) == (1, 0)


def test_what_came_too_late_is_kept_its_time(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}))
    grow_old(step)
    close(ground)
    take(step, sent(NAME, 2, {"PM10": 80}, received=LATE), now=LATE)
    assert close(ground, now=LATE + DAY, keep_days=3).rejected == 0
    assert close(ground, now=LATE + 4 * DAY, keep_days=3).rejected == 1
    assert balanced(ground, NAME)


def test_a_chunk_that_someone_reads_is_left_to_the_next_run(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}))
    grow_old(step)
    with closing(connect(ground.settings, "reader", application="test")) as reader, reader.cursor() as cursor:
        cursor.execute("select count(*) from report")
        done = close(ground)
    assert (done.closed, done.chunks, done.chunks_in_use) == (1, 0, 1)
    assert close(ground).chunks == 1


def test_intake_stays_while_one_of_its_days_is_open(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}), sent(NAME, 2, {"PM10": 80}, day=30), now=START + 30 * DAY)
    grow_old(step, LATE + FINAL)
    done = close(ground, now=MIDNIGHT + 30 * DAY + 12 * HOUR, keep_days=1)
    assert (done.closed, done.folded, ground.count("intake")) == (0, 0, 1)
    done = close(ground, now=MIDNIGHT + 30 * DAY + 12 * HOUR)
    assert (done.closed, done.folded, ground.count("intake")) == (1, 0, 1)
    assert balanced(ground, NAME)
    assert close(ground, now=LATE).folded == 1


# --- what comes afterwards -----------------------------------------------------------------------------------------


def test_late_reports_of_a_closed_day_change_neither_readings_nor_statistics(ground: Ground, step: Worker) -> None:
    take(step, *(sent(NAME, seq, {"PM10": 80}, minute=seq) for seq in range(1, 50)))
    grow_old(step)
    close(ground)
    stand = 'select object, time_window, start, states, "values"::text, version from statistic where object = %s'
    before = sorted(ground.rows(stand, f"station:{NAME}"))
    late = [sent(NAME, seq, {"PM10": 500, "SO2": 3}, minute=5, received=LATE) for seq in (3, 60, 60, 62)]
    take(step, *late, now=LATE)
    take(step, late[1], now=LATE)
    assert sorted(ground.rows(stand, f"station:{NAME}")) == before != []
    assert ground.rows("select seq, reason, whole, reasons from rejected order by seq") == [
        (60, "CLOSED", True, ["CLOSED"] * 2),
        (62, "CLOSED", True, ["CLOSED"] * 2),
    ]
    account = accounts(ground)[NAME, "device"]
    assert (account.repeats, account.difference, account.duplicated) == (6, 0, 0)
    assert account.runs[0].missing == [(50, 59), (61, 61)]


def test_what_comes_to_closed_days_is_folded_in_by_a_later_run(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}))
    grow_old(step)
    close(ground)
    take(step, sent(NAME, 2, {"PM10": 80}, received=LATE), sent(NAME, 1, {"PM10": 80}, received=LATE), now=LATE)
    assert close(ground, now=LATE + DAY).folded == 1
    counts = "select reports, readings, repeats, current, superseded, rejected from closed_counts"
    assert ground.rows(counts) == [(3, 3, 1, 1, 0, 1)]
    assert balanced(ground, NAME)


def test_the_worker_goes_on_without_taking_anything_over(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}))
    grow_old(step)
    close(ground)
    take(step, sent(NAME, 1, {"PM10": 80}), sent(NAME, 2, {"PM10": 80}, day=FINAL // DAY), now=LATE)
    assert (ground.count("report"), accounts(ground)[NAME, "device"].repeats) == (1, 1)


# --- who may, and who dies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forbidden",
    [
        "delete from report",
        "update consumer_offset set next_offset = 0",
        "update consumer_offset set epoch = 0",
        "delete from closed_numbers",
        "select drop_chunks('report', older_than => now())",
    ],
)
def test_the_role_that_closes_may_not(ground: Ground, forbidden: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ground.rows(forbidden, role="archive")


def test_a_chunk_with_an_open_day_is_not_dropped_whoever_asks(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}))
    ask = (
        "select drop_closed_reports(range_start, range_end) from timescaledb_information.chunks"
        " where hypertable_name = 'report'"
    )
    assert ground.rows(ask, role="archive") == [(False,)]
    assert ground.count("report") == 1


@pytest.mark.parametrize("bounds", ["null, null", "null, now()", "'2026-01-01', null", "now(), '2026-01-01'"])
def test_without_bounds_no_chunk_is_dropped(ground: Ground, step: Worker, bounds: str) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}))
    with suppress(psycopg2.Error):
        ground.rows(f"select drop_closed_reports({bounds})", role="archive")
    assert ground.count("report") == 1


def test_killed_in_the_middle_it_is_run_again_and_nothing_is_lost(
    ground: Ground, step: Worker, stack_environment: dict[str, str]
) -> None:
    names = [f"archive-many-{number}" for number in range(12)]
    ground.stations(*(f"{name},站,air,140502,archive-city,PT1M,city,," for name in names))
    for day in range(3):
        take(step, *(sent(name, day + 1, {"PM10": 80, "SO2": day}, day=day) for name in names), now=START + day * DAY)
    grow_old(step)
    last = max(map(partition_of, names))
    with closing(connect(ground.settings, "owner", application="test")) as holder, holder.cursor() as cursor:
        cursor.execute("select from consumer_offset where consumer = 'worker' and partition = %s for update", (last,))
        with killed("archive", "--keep-days", "0", environment=stack_environment):
            eventually("the partition's lock is asked for", lambda: waits_for_a_lock(ground))
    some = ground.count("closed_day")
    assert 0 < some < 3 * len(names)
    assert balanced(ground, *names)
    done = close(ground)
    assert (done.closed, ground.count("closed_day")) == (3 * len(names) - some, 3 * len(names))
    assert (ground.count("report"), ground.count("intake")) == (0, 0)
    assert balanced(ground, *names)


@contextmanager
def killed(*words: str, environment: dict[str, str]) -> Iterator[None]:
    """`lantian` as a process that is killed at the end."""
    lantian = str(Path(sys.executable).with_name("lantian"))
    process = subprocess.Popen([lantian, *words], env=environment)
    try:
        yield
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def waits_for_a_lock(ground: Ground) -> bool:
    asked = "select pid from pg_locks join pg_stat_activity using (pid) where not granted and usename = %s"
    return bool(ground.rows(asked, "lantian_archive"))
