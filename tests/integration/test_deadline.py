"""Whoever waits for a database that says nothing is freed."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
from structlog.testing import capture_logs
from waiting import eventually

from core.deadline import deadline
from core.postgres import Gone, connect
from core.settings import CoreSettings

pytestmark = pytest.mark.stack


def test_a_statement_that_is_never_answered_fails_as_if_the_server_were_away(stack: CoreSettings) -> None:
    with closing(connect(stack, "reader", application="deadline")) as database, database.cursor() as cursor:
        with capture_logs() as logs, pytest.raises(Gone), deadline(database, 0.2):
            cursor.execute("select pg_sleep(60)")
        assert database.closed
    assert logs == [{"event": "deadline_passed", "log_level": "warning", "seconds": 0.2}]


def test_what_is_answered_in_time_leaves_a_connection_that_works(stack: CoreSettings) -> None:
    with closing(connect(stack, "reader", application="deadline")) as database, database.cursor() as cursor:
        with deadline(database, 30.0):
            cursor.execute("select 1")
        cursor.execute("select 2")
        assert cursor.fetchone() == (2,)


def test_no_thread_is_left_behind(stack: CoreSettings) -> None:
    with closing(connect(stack, "reader", application="deadline")) as database:
        before = threading.active_count()
        for _ in range(20):
            with deadline(database, 30.0):
                pass
        eventually("the timers have ended", lambda: threading.active_count() <= before)
