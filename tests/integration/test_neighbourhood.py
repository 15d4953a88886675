"""Whatever part of the statistics the engine reads, it comes to the alerts that all of them amount to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from random import Random
from typing import Any

import pytest
from engine_stage import EIGHT, HOUR, Site
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from aggregate.statistic import Reason, Statement, StatementBatch, Window, station_object
from alerts import store
from alerts.engine import Episode, episodes_of
from alerts.judging import Judge
from alerts.rules.book import RuleBook
from alerts.rules.model import Rule
from alerts.watched import Fact, judged
from core.postgres import connect
from core.settings import CoreSettings
from ingest.registry import Registry

pytestmark = pytest.mark.stack

WATCH = {"kinds": ["dust"], "window": "hour", "factor": "a34002"}
TEXT = {"zh": "{value}", "en": "{value}"}
SAID = {
    "unit": "µg/m³", "legal_basis": "test", "title": TEXT, "detail": TEXT, "todo": TEXT,
    "cases": [{"name": "none", "steps": [{"at": 0}], "open": 0, "pages": False}],
}  # fmt: skip
HIGH = {"severity": "critical", "reaches": 250}
STORIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "clear": {"levels": [{**HIGH, "clear": 150}]},
    "steps": {"levels": [{"severity": "warning", "reaches": 150}, {**HIGH, "clear": 200}], "clear_after": 3},
    "counting": {"hold": {"least": 3, "of": 5}, "clear_after": 2},
    "rise": {"watch": {**WATCH, "measure": "rise", "over": 3}, "levels": [{"severity": "info", "reaches": 60}]},
    "stuck": {"watch": {**WATCH, "measure": "range", "over": 4}, "levels": [{"severity": "info", "at_most": 0}]},
}
BOOK = RuleBook(
    tuple(
        Rule.model_validate({"id": name, "watch": WATCH, "levels": [HIGH], **SAID, **changes})
        for name, changes in STORIES.items()
    )
)
PLAIN = BOOK.get("plain")
values = st.sampled_from([None, 100.0, 100.0, 149.0, 150.0, 199.0, 250.0, 300.0])
hours = st.one_of(st.integers(0, 12), st.integers(0, 90))
changes = st.lists(st.lists(st.tuples(hours, values), min_size=1, max_size=12), min_size=1, max_size=8)


class Engine:
    """Judges what is told of a site by the rules of `BOOK`, each batch in a transaction of its own."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._judge = Judge(BOOK)
        self._database = connect(site.settings, "engine", application="test")

    def tell(self, *statements: Statement) -> None:
        """Judge a batch; its rows are stored before."""
        with self._database, self._database.cursor() as cursor:
            self._judge.judge(cursor, [StatementBatch(self._site.city, list(statements))], Registry.empty(), 0.0)

    def alerts(self, rule: Rule) -> list[tuple[list[tuple[int, int]], int | None]]:
        """What stands: of each alert the starts and levels of its windows, and the start of what ended it."""
        key = (rule.id, station_object(self._site.station))
        with self._database, self._database.cursor() as cursor:
            alerts, _ = store.load_alerts(cursor, {key: (float("-inf"), EIGHT + 1000 * HOUR)})[key]
        return summary(sorted(alerts.values(), key=lambda episode: episode.first.start))

    def close(self) -> None:
        self._database.close()


def summary(episodes: Iterable[Episode]) -> list[tuple[list[tuple[int, int]], int | None]]:
    return [([(window.start, window.level) for window in one.windows], one.ended_at) for one in episodes]


@settings(max_examples=60, derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(told=changes)
def test_batch_by_batch_the_alerts_become_those_of_all_windows(
    stack: CoreSettings, told: list[list[tuple[int, float | None]]]
) -> None:
    site = Site(stack, f"hood-{next(NUMBERS)}")
    versions: dict[int, int] = {}
    standing: dict[int, Fact] = {}
    with closing(Engine(site)) as engine:
        for batch in told:
            statements = [statement(site, hour, value, versions) for hour, value in batch]
            site.store(*statements)
            standing |= {one.start: fact_of(one) for one in statements}
            engine.tell(*statements)
        for rule in BOOK:
            assert engine.alerts(rule) == expected(rule, standing), rule.id


@settings(max_examples=60, derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(batches=changes, order=st.randoms(use_true_random=False))
def test_told_late_and_in_any_order_the_alerts_become_those_of_all_windows(
    stack: CoreSettings, batches: list[list[tuple[int, float | None]]], order: Random
) -> None:
    site = Site(stack, f"hood-{next(NUMBERS)}")
    versions: dict[int, int] = {}
    first, *others = [[statement(site, hour, value, versions) for hour, value in batch] for batch in batches]
    with closing(Engine(site)) as engine:
        site.store(*first)
        engine.tell(*first)
        for batch in others:
            site.store(*batch)
        for batch in order.sample(others, len(others)):
            engine.tell(*batch)
        standing = {one.start: fact_of(one) for batch in (first, *others) for one in batch}
        for rule in BOOK:
            assert engine.alerts(rule) == expected(rule, standing), rule.id


def numbers() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


NUMBERS = numbers()


def statement(site: Site, hour: int, value: float | None, versions: dict[int, int]) -> Statement:
    versions[hour] = versions.get(hour, 0) + 1
    start = EIGHT + hour * HOUR
    reason = Reason.TOO_FEW_MINUTES if value is None else Reason.VALID
    return Statement(
        station_object(site.station), "dust", Window.HOUR, start, start + HOUR, versions[hour], ["a34002"], "P",
        [value], [60], [60], [reason], "2026", [True],
    )  # fmt: skip


def fact_of(said: Statement) -> Fact:
    return Fact(said.start, said.end, said.version, said.values[0], None, 60, 60, "2026", live=True)


def expected(rule: Rule, facts: dict[int, Fact]) -> list[tuple[list[tuple[int, int]], int | None]]:
    return summary(episodes_of(rule, judged(rule, facts)))


def test_the_clock_of_a_device_that_was_reset_stops_nobody(stack: CoreSettings) -> None:
    site = Site(stack, "hood-1970")
    with closing(Engine(site)) as engine:
        for version, value in ((1, 300.0), (2, 310.0)):
            said = statement(site, -(EIGHT // HOUR) - 8, value, {-(EIGHT // HOUR) - 8: version - 1})
            site.store(said)
            engine.tell(said)
        assert len(engine.alerts(PLAIN)) == 1


def test_after_a_gap_of_decades_an_alert_that_lasts_is_still_the_same(stack: CoreSettings) -> None:
    site = Site(stack, "hood-gap")
    decades = 20 * 365 * 24
    versions: dict[int, int] = {}
    with closing(Engine(site)) as engine:
        for hour, value in ((-decades, 300.0), (0, 310.0), (-decades + 1, 290.0)):
            said = statement(site, hour, value, versions)
            site.store(said)
            engine.tell(said)
        [(windows, ended)] = engine.alerts(PLAIN)
    assert [start for start, _ in windows] == [EIGHT + hour * HOUR for hour in (-decades, -decades + 1, 0)]
    assert ended is None


def test_the_end_of_an_alert_that_began_with_the_first_window_may_be_told_last(stack: CoreSettings) -> None:
    site = Site(stack, "hood-first")
    high, low, lower = (statement(site, hour, value, {}) for hour, value in ((0, 300.0), (1, 100.0), (2, 90.0)))
    with closing(Engine(site)) as engine:
        site.store(high)
        engine.tell(high)
        site.store(low, lower)
        engine.tell(lower)
        engine.tell(low)
        [(windows, ended)] = engine.alerts(PLAIN)
    assert [start for start, _ in windows] == [EIGHT]
    assert ended == EIGHT + HOUR
