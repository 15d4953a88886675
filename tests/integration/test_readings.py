"""`lantian readings` on real servers: what a person says comes through Kafka and stands above what devices say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from archive_stage import START, accounts, close, grow_old, sent, take
from reports import DAY, HOUR, MINUTE, OZONE, PM10, SO2, entry, report
from reports_tap import Tap
from typer.testing import CliRunner, Result
from worker_stage import Ground, Log, Worker, worker

from aggregate.delivery import delivery
from aggregate.readings.commands import app
from aggregate.readings.review import send
from aggregate.readings.store import read_review
from core.errors import LantianError
from core.postgres import connect
from core.settings import CoreSettings
from ingest.envelope import Entry, Source
from ingest.report import decode_report, format_instant

pytestmark = pytest.mark.stack

NAME, OTHER, NARROW = "review-air", "review-other", "review-narrow"
CITY = "站,air,140502,review-city,PT1M,city,,"
AT = format_instant(START)
SPAN = ("--from", AT, "--to", format_instant(START + HOUR))
PERSON = int(Source.PERSON)


class Desk:
    """Where a person sits: the command, and what it has put into Kafka."""

    def __init__(self, tap: Tap) -> None:
        self.sent = tap.sent

    def lantian(self, *words: str, **environment: str) -> Result:
        """`lantian readings …`."""
        return CliRunner().invoke(app, ["readings", *words], env=environment)

    def lines(self, *words: str) -> list[dict[str, Any]]:
        """What it says for machines."""
        result = self.lantian(*words, "--json")
        assert result.exit_code == 0, result.output or result.exception
        return [json.loads(line) for line in result.stdout.splitlines()]

    def say(self, *words: str) -> dict[str, Any]:
        """What it says of a review."""
        [said] = self.lines(*words, "--user", "zhang", "--reason", "采样泵故障")
        return said

    def refused(self, *words: str, **environment: str) -> str:
        """The one line that it refuses with."""
        result = self.lantian(*words, "--reason", "mistake", **environment)
        assert isinstance(result.exception, LantianError), result.output
        assert "\n" not in str(result.exception)
        return str(result.exception)


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("readings"))
    made.stations(f"{NAME},{CITY}", f"{OTHER},{CITY}", f"{NARROW},{CITY}PM10 0..100")
    return made


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    ground.clear()
    with worker(ground.settings, Log()) as made:
        made.gain(START)
        yield made


@pytest.fixture
def desk(stack: CoreSettings, in_stack: None) -> Iterator[Desk]:
    with closing(Tap(stack)) as tap:
        yield Desk(tap)


def heard(step: Worker, desk: Desk) -> list[Entry]:
    """The worker takes what the command has sent."""
    entries = desk.sent()
    take(step, *entries, now=START + 2 * HOUR)
    return entries


def minutes(ground: Ground, factor: str, letters: str = "C", name: str = NAME) -> dict[int, tuple[Any, ...]]:
    """By minute: source, value and flag of a factor's readings whose mask is one of `letters`."""
    return {
        (time - START) // MINUTE: (source, value, letter)
        for (period, time, code), (source, _, _, value, letter) in ground.readings(name, letters).items()
        if code == factor and period == MINUTE
    }


def test_a_flag_stands_above_the_devices_readings_and_keeps_their_values(
    ground: Ground, step: Worker, desk: Desk
) -> None:
    take(step, *(sent(NAME, minute + 1, {"PM10": 80 + minute, "SO2": 9}, minute=minute) for minute in range(4)))
    span = ("--from", format_instant(START + MINUTE), "--to", format_instant(START + 3 * MINUTE))
    said = desk.say("flag", NAME, "--factor", "PM10", *span, "--flag", "D")
    assert (said["reports"], said["readings"], said["left_out"], said["sent"]) == (2, 2, {}, True)
    entries = heard(step, desk)
    assert [(each.source, each.run, each.seq) for each in entries] == [(PERSON, said["run"], seq) for seq in (1, 2)]
    assert minutes(ground, PM10) == {0: (0, 80, "N"), 1: (3, 81, "D"), 2: (3, 82, "D"), 3: (0, 83, "N")}
    assert minutes(ground, PM10, "P") == {1: (0, 81, "N"), 2: (0, 82, "N")}
    assert minutes(ground, SO2, "P") == {}
    account = accounts(ground)[NAME, "person"]
    assert (account.balanced, account.readings, account.current) == (True, 2, 2)


def test_what_a_person_says_pages_nobody(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}))
    desk.say("flag", NAME, "--factor", "PM10", *SPAN, "--flag", "N")
    [said] = heard(step, desk)
    assert decode_report(said.body).origin == "resent"
    assert ground.rows("select origin from report where source = 3") == [(1,)]


def test_a_correction_stands_and_a_later_decision_stands_above_it(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(NAME, 1, {"PM10": 800, "SO2": 9}))
    at = ("--time", AT, "--period", "PT1M")
    first = desk.say("correct", NAME, "--factor", "PM10", *at, "--value", "80.5")
    heard(step, desk)
    assert minutes(ground, PM10) == {0: (3, 80.5, "N")}
    second = desk.say("flag", NAME, "--factor", "PM10", "--factor", "SO2", *SPAN, "--flag", "C")
    assert second["run"] > first["run"]
    heard(step, desk)
    assert (minutes(ground, PM10), minutes(ground, SO2)) == ({0: (3, 80.5, "C")}, {0: (3, 9, "C")})
    assert minutes(ground, PM10, "S") == {0: (3, 80.5, "N")}
    assert minutes(ground, PM10, "P") == {0: (0, 800, "N")}


def test_restored_readings_say_what_the_devices_say_by_now(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(NAME, 1, {"PM10": 800}), sent(NAME, 2, {"PM10": 81}, minute=1))
    desk.say("flag", NAME, "--factor", "PM10", *SPAN, "--flag", "D")
    heard(step, desk)
    take(step, sent(NAME, 3, {"PM10": 80}))
    said = desk.say("restore", NAME, "--factor", "PM10", *SPAN)
    assert said["readings"] == 2
    heard(step, desk)
    assert minutes(ground, PM10) == {0: (3, 80, "N"), 1: (3, 81, "N")}
    assert minutes(ground, PM10, "P") == {0: (0, 80, "N"), 1: (0, 81, "N")}
    assert "persons and devices agree" in desk.refused("restore", NAME, "--factor", "PM10", *SPAN)
    assert all(account.balanced for account in accounts(ground).values())


def test_what_is_said_builds_on_words_that_the_worker_has_not_taken_yet(
    ground: Ground, step: Worker, desk: Desk
) -> None:
    take(step, *(sent(NAME, minute + 1, {"PM10": 800, "SO2": 9}, minute=minute) for minute in range(3)))
    for minute, value in ((1, "85.2"), (2, "70")):
        at = ("--time", format_instant(START + minute * MINUTE), "--period", "PT1M")
        desk.say("correct", NAME, "--factor", "PM10", *at, "--value", value)
    both = ("--factor", "PM10", "--factor", "SO2")
    assert desk.say("flag", NAME, *both, *SPAN, "--flag", "C")["readings"] == 6
    late = ("--from", format_instant(START + 2 * MINUTE), "--to", format_instant(START + HOUR))
    assert desk.say("restore", NAME, "--factor", "PM10", *late)["readings"] == 1
    heard(step, desk)
    assert minutes(ground, PM10) == {0: (3, 800, "C"), 1: (3, 85.2, "C"), 2: (3, 800, "N")}
    assert minutes(ground, SO2) == dict.fromkeys(range(3), (3, 9, "C"))


def test_what_is_said_builds_on_words_that_were_never_sent(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(NAME, 1, {"PM10": 800}))
    correction = ("correct", NAME, "--factor", "PM10", "--time", AT, "--period", "PT1M", "--value", "85.2")
    assert "lantian readings resend" in desk.refused(*correction, LANTIAN_KAFKA="127.0.0.1:1")
    desk.say("flag", NAME, "--factor", "PM10", *SPAN, "--flag", "C")
    heard(step, desk)
    unsent = next(each for each in desk.lines("reviews", "--station", NAME) if each["sent_at"] is None)
    desk.lines("resend", str(unsent["id"]))
    heard(step, desk)
    assert minutes(ground, PM10) == {0: (3, 85.2, "C")}


def test_what_cannot_be_good_is_left_as_it_is(ground: Ground, step: Worker, desk: Desk) -> None:
    take(
        step,
        sent(NARROW, 1, {"PM10": {"v": 150, "flag": "T"}}),
        sent(NARROW, 2, {"PM10": {"v": 90, "flag": "D"}}, minute=1),
        sent(NARROW, 3, {"PM10": None}, minute=2),
    )
    said = desk.say("flag", NARROW, "--factor", "PM10", *SPAN, "--flag", "N")
    assert (said["readings"], said["left_out"]) == (1, {"NO_VALUE": 1, "OUT_OF_RANGE": 1})
    heard(step, desk)
    assert minutes(ground, PM10, name=NARROW) == {0: (0, 150, "T"), 1: (3, 90, "N"), 2: (0, None, "B")}
    assert ground.count("rejected") == 0


def test_hours_and_minutes_are_flagged_forecasts_and_days_are_not(ground: Ground, step: Worker, desk: Desk) -> None:
    def told(seq: int, period: str, **head: Any) -> Entry:
        body = report(START, seq, {"PM10": 80}, name=NAME, period=period, **head)
        return entry(body, name=NAME, received=START + HOUR)

    take(step, told(1, "PT1M"), told(2, "PT1H"), told(3, "P1D"), told(4, "PT1H", issued=format_instant(START - HOUR)))
    desk.say("flag", NAME, "--factor", "PM10", "--from", AT[:10], "--to", format_instant(START + 1), "--flag", "D")
    assert [decode_report(each.body).period for each in heard(step, desk)] == [MINUTE, HOUR]


# --- kept before it is sent ------------------------------------------------------------------------------------------


def test_killed_between_the_intent_and_the_sending_it_is_sent_later_and_twice_is_once(
    ground: Ground, step: Worker, desk: Desk, stack: CoreSettings
) -> None:
    take(step, *(sent(NAME, minute + 1, {"PM10": 80}, minute=minute) for minute in range(240)))
    flag = ("flag", NAME, "--factor", "PM10", "--from", AT, "--to", format_instant(START + 4 * HOUR), "--flag", "D")
    assert "lantian readings resend" in desk.refused(*flag, LANTIAN_KAFKA="127.0.0.1:1")
    [kept] = desk.lines("reviews", "--station", NAME)[:1]
    assert (kept["readings"], kept["sent_at"], desk.sent()) == (240, None, [])
    with closing(connect(stack, "repair", application="test")) as database, delivery(stack) as deliver:
        with database, database.cursor() as cursor:
            review = read_review(cursor, kept["id"])
        assert next(send(database, deliver, review, lambda: START + 5 * HOUR)) == 200
    part = heard(step, desk)
    assert desk.lines("resend", str(kept["id"])) == [{"review": kept["id"], "reports": 240, "sent": True}]
    again = heard(step, desk)
    assert [each.body for each in again[:200]] == [each.body for each in part]
    assert desk.lines("reviews", "--station", NAME)[0]["sent_at"].endswith("+08:00")
    assert set(minutes(ground, PM10).values()) == {(3, 80, "D")}
    account = accounts(ground)[NAME, "person"]
    assert (account.balanced, account.current, account.repeats) == (True, 240, 200)


def test_the_log_says_who_said_what_and_why_also_of_each_reading(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(OTHER, 1, {"PM10": 80, "SO2": {"flag": "B"}}))
    said = desk.say("flag", OTHER, "--factor", "PM10", "--factor", "SO2", *SPAN, "--flag", "D")
    review, statement = desk.lines("show", str(said["review"]))
    assert review == desk.lines("reviews", "--station", OTHER)[0]
    told = {name: review[name] for name in ("user", "reason", "action", "factors", "from", "flag", "readings", "run")}
    assert told == {
        "user": "zhang", "reason": "采样泵故障", "action": "flag", "factors": [PM10, SO2], "from": AT, "flag": "D",
        "readings": 2, "run": said["run"],
    }  # fmt: skip
    assert statement["readings"] == [
        {"factor": SO2, "before": {"value": None, "flag": "B"}, "after": {"value": None, "flag": "D"}},
        {"factor": PM10, "before": {"value": 80, "flag": "N"}, "after": {"value": 80, "flag": "D"}},
    ]
    line = desk.lantian("reviews", "--station", OTHER).stdout.splitlines()[0]
    assert "zhang  标记 flag D 故障  review-other" in line
    assert line.endswith("采样泵故障")


@pytest.mark.parametrize(
    "forbidden",
    [
        "delete from reading_review",
        "update reading_review set why = 'x'",
        "update reading_statement set seq = 1",
        "delete from reading_statement",
        "delete from report",
    ],
)
def test_the_log_is_only_added_to(ground: Ground, forbidden: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ground.rows(forbidden, role="repair")


# --- what stands -----------------------------------------------------------------------------------------------------


def test_a_list_shows_what_counts_and_with_all_what_it_counts_above(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(NAME, 1, {"PM10": 700}), sent(NAME, 2, {"PM10": 80, "SO2": 9}))
    desk.say("correct", NAME, "--factor", "PM10", "--time", AT, "--period", "PT1M", "--value", "81.25")
    heard(step, desk)
    [counts] = desk.lines("list", NAME, "--factor", "PM10", *SPAN)
    told = {
        name: counts[name] for name in ("time", "period", "name_zh", "value", "unit", "flag_zh", "source", "origin")
    }
    assert told == {
        "time": AT, "period": "PT1M", "name_zh": "可吸入颗粒物", "value": 81.25, "unit": "ug/m3", "flag_zh": "正常",
        "source": "person", "origin": "resent",
    }  # fmt: skip
    everything = desk.lines("list", NAME, "--factor", "PM10", *SPAN, "--all")
    assert [(each["value"], each["state"]) for each in everything] == [
        (700, "superseded"), (80, "superseded by a person"), (81.25, "current"),
    ]  # fmt: skip
    *lines, total = desk.lantian("list", NAME, *SPAN).stdout.splitlines()
    assert (len(lines), total) == (2, "readings: 2")
    assert lines[0].startswith(f"{AT[:10]} 09:00:00  PT1M  {SO2} 二氧化硫  9 ug/m3  N 正常  现行 current  device run 0")


# --- corrections from a file -----------------------------------------------------------------------------------------


def test_a_file_corrects_what_it_can_and_says_of_each_other_row_why_not(
    ground: Ground, step: Worker, desk: Desk, tmp_path: Path
) -> None:
    take(step, sent(NARROW, 1, {"PM10": 80}))
    grow_old(step)
    close(ground)
    take(step, sent(NAME, 1, {"PM10": 80, "SO2": 9}, day=50), sent(OTHER, 1, {"PM10": 80}, day=50))
    take(step, sent(NARROW, 2, {"PM10": 80}, day=50))
    at = format_instant(START + 50 * DAY)
    good = [f"{OTHER},{at},PT1M,PM10,82,", f"{NAME},{at},PT1M,PM10,81.5,", f"{NAME},{at},PT1M,二氧化硫,8,M"]
    bad = {
        f"nobody,{at},PT1M,PM10,81,": "station: is not registered",
        f"{NAME},{at},PT1M,PM100,81,": "factor: is no factor",
        f"{NAME},{at},PT1M,PM10,eighty,": "value: is no number",
        f"{NAME},{at},PT1M,PM10,,": "value: is empty",
        f"{NAME},{at},PT1M,PM10,81,X": "N 正常, F 停运",
        f"{NAME},noon,PT1M,PM10,81,": "time: is not an ISO 8601 time",
        f"{NAME},{at},P1D,PM10,81,": "period: is longer than an hour",
        f"{NAME},{at},,PM10,81,": f"no reading of {PM10} over PT1H begins then",
        f"{NAME},{at},PT1M,PM10,82,": "row 3 corrects this reading",
        f"{NARROW},{at},PT1M,PM10,101,": f"is outside the range of {PM10}, 0 … 100",
        f"{NARROW},{AT},PT1M,PM10,81,": "its day is closed",
    }
    file = tmp_path / "corrections.csv"
    file.write_text("\n".join(["station,time,period,factor,value,flag", *good, *bad]) + "\n", encoding="utf-8")
    result = desk.lantian("correct", "--file", str(file), "--reason", "比对监测", "--json")
    assert result.exit_code == 1
    for (row, why), line in zip(enumerate(bad.values(), 5), result.stderr.splitlines(), strict=True):
        assert line.startswith(f"corrections.csv row {row}, ")
        assert why in line
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(each["station"], each["reports"], each["readings"]) for each in told] == [(NAME, 1, 2), (OTHER, 1, 1)]
    heard(step, desk)
    minute = 50 * DAY // MINUTE
    assert (minutes(ground, PM10), minutes(ground, SO2)) == ({minute: (3, 81.5, "N")}, {minute: (3, 8, "M")})
    assert minutes(ground, PM10, name=NARROW)[minute] == (0, 80, "N")
    assert all(account.balanced for account in accounts(ground).values())


# --- what is refused -------------------------------------------------------------------------------------------------


def test_a_closed_day_stands(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}), sent(NAME, 2, {"PM10": 80}, day=1))
    grow_old(step)
    close(ground)
    span = ("--from", format_instant(START + DAY), "--to", format_instant(START + DAY + HOUR))
    assert "the day 2026-03-11 is closed" in desk.refused("flag", NAME, "--factor", "PM10", *span, "--flag", "D")
    assert desk.sent() == []


def test_it_refuses_in_one_line_and_keeps_nothing(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}), sent(NARROW, 1, {"PM10": {"v": 150, "flag": "T"}}))
    before = ground.count("reading_review"), ground.count("reading_statement")
    flag, later = ("--flag", "D"), ("--from", format_instant(START + HOUR), "--to", format_instant(START + 2 * HOUR))
    at = ("--time", AT, "--period", "PT1M", "--value")
    for words, says in (
        (("flag", "nobody", "--factor", "PM10", *SPAN, *flag), "is not registered"),
        (("flag", NAME, "--factor", "O3", *SPAN, *flag), f"--factor: the station has not reported it from {AT}"),
        (("flag", NAME, "--factor", "PM10", *later, *flag), "the station has no reading from"),
        (("flag", NARROW, "--factor", "PM10", *SPAN, "--flag", "N"), "cannot be said of any reading"),
        (("restore", NAME, "--factor", "PM10", *SPAN), "persons and devices agree"),
        (("correct", NARROW, "--factor", "PM10", *at, "101"), f"--value: is outside the range of {PM10}, 0 … 100"),
        (("correct", NAME, "--factor", "O3", *at, "80"), f"--time: no reading of {OZONE} over PT1M begins then"),
    ):
        assert says in desk.refused(*words), words
    assert (ground.count("reading_review"), ground.count("reading_statement"), desk.sent()) == (*before, [])


def test_a_review_that_there_is_not_cannot_be_sent(desk: Desk) -> None:
    assert "there is no such review" in str(desk.lantian("resend", "999999").exception)


def test_a_rehearsal_keeps_and_sends_nothing(ground: Ground, step: Worker, desk: Desk) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}))
    before = ground.count("reading_review"), ground.count("reading_statement")
    words = ("--factor", "PM10", *SPAN, "--flag", "D", "--reason", "pump", "--dry-run")
    assert desk.lantian("flag", NAME, *words).stdout == (
        f"readings: {NAME}: 1 readings in 1 reports would be flagged D 故障\n"
    )
    assert (ground.count("reading_review"), ground.count("reading_statement"), desk.sent()) == (*before, [])
