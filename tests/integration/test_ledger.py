"""The ledger on a real database and Kafka: it balances after all that can be sent, and names what does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest
from archive_stage import close, grow_old
from ledger_stage import (
    DUST,
    NAME,
    START,
    Found,
    every_kind_of_entry,
    honest_days,
    ledger_ground,
    ledger_worker,
    sent,
    take,
)
from reports import MINUTE, PM10, entry, report
from worker_stage import Ground, Log, Worker, worker

from aggregate.ledger import log as ledger_log
from aggregate.ledger.balance import By, Counts, Group, group
from aggregate.ledger.books import Scope
from aggregate.ledger.chain import Flaw
from aggregate.ledger.check import Difference
from aggregate.ledger.explain import Named
from core import kafka
from core.clock import MICROS
from core.errors import UnavailableError
from core.kafka import partition_of
from core.settings import CoreSettings
from ingest.entries import MAX_BODY_BYTES, make_entry, publisher_of
from ingest.envelope import EntryKind

pytestmark = pytest.mark.stack

YEAR_NOUGHT = report(START, 30, {"PM10": 80}, name=NAME).replace(b"2026-03-10T09:00:00", b"0001-01-01T00:00:00")


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return ledger_ground(stack, tmp_path_factory.mktemp("ledger"))


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    with ledger_worker(ground) as made:
        yield made


# --- it balances -----------------------------------------------------------------------------------------------------


def test_it_balances_after_repeats_corrections_and_every_kind_of_reject(ground: Ground, step: Worker) -> None:
    take(step, *(sent(NAME, seq, {"PM10": 80, "SO2": 9}) for seq in range(1, 11)))
    take(step, *every_kind_of_entry())
    found = Found(ground).account(NAME)
    assert found.balanced, found
    assert (found.superseded, found.repeats, found.duplicated) == (1, 11, 0)
    assert found.due == found.received == 16
    assert found.rejected == 7


def test_what_kafka_holds_after_the_offset_is_in_flight(ground: Ground, step: Worker) -> None:
    step.log.add(*(sent(NAME, seq, {"PM10": 80}) for seq in range(1, 4)))
    found = Found(ground).account(NAME)
    assert (found.in_flight, found.lost, found.balanced) == (3, 0, True)


def test_the_log_holds_what_intake_says_whatever_came(ground: Ground, step: Worker) -> None:
    honest_days(step)
    step.log.add_bytes(partition_of(NAME), b"no batch of ours")
    step.log.add_bytes(partition_of(NAME), report(START, 40, {"PM10": 1}, name=NAME))
    step.log.add_bytes(partition_of(NAME), None)
    take(
        step,
        entry(b'{"state":"online","run":0,"seq":16}', name=NAME, kind=EntryKind.STATUS),
        entry(b"{", name=NAME),
        entry(b'{"sha256":"00","size":2000000,"beginning":""}', name=NAME, kind=EntryKind.OVERSIZE),
        sent("n" * 300, 1, {"PM10": 1}),
    )
    found = Found(ground)
    checked = found.log()
    assert (checked.differences, found.books.breaks, found.books.uneven) == ([], [], [])
    assert checked.readings >= sum(account.readings for account in found.accounts) > 0


def test_a_batch_that_was_taken_apart_is_chained_and_counted_as_one(ground: Ground, step: Worker) -> None:
    bad = entry(YEAR_NOUGHT, name=NAME)
    step.log.add(*(sent(NAME, seq, {"PM10": 80}) for seq in range(1, 8)), bad)
    take(step, bad, *(sent(NAME, seq, {"PM10": 80}) for seq in range(8, 20)))
    assert ground.rows("select count(*) from rejected where reason = 'UNSTORABLE'") == [(1,)]
    assert ground.count("intake") > 1
    found = Found(ground)
    assert (found.books.breaks, found.log().differences, found.books.uneven) == ([], [], [])


def test_closing_days_changes_no_balance(ground: Ground, step: Worker) -> None:
    honest_days(step)
    before = {by: total(by, Found(ground)) for by in By}
    grow_old(step)
    assert close(ground).closed == 4
    found = Found(ground)
    assert {by: total(by, found) for by in By} == before
    assert all(account.balanced and not account.current for account in found.accounts)
    assert (found.books.breaks, found.log().differences) == ([], [])
    assert ground.count("intake") == 0


def total(by: By, found: Found) -> dict[str, int]:
    """What the lines add up to, with what stands in one sum, wherever it stands."""
    lines = group(found.books, found.accounts, by)
    names = (*Counts.__struct_fields__, "duplicated", "due", "received", "lost")
    sums = {name: sum(getattr(line, name) or 0 for line in lines) for name in names}
    sums["stand"] = sum(sums.pop(name) for name in ("current", "superseded", "rejected", "closed"))
    return sums


# --- whatever it is told by ------------------------------------------------------------------------------------------


def lines(found: Found, by: By) -> dict[str, Group]:
    return {line.name: line for line in group(found.books, found.accounts, by)}


def test_stations_are_of_the_registrys_kinds_and_strangers_of_none(ground: Ground, step: Worker) -> None:
    honest_days(step)
    found = lines(Found(ground), By.KIND)
    assert {name: line.readings for name, line in found.items()} == {"air": 30, "dust": 11, "unknown": 2}


def test_a_reading_belongs_to_the_day_it_is_of(ground: Ground, step: Worker) -> None:
    honest_days(step)
    found = lines(Found(ground), By.DAY)
    assert {name: (line.readings, line.repeats) for name, line in found.items()} == {
        "2026-03-09": (4, 2),
        "2026-03-10": (39, 1),
    }


def test_by_kind_station_source_and_day_the_lines_add_up_to_the_same(ground: Ground, step: Worker) -> None:
    honest_days(step)
    found = Found(ground)
    readings = {by: {n: v for n, v in total(by, found).items() if n not in {"due", "received", "lost"}} for by in By}
    assert len({json.dumps(figures) for figures in readings.values()}) == 1


def test_days_asked_for_one_by_one_add_up_to_all(ground: Ground, step: Worker) -> None:
    honest_days(step)
    days = [Found(ground, Scope(first=day, last=day)) for day in (date(2026, 3, 9), date(2026, 3, 10))]
    whole = total(By.STATION, Found(ground))
    parts = [total(By.STATION, day) for day in days]
    assert [part["readings"] for part in parts] == [4, 39]
    assert all(whole[name] == sum(part[name] for part in parts) for name in ("readings", "stand", "repeats", "reports"))


@pytest.mark.parametrize("scope", [Scope(station=DUST), Scope(kind="dust")])
def test_a_part_asked_for_is_what_it_is_in_the_whole(ground: Ground, step: Worker, scope: Scope) -> None:
    honest_days(step)
    whole = [account for account in Found(ground).accounts if account.station == DUST]
    assert Found(ground, scope).accounts == whole
    assert len(whole) == 2


# --- Kafka does not hold what it should -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behind", "says"), [(0, "sends nothing from offset"), (5, "no more: it was deleted, or the log was cut")]
)
def test_what_kafka_does_not_send_is_said_and_not_waited_for_for_ever(
    ground: Ground, step: Worker, monkeypatch: pytest.MonkeyPatch, behind: int, says: str
) -> None:
    monkeypatch.setattr(ledger_log, "STALLED_S", 2.0)
    take(step, sent(NAME, 1, {"PM10": 80}))
    partition = partition_of(NAME)
    end = step.stands[partition].offset
    with closing(kafka.consumer(ground.settings, group=None)) as consumer:
        assert len(list(ledger_log.read(consumer, partition, end - 1, end))) == 1
        with pytest.raises(UnavailableError, match=says):
            list(ledger_log.read(consumer, partition, end + behind, end + behind + 1))


# --- it names what is wrong ------------------------------------------------------------------------------------------


def test_it_names_the_numbers_that_never_came(ground: Ground, step: Worker) -> None:
    told = entry(b'{"state":"online","run":0,"seq":9}', name=NAME, kind=EntryKind.STATUS)
    take(step, *(sent(NAME, seq, {"PM10": 80}) for seq in (1, 2, 5)), told)
    found = Found(ground).account(NAME)
    assert found.runs[0].missing == [(3, 4), (6, 9)]
    assert not found.balanced


def test_a_status_that_tells_nonsense_counts_as_nothing_and_excuses_no_number(ground: Ground, step: Worker) -> None:
    publisher = publisher_of(f"lantian/v1/140502/air/{NAME}/status")
    assert publisher is not None
    huge = make_entry(publisher, b'{"state":"online","seq":1}' + b" " * MAX_BODY_BYTES, START * MICROS, "")
    told = (b'{"state":"online","seq":%d}' % seq for seq in (10**20, 2**63 - 1, -1))
    nonsense = [huge, *(entry(body, name=NAME, kind=EntryKind.STATUS) for body in told)]
    take(step, sent(NAME, 1, {"PM10": 80}), *nonsense, sent(NAME, 3, {"PM10": 80}))
    found = Found(ground)
    account = found.account(NAME)
    assert (account.reports, account.unreadable, account.lost, account.due) == (2, 0, 1, 3)
    assert found.log().differences == []


def test_a_row_that_vanished_is_named_by_its_number(ground: Ground, step: Worker) -> None:
    honest_days(step)
    ground.rows("delete from report r using station s where s.station_id = r.station_id and s.station = %s"
                " and seq in (7, 8) and source = 0", NAME)  # fmt: skip
    found = Found(ground)
    assert (found.account(NAME).difference, found.account(NAME).runs[0].missing) == (4, [(7, 8)])
    (why,) = found.explained
    assert (why.station, why.source, why.day, why.difference) == (NAME, "device", "2026-03-10", 4)
    assert (why.lacking, why.excess) == ([Named(0, [(7, 8)], 4)], [])
    assert found.account(DUST).balanced


def test_a_rejection_that_vanished_is_named_by_its_number(ground: Ground, step: Worker) -> None:
    honest_days(step)
    ground.rows("delete from rejected where station = %s and seq = 14", NAME)
    (why,) = Found(ground).explained
    assert (why.lacking, why.excess) == ([Named(0, [(14, 14)], 1)], [])


def test_a_value_that_vanished_from_its_row_is_named_by_the_rows_number(ground: Ground, step: Worker) -> None:
    honest_days(step)
    ground.rows("insert into layout (factors) values (array[%s]) on conflict do nothing", PM10)
    ground.rows('update report set "values" = array[80], layout = (select layout_id from layout where factors ='
                " array[%s]) where seq = 9 and source = 0", PM10)  # fmt: skip
    found = Found(ground)
    assert found.account(NAME).lost == 0
    assert [(why.difference, why.lacking) for why in found.explained] == [(1, [Named(0, [(9, 9)], 1)])]


def test_a_row_that_nobody_sent_is_named_by_its_number(ground: Ground, step: Worker) -> None:
    honest_days(step)
    ground.rows(
        "insert into report select station_id, time + interval '1 hour', period, source, run, seq, issued, layout,"
        ' "values", flags, mask, origin, received, correlation from report where seq = 10 and source = 0'
    )
    (why,) = Found(ground).explained
    assert (why.difference, why.lacking, why.excess) == (-2, [], [Named(0, [(10, 10)], 2)])


def test_a_reading_with_two_current_values_is_named_with_both_numbers(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80, "SO2": 9}), sent(NAME, 2, {"PM10": 90}, minute=1))
    assert Found(ground).account(NAME).balanced
    ground.rows("update report set mask = null where true")
    found = Found(ground)
    (reading,) = found.books.doubled
    assert (reading.station, reading.factor, reading.time, reading.period) == (NAME, PM10, START + MINUTE, 60)
    assert (reading.day, reading.numbers) == ("2026-03-10", [(0, 0, 1), (0, 0, 2)])
    assert (found.account(NAME).duplicated, found.account(NAME).balanced) == (1, False)


def spans(ground: Ground) -> list[tuple[int, int, int]]:
    return [(p, a, b) for p, a, b in ground.rows("select partition, from_offset, to_offset from intake order by 1, 2")]


def test_a_row_of_intake_that_vanished_is_named_by_its_offsets(ground: Ground, step: Worker) -> None:
    for seq in (1, 3, 5):
        take(step, sent(NAME, seq, {"PM10": 80, "SO2": 9}), sent(NAME, seq + 1, {"PM10": 80}))
    partition, first, end = spans(ground)[1]
    ground.rows("delete from intake where from_offset = %s and partition = %s", first, partition)
    found = Found(ground)
    (gap,) = found.books.breaks
    assert (gap.partition, gap.flaw, gap.first, gap.last) == (partition, Flaw.GAP, first, end - 1)
    assert found.account(NAME).difference == -3
    (why,) = found.explained
    assert (why.log_readings, why.intake_readings, why.lacking, why.excess) == (9, 6, [], [])
    assert found.log().differences == [Difference(partition, first, end - 1, NAME, "device", "2026-03-10", 2, 3, 0, 0)]


def test_a_count_of_intake_that_is_not_the_logs_is_named_by_its_offsets(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}))
    take(step, sent(NAME, 2, {"PM10": 80}))
    partition, first, end = spans(ground)[1]
    ground.rows("update intake set readings[1] = 5 where from_offset = %s and partition = %s", first, partition)
    found = Found(ground)
    assert found.books.breaks == []
    assert found.log().differences == [Difference(partition, first, end - 1, NAME, "device", "2026-03-10", 1, 1, 1, 5)]


def test_what_is_taken_twice_is_an_overlap_and_differs_from_the_log(ground: Ground, step: Worker) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}))
    ground.rows(
        "insert into intake (cluster, partition, from_offset, to_offset, taken_at, stations, sources, days, reports,"
        " readings, repeats) select cluster, partition, from_offset, to_offset, taken_at + interval '1 s', stations,"
        " sources, days, reports, readings, readings from intake"
    )
    found = Found(ground)
    assert [broken.flaw for broken in found.books.breaks] == [Flaw.OVERLAP]
    assert [(d.log_reports, d.intake_reports) for d in found.log().differences] == [(1, 2)]


def test_offsets_are_a_clusters_and_another_clusters_hide_and_break_nothing(ground: Ground, step: Worker) -> None:
    with worker(ground.settings, Log()) as before:
        before.gain(START)
        take(before, *(sent(NAME, seq, {"PM10": 80}) for seq in (1, 2)))
    for seq in (3, 5, 7):
        take(step, sent(NAME, seq, {"PM10": 80}), sent(NAME, seq + 1, {"PM10": 80}))
    found = Found(ground)
    assert (found.account(NAME).balanced, found.books.breaks, found.log().differences) == (True, [], [])
    partition, first, _ = next(row for row in spans(ground) if row[1] > 0)
    ground.rows("insert into intake_folded values ('elsewhere', %s, '{[0,1000000)}')", partition)
    ground.rows("delete from intake where from_offset = %s and cluster = %s", first, step.position.cluster)
    found = Found(ground)
    assert [(gap.flaw, gap.first) for gap in found.books.breaks] == [(Flaw.GAP, first)]
    assert [why.complete for why in found.explained] == [False]


def test_a_number_that_vanished_from_a_closed_day_is_missing(ground: Ground, step: Worker) -> None:
    take(step, *(sent(NAME, seq, {"PM10": 80}) for seq in range(1, 5)))
    grow_old(step)
    close(ground)
    assert Found(ground).account(NAME).balanced
    ground.rows("update closed_numbers set numbers = numbers - int8multirange(int8range(2, 4))")
    assert Found(ground).account(NAME).runs[0].missing == [(2, 3)]


def test_a_count_of_a_closed_day_that_is_off_is_said_and_no_number_named(ground: Ground, step: Worker) -> None:
    take(step, *(sent(NAME, seq, {"PM10": 80}) for seq in range(1, 5)))
    grow_old(step)
    close(ground)
    ground.rows("update closed_counts set current = current - 1")
    (why,) = Found(ground).explained
    assert (why.difference, why.closed, why.lacking) == (1, True, [])
