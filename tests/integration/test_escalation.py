"""What is overdue is told upwards, once, whatever restarts; what is silent is not. Time is passed in; nobody sleeps."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import worker_stage
from engine_stage import EIGHT, HOUR, RULE, Process
from handling_stage import BOOK, Ground, clock, log_holds
from waiting import eventually

from aggregate.statistic import Window, city_object
from alerts.handling import silences
from alerts.handling.chain import Line, Subject
from alerts.handling.escalate import Escalations
from alerts.handling.grid import Grid, Leader
from alerts.handling.hide import Silence
from alerts.handling.log import append
from alerts.handling.machine import Action
from alerts.handling.order import OrderAction
from alerts.handling.show import lines, of_alert
from alerts.rules.book import RuleBook
from core.errors import InputError
from core.postgres import connect
from core.settings import CoreSettings
from ingest.registry import RegistryReader

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
            rules, registry = self.ground.book.all, RegistryReader().read(database)
            lines = (engine or self.engine()).tick(
                cursor, rules, [self.ground.site.partition], registry, at.timestamp()
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


@pytest.mark.parametrize("detail", ["no json", "[1]", '{"unit": "甲", "deadline": "x"}'])
def test_an_entry_written_past_the_commands_stops_no_look(watch: Watch, detail: str) -> None:
    watch.ground.hours(320.0)
    watch.ground.do(Action.ACKNOWLEDGE, "张三", clock("09:02"))
    alert_id, city = watch.ground.alert_id, watch.ground.site.city
    line = Line(city=city, at=clock("09:03"), subject=Subject.HANDLING, happening="dispatch", alert_id=alert_id,
                who="张三", detail=detail)  # fmt: skip
    settings = watch.ground.settings
    with closing(connect(settings, "operator", application="test")) as database, database, database.cursor() as cursor:
        append(cursor, [line])
    watch.look(clock("09:30"))
    assert [step for step, *_ in watch.told()] == ["dispatch"]


def test_what_had_ended_long_ago_when_it_was_found_hurries_nobody(watch: Watch) -> None:
    site = watch.ground.site
    late = clock("12:00", day=5).timestamp()
    site.store(site.statement(1, 90.0))
    watch.ground.tell(site.statement(0, 320.0), at=late)
    watch.look(clock("23:00", day=5))
    assert (len(watch.ground.alert_ids()), watch.told()) == (1, [])


def test_the_earlier_part_of_a_divided_alert_hurries_nobody_until_the_later_is_withdrawn(watch: Watch) -> None:
    watch.ground.hours(320.0, 330.0, 340.0)
    watch.ground.do(Action.ACKNOWLEDGE, "值班员张", clock("09:05"))
    watch.ground.hours(90.0, first=1, version=2)
    later, earlier = watch.ground.alert_ids()
    watch.look(clock("11:30"))
    assert watch.told_alerts() == {later}
    watch.ground.tell(watch.ground.site.statement(2, 90.0, version=2), at=clock("12:00").timestamp())
    watch.look(clock("12:09"))
    assert watch.told_alerts() == {later}
    watch.look(clock("12:11"))
    assert watch.told_alerts() == {later, earlier}


def test_a_doubt_that_is_returned_gives_the_time_to_acknowledge_once_more(watch: Watch) -> None:
    in_the_night(watch.ground)
    for minute in (5, 13, 21):
        watch.ground.do(Action.FALSE_ALARM, "值班员张", clock(f"23:{minute:02}"), text="雾炮")
        watch.ground.do(Action.RETURN, "值班员张", clock(f"23:{minute + 4:02}"), text="不是")
        watch.look(clock(f"23:{minute + 4:02}"))
        if minute < 21:
            assert watch.told() == [], "its time began anew at 23:09"
    assert watch.told() == [("acknowledge", 1, "赵镇长")], "but it did not again at 23:17"


def test_a_closed_case_that_data_reopens_is_told_upwards_until_somebody_acknowledges_it(watch: Watch) -> None:
    ground = watch.ground
    ground.hours(300.0, 100.0)
    ground.do(Action.FALSE_ALARM, "值班员张", clock("10:10"), text="雾炮对着采样口")
    ground.order(OrderAction.DECLINE, "值班员张", clock("10:11"), "误报")
    ground.do(Action.VERIFY, "科长刘", clock("10:30"))
    ground.tell(ground.site.statement(1, 280.0, version=2), at=clock("11:00").timestamp())
    watch.look(clock("11:11"))
    assert watch.told() == [("recheck", 1, "赵镇长")]
    ground.do(Action.ACKNOWLEDGE, "值班员王", clock("11:12"))
    watch.look(clock("11:31"))
    assert watch.told() == [("recheck", 1, "赵镇长")], "the next step has its own time"


def test_what_a_whole_day_of_a_city_comes_to_is_told_to_who_answers_for_the_city(watch: Watch, tmp_path: Path) -> None:
    ground, city = watch.ground, watch.ground.site.city
    rule = BOOK.get(RULE)
    of_cities = rule.watch.model_copy(update={"kinds": ("city",), "window": Window.DAY})
    ground.book = RuleBook((rule.model_copy(update={"watch": of_cities, "order": None}),))
    watch.grid = Grid(
        (Leader("城区", "钱区长", "139", regions=("140502",)), Leader("晋城市", "市长办", "0356", regions=("1405",)))
    )
    worker_stage.Ground(ground.settings, tmp_path).stations(
        *(f"town-{region}-{number},站,dust,{region},{city},PT1M,,,"
          for number, region in enumerate(("140502", "140521", "140502")))
    )  # fmt: skip
    midnight = int(clock("00:00").timestamp())
    day = msgspec.structs.replace(ground.site.statement(0, 320.0), object=city_object(city), kind="city",
                                  window=Window.DAY, start=midnight, end=midnight + 24 * HOUR)  # fmt: skip
    ground.tell(day, at=clock("00:05", day=3).timestamp())
    watch.look(clock("00:20", day=3))
    assert watch.told() == [("acknowledge", 1, "市长办")]


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
