"""Layouts made by several workers at once."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
from waiting import eventually

from aggregate.store import Layouts
from core.postgres import connect
from core.settings import CoreSettings

pytestmark = pytest.mark.stack


def test_two_workers_that_make_the_same_layouts_in_other_orders_do_not_wait_for_each_other(stack: CoreSettings) -> None:
    first, second = ("layout-test-a",), ("layout-test-b",)
    found: list[dict[tuple[str, ...], int]] = []
    with (
        closing(connect(stack, "worker", application="layouts one")) as one,
        closing(connect(stack, "worker", application="layouts other")) as other,
        closing(connect(stack, "worker", application="layouts")) as looking,
    ):

        def others() -> None:
            with other, other.cursor() as cursor:
                layouts = Layouts()
                layouts.ids(cursor, {second})
                found.append(dict(layouts.ids(cursor, {first})))

        def other_waits() -> bool:
            with looking, looking.cursor() as cursor:
                cursor.execute(
                    "select 1 from pg_stat_activity where application_name = 'layouts other'"
                    " and wait_event_type = 'Lock'"
                )
                return cursor.fetchone() is not None

        thread = threading.Thread(target=others)
        with one, one.cursor() as cursor:
            layouts = Layouts()
            layouts.ids(cursor, {first})
            thread.start()
            eventually("the other waits", other_waits)
            found.append(dict(layouts.ids(cursor, {second})))
        thread.join()
    assert found[0][first] == found[1][first]
    assert found[0][second] == found[1][second]
