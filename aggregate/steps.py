"""The worker's steps, in the order in which a reading goes through them."""

from __future__ import annotations

from aggregate.cities import Cities
from aggregate.periods import Periods
from aggregate.report_step import ReportStep
from aggregate.settings import AggregateSettings
from aggregate.statement_step import StatementStep
from aggregate.store import Layouts
from core.step import Step
from ingest.kinds import Kind, KindSettings
from ingest.registry import RegistryReader
from standards.editions import load_editions


def all_steps(own: AggregateSettings, kinds: KindSettings, clock_speed: float) -> list[Step]:
    """Each a stream with offsets of its own; they share one registry."""
    registries = RegistryReader()
    reports = ReportStep(own, kinds, registries, clock_speed)
    return [reports, city_step(kinds, registries), period_step(kinds, registries)]


def city_step(kinds: KindSettings, registries: RegistryReader | None = None) -> StatementStep:
    """From stations to cities."""
    rules, layouts = kinds.rules()[Kind.AIR], Layouts()
    return StatementStep(Cities(rules, load_editions(), layouts), layouts, rules.lateness_s, registries)


def period_step(kinds: KindSettings, registries: RegistryReader | None = None) -> StatementStep:
    """From days to months, quarters and years."""
    rules, layouts = kinds.rules()[Kind.AIR], Layouts()
    return StatementStep(Periods(rules, load_editions(), layouts), layouts, rules.lateness_s, registries)
