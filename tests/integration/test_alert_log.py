"""The log of alerts on a real database: nobody changes it, and what its owner does to it all the same is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from handling_stage import Ground, clock, log_holds
from psycopg2.extensions import connection
from yoyo import read_migrations

from alerts.handling.audit import differing
from alerts.handling.chain import Broken, Head, verify
from alerts.handling.log import entries
from alerts.handling.machine import Action
from core import migrate
from core.postgres import ROLES, connect
from core.settings import CoreSettings
from deploy.roles import superuser

pytestmark = pytest.mark.stack

SWAP = """
update alert_log set place = case place when 2 then -3 else -2 end where city = %s and place in (2, 3);
update alert_log set place = -place where place < 0
"""


def broken_in(database: connection, city: str) -> Broken | None:
    """Where the log is broken in the eyes of a transaction that is not committed."""
    with database.cursor() as cursor:
        cursor.execute("select length, head from alert_chain where city = %s", (city,))
        ((length, hash_),) = cursor.fetchall()
    return verify(Head(city, length, bytes(hash_)), entries(database, city))


@pytest.mark.parametrize("role", ["engine", "operator", "owner"])
@pytest.mark.parametrize("how", ["update alert_log set who = 'x'", "delete from alert_log", "truncate alert_log"])
def test_nobody_changes_the_log(stack: CoreSettings, role: str, how: str) -> None:
    with (
        closing(connect(stack, role, application="test")) as database,
        database.cursor() as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute(how)


@pytest.mark.parametrize("role", ["engine", "operator"])
@pytest.mark.parametrize("table", ["alert_log", "alert_chain"])
def test_nobody_writes_beside_the_chain(stack: CoreSettings, role: str, table: str) -> None:
    with (
        closing(connect(stack, role, application="test")) as database,
        database.cursor() as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute(f"insert into {table} (city) values ('x')")


@pytest.mark.parametrize("column", ["flagged = true", "kind = 'stop-work'", "proposed_at = now()", "number = 2"])
def test_an_operator_changes_nothing_of_an_order_but_its_stage_and_who_decided(
    stack: CoreSettings, column: str
) -> None:
    with (
        closing(connect(stack, "operator", application="test")) as database,
        database.cursor() as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute(f"update stop_work_order set {column}")


@pytest.mark.parametrize(
    ("tampering", "where", "what"),
    [
        ("update alert_log set who = '别人' where city = %s and place = 3", 3, "altered"),
        ("update alert_log set value = 249 where city = %s and place = 1", 1, "altered"),
        ("delete from alert_log where city = %s and place = 2", 2, "missing"),
        ("delete from alert_log where city = %s and place > 3", 4, "tail-missing"),
        ("delete from alert_log where city = %s", 1, "tail-missing"),
        (SWAP, 2, "altered"),
    ],
)
def test_whatever_the_owner_does_to_the_log_is_found_at_its_place(
    stack: CoreSettings, tampering: str, where: int, what: str
) -> None:
    ground = Ground(stack, "tampered")
    if not ground.alert_ids():
        ground.hours(300.0)
        ground.do(Action.ACKNOWLEDGE, "张三", clock("09:05"))
        ground.do(Action.COMMENT, "李四", clock("09:06"), text="已电话通知")
    assert log_holds(ground)
    with closing(connect(stack, "owner", application="test")) as database, database.cursor() as cursor:
        cursor.execute("alter table alert_log disable trigger only_added")
        cursor.execute(tampering, (ground.site.city,))
        found = broken_in(database, ground.site.city)
        assert found is not None
        assert (found.place, found.what) == (where, what)
        database.rollback()


def test_the_database_and_the_program_hash_alike_what_the_engine_and_persons_write(stack: CoreSettings) -> None:
    ground = Ground(stack, "hashed")
    ground.hours(250.1, 1e-7, 1803.0, 0.1 + 0.2, 99.0)
    ground.ask(Action.COMMENT, "张“三”,1:2-", clock("09:05"), ground.alert_ids()[0], text='引号"与\n换行、emoji 🏗️')
    assert log_holds(ground)


@pytest.fixture
def of_old(stack: CoreSettings, request: pytest.FixtureRequest) -> Iterator[CoreSettings]:
    """A database as it was before the log was chained, or before the migration that a test names."""
    settings = stack.model_copy(update={"postgres_database": "of_old"})
    with closing(superuser(stack.state_dir, stack.postgres_port, "postgres")) as server, server.cursor() as cursor:
        server.autocommit = True
        cursor.execute("create database of_old owner lantian_owner")
        roles = ", ".join(f"lantian_{role}" for role in ROLES)
        cursor.execute(f"grant connect, temporary on database of_old to {roles}")
        with closing(superuser(stack.state_dir, stack.postgres_port, "of_old")) as inside:
            inside.autocommit = True
            inside.cursor().execute("create extension if not exists timescaledb")
        with migrate._backend(settings) as backend, backend.lock():
            for migration in backend.to_apply(read_migrations(str(migrate.MIGRATIONS))):
                if migration.id < getattr(request, "param", "0014"):
                    backend.apply_one(migration)
        yield settings
        cursor.execute("drop database of_old with (force)")


def alerts_of_old(cursor: Any) -> None:
    """Five alerts of two cities."""
    alert = "select 'r', 'station:' || n, 1, 2, case when n % 2 = 0 then '晋城' else '长治' end, 'dust', 'critical',"
    cursor.execute(
        "insert into alert (rule_id, object, number, version, city, kind, severity, state, opened_at, updated_at,"
        " time_window, first_start, last_start, factor, value, peak, peak_start, threshold, unit, edition, origin,"
        " pages, name_zh, name_en, title_zh, title_en, detail_zh, detail_en, todo_zh, todo_en, legal_basis, level,"
        f" peak_severity) {alert} 'open', now(), now(), 'hour', now(), now(), 'a34002', 300, 300, now(), 250, '',"
        " '2026', 'live', true, '', '', '', '', '', '', '', '', '', 1, 'critical' from generate_series(1, 5) n"
    )


def test_entries_from_before_the_chains_are_their_beginning(of_old: CoreSettings) -> None:
    with closing(connect(of_old, "engine", application="test")) as database, database, database.cursor() as cursor:
        alerts_of_old(cursor)
        cursor.execute(
            "insert into alert_log (alert_id, version, at, happening, state, object, time_window, start,"
            " statement_version, value) select alert_id, v, now() + alert_id * interval '1.000001 s', 'opened', 'open',"
            " object, 'hour', now(), 1, 300 + v / 3.0 from alert, generate_series(1, 2) v order by v, alert_id"
        )
    assert "0014-alert-handling" in migrate.migrate(of_old)
    with closing(connect(of_old, "owner", application="test")) as database:
        assert broken_in(database, "晋城") is None
        assert broken_in(database, "长治") is None
        with database.cursor() as cursor:
            cursor.execute("select city, length from alert_chain order by length")
            assert cursor.fetchall() == [("晋城", 4), ("长治", 6)]


@pytest.mark.parametrize("of_old", ["0019"], indirect=True)
def test_orders_and_handling_from_before_there_were_several_orders_stand_as_the_log_says(of_old: CoreSettings) -> None:
    order = (
        "insert into stop_work_order (alert_id, kind, stage, proposed_at) select alert_id, 'stop-work', 'issued', now()"
    )
    said = {"city": "晋城", "subject": "handling", "who": "张三", "alert_id": 2}
    lines = [
        {"at": "2026-03-02T01:05:00Z", "happening": "acknowledge", **said},
        {"at": "2026-03-02T01:06:00Z", "happening": "reopened", **said, "subject": "data", "who": None, "version": 2},
        {
            "at": "2026-03-02T01:07:00Z",
            "happening": "false-alarm",
            "detail": '{"reference": "函3号", "text": "x"}',
            **said,
        },
        {"at": "2026-03-02T01:09:00Z", "happening": "verify", **said, "who": "李四"},
    ]
    with closing(connect(of_old, "engine", application="test")) as database, database, database.cursor() as cursor:
        alerts_of_old(cursor)
        cursor.execute(f"{order} from alert where alert_id > 3")
        cursor.execute("select append_alert_log(%s::json)", (json.dumps(lines),))
        cursor.execute(
            "insert into alert_handling (alert_id, stage, doubted_by, doubted_at, doubt, closed_by, closed_at,"
            " reopened_at) values (2, 'false-alarm', '张三', '2026-03-02T01:07:00Z', 'x', '李四',"
            " '2026-03-02T01:09:00Z', '2026-03-02T01:06:00Z')"
        )
        cursor.execute("update alert set closed_at = '2026-03-02T01:09:00Z' where alert_id = 2")
    assert "0019-orders-and-episodes" in migrate.migrate(of_old)
    with closing(connect(of_old, "reader", application="test")) as database, database, database.cursor() as cursor:
        assert differing(cursor, "晋城") == [4], "only the order that the log knows nothing of"
        cursor.execute("select alert_id, order_number, stage from v_stop_work_orders order by 1")
        assert cursor.fetchall() == [(4, 1, "issued"), (5, 1, "issued")]
