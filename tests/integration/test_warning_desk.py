"""What persons do about warnings on a real database: two at once, plans replaced, who may write what."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from warning_stage import Town, at

from alerts.handling.chain import Line, Subject
from alerts.handling.log import append
from alerts.warnings import plans, store
from alerts.warnings.course import Action
from alerts.warnings.decide import Already, Refusal, Refused, Taken
from alerts.warnings.dispatch import Change
from alerts.warnings.happening import Happening
from alerts.warnings.in_force import in_force
from alerts.warnings.record import Entry
from alerts.warnings.scheme import Level
from core.errors import InputError
from core.postgres import connect
from core.settings import CoreSettings

pytestmark = pytest.mark.stack

PLAN = "企业,级别,减排措施,SO2,NOx,PM\n钢铁厂,黄色,减产 30%,20,20,20\n钢铁厂,橙色,停产,30,30,30\n"


@pytest.fixture
def town(stack: CoreSettings, tmp_path: Path, request: pytest.FixtureRequest) -> Town:
    """Yellow is proposed on the third of December from the fifth on."""
    town = Town(stack, request.node.name, tmp_path)
    town.is_foreseen(at(3, 7), [180, 190, 230, 240, 150, 110, 90, 80])
    assert town.look(at(3)) == ["start yellow"]
    return town


def test_two_operators_at_once_and_the_second_is_told_who_was_first(town: Town) -> None:
    answers = dict[str, object]()

    def issue(who: str) -> None:
        answers[who] = town.wants(at(3, 9), who).answer

    both = [threading.Thread(target=issue, args=(who,)) for who in ("张三", "李四")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    first = next(who for who, answer in answers.items() if isinstance(answer, Taken))
    second = next(answer for answer in answers.values() if isinstance(answer, Refused))
    assert second.before is not None
    assert (second.reason, second.before.who, second.before.at) == (Refusal.ANOTHER_WAS_FIRST, first, at(3, 9))
    assert isinstance(town.wants(at(3, 9, 5), first).answer, Already)
    assert town.events()[1:] == [("issued", "start", "yellow", first)]
    assert town.logged() == [("proposed", None), ("issued", first)]


def test_what_was_declined_is_proposed_again_on_the_next_day(town: Town) -> None:
    engine = town.engine()
    assert isinstance(town.declines(at(3, 9)), Taken)
    assert isinstance(town.declines(at(3, 9, 5)), Already)
    assert town.look(at(3, 9, 6), engine) == []
    assert town.look(at(3, 23, 58), engine) == []
    assert town.look(at(4, 0), engine) == ["withdrawn start yellow", "start yellow"]
    assert town.events()[1] == ("declined", "start", "yellow", "值班员张")


def test_a_warning_for_days_to_come_is_in_force_from_its_first_day(town: Town) -> None:
    town.issues(at(3, 9))

    def levels(now: datetime) -> list[str]:
        with closing(connect(town.settings, "reader", application="test")) as database, database.cursor() as cursor:
            return [one.level for one in in_force(cursor, now) if one.city == town.city]

    assert (levels(at(4, 23)), levels(at(5, 0))) == ([], ["yellow"])
    town.issues(at(6), action=Action.END)
    assert (levels(at(6, 7)), levels(at(6, 8))) == (["yellow"], [])


def test_a_warning_that_is_ended_before_its_first_day_never_was_in_force(town: Town) -> None:
    town.issues(at(3, 9))
    town.issues(at(4), action=Action.END)
    assert town.site.rows("select * from v_warning_levels where city = %(city)s") == []
    assert town.site.rows("select stands, ended_at from v_warnings where city = %(city)s") == [(False, at(4))]


def test_a_list_is_kept_as_it_was_made_when_the_plan_is_replaced(town: Town) -> None:
    assert town.issues(at(3, 9)).sent is None, "there is no plan yet"
    assert town.plans(PLAN, at(3, 10)) == (1, True)
    first = town.issues(at(4, 9), action=Action.UPGRADE, level=Level.ORANGE).sent
    assert town.plans(PLAN, at(4, 10)) == (1, False), "the same again"
    assert town.plans(PLAN.replace("钢铁厂", "焦化厂"), at(4, 11)) == (2, True)
    assert latest(town, at(5)) == first
    second = town.issues(at(5, 9), action=Action.DOWNGRADE, level=Level.YELLOW).sent
    assert second is not None
    assert [(order.measure.unit.enterprise, order.change) for order in second.found.orders] == [
        ("焦化厂", Change.NEW), ("钢铁厂", Change.LIFTED),
    ]  # fmt: skip
    assert latest(town, at(5, 9)) == second
    assert latest(town, at(5, 8)) == first
    assert town.site.rows("select distinct edition from v_dispatch where city = %(city)s order by edition") == [
        (1,),
        (2,),
    ]


def latest(town: Town, now: datetime) -> plans.Sent | None:
    with closing(connect(town.settings, "reader", application="test")) as database, database.cursor() as cursor:
        return plans.latest_sent(cursor, town.city, now)


def test_rows_of_a_plan_that_cannot_be_used_are_kept_as_they_were_told(town: Town) -> None:
    town.plans(PLAN + "水泥厂,紫色,停窑,1,1,1\n", at(3, 10))
    ((errors,),) = town.site.rows("select errors from v_warning_plans where city = %(city)s")
    assert ["紫色" in error for error in errors] == [True]
    with pytest.raises(InputError, match="没有可用的措施"):
        town.plans("企业,级别,减排措施\n水泥厂,紫色,停窑\n", at(3, 11))


def test_a_city_that_nobody_knows_has_no_warning(town: Town) -> None:
    town.city = "nowhere"
    with pytest.raises(InputError, match=r"no station is registered in it \(got 'nowhere'\); write the city as"):
        town.wants(at(3, 9))
    with pytest.raises(InputError, match="no station is registered"):
        town.declines(at(3, 9))


PROPOSED = Entry(
    city="", at=at(3), happening=Happening.PROPOSED, action=Action.END, level=None, level_before=Level.RED
)  # fmt: skip
ISSUED = Entry(
    city="", at=at(3), happening=Happening.ISSUED, action=Action.END, level=None, level_before=Level.RED, who="张三",
    said="x",
)  # fmt: skip


@pytest.mark.parametrize(("role", "entry"), [("operator", PROPOSED), ("engine", ISSUED)])
def test_neither_engine_nor_persons_speak_for_the_other(town: Town, role: str, entry: Entry) -> None:
    for write in (lambda cursor: store.add(cursor, [entry]), lambda cursor: append(cursor, [_line(town, entry)])):
        assert "does not say that a warning is" in _denied(town, role, write)


@pytest.mark.parametrize("table", ["warning_event", "plan_measure", "warning_dispatch_order", "warning_receipt"])
def test_what_was_done_is_never_changed_not_even_by_the_tables_owner(town: Town, table: str) -> None:
    assert "only ever added" in _denied(town, "owner", lambda cursor: cursor.execute(f"delete from {table}"))


@pytest.mark.parametrize(
    "tampered",
    [
        "update warning_state set state = jsonb_set(state, '{in_force,level}', '\"red\"') where city = %s",
        "update warning_state set state = jsonb_set(state, '{in_force}', 'null') where city = %s",
        "update warning_event set who = '李四' where who is not null and city = %s",
        "delete from warning_event where happening = 'proposed' and city = %s",
    ],
)
def test_a_warning_that_stands_otherwise_than_the_log_says_is_found(town: Town, tampered: str) -> None:
    town.issues(at(3, 9), level=Level.ORANGE)
    town.issues(at(4), action=Action.DOWNGRADE, level=Level.YELLOW)
    assert town.log_holds()
    with closing(connect(town.settings, "owner", application="test")) as database, database, database.cursor() as c:
        c.execute("alter table warning_event disable trigger only_added")
        c.execute(tampered, (town.city,))
        c.execute("alter table warning_event enable trigger only_added")
    assert not town.log_holds()


@pytest.mark.parametrize("table", ["warning_plan", "warning_dispatch", "warning_receipt"])
def test_the_engine_makes_neither_plans_nor_lists_nor_receipts(town: Town, table: str) -> None:
    said = _denied(town, "engine", lambda cursor: cursor.execute(f"insert into {table} default values"))
    assert "permission denied" in said


def _line(town: Town, entry: Entry) -> Line:
    return Line(city=town.city, at=entry.at, subject=Subject.WARNING, happening=entry.happening.value, who=entry.who)


def _denied(town: Town, role: str, write: Any) -> str:
    with closing(connect(town.settings, role, application="test")) as database, database.cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege) as caught:
            write(cursor)
        return str(caught.value)
