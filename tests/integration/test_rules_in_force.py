"""Rules that watch while a warning or an order is in force, on a real database: a replay finds the same alerts."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from engine_stage import HOUR
from warning_stage import Town, at

from aggregate.statistic import Reason, Statement, StatementBatch, Window, station_object
from alerts.backtest.fired import fired
from alerts.handling import desk
from alerts.handling.answers import Taken
from alerts.handling.order import OrderAction
from alerts.judging import Judge
from alerts.rules import book
from alerts.rules.book import RuleBook
from alerts.rules.model import Rule
from alerts.warnings.course import Action
from alerts.warnings.scheme import Level
from core.postgres import connect
from core.settings import CoreSettings
from ingest.registry import Registry

pytestmark = pytest.mark.stack

DUST = book.load().get("dust-stop-work")


def scoped(rule_id: str, **scope: object) -> Rule:
    """A stop-work rule's threshold under another name, in a scope."""
    fields = DUST.model_dump(exclude_none=True) | {"id": rule_id, "scope": scope}
    return Rule.model_validate({name: value for name, value in fields.items() if name != "order"})


IN_RED, UNDER_ORDER = scoped("dust-in-red", warnings=["red"]), book.load().get("dust-despite-order")
BOOK = RuleBook((DUST, IN_RED, UNDER_ORDER))


class Works(Town):
    """The town with two dust sites, judged in the test's own time."""

    def __init__(self, settings: CoreSettings, name: str, folder: Path) -> None:
        super().__init__(settings, name, folder)
        self.site.station = f"{self.air}-dust"
        self.other = f"{self.air}-dust2"
        self.register(
            *(f"{station},工地,dust,140502,{self.city},PT1H,city,," for station in (self.site.station, self.other))
        )

    def hour(self, hour: int, station: str = "", value: float = 300.0) -> Statement:
        """An hour of PM10 on the fifth of December."""
        start = int(at(5, hour).timestamp())
        return Statement(
            object=station_object(station or self.site.station), kind="dust", window=Window.HOUR, start=start,
            end=start + HOUR, version=1, factors=["a34002"], states="P", values=[value], n_valid=[60], n_expected=[60],
            reasons=[Reason.VALID], edition="2012", live=[True],
        )  # fmt: skip

    def judges(self, statements: Iterable[Statement], now: datetime | None = None) -> None:
        """Each statement is stored and judged as soon as its hour is over, or all at `now`."""
        with closing(connect(self.settings, "engine", application="test")) as database:
            registry = Registry.load(database)
            for statement in statements:
                self.site.store(statement)
                with database, database.cursor() as cursor:
                    told = now.timestamp() if now else statement.end + 5
                    Judge(BOOK).judge(cursor, [StatementBatch(self.city, [statement])], registry, told)

    def windows(self, rule: Rule, station: str = "") -> list[int]:
        """The hours of the day that alerts of a rule stand on."""
        rows = self.site.rows(
            "select v.start from v_alert_values v join v_alerts a using (alert_id) where a.city = %(city)s"
            f" and a.rule_id = '{rule.id}' and a.object = '{station_object(station or self.site.station)}'"
            " and a.state <> 'withdrawn' order by 1"
        )
        return [(start - at(5, 0)) // timedelta(hours=1) for (start,) in rows]

    def backtested(self, rule: Rule) -> list[int]:
        """The hours of the day that `lantian rules backtest` names."""
        with closing(connect(self.settings, "reader", application="test")) as database, database.cursor() as cursor:
            span = int(at(5, 0).timestamp()), int(at(6, 0).timestamp())
            found = list(fired(cursor, rule, Registry.load(database), *span, [self.city], lambda *_: None))
        windows = [window for one in found for window in one.episode.windows]
        mine = station_object(self.site.station)
        assert {one.object for one in found} <= {mine, station_object(self.other)}
        return sorted((window.start - span[0]) // HOUR for window in windows)

    def orders(self, action: OrderAction, now: datetime) -> None:
        (alert_id,) = (
            number
            for (number,) in self.site.rows(
                f"select alert_id from v_alerts where city = %(city)s and rule_id = '{DUST.id}'"
                f" and object = '{station_object(self.site.station)}'"
            )
        )
        with closing(connect(self.settings, "operator", application="test")) as database:
            answer = desk.act_on_order(database, alert_id, action, "科长刘", "核实", now)
        assert isinstance(answer, Taken), answer


@pytest.fixture
def works(stack: CoreSettings, tmp_path: Path, request: pytest.FixtureRequest) -> Works:
    return Works(stack, request.node.name, tmp_path)


def test_a_rule_for_red_watches_from_when_red_is_issued_until_it_is_over(works: Works) -> None:
    works.judges([works.hour(8), works.hour(9)])
    works.issues(at(5, 9, 30), action=Action.START, level=Level.RED)
    works.judges([works.hour(10), works.hour(11)])
    works.issues(at(5, 12, 30), action=Action.DOWNGRADE, level=Level.ORANGE)
    works.judges([works.hour(12), works.hour(13)])
    assert works.windows(IN_RED) == [10, 11, 12]
    assert works.windows(DUST) == [8, 9, 10, 11, 12, 13]
    assert works.site.rows(f"select state from v_alerts where city = %(city)s and rule_id = '{IN_RED.id}'") == [
        ("cleared",)
    ]


def test_a_replay_in_another_order_long_afterwards_finds_the_same(works: Works) -> None:
    works.issues(at(5, 9, 30), action=Action.START, level=Level.RED)
    works.issues(at(5, 12, 30), action=Action.END)
    works.judges([works.hour(hour, works.other) for hour in (13, 9, 12, 8, 11, 10)], now=at(20))
    assert works.windows(IN_RED, works.other) == [10, 11, 12]
    assert works.backtested(IN_RED) == [10, 11, 12]


def test_a_rule_for_an_order_watches_the_site_from_its_issue_until_it_is_lifted(works: Works) -> None:
    works.judges([works.hour(8), works.hour(8, works.other)])
    works.orders(OrderAction.CONFIRM, at(5, 9, 5))
    works.orders(OrderAction.ISSUE, at(5, 9, 6))
    works.judges([works.hour(hour, station) for hour in (9, 10, 11) for station in (works.site.station, works.other)])
    works.orders(OrderAction.LIFT, at(5, 12, 0))
    works.judges([works.hour(12)])
    assert works.windows(UNDER_ORDER) == [10, 11]
    assert works.windows(UNDER_ORDER, works.other) == []
    assert works.backtested(UNDER_ORDER) == [10, 11]
