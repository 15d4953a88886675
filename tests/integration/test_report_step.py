"""The worker's first step on a real database: what it keeps, rejects, tells, and survives."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from reports import CO, DAY, HOUR, MIDNIGHT, MINUTE, OZONE, PM10, entry, report
from worker_stage import Ground, Log, Worker, worker

from aggregate import report_step
from aggregate.reading import RejectReason
from core import offsets
from core.errors import FencedError
from core.kafka import MAX_RECORD_BYTES, PARTITIONS, REJECTED, STATISTICS, partition_of
from core.settings import CoreSettings
from ingest.envelope import Entry, EntryKind, encode_batch
from ingest.kinds import KIND_RULES, Kind
from standards.factors import load_catalogue

pytestmark = pytest.mark.stack

AIR = KIND_RULES[Kind.AIR]
START = MIDNIGHT + 9 * HOUR
END = START + HOUR
NAME = "step-air"
OBJECT = f"station:{NAME}"


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("ground"))
    made.stations(
        f"{NAME},站,air,140502,step-city,PT1M,city,,",
        "step-dust,工地,dust,140502,step-city,PT5M,enterprise,,PM10 0..9000",
    )
    return made


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def step(ground: Ground, log: Log) -> Iterator[Worker]:
    ground.clear()
    with worker(ground.settings, log) as made:
        made.gain(START)
        yield made


def sent(minute: int, seq: int, values: Any, *, name: str = NAME, received: float | None = None, **more: Any) -> Entry:
    """A minute's report of 09:00 + `minute`, received when the minute is over."""
    time = START + minute * MINUTE
    retry = more.pop("retry", False)
    body = report(time, seq, values, name=more.pop("says", name), **{"period": "PT1M", **more})
    return entry(body, name=name, received=time + 61 if received is None else received, retry=retry)


def an_hour(first_seq: int = 1, value: float = 80.0) -> list[Entry]:
    return [sent(minute, first_seq + minute, {"PM10": value}) for minute in range(60)]


# --- rejects -------------------------------------------------------------------------------------------------------

BROKEN = b'{"station": "step-air", "seq": 77'
YEAR_NOUGHT = report(START, 30, {"PM10": 80}, name=NAME, period="PT1M").replace(
    b"2026-03-10T09:00:00+08:00", b"0001-01-01T00:00:00+08:00"
)
REJECTS = {
    RejectReason.MALFORMED: entry(BROKEN, name=NAME),
    RejectReason.OVERSIZE: entry(b'{"sha256":"00","size":2000000,"beginning":""}', name=NAME, kind=EntryKind.OVERSIZE),
    RejectReason.STATION_MISMATCH: sent(0, 2, {"PM10": 80}, says="step-dust"),
    RejectReason.UNKNOWN_STATION: sent(0, 3, {"PM10": 80}, name="step-nobody"),
    RejectReason.FUTURE: sent(10, 4, {"PM10": 80}, received=START),
    RejectReason.CLOSED: sent(-2 * 24 * 60, 5, {"PM10": 80}, received=START),
    RejectReason.UNKNOWN_FACTOR: sent(1, 6, {"unobtainium": 1, "CO": 0.5}),
    RejectReason.FACTOR_TWICE: sent(2, 7, [("PM10", 1), ("a34002", 2), ("CO", 0.5)]),
    RejectReason.NOT_FINITE: sent(3, 8, {"PM10": "80", "CO": 0.5}),
    RejectReason.OUT_OF_RANGE: sent(4, 9, {"PM10": -80, "CO": 0.5}),
    RejectReason.UNSTORABLE: entry(YEAR_NOUGHT, name=NAME),
    RejectReason.CONFLICT: sent(5, 10, {"PM10": 81, "CO": 0.5}),
}
"""An entry for each reason; CONFLICT needs minute 5's number 10 with PM10 80 before it."""


def test_there_is_an_entry_for_every_reason() -> None:
    assert set(REJECTS) == set(RejectReason)


def test_every_reject_is_kept_with_its_bytes_and_told_and_its_siblings_are_taken(
    ground: Ground, log: Log, step: Worker
) -> None:
    ground.rows("insert into closed_day values (%s, '2026-03-08', %s, now())", NAME, partition_of(NAME))
    log.add(sent(5, 10, {"PM10": 80}), *REJECTS.values())
    step.take(END)
    kept = ground.rows("select reason, body, detail, whole from rejected")
    assert {reason: bytes(body) for reason, body, *_ in kept} == {r: e.body for r, e in REJECTS.items()}
    assert all(detail for reason, _, detail, whole in kept if whole)
    told = {message["reason"]: message for message in map(json.loads, ground.told(REJECTED))}
    assert {reason: base64.b64decode(message["body"]) for reason, message in told.items()} == {
        reason: item.body for reason, item in REJECTS.items()
    }
    assert [ground.readings(NAME)[60, START + minute * MINUTE, CO][3] for minute in range(1, 6)] == [0.5] * 5
    assert ground.readings(NAME)[60, START + 5 * MINUTE, PM10][3] == 80


def test_reading_rejects_again_keeps_and_tells_nothing_twice(ground: Ground, log: Log, step: Worker) -> None:
    rejects = [item for reason, item in REJECTS.items() if reason != RejectReason.CONFLICT]
    for _ in range(3):
        log.add(*rejects)
        step.take(END)
    assert ground.count("rejected") == len(rejects) - 1  # no day is closed here
    assert len(ground.told(REJECTED)) == ground.count("rejected")


def test_what_is_sent_again_on_purpose_extends_its_own_row(ground: Ground, log: Log, step: Worker) -> None:
    log.add(sent(0, 1, {"PM10": 9500, "noise of wind": 1}, name="step-dust"))
    step.take(END)
    ground.stations("step-dust,工地,dust,140502,step-city,PT5M,enterprise,,PM10 0..9900")
    ground.stations("step-dust,工地,dust,140502,step-city,PT5M,enterprise,,PM10 0..9000")
    log.add(sent(0, 1, {"PM10": 9500, "noise of wind": 1}, name="step-dust"))
    step.take(END)
    assert ground.readings("step-dust") == {}
    ground.stations("step-dust,工地,dust,140502,step-city,PT5M,enterprise,,PM10 0..9900")
    log.add(sent(0, 1, {"PM10": 9500, "noise of wind": 1}, name="step-dust", retry=True))
    step.take(END)
    assert [reading[3] for reading in ground.readings("step-dust").values()] == [9500]


def test_an_entry_that_cannot_be_stored_is_rejected_alone_and_changes_of_one_row_follow_each_other(
    ground: Ground, log: Log, step: Worker
) -> None:
    log.add(sent(0, 1, {"PM10": 80, "CO": 0.5}))
    step.take(START + MINUTE)
    log.add(sent(0, 2, {"PM10": 81}), entry(YEAR_NOUGHT, name=NAME), sent(0, 3, {"CO": 0.6}), sent(1, 4, {"PM10": 1}))
    step.take(START + MINUTE)
    assert [reason for (reason,) in ground.rows("select reason from rejected")] == [RejectReason.UNSTORABLE]
    assert {key[1:]: reading[2] for key, reading in ground.readings(NAME).items()} == {
        (START, PM10): 2,
        (START, CO): 3,
        (START + MINUTE, PM10): 4,
    }


def test_bad_entries_among_many_are_found_and_all_others_stored(ground: Ground, log: Log, step: Worker) -> None:
    bad = entry(YEAR_NOUGHT, name=NAME)
    another = entry(YEAR_NOUGHT.replace(b"80", b"81"), name=NAME)
    log.add(*an_hour()[:20], bad, *an_hour()[20:40], another, *an_hour()[40:])
    step.take(END)
    assert len(ground.readings(NAME)) == 60
    assert [r for (r,) in ground.rows("select reason from rejected")] == [RejectReason.UNSTORABLE] * 2


@pytest.mark.parametrize(
    "field", [b'"station":"\\ud800"', b'"origin":"\\ud800"', b'"\\ud800":1', b'"station":"\\u0000"']
)
def test_half_a_letter_is_malformed_and_does_not_stop_the_worker(
    ground: Ground, log: Log, step: Worker, field: bytes
) -> None:
    body = b'{"time":"2026-03-10T09:00:00+08:00","seq":9,"values":{},%s}' % field
    if b"station" not in field:
        body = body.replace(b"{", b'{"station":"step-air",', 1)
    log.add(sent(0, 1, {"PM10": 80}), entry(body, name=NAME))
    step.take(END)
    assert [r for (r,) in ground.rows("select reason from rejected")] == [RejectReason.MALFORMED]
    assert len(ground.readings(NAME)) == 1


def test_a_station_name_that_no_index_can_hold_is_rejected_by_its_beginning(
    ground: Ground, log: Log, step: Worker
) -> None:
    name = "".join(hashlib.sha256(b"%d" % part).hexdigest() for part in range(800))
    log.partitions[0].clear()
    log.add_bytes(0, encode_batch([sent(0, 1, {"PM10": 80}, name=name, says=NAME), entry(BROKEN, name=name)]))
    step.take(END)
    assert [(r, s) for r, s in ground.rows("select reason, station from rejected order by entry")] == [
        (RejectReason.STATION_MISMATCH, name[:256]),
        (RejectReason.MALFORMED, name[:256]),
    ]


@pytest.mark.parametrize("value", [None, b"", b"garbage", b"\x91\x99\x00\x00\x00\xa1\xff\xc4\x00\xc0\xc0\xa0\xc2"])
def test_a_record_that_is_none_of_ours_is_kept_as_malformed(
    ground: Ground, log: Log, step: Worker, value: bytes | None
) -> None:
    log.add_bytes(partition_of(NAME), value)
    log.add(sent(0, 1, {"PM10": 80}))
    step.take(END)
    assert [(reason, bytes(body)) for reason, body in ground.rows("select reason, body from rejected")] == [
        (RejectReason.MALFORMED, value or b"")
    ]
    assert len(ground.readings(NAME)) == 1


def test_a_status_that_cannot_be_read_holds_up_nothing(ground: Ground, log: Log, step: Worker) -> None:
    bodies = (b'{"state":"online","run":1,"seq":9}', b'{"x":' + b"[" * 100_000, b'{"state":"\xff"}', b"")
    log.add(*(entry(body, name=NAME, kind=EntryKind.STATUS) for body in bodies), sent(0, 1, {"PM10": 80}))
    step.take(END)
    assert ground.rows("select station, run, seq from told") == [(NAME, 1, 9)]
    assert (ground.count("rejected"), len(ground.readings(NAME))) == (0, 1)


def test_what_is_told_of_a_reject_always_fits_into_a_record(ground: Ground, log: Log, step: Worker) -> None:
    log.add(entry(b'{"station":' + b"x" * 990_000, name=NAME))
    log.add(sent(0, 1, [(f"unknown-{place}", 1) for place in range(20_000)]))
    step.take(END)
    assert all(len(message) <= MAX_RECORD_BYTES for message in ground.told(REJECTED))
    assert len(ground.told(REJECTED)) == 2
    assert max(size for (size,) in ground.rows("select length(body) from rejected")) > 990_000


def test_a_report_may_name_every_factor_that_there_is(ground: Ground, log: Log, step: Worker) -> None:
    factors = [factor for factor in load_catalogue() if not factor.derived]
    log.add(sent(0, 1, {factor.code: factor.minimum for factor in factors}))
    step.take(END + DAY)
    assert len(ground.readings(NAME)) == len(factors)


# --- one writer ----------------------------------------------------------------------------------------------------


def test_a_fenced_worker_writes_nothing(ground: Ground, log: Log, step: Worker) -> None:
    with step.database, step.database.cursor() as cursor:
        offsets.claim(cursor, step.position, range(PARTITIONS))
    log.add(*an_hour(), entry(BROKEN, name=NAME))
    with pytest.raises(FencedError):
        step.take(END)
    with pytest.raises(FencedError):
        step.tick(END + DAY)
    tables = ("report", "rejected", "intake", "statistic")
    assert [ground.count(table) for table in tables] == [0, 0, 0, 0]
    assert ground.told(STATISTICS) == ground.told(REJECTED) == []


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_whose_outcome_is_unknown_is_neither_lost_nor_made_twice(
    ground: Ground, log: Log, step: Worker, committed: bool
) -> None:
    log.add(*an_hour()[:30])
    log.add(*an_hour()[30:])
    step.take(START + 31 * MINUTE, most=1)
    step.take_and_lose_the_answer(END, committed=committed)
    step.take(END)
    assert ground.count("report") == 60
    assert ground.rows("select sum(r) from intake, unnest(readings) r") == [(60,)]
    assert len(ground.told(STATISTICS)) == 1
    assert ground.hour(OBJECT, START)[0][PM10] == (80.0, 60, 60, 0)


def test_offsets_move_with_what_they_brought(ground: Ground, log: Log, step: Worker) -> None:
    log.add(*an_hour())
    step.take(END)
    assert ground.rows(
        "select next_offset from consumer_offset where cluster = %s and partition = %s",
        step.position.cluster,
        partition_of(NAME),
    ) == [(1,)]
    assert ground.rows("select from_offset, to_offset, readings from intake") == [(0, 1, [60])]


# --- the clock -----------------------------------------------------------------------------------------------------


def test_a_window_that_is_due_becomes_provisional_by_the_clock_and_final_after_its_lateness(
    ground: Ground, log: Log, step: Worker
) -> None:
    log.add(*an_hour()[:50])
    step.take(START + 51 * MINUTE)
    assert ground.hour(OBJECT, START)[2] == "OOO"
    step.tick(END + AIR.grace_s - 1)
    assert (ground.hour(OBJECT, START)[2], ground.told(STATISTICS)) == ("OOO", [])
    step.tick(END + AIR.grace_s)
    cells, _, states = ground.hour(OBJECT, START)
    assert (cells[PM10], states) == ((80.0, 50, 60, 0), "PPP")
    assert len(ground.told(STATISTICS)) == 1
    settled = END + AIR.grace_s + AIR.lateness_s
    step.tick(settled - 1)
    assert ground.hour(OBJECT, START)[2] == "PPP"
    step.tick(settled)
    assert ground.hour(OBJECT, START)[2] == "FFF"


def test_an_hour_is_provisional_with_its_last_value_without_any_clock(ground: Ground, log: Log, step: Worker) -> None:
    log.add(*an_hour()[:-1])
    step.take(END - 2 * MINUTE)
    assert ground.hour(OBJECT, START)[2] == "OOO"
    log.add(an_hour()[-1])
    step.take(END - MINUTE)
    assert ground.hour(OBJECT, START)[2] == "PPP"
    assert ground.windows(OBJECT)["day", MIDNIGHT][2] == "OO"


def test_a_change_after_final_makes_a_revision_and_keeps_the_former(ground: Ground, log: Log, step: Worker) -> None:
    log.add(*an_hour())
    step.take(END)
    final = END + AIR.lateness_s + DAY
    step.tick(final)
    log.add(sent(0, 100, {"PM10": 140}, received=final))
    step.take(final)
    cells, _, states = ground.hour(OBJECT, START)
    assert (cells[PM10].value, list(cells), states) == (81.0, ["AQI", "IAQI_a34002", PM10], "FPP")
    kept = ground.rows(
        'select r."values"[3], r.states, r.revision, s.revision, s.version - r.version'
        " from statistic_revision r join statistic s using (object, time_window, start) where time_window = 'hour'"
    )
    assert kept == [(80.0, "FFF", 0, 1, 1)]


def test_nothing_is_written_for_a_minute_more_of_an_hour_that_waits(ground: Ground, log: Log, step: Worker) -> None:
    for minute in range(10):
        log.add(sent(minute, minute + 1, {"PM10": 80}))
        step.take(START + (minute + 1) * MINUTE)
    assert ground.rows("select version from statistic where time_window = 'hour'") == [(1,)]


def test_who_gains_a_partition_finds_every_window_that_it_owes(ground: Ground, log: Log, step: Worker) -> None:
    log.add(*(sent(minute, minute + 1, {"PM10": 80, "O3": 90}) for minute in range(50)))
    step.take(START + 51 * MINUTE)
    with worker(ground.settings, log, cluster=step.position.cluster) as heir:
        heir.gain(MIDNIGHT + DAY + AIR.grace_s)
        heir.tick(MIDNIGHT + DAY + AIR.grace_s)
    windows = ground.windows(OBJECT)
    assert {window for window, _ in windows} == {"hour", "8h", "day"}
    assert all(set(states) == {"P"} for _, _, states in windows.values())
    assert windows["hour", START][0][OZONE] == (90.0, 50, 60, 0)
    with pytest.raises(FencedError):
        step.tick(END + DAY)


def test_what_is_owed_is_rebuilt_slice_by_slice_while_reports_are_taken(
    ground: Ground, log: Log, step: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_step, "SLICE", 2)
    now = START + 32 * MINUTE
    names = [f"owed-{number}" for number in range(3)]
    ground.stations(*(f"{name},站,air,140502,step-city,PT1M,city,," for name in names))
    log.add(*(sent(0, 1, {"PM10": 80}, name=name) for name in names))
    step.take(now)
    ground.rows("update statistic set due = due + interval '9 days'")  # as a longer grace would have set it
    with worker(ground.settings, log, cluster=step.position.cluster) as heir:
        heir.gain(now)
        for minute, left in ((1, 4), (2, 2), (3, 0)):
            log.add(*(sent(minute, minute + 1, {"PM10": 80}, name=name) for name in names))
            heir.take(now)
            assert heir.tick(now) is (left > 0)
            hours_and_days = "select count(*) from statistic where due > to_timestamp(%s)"
            assert ground.rows(hours_and_days, now + 8 * DAY) == [(left,)]
            assert ground.count("report") == 3 * (minute + 1)
