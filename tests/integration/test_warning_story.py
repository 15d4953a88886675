"""Ten days in December on a real database: forecasts come in, engines propose, persons issue, enterprises answer."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from engine_stage import HOUR
from notify_stage import Post
from warning_plan import PLAN
from warning_stage import Town, at, short

from aggregate.statistic import Reason, Statement, StatementBatch, Window, station_object
from alerts.handling.episodes import episodes
from alerts.handling.escalate import Escalations
from alerts.handling.grid import Grid, Leader
from alerts.handling.hide import Why
from alerts.judging import Judge
from alerts.rules import book
from alerts.rules.deadlines import Deadlines
from alerts.warnings import plans
from alerts.warnings.dispatch import Change, Verdict
from alerts.warnings.plans import Sent
from alerts.warnings.receipts import Answer, Receipt, answers
from core.postgres import connect
from core.settings import CoreSettings
from ingest.registry import Registry

pytestmark = pytest.mark.stack

RULE = "so2-hour"


class Episode(Town):
    """The town, its lists, and an alert of its air station."""

    def hears(self, number: int, expected: list[float], hour: int = 7, yesterday: float | None = None) -> list[str]:
        """Yesterday is over, an issue comes at that hour; what the engine makes of it within the next."""
        if yesterday is not None:
            self.is_over(number - 1, yesterday)
        self.is_foreseen(at(number, hour), expected)
        return self.look(at(number, hour, 30))

    def sends(self, number: int) -> Sent:
        """A person issues what is proposed at nine; the list that is made of it."""
        sent = self.issues(at(number, 9)).sent
        assert sent is not None
        return sent

    def answers(self, sent: Sent, now: datetime, *receipts: Receipt) -> dict[str, Answer]:
        with (
            closing(connect(self.settings, "operator", application="test")) as database,
            database,
            database.cursor() as cursor,
        ):
            plans.add_receipts(cursor, sent.dispatch_id, receipts, "科员孙", now)
            known = plans.receipts_of(cursor, sent.dispatch_id)
        due = timedelta(hours=4)
        told = answers(sent.found, known, issued=sent.at, due=due, now=now)
        return {name: answer for name, (answer, _) in told.items()}

    def smells(self, hour: datetime) -> None:
        """An hour of SO2 at the air station opens an alert."""
        start = int(hour.timestamp())
        statement = Statement(
            object=station_object(self.air), kind="air", window=Window.HOUR, start=start, end=start + HOUR, version=1,
            factors=["a21026"], states="P", values=[700.0], n_valid=[60], n_expected=[60], reasons=[Reason.VALID],
            edition="2012", live=[True],
        )  # fmt: skip
        self.site.store(statement)
        with closing(connect(self.settings, "engine", application="test")) as database:
            registry = Registry.load(database)
            with database, database.cursor() as cursor:
                batch = StatementBatch(self.city, [statement])
                Judge(book.load()).judge(cursor, [batch], registry, start + HOUR + 5)

    def is_hidden(self, now: datetime) -> Why | None:
        with closing(connect(self.settings, "reader", application="test")) as database:
            (told,) = episodes(database, self.city, now - timedelta(days=1), now)
        return told.hidden.why if told.hidden else None

    def hurries(self, now: datetime) -> int:
        """How many steps of alerts the engine tells upwards."""
        rules = [
            rule.model_copy(update={"deadlines": Deadlines(acknowledge=600)}) for rule in book.load() if rule.id == RULE
        ]
        engine = Escalations(Grid((Leader("城区", "钱区长", "139", (self.air,)),)), 60.0)
        with closing(connect(self.settings, "engine", application="test")) as database:
            registry = Registry.load(database)
            with database, database.cursor() as cursor:
                lines = engine.tick(cursor, rules, [self.site.partition], registry, now.timestamp())
        return sum(line.city == self.city for line in lines)


def changes(sent: Sent) -> list[tuple[str, str, Change]]:
    return [(order.measure.unit.equipment or "土方", order.measure.text, order.change) for order in sent.found.orders]


def sums(sent: Sent) -> list[tuple[str, Verdict]]:
    return [(f"{one.planned:f}", one.verdict) for one in sent.found.sums]


@pytest.fixture
def town(stack: CoreSettings, tmp_path: Path, request: pytest.FixtureRequest) -> Episode:
    town = Episode(stack, request.node.name, tmp_path)
    assert town.plans(PLAN, at(1)) == (1, True)
    return town


@pytest.fixture
def post(stack: CoreSettings, tmp_path: Path, request: pytest.FixtureRequest) -> Post:
    """Somebody is told of the alert by a message, and somebody else of warnings."""
    route = f'[[route]]\nid = "air"\nto = ["ROBOT"]\nrules = ["{RULE}"]\nabout = ["alert"]\n'
    route += '[[route]]\nid = "warnings"\nto = ["BOSS"]\nabout = ["warning"]\n'
    return Post(stack, short(request.node.name), tmp_path, routes=route)


def test_the_story_of_a_ten_day_winter_episode(town: Episode, post: Post) -> None:
    town.is_over(1, 120)
    # 3 December: two days of heavy pollution are forecast from the 5th on
    assert town.hears(3, [180, 190, 230, 240, 150, 110, 90, 80], yesterday=160) == ["start yellow"]
    sent = town.sends(3)
    assert {change for *_, change in changes(sent)} == {Change.NEW}
    assert sums(sent) == [("22", Verdict.REACHED)] * 3
    assert sent.cut == "shanxi-2019"
    # by the evening the steelworks has answered, the site has not
    assert town.answers(sent, at(3, 20), Receipt("钢铁厂", at(3, 10), "王工")) == {
        "钢铁厂": Answer.RECEIVED, "水泥厂": Answer.OVERDUE, "工地": Answer.OVERDUE,
    }  # fmt: skip
    # the evening's issue says much the same; the next morning's has a day more
    assert town.hears(3, [182, 195, 228, 244, 150, 110, 90, 80], hour=19) == []
    assert town.hears(4, [195, 235, 250, 220, 120, 90, 80, 80], yesterday=183) == ["upgrade orange"]
    sent = town.sends(4)
    assert changes(sent) == [
        ("土方", "停止土方作业", Change.SAME), ("回转窑", "停窑", Change.SAME), ("烧结机", "停产", Change.CHANGED),
    ]  # fmt: skip
    # four days above 200, two of them above 300
    assert town.hears(5, [240, 310, 320, 260, 230, 150, 90, 80], yesterday=198) == ["upgrade red"]
    # an air station alarms in the night before: it hurries somebody until red is issued, and then nobody
    town.smells(at(5, 7))
    assert town.is_hidden(at(5, 8, 30)) is None
    sent = town.sends(5)
    assert ("高炉", "焖炉", Change.NEW) in changes(sent)
    assert sums(sent) == [("40", Verdict.REACHED), ("39", Verdict.SHORT), ("40", Verdict.REACHED)]
    assert town.is_hidden(at(5, 9)) is Why.CITY_WARNING
    assert town.hurries(at(5, 10)) == 0
    post.follow(at(5, 10))
    assert [(one.happening, one.state) for one in post.notified(post.robot)] == [("opened", "hidden")]
    assert [one.happening for one in post.notified(post.boss)] == ["proposed", "issued"]
    (message,) = post.inbox(at(5, 10, 1), post.boss)
    assert "【重污染天气预警发布】" in message
    assert "升级红色预警" in message
    assert town.hears(6, [312, 325, 260, 230, 150, 90, 80, 80], yesterday=236) == []
    assert town.hears(7, [325, 260, 230, 150, 90, 80, 80, 70], yesterday=315) == []
    # 8 December: the days above 300 are over, and none is to come
    assert town.hears(8, [262, 228, 150, 90, 80, 80, 75, 70], yesterday=331) == ["downgrade orange"]
    assert town.is_hidden(at(8, 8)) is Why.CITY_WARNING, "until a person issues it"
    assert ("高炉", "焖炉", Change.LIFTED) in changes(town.sends(8))
    assert town.is_hidden(at(8, 10)) is None
    assert town.hurries(at(8, 10)) == 1
    post.release(at(8, 10))
    assert [(one.happening, one.state) for one in post.notified(post.robot)] == [("opened", "waiting")]
    # one clean day between two bad ones ends nothing
    assert town.hears(9, [180, 215, 150, 90, 80, 80, 75, 70], yesterday=255) == []
    assert town.hears(10, [222, 150, 90, 80, 80, 75, 70, 70], yesterday=176) == []
    # 11 December: below, and expected to stay so
    assert town.hears(11, [140, 90, 80, 80, 75, 70, 70, 70], yesterday=218) == ["end"]
    assert {change for *_, change in changes(town.sends(11))} == {Change.LIFTED}
    assert town.hears(12, [85, 80, 80, 80, 80, 80, 80, 80], yesterday=131) == []
    kept_by_views_and_log(town)


def kept_by_views_and_log(town: Episode) -> None:
    """What is told of the ten days when they are over."""
    assert town.site.rows(
        "select first_day, issued_at, level, highest, ended_at, stands from v_warnings where city = %(city)s"
    ) == [(at(5).date(), at(3, 9), "orange", "red", at(11, 9), False)]
    assert town.site.rows(
        "select level, begins, ends from v_warning_levels where city = %(city)s order by begins"
    ) == [
        ("orange", at(5, 0), at(5, 9)), ("red", at(5, 9), at(8, 9)), ("orange", at(8, 9), at(11, 9)),
    ]  # fmt: skip
    assert [(happening, action) for happening, action, *_ in town.events()] == [
        (happening, action)
        for action in ("start", "upgrade", "upgrade", "downgrade", "end")
        for happening in ("proposed", "issued")
    ]
    persons = ("值班员张", "科员孙")
    assert {happening for happening, who in town.logged() if who in persons} == {"issued", "plan"}
    assert town.log_holds()
