"""What is overdue is told upwards, once, whatever restarts; what is silent is not. Time is passed in; nobody sleeps."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from engine_stage import EIGHT, HOUR, RULE, Process
from handling_stage import BOOK, Ground, clock, log_holds
from waiting import eventually

from alerts.handling import silences
from alerts.handling.escalate import Escalations
from alerts.handling.grid import Grid, Leader
from alerts.handling.hide import Silence
from alerts.handling.machine import Action
from alerts.handling.show import lines, of_alert
from core.errors import InputError
from core.postgres import connect
from core.settings import CoreSettings
from ingest.registry import Registry

pytestmark = pytest.mark.stack


class Watch:
    """A ground with a grid above it, and engines that look at the clock."""

    def __init__(self, settings: CoreSettings, name: str) -> None:
        self.ground = Ground(settings, name)
        station = self.ground.site.station
        self.grid = Grid((Leader("北石店镇", "赵镇长", "13900000001", (station,)),
                          Leader("城区", "钱区长", "13900000002", (station,))))  # fmt: skip

    def engine(self) -> Escalations:
        """One that has just started."""
        return Escalations(self.grid, every_s=60.0)

    def look(self, at: datetime, engine: Escalations | None = None) -> list[str]:
        """What an engine writes at that time: the step, and who is told."""
        with (
            closing(connect(self.ground.settings, "engine", application="test")) as database,
            database,
            database.cursor() as cursor,
        ):
            lines = (engine or self.engine()).tick(
                cursor, BOOK, [self.ground.site.partition], Registry.empty(), at.timestamp()
            )
        return [line.detail or "" for line in lines if line.city == self.ground.site.city]

    def told(self) -> list[tuple[str, int, str]]:
        return [
            (step, rung, told)
            for step, rung, told in self.ground.site.rows(
                "select step, rung, told from v_alert_escalations join v_alerts using (alert_id)"
                f" where city = %(city)s and rule_id = '{RULE}' order by at, rung"
            )
        ]

    def told_alerts(self) -> set[int]:
        told = "select alert_id from v_alert_escalations join v_alerts using (alert_id) where city = %(city)s"
        return {alert_id for (alert_id,) in self.ground.site.rows(f"{told} and rule_id = '{RULE}'")}


@pytest.fixture
def watch(stack: CoreSettings, request: pytest.FixtureRequest) -> Watch:
    return Watch(stack, request.node.name)


def in_the_night(ground: Ground) -> None:
    """At 23:00 a site's hour reaches 320."""
    ground.hours(320.0, first=14)


def test_a_night_in_which_nobody_acknowledges_wakes_first_the_town_then_the_district(watch: Watch) -> None:
    in_the_night(watch.ground)
    assert watch.look(clock("23:09")) == []
    watch.look(clock("23:11"))
    assert watch.told() == [("acknowledge", 1, "赵镇长")]
    watch.look(clock("23:12"))
    watch.look(clock("23:21"))
    assert watch.told() == [("acknowledge", 1, "赵镇长"), ("acknowledge", 2, "钱区长")]
    watch.ground.do(Action.ACKNOWLEDGE, "值班员张", clock("23:25"))
    watch.look(clock("23:44"))
    assert len(watch.told()) == 2, "the next step has time until 23:45"
    watch.look(clock("23:46"))
    assert watch.told()[2:] == [("dispatch", 1, "赵镇长")]
    watch.ground.do(Action.DISPATCH, "值班员张", clock("23:50"), unit="住建局", deadline=clock("06:00", day=3))
    watch.look(clock("05:59", day=3))
    assert len(watch.told()) == 3
    watch.look(clock("06:01", day=3))
    assert watch.told()[3:] == [("feedback", 1, "赵镇长")]
    assert watch.ground.record("escalation") == [("overdue", None)] * 4
    assert log_holds(watch.ground)


def test_an_engine_that_starts_anew_tells_nothing_twice_and_what_fell_due_meanwhile(watch: Watch) -> None:
    in_the_night(watch.ground)
    watch.look(clock("23:11"))
    watch.look(clock("23:11"))
    assert len(watch.told()) == 1
    watch.look(clock("07:00", day=3))
    assert [rung for _, rung, _ in watch.told()] == [1, 2]


def test_two_engines_at_once_tell_once(watch: Watch) -> None:
    in_the_night(watch.ground)
    both = [threading.Thread(target=watch.look, args=(clock("23:11"),)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(watch.told()) == 1
    assert log_holds(watch.ground)


def test_an_engine_looks_no_more_often_than_it_is_told_to(watch: Watch) -> None:
    engine = watch.engine()
    watch.look(clock("23:00"), engine)
    watch.ground.tell(watch.ground.site.statement(0, 320.0), at=EIGHT + HOUR)
    assert watch.look(clock("23:00"), engine) == []
    engine.forget()
    assert watch.look(clock("23:00"), engine) != []


def test_history_hurries_nobody(watch: Watch) -> None:
    watch.ground.hours(320.0, live=False)
    watch.look(clock("23:00"))
    assert watch.told() == []


def test_what_had_ended_long_ago_when_it_was_found_hurries_nobody(watch: Watch) -> None:
    site = watch.ground.site
    late = clock("12:00", day=5).timestamp()
    site.store(site.statement(1, 90.0))
    watch.ground.tell(site.statement(0, 320.0), at=late)
    watch.look(clock("23:00", day=5))
    assert (len(watch.ground.alert_ids()), watch.told()) == (1, [])


def test_the_part_that_a_correction_divides_from_an_acknowledged_alert_hurries_nobody(watch: Watch) -> None:
    watch.ground.hours(320.0, 330.0, 340.0)
    watch.ground.do(Action.ACKNOWLEDGE, "值班员张", clock("09:05"))
    watch.ground.hours(90.0, first=1, version=2)
    kept, divided = watch.ground.alert_ids()
    watch.look(clock("23:00"))
    assert watch.told_alerts() == {kept}, divided


def test_what_is_silent_is_not_told_until_the_silence_ends_or_is_ended(watch: Watch) -> None:
    in_the_night(watch.ground)
    station = watch.ground.site.station
    silence = Silence(0, "科长刘", "设备检修", clock("22:00"), clock("23:30"), station=station)
    with closing(connect(watch.ground.settings, "operator", application="test")) as database:
        with database, database.cursor() as cursor:
            kept = silences.add(cursor, silence, clock("22:00"))
        watch.look(clock("23:15"))
        assert watch.told() == []
        with database, database.cursor() as cursor:
            silences.end(cursor, kept.silence_id, "值班员张", "检修结束", clock("23:16"))
        watch.look(clock("23:17"))
        assert watch.told() == [("acknowledge", 1, "赵镇长")]
        with (
            pytest.raises(InputError, match="静默已结束：值班员张") as caught,
            database,
            database.cursor() as cursor,
        ):
            silences.end(cursor, kept.silence_id, "李四", "检修结束", clock("23:18"))
    assert "silence list --all" in (caught.value.hint or "")


def test_show_says_who_was_told_and_of_what(watch: Watch) -> None:
    in_the_night(watch.ground)
    watch.look(clock("23:11"))
    with closing(connect(watch.ground.settings, "reader", application="test")) as database:
        shown = list(lines(of_alert(database, watch.ground.alert_id)))
    assert shown[-1] == (
        "  2026-03-02 23:11  逾期未办 overdue：确认 to acknowledge，第 1 级 rung 1：北石店镇；赵镇长；13900000001"
    )


def test_the_engine_itself_tells_what_becomes_overdue(
    stack: CoreSettings, stack_environment: dict[str, str], tmp_path: Path
) -> None:
    ground = Ground(stack, "engine-itself")
    towns = tmp_path / "grid.csv"
    towns.write_text(
        f"town,leader,contact,stations,regions\n北石店镇,赵镇长,139,{ground.site.station},\n", encoding="utf-8"
    )
    # ten minutes of data time in a second
    faster = {
        "LANTIAN_CLOCK_EPOCH": "2026-03-02T09:00:00+08:00",
        "LANTIAN_CLOCK_STARTED": datetime.now(UTC).isoformat(),
        "LANTIAN_CLOCK_SPEED": "600",
        "LANTIAN_ALERTS_GRID_FILE": str(towns),
    }
    engine = Process(stack_environment | faster)
    engine.start()
    try:
        ground.site.tell(ground.site.statement(0, 300.0))
        told = "select told from v_alert_escalations join v_alerts using (alert_id) where city = %(city)s"
        eventually("the town is told", lambda: ("赵镇长",) in ground.site.rows(told))
    finally:
        assert engine.end() == 0
    assert ("overdue", None) in ground.record("escalation")
