"""What becomes of open alerts whose rule is taken out of the packs, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from handling_stage import Ground, clock, log_holds
from worker_stage import Log, Worker, worker

from alerts.handling.answers import Refusal, Refused
from alerts.handling.machine import Action
from alerts.handling.order import OrderAction
from alerts.rules import book
from alerts.rules.folder import RuleFolder
from alerts.step import AlertStep
from core.settings import CoreSettings

pytestmark = pytest.mark.stack

RULE = "to-be-retired"
NOON = clock("12:00")


class Packs:
    """The packs as they come, and beside them one with a rule of these tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "packs"
        copytree(book.BUILTIN, self.folder, ignore=lambda _, names: [name for name in names if "toml" not in name])
        self.own = self.folder / "own.toml"
        _, first, *_ = (book.BUILTIN / "dust.toml").read_text(encoding="utf-8").split("[[rule]]")
        self.own.write_text("[[rule]]" + first.replace('id = "dust-stop-work"', f'id = "{RULE}"'), encoding="utf-8")


class Site:
    """A site with an open alert of the rule, whose order was issued."""

    def __init__(self, settings: CoreSettings, name: str, packs: Packs) -> None:
        self.ground = Ground(settings, name)
        self.ground.book = book.load(packs.folder)
        self.ground.hours(300.0)
        (self.alert_id,) = self.ground.alert_ids(RULE)
        for action in (OrderAction.CONFIRM, OrderAction.ISSUE):
            self.ground.order(action, "张三", clock("09:05"), alert_id=self.alert_id)

    def alerts(self) -> list[tuple[str, bool]]:
        """Of the rule's alerts the state, and whether they are closed."""
        found = self.ground.site.rows(
            f"select state, closed_at is not null from v_alerts where rule_id = '{RULE}' and city = %(city)s order by 1"
        )
        return [(state, closed) for state, closed in found]

    def record(self) -> list[str]:
        return [
            happening
            for (happening,) in self.ground.site.rows(
                "select happening from v_alert_record where city = %(city)s and alert_id"
                f" = {self.alert_id} order by place"
            )
        ]


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    return Packs(tmp_path)


@pytest.fixture
def site(stack: CoreSettings, request: pytest.FixtureRequest, packs: Packs) -> Site:
    return Site(stack, request.node.name, packs)


@pytest.fixture
def engine(stack: CoreSettings, packs: Packs) -> Iterator[Worker]:
    with worker(stack, Log(), AlertStep(RuleFolder(packs.folder), 0.0), role="engine") as made:
        made.gain(NOON.timestamp())
        yield made


def test_an_alert_lasts_while_its_rule_is_in_force(site: Site, engine: Worker) -> None:
    engine.tick(NOON.timestamp())
    assert site.alerts() == [("open", False)]


def test_when_its_rule_is_taken_out_an_alert_is_withdrawn_and_its_issued_order_flagged(
    site: Site, packs: Packs, engine: Worker
) -> None:
    engine.tick(NOON.timestamp())
    packs.own.unlink()
    for _ in range(2):
        engine.tick(NOON.timestamp() + 1)
    assert site.alerts() == [("withdrawn", True)]
    assert site.record() == ["opened", "propose", "confirm", "issue", "retired", "flag"]
    assert log_holds(site.ground)
    refused = site.ground.ask(Action.ACKNOWLEDGE, "张三", clock("12:05"), site.alert_id)
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.WITHDRAWN


def test_an_engine_that_starts_without_the_rule_ends_what_it_left_open_and_tells_so(
    stack: CoreSettings, site: Site, packs: Packs
) -> None:
    packs.own.unlink()
    told = "select value from outbox where consumer = 'engine' and partition = %(partition)s"
    with worker(stack, Log(), AlertStep(RuleFolder(packs.folder), 0.0), role="engine") as engine:
        engine.gain(NOON.timestamp())
        engine.tick(NOON.timestamp())
    assert site.alerts() == [("withdrawn", True)]
    values = [bytes(value).decode() for (value,) in site.ground.site.rows(told, role="owner")]
    assert any('"happening":"retired"' in value and site.ground.site.city in value for value in values)


def test_an_engine_ends_nothing_in_cities_that_another_looks_after(site: Site, packs: Packs, engine: Worker) -> None:
    packs.own.unlink()
    del engine.stands[site.ground.site.partition]
    engine.tick(NOON.timestamp())
    assert site.alerts() == [("open", False)]


def test_what_an_engine_ended_in_a_transaction_that_was_lost_it_ends_again(
    site: Site, packs: Packs, engine: Worker
) -> None:
    packs.own.unlink()
    with engine.database.cursor() as cursor:
        engine.step.tick(cursor, sorted(engine.stands), NOON.timestamp())
    engine.database.rollback()
    assert site.alerts() == [("open", False)]
    engine.gain(NOON.timestamp())
    engine.tick(NOON.timestamp())
    assert site.alerts() == [("withdrawn", True)]


def test_when_the_rule_comes_back_what_exceeds_then_is_another_alert(site: Site, packs: Packs, engine: Worker) -> None:
    packs.own.unlink()
    engine.tick(NOON.timestamp())
    site.ground.hours(310.0, first=1)
    assert site.alerts() == [("open", False), ("withdrawn", True)]
    assert log_holds(site.ground)
