"""Cities' warnings on a real database: what engines propose, once, and what becomes of it. Time is passed in."""

from __future__ import annotations

import threading
from collections.abc import Collection
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from engine_stage import Process
from waiting import eventually
from warning_stage import LOOK_S, Town, at

from alerts.warnings import store
from alerts.warnings.course import Action
from alerts.warnings.proposing import Proposals
from alerts.warnings.scheme import Level
from core.postgres import connect
from core.settings import CoreSettings

pytestmark = pytest.mark.stack

TWO_BAD_DAYS = [180, 190, 230, 240, 150, 110, 90, 80]
CLEAN = [90.0] * 8


@pytest.fixture
def town(stack: CoreSettings, tmp_path: Path, request: pytest.FixtureRequest) -> Town:
    return Town(stack, request.node.name, tmp_path)


def test_an_issue_of_the_forecast_proposes_once_however_often_engines_look(town: Town) -> None:
    town.is_foreseen(at(3, 7), TWO_BAD_DAYS)
    engine = town.engine()
    assert town.look(at(3), engine) == ["start yellow"]
    assert town.look(at(3, 8, 1), engine) == []
    assert town.look(at(3, 10), engine) == []
    assert town.look(at(3, 10)) == [], "an engine that starts anew"
    assert town.events() == [("proposed", "start", "yellow", None)]
    assert town.logged() == [("proposed", None)]
    assert town.log_holds()


def test_what_was_rolled_back_is_proposed_by_the_next_look_and_only_then(town: Town) -> None:
    town.is_foreseen(at(3, 7), TWO_BAD_DAYS)
    engine = town.engine()
    assert town.look(at(3), engine, rolled_back=True) == ["start yellow"]
    assert (town.events(), town.logged()) == ([], [])
    engine.forget()
    assert town.look(at(3, 8, 1), engine) == ["start yellow"]
    assert town.events() == [("proposed", "start", "yellow", None)]


def test_two_engines_at_once_propose_once(town: Town) -> None:
    town.is_foreseen(at(3, 7), TWO_BAD_DAYS)
    both = [threading.Thread(target=town.look, args=(at(3),)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    town.look(at(3, 8, 2))
    assert town.events() == [("proposed", "start", "yellow", None)]
    assert town.log_holds()


def test_an_engine_does_not_wait_for_an_operator_and_looks_again_at_what_he_held(town: Town) -> None:
    town.is_foreseen(at(3, 7), TWO_BAD_DAYS)
    town.look(at(3))
    town.is_foreseen(at(3, 9), CLEAN)
    engine = town.engine()
    with closing(connect(town.settings, "operator", application="test")) as database:
        with database.cursor() as cursor:
            store.lock(cursor, town.city, at(3, 9))
        assert town.look(at(3, 9, 1), engine) == []
        database.rollback()
    assert town.look(at(3, 9, 2), engine) == ["withdrawn start yellow"]


def test_a_later_issue_withdraws_what_it_does_not_support(town: Town) -> None:
    engine = town.engine()
    town.is_foreseen(at(3, 7), TWO_BAD_DAYS)
    town.look(at(3), engine)
    town.is_foreseen(at(3, 17), CLEAN)
    assert town.look(at(3, 16), engine) == [], "it is not issued yet"
    assert town.look(at(3, 17), engine) == ["withdrawn start yellow"]


def test_an_issue_that_comes_late_is_older_and_changes_nothing(town: Town) -> None:
    town.is_foreseen(at(3, 7), TWO_BAD_DAYS)
    town.look(at(3))
    town.is_foreseen(at(3, 5), CLEAN)
    assert town.look(at(3, 9)) == []


def test_a_correction_of_the_same_issue_counts(town: Town) -> None:
    engine = town.engine()
    town.is_foreseen(at(3, 7), TWO_BAD_DAYS)
    town.look(at(3), engine)
    town.is_foreseen(at(3, 7), [180, 190, 130, 140, 150, 110, 90, 80])
    assert town.look(at(3, 8, 1), engine) == ["withdrawn start yellow"]


def test_a_late_correction_of_a_closed_day_changes_the_proposal(town: Town) -> None:
    engine = town.engine()
    town.is_over(3, 190)
    town.is_over(4, 240)
    town.is_foreseen(at(5, 7), [235, 150, 90, 80, 80, 80, 80, 80])
    assert town.look(at(5), engine) == ["start yellow"]
    town.is_over(3, 205, version=2)
    assert town.look(at(5, 8, 1), engine) == ["withdrawn start yellow", "start orange"]
    town.is_over(4, 180, version=2)
    assert town.look(at(5, 8, 2), engine) == ["withdrawn start orange", "start yellow"]
    town.is_over(3, 190, version=3)
    assert town.look(at(5, 8, 3), engine) == ["withdrawn start yellow"]


def test_a_day_that_has_no_value_is_not_known(town: Town) -> None:
    town.is_over(4, None)
    town.is_foreseen(at(5, 7), [235, 150, 90, 80, 80, 80, 80, 80])
    assert town.look(at(5)) == []


def test_a_day_of_ozone_alone_makes_no_warning(town: Town) -> None:
    town.is_over(4, 240, primary="a05024_8h_max")
    town.is_foreseen(at(5, 7), [235, 150, 90, 80, 80, 80, 80, 80])
    assert town.look(at(5)) == []


def test_forecast_days_of_ozone_alone_make_no_warning(town: Town) -> None:
    ozone = {"AQI": 210.0, "O3": 290.0, "PM2.5": 60.0, "PM10": 90.0, "SO2": 8.0, "NO2": 30.0, "CO": 0.6}
    dusty = {"AQI": 210.0, "O3": 90.0, "PM2.5": 160.0, "PM10": 190.0, "SO2": 8.0, "NO2": 30.0, "CO": 0.6}
    town.is_foreseen(at(5, 7), [ozone, ozone, 90, 80])
    assert town.look(at(5)) == []
    town.is_foreseen(at(5, 8), [dusty, dusty, 90, 80])
    assert town.look(at(5, 9)) == ["start yellow"]


def test_days_in_a_sanddust_period_make_no_warning_from_when_it_is_known(town: Town) -> None:
    engine = town.engine()
    town.is_over(4, 240, primary="a34002")
    town.is_foreseen(at(5, 7), [235, 150, 90, 80, 80, 80, 80, 80])
    assert town.look(at(5), engine) == ["start yellow"]
    with closing(connect(town.settings, "registry", application="test")) as database, database, database.cursor() as c:
        c.execute(
            'insert into sanddust_period (city, start, "end", basis, imported_by) values (%s, %s, %s, %s, %s)',
            (town.city, at(4, 3), at(4, 9), "晋环函〔2019〕1号", "test"),
        )
    assert town.look(at(5, 8, 1), engine) == ["withdrawn start yellow"]


def test_a_city_without_any_forecast_is_left_in_peace(town: Town) -> None:
    town.is_over(1, 300)
    town.is_over(2, 300)
    assert [town.look(at(3, hour)) for hour in range(4)] == [[]] * 4
    assert town.site.rows("select 1 from warning_state where city = %(city)s") == []


def test_a_city_whose_forecast_has_ceased_is_judged_by_its_days_and_the_last_issue(town: Town) -> None:
    town.is_foreseen(at(3, 7), [180, 190, 230, 240])
    assert town.look(at(3)) == ["start yellow"]
    assert town.look(at(9)) == ["withdrawn start yellow"]


def test_a_faulty_forecast_is_told_and_stops_no_other_city(
    stack: CoreSettings, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    sound = Town(stack, f"{request.node.name}-sound", tmp_path)
    beside = next(
        name for n in range(100)
        if Town.partition_of(name := f"{request.node.name}-{n}") == sound.site.partition
    )  # fmt: skip
    faulty = Town(stack, beside, tmp_path)
    engine = Proposals(LOOK_S)
    for town in (faulty, sound):
        town.is_foreseen(at(3, 7), TWO_BAD_DAYS)
    number = "(select station_id from station where station = %s)"
    with closing(connect(stack, "owner", application="test")) as database, database, database.cursor() as cursor:
        cursor.execute(f'update report set "values" = array[-5.0] where station_id = {number}', (faulty.forecaster,))
    assert sound.look(at(3), engine) == ["start yellow"]
    assert faulty.events() == []
    fault = "select fault from warning_state where city = %(city)s"
    assert "has no AQI of 0 or more: -5.0" in faulty.site.rows(fault)[0][0]
    faulty.is_foreseen(at(3, 9), TWO_BAD_DAYS)
    assert faulty.look(at(3, 9)) == ["start yellow"]
    assert faulty.site.rows(fault) == [(None,)]


def test_nothing_is_asked_of_a_city_again_while_nothing_is_new_within_the_hour(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, judged, lock_free = town.engine(), list[datetime](), store.lock_free

    def counted(cursor: Any, cities: Collection[str], now: datetime) -> dict[str, store.Standing]:
        if town.city in cities:
            judged.append(now)
        return lock_free(cursor, cities, now)

    monkeypatch.setattr(store, "lock_free", counted)
    town.is_foreseen(at(3, 7), CLEAN)
    for minute in range(130):
        town.look(at(3) + timedelta(minutes=minute), engine)
    assert judged == [at(3), at(3, 8, 1), at(3, 9, 1), at(3, 10, 1)], "what it wrote itself counts as new, once"


def test_after_an_end_the_next_episode_is_proposed_by_the_next_look(town: Town) -> None:
    engine = town.engine()
    town.issues(at(1), action=Action.START, level=Level.YELLOW)
    town.is_over(1, 230)
    town.is_over(2, 230)
    town.is_foreseen(at(3, 7), [150, 90, 250, 250, 90, 90, 90, 90])
    assert town.look(at(3), engine) == ["end"]
    town.issues(at(3, 8, 30))
    assert town.look(at(3, 8, 31), engine) == ["start yellow"]


def test_the_engine_itself_proposes(town: Town, stack_environment: dict[str, str]) -> None:
    issued = datetime.fromisoformat("2026-03-02T07:00:00+08:00")
    town.is_foreseen(issued, [80, 80, 180, 180, 80, 80, 80])
    engine = Process(stack_environment)
    engine.start()
    try:
        eventually("the start is proposed", lambda: town.events() == [("proposed", "start", "yellow", None)])
    finally:
        assert engine.end() == 0
