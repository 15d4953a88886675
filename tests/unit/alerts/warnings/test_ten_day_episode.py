"""Ten days in December, told as they come: start, upgrades, downgrade, end, and what enterprises hear of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from episode_days import FIRST, days, forecast
from warning_plan import PLAN

from alerts.warnings.course import Outlook, Proposed, Reason, State, advance, issue
from alerts.warnings.cuts import load_cuts
from alerts.warnings.dispatch import Change, Dispatch, Verdict, dispatch
from alerts.warnings.plan import Plan, read_plan
from alerts.warnings.receipts import Answer, Receipt, answers
from alerts.warnings.scheme import Level, load_schemes
from core.clock import SHANGHAI

UNIFIED = load_schemes().get("2018")


def at(number: int, hour: int = 8) -> datetime:
    """Of December 2026."""
    return datetime(2026, 12, number, hour, tzinfo=SHANGHAI)


class City:
    """Jincheng, under the unified scheme and the cuts of 2019: an outlook comes, a person issues what is proposed."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.state = State()
        self.observed: list[float] = []

    def hears(self, number: int, expected: Sequence[float], hour: int = 8) -> list[str]:
        """What is proposed or withdrawn on the issue of that hour."""
        now = at(number, hour)
        outlook = Outlook(days(*self.observed), forecast(expected, now.date()), now)
        found = advance(UNIFIED, self.state, outlook, now)
        self.state = found.state
        assert all(isinstance(event, Proposed) for event in found.events), "nothing is withdrawn in this story"
        return [f"{event.proposal.action} {event.proposal.level or ''}".strip() for event in found.events]

    def issues(self, number: int) -> Dispatch:
        """A person issues what is proposed an hour later; what the enterprises hear."""
        proposal, before = self.state.proposal, self.level
        assert proposal is not None
        self.state = issue(self.state, proposal.action, at(number, 9), proposal.level, proposal.first_day)
        return dispatch(self.plan, load_cuts().at("1405", date(2019, 12, 1)), self.level, before)

    @property
    def level(self) -> Level | None:
        return self.state.in_force.level if self.state.in_force else None

    @property
    def reason(self) -> Reason | None:
        return self.state.proposal.reason if self.state.proposal else None


def changes(sent: Dispatch) -> list[tuple[str, str, Change]]:
    return [(order.measure.unit.equipment or "土方", order.measure.text, order.change) for order in sent.orders]


@pytest.fixture
def city(tmp_path: Path) -> City:
    path = tmp_path / "plan.csv"
    path.write_text(PLAN, encoding="utf-8")
    return City(read_plan(path))


def test_the_story_of_a_ten_day_winter_episode(city: City) -> None:
    city.observed = [120, 160]
    # 3 December: two days of heavy pollution are forecast from the 5th on
    assert city.hears(3, [180, 190, 230, 240, 150, 110, 90, 80]) == ["start yellow"]
    assert (city.level, city.reason) == (None, Reason.CONDITION_EXPECTED), "a proposal is not in force"
    sent = city.issues(3)
    assert city.state.in_force is not None
    assert (city.level, city.state.in_force.first_day) == (Level.YELLOW, FIRST + timedelta(days=4))
    assert {change for *_, change in changes(sent)} == {Change.NEW}
    assert [(str(one.planned), one.verdict) for one in sent.sums] == [("22", Verdict.REACHED)] * 3
    # by the evening the steelworks has answered, the site has not
    receipt = Receipt("钢铁厂", at(3, 10), "王工")
    told = answers(sent, [receipt], issued=at(3, 9), due=timedelta(hours=4), now=at(3, 20))
    assert {name: answer for name, (answer, _) in told.items()} == {
        "钢铁厂": Answer.RECEIVED, "水泥厂": Answer.OVERDUE, "工地": Answer.OVERDUE,
    }  # fmt: skip
    # the evening's issue says much the same; the next morning's has a day more
    assert city.hears(3, [182, 195, 228, 244, 150, 110, 90, 80], hour=20) == []
    city.observed += [183]
    assert city.hears(4, [195, 235, 250, 220, 120, 90, 80, 80]) == ["upgrade orange"]
    sent = city.issues(4)
    assert changes(sent) == [
        ("土方", "停止土方作业", Change.SAME), ("回转窑", "停窑", Change.SAME), ("烧结机", "停产", Change.CHANGED),
    ]  # fmt: skip
    assert {one.verdict for one in sent.sums} == {Verdict.REACHED}
    # four days above 200, two of them above 300
    city.observed += [198]
    assert city.hears(5, [240, 310, 320, 260, 230, 150, 90, 80]) == ["upgrade red"]
    sent = city.issues(5)
    assert ("高炉", "焖炉", Change.NEW) in changes(sent)
    assert [(str(one.planned), one.verdict) for one in sent.sums] == [
        ("40", Verdict.REACHED), ("39", Verdict.SHORT), ("40", Verdict.REACHED),
    ]  # fmt: skip
    city.observed += [236]
    assert city.hears(6, [312, 325, 260, 230, 150, 90, 80, 80]) == []
    city.observed += [315]
    assert city.hears(7, [325, 260, 230, 150, 90, 80, 80, 70]) == []
    # 8 December: the days above 300 are over, and none is to come
    city.observed += [331]
    assert city.hears(8, [262, 228, 150, 90, 80, 80, 75, 70]) == ["downgrade orange"]
    assert city.reason is Reason.BELOW_AND_STAYS
    assert ("高炉", "焖炉", Change.LIFTED) in changes(city.issues(8))
    # one clean day between two bad ones ends nothing
    city.observed += [255]
    assert city.hears(9, [180, 215, 150, 90, 80, 80, 75, 70]) == []
    city.observed += [176]
    assert city.hears(10, [222, 150, 90, 80, 80, 75, 70, 70]) == []
    # 11 December: below, and expected to stay so
    city.observed += [218]
    assert city.hears(11, [140, 90, 80, 80, 75, 70, 70, 70]) == ["end"]
    assert {change for *_, change in changes(city.issues(11))} == {Change.LIFTED}
    assert city.level is None
    city.observed += [131]
    assert city.hears(12, [85, 80, 80, 80, 80, 80, 80, 80]) == []
