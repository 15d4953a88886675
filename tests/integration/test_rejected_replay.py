"""`lantian rejected replay` on real servers: after a repair all is as if nothing had been wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from archive_stage import START, accounts, close, grow_old, sent, take
from reports import HOUR, MINUTE, PM10, entry
from reports_tap import Tap
from worker_stage import Ground, Log, Worker, worker

from core.settings import CoreSettings
from ingest.envelope import Entry, EntryKind

pytestmark = pytest.mark.stack

TWIN, NEW, NARROW = "retry-twin", "retry-new", "retry-narrow"
FAR = "retry-far"
CITY = "站,air,140502,retry-city,PT1M,city,,"


class Desk:
    """Where a person sits: the command, and what it has put into Kafka."""

    def __init__(self, tap: Tap, environment: dict[str, str]) -> None:
        self.sent = tap.sent
        self._environment = environment

    def lantian(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """`lantian rejected …`."""
        lantian = str(Path(sys.executable).with_name("lantian"))
        return subprocess.run(
            [lantian, "rejected", *words],
            env=self._environment | environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def replay(self, *words: str) -> dict[str, object]:
        """What it says of itself."""
        result = self.lantian("replay", "--why", "mended", "--user", "tester", "--json", *words)
        assert result.returncode == 0, result.stderr
        said: dict[str, object] = json.loads(result.stdout)
        return said


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("retry"))
    made.stations(f"{TWIN},{CITY}", f"{NARROW},{CITY}PM10 0..100")
    return made


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    ground.clear()
    with worker(ground.settings, Log()) as made:
        made.gain(START)
        yield made


@pytest.fixture
def desk(stack: CoreSettings, stack_environment: dict[str, str]) -> Iterator[Desk]:
    with closing(Tap(stack)) as tap:
        yield Desk(tap, stack_environment)


def an_hour(name: str) -> list[Entry]:
    return [sent(name, minute + 1, {"PM10": 80 + minute % 7, "SO2": 9}, minute=minute) for minute in range(60)]


def test_a_station_registered_too_late_ends_as_if_it_had_been_known(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, *an_hour(TWIN), *an_hour(NEW))
    step.tick(START + 3 * HOUR)
    assert ground.readings(NEW) == {}
    ground.stations(f"{NEW},{CITY}")
    assert desk.replay("--station", NEW) == {"found": 60, "sent": 60, "refused": {}, "dry_run": False}
    again = desk.sent()
    take(step, *again, now=START + 4 * HOUR)
    grow_old(step)
    assert [item.retry for item in again] == [True] * 60
    assert ground.readings(NEW) == ground.readings(TWIN) != {}
    assert alike(ground, NEW) == alike(ground, TWIN) != {}
    account = accounts(ground)[NEW, "device"]
    assert account.balanced
    assert (account.readings, account.current, account.rejected) == (240, 120, 120)


def alike(ground: Ground, name: str) -> dict[tuple[str, int], object]:
    return dict(ground.windows(f"station:{name}"))


def test_a_corrected_range_lets_the_factor_into_its_own_row(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(NARROW, 1, {"PM10": 150, "SO2": 9}), sent(NARROW, 2, {"PM10": 150, "SO2": 9}, minute=1))
    [(first,), (_,)] = ground.rows("select rejected_id from rejected order by 1")
    ground.stations(f"{NARROW},{CITY}PM10 0..200")
    assert desk.replay(str(first))["sent"] == 1
    take(step, *desk.sent(), now=START + 2 * HOUR)
    assert ground.count("report") == 2
    assert ground.readings(NARROW)[MINUTE, START, PM10] == (0, 0, 1, 150, "N")
    assert (MINUTE, START + MINUTE, PM10) not in ground.readings(NARROW)
    assert accounts(ground)[NARROW, "device"].balanced
    ground.stations(f"{NARROW},{CITY}PM10 0..100")


def test_a_second_replay_changes_nothing(ground: Ground, step: Worker, desk: Desk) -> None:
    name = f"{NEW}-2"
    take(step, sent(name, 1, {"PM10": 80}))
    ground.stations(f"{name},{CITY}")
    [(number,)] = ground.rows("select rejected_id from rejected")
    for chosen in (["--reason", "UNKNOWN_STATION"], [str(number)]):
        assert desk.replay(*chosen)["sent"] == 1
        take(step, *desk.sent(), now=START + 2 * HOUR)
    assert len(ground.readings(name)) == ground.count("report") == ground.count("rejected") == 1
    account = accounts(ground)[name, "device"]
    assert (account.repeats, account.balanced) == (1, True)


def test_what_a_replay_sends_is_what_came_but_for_its_receipt(ground: Ground, step: Worker, desk: Desk) -> None:
    original = entry(b'{"station": "x", "seq": 7, "values": 3}', name=NEW, received=START)
    take(step, original)
    desk.replay("--station", NEW)
    [again] = desk.sent()
    same = (again.kind, again.source, again.station, again.body, again.run, again.seq)
    assert same == (original.kind, original.source, original.station, original.body, 0, 7)
    assert again.received > original.received


def test_several_rejections_of_one_report_are_sent_once_and_all_of_them_told(
    ground: Ground, step: Worker, desk: Desk
) -> None:
    twice = sent(NARROW, 1, {"PM10": 150, "XYZ": 1})
    take(step, twice)
    desk.replay("--station", NARROW)
    take(step, *desk.sent(), now=START + 2 * HOUR)
    assert ground.count("rejected") == 2
    assert desk.replay("--station", NARROW)["sent"] == 1
    assert len(desk.sent()) == 1
    assert (
        ground.rows("select asked_by, why, sent_at is not null from rejected_replay")
        == [("tester", "mended", True)] * 3
    )


def test_a_list_says_what_was_sent_again_and_what_was_only_meant_to_be(
    ground: Ground, step: Worker, desk: Desk
) -> None:
    take(step, *(sent(FAR, seq, {"PM10": 80}, minute=seq) for seq in (1, 2, 3)))
    [(first,), (second,), _] = ground.rows("select rejected_id from rejected order by 1")
    desk.replay(str(first))
    ground.rows(
        "insert into rejected_replay (rejected_id, asked_at, asked_by, why) values (%s, now(), 'killed', 'mended')",
        second,
        role="repair",
    )
    rows = [json.loads(line) for line in desk.lantian("list", "--json").stdout.splitlines()]
    assert [row["replayed"] for row in rows][:2] == [None, "not sent"]
    assert rows[2]["replayed"].startswith("20")
    assert "replayed not sent" in desk.lantian("list").stdout


def test_a_rehearsal_sends_and_notes_nothing(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(FAR, 1, {"PM10": 80}))
    result = desk.lantian("replay", "--station", FAR, "--why", "mended", "--dry-run")
    assert result.stdout == "rejected: 1 reports would be sent again\n"
    assert (desk.sent(), ground.count("rejected_replay")) == ([], 0)


def test_kafka_away_leaves_an_intent_that_may_be_repeated(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(FAR, 1, {"PM10": 80}))
    result = desk.lantian("replay", "--station", FAR, "--why", "mended", LANTIAN_KAFKA="127.0.0.1:1")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "Kafka does not answer" in result.stderr
    assert desk.replay("--station", FAR)["sent"] == 1


# --- what judging again cannot repair ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hopeless", "says"),
    [
        ([entry(b'{"sha256":"00","size":2000000,"beginning":""}', name=TWIN, kind=EntryKind.OVERSIZE)], "not kept"),
        ([sent(TWIN, 1, {"PM10": 80}, minute=10, received=START)], "clock was wrong"),
        ([sent(TWIN, 1, {"PM10": 80}), sent(TWIN, 1, {"PM10": 81})], "says something else already"),
    ],
)
def test_it_refuses_by_name_what_cannot_be_repaired(
    ground: Ground, step: Worker, desk: Desk, hopeless: list[Entry], says: str
) -> None:
    take(step, *hopeless)
    [(number,)] = ground.rows("select rejected_id from rejected")
    result = desk.lantian("replay", str(number), "--why", "mended")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert says in result.stderr
    assert desk.replay("--station", TWIN)["sent"] == ground.count("rejected_replay") == 0


def test_it_refuses_what_belongs_to_a_closed_day(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(FAR, 1, {"PM10": 80}), sent(TWIN, 1, {"PM10": 80}))
    close(ground)
    assert desk.replay("--station", FAR) == {"found": 1, "sent": 0, "refused": {"CLOSED": 1}, "dry_run": False}


def test_a_limit_moves_on_and_what_cannot_be_repaired_does_not_use_it_up(
    ground: Ground, step: Worker, desk: Desk
) -> None:
    take(step, sent(TWIN, 1, {"PM10": 80}, minute=10, received=START))
    take(step, *(sent(FAR, seq, {"PM10": 80}) for seq in (1, 2)))
    for seqs in ([1], [2], []):
        said = desk.replay("--from", "2026-01-01T00:00:00+08:00", "--limit", "1")
        assert (said["sent"], said["refused"]) == (len(seqs), {"FUTURE": 1})
        assert [item.seq for item in desk.sent()] == seqs


@pytest.mark.parametrize("words", [["list"], ["replay", "--why", "mended"]])
def test_a_reason_that_there_is_not_is_wrong_use(desk: Desk, words: list[str]) -> None:
    result = desk.lantian(*words, "--reason", "UNKNOWN_STATIN")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "is no reason of a rejection" in result.stderr


def test_nothing_named_is_wrong_use(desk: Desk) -> None:
    assert "--station" in desk.lantian("replay", "--why", "mended").stderr
    assert desk.lantian("replay", "1").returncode == 2


@pytest.mark.parametrize(
    "forbidden",
    [
        "delete from rejected_replay",
        "update rejected_replay set why = 'x'",
        "delete from rejected",
        "table told",
    ],
)
def test_the_audit_is_only_added_to(ground: Ground, forbidden: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ground.rows(forbidden, role="repair")
