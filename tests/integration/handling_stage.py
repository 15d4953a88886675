"""What tests of handling stand on: a site, an engine's judgement and operators, each in the test's own time."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from engine_stage import EIGHT, HOUR, RULE, Site

from aggregate.statistic import Statement, StatementBatch
from alerts.alert import Notice
from alerts.handling import desk
from alerts.handling.answers import Taken
from alerts.handling.log import check
from alerts.handling.machine import Action, Answer, Request
from alerts.handling.order import OrderAction, OrderAnswer
from alerts.judging import Judge
from alerts.rules import book
from core.postgres import connect
from core.settings import CoreSettings
from ingest.registry import Registry

BOOK = book.load()


def clock(text: str, day: int = 2) -> datetime:
    """A time of the second of March 2026, or another day, in Asia/Shanghai."""
    return datetime.fromisoformat(f"2026-03-{day:02}T{text}:00+08:00").astimezone(UTC)


class Ground:
    """A dust site that no register knows, judged within the test; persons act at the times that they are given."""

    def __init__(self, settings: CoreSettings, name: str) -> None:
        self.settings = settings
        self.site = Site(settings, name)
        self.book = BOOK

    def hours(self, *values: float, first: int = 0, version: int = 1, live: bool = True) -> list[Notice]:
        """Hours from 08:00 on, each judged as soon as it ends; what was told of alerts."""
        return [
            notice
            for hour, value in enumerate(values, first)
            for notice in self.tell(
                self.site.statement(hour, value, version, live=live), at=EIGHT + (hour + 1) * HOUR + 5
            )
        ]

    def tell(self, statement: Statement, at: float) -> list[Notice]:
        """Store a statistic and judge it, as an engine would in one transaction."""
        self.site.store(statement)
        with (
            closing(connect(self.settings, "engine", application="test")) as database,
            database,
            database.cursor() as cursor,
        ):
            batch = StatementBatch(self.site.city, [statement])
            return Judge(self.book).judge(cursor, [batch], Registry.empty(), at).notices

    def alert_ids(self, rule: str = RULE) -> list[int]:
        rows = self.site.rows(f"select alert_id from v_alerts where city = %(city)s and rule_id = '{rule}' order by 1")
        return [alert_id for (alert_id,) in rows]

    @property
    def alert_id(self) -> int:
        (alert_id,) = self.alert_ids()
        return alert_id

    def ask(self, action: Action, who: str, at: datetime, alert_id: int | None = None, **given: Any) -> Answer:
        with closing(connect(self.settings, "operator", application="test")) as database:
            return desk.act(database, BOOK, alert_id or self.alert_id, Request(action, **given), who, at)

    def do(self, action: Action, who: str, at: datetime, **given: Any) -> None:
        answer = self.ask(action, who, at, **given)
        assert isinstance(answer, Taken), answer

    def ask_order(
        self, action: OrderAction, who: str, at: datetime, why: str = "", alert_id: int | None = None
    ) -> OrderAnswer:
        with closing(connect(self.settings, "operator", application="test")) as database:
            return desk.act_on_order(database, alert_id or self.alert_id, action, who, why, at)

    def orders(self) -> list[tuple[int, int, str, bool]]:
        """Of the site's alerts the orders: alert, number, stage, and whether it is flagged."""
        return [
            (alert_id, number, stage, flagged)
            for alert_id, number, stage, flagged in self.site.rows(
                "select alert_id, order_number, stage, flagged from v_stop_work_orders join v_alerts using (alert_id)"
                f" where city = %(city)s and rule_id = '{RULE}' order by 1, 2"
            )
        ]

    def order(
        self, action: OrderAction, who: str, at: datetime, why: str = "已到场核实", alert_id: int | None = None
    ) -> None:
        answer = self.ask_order(action, who, at, why, alert_id)
        assert isinstance(answer, Taken), answer

    def stands(self) -> tuple[Any, ...]:
        """Of the site's alert: the data's state, the stage of handling, that of its last order, when it was closed."""
        (row,) = self.site.rows(
            "select distinct on (a.alert_id) a.state, coalesce(h.stage, 'open'), o.stage, a.closed_at from v_alerts a"
            " left join v_alert_handling h using (alert_id) left join v_stop_work_orders o using (alert_id)"
            f" where a.city = %(city)s and a.rule_id = '{RULE}' order by a.alert_id, o.order_number desc"
        )
        return row

    def record(self, *subjects: str) -> list[tuple[str, str | None]]:
        """What the city's log says of the site's alert: what happened, and who did it."""
        rows = self.site.rows(
            "select r.subject, r.happening, r.who from v_alert_record r join v_alerts a using (alert_id)"
            f" where r.city = %(city)s and a.rule_id = '{RULE}' order by place"
        )
        return [(happening, who) for subject, happening, who in rows if not subjects or subject in subjects]

    def tamper(self, statement: str) -> None:
        """Change the city's log behind everybody's back, as only the tables' owner can."""
        with (
            closing(connect(self.settings, "owner", application="test")) as database,
            database,
            database.cursor() as cursor,
        ):
            cursor.execute("alter table alert_log disable trigger only_added")
            cursor.execute(statement, (self.site.city,))
            cursor.execute("alter table alert_log enable trigger only_added")


def log_holds(ground: Ground) -> bool:
    """Whether the city's log does, link by link, and all stands as it says."""
    with closing(connect(ground.settings, "reader", application="test")) as database:
        (found,) = check(database, ground.site.city)
        return found.holds
