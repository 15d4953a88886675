"""The account of a figure: what it says, what it is made of, by which rules, whether it still comes out so. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from aggregate.explanation.again import again, hours_below, is_open, same
from aggregate.explanation.canonical import canonical_lines, digest
from aggregate.explanation.evidence import Evidence, figure_of
from aggregate.explanation.inputs import Input, WindowInput, inputs_of
from aggregate.explanation.names import is_index, measured
from aggregate.explanation.period_steps import PercentileStep, SingleStep, percentile_step, single_steps
from aggregate.explanation.rule import Rule
from aggregate.explanation.rules import decimals_of, rules_of
from aggregate.explanation.steps import EightHours, IndexSteps, eight_hour_steps, index_steps
from aggregate.hours import PARTICULATES
from aggregate.periods import SINGLE_PREFIX
from aggregate.rebuild.change import Figure
from aggregate.statistic import O3_8H_MAX, PERIODS, State, Statistic, Variant
from core.clock import DAY
from standards.editions import Edition, Editions
from standards.factors import load_catalogue
from standards.rounding import round_decimal


@dataclass(frozen=True, slots=True)
class Said:
    """What a row said of the factor."""

    variant: Variant
    figure: Figure | None
    """None: it had no such factor."""
    state: State | None
    version: int
    revision: int
    changed_at: int
    """UTC seconds of data time."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The way from inputs to figure, where there is more to it than a mean."""

    index: IndexSteps | None = None
    eight_hours: tuple[EightHours, ...] = ()
    percentile: PercentileStep | None = None
    singles: tuple[SingleStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A figure and all that stands behind it."""

    evidence: Evidence
    edition: Edition
    """By which it is judged; a month's, quarter's or year's is that of its last day."""
    figure: Figure
    """As it is stored."""
    state: State
    decimals: int
    rounded: float | None
    """The value as it is shown."""
    unit: str
    inputs: tuple[Input, ...]
    steps: Steps
    rules: tuple[Rule, ...]
    recomputed: Figure | None
    agrees: bool | None
    """Whether the inputs still give the figure; None: it is open, or its readings are gone."""
    others: tuple[Said, ...]
    """What the window's rows of other variants say now."""
    revisions: tuple[Said, ...]
    """What its rows said before, oldest first."""
    canonical: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Of the inputs (aggregate.explanation.canonical)."""
        return digest(self.canonical)


def account(evidence: Evidence, editions: Editions) -> Account:
    """The account of the question's factor, which the row must have."""
    asked, row = evidence.question, evidence.row
    figure = figure_of(row.content, asked.factor)
    if figure is None:
        raise ValueError(f"{row.key} has no {asked.factor}")
    edition = editions.at(asked.key.end - DAY if asked.window in PERIODS else asked.start)
    inputs = inputs_of(evidence, edition)
    steps = _steps(evidence, edition, inputs)
    kind = evidence.station.kind if evidence.station else ""
    decimals = decimals_of(asked.factor, edition, kind)
    checked = not evidence.gone and not is_open(row, asked.factor)
    recomputed = again(evidence, editions) if checked else None
    without = evidence.without_particulates and asked.factor in PARTICULATES
    return Account(
        evidence=evidence,
        edition=edition,
        figure=figure,
        state=_state(row, asked.factor),
        decimals=decimals,
        rounded=None if figure.value is None else float(round_decimal(figure.value, decimals)),
        unit=_unit(asked.factor, kind),
        inputs=inputs,
        steps=steps,
        rules=rules_of(evidence, edition, steps.index),
        recomputed=recomputed,
        agrees=same(figure, recomputed) if checked else None,
        others=tuple(_said(other, asked.factor) for other in evidence.beside),
        revisions=tuple(_said(former, asked.factor) for former in evidence.revisions),
        canonical=canonical_lines(asked, figure.edition, inputs, without_particulates=without),
    )


def _steps(evidence: Evidence, edition: Edition, inputs: tuple[Input, ...]) -> Steps:
    asked, content = evidence.question, evidence.row.content
    if asked.window in PERIODS:
        days = [each for each in inputs if isinstance(each, WindowInput)]
        return Steps(
            percentile=percentile_step(asked.factor, days, edition),
            singles=single_steps(asked.factor, content, edition),
        )
    if is_index(asked.factor):
        return Steps(index=index_steps(content, asked.factor, asked.window, edition))
    if asked.factor == O3_8H_MAX and not asked.of_city:
        return Steps(eight_hours=eight_hour_steps(hours_below(evidence), asked.start, edition))
    return Steps()


def _state(row: Statistic, factor: str) -> State:
    return State(row.states[row.content.factors.index(factor)])


def _said(row: Statistic, factor: str) -> Said:
    figure = figure_of(row.content, factor)
    state = _state(row, factor) if figure else None
    return Said(row.key.variant, figure, state, row.version, row.revision, row.changed_at)


def _unit(factor: str, kind: str) -> str:
    """Empty for an index or a count of days."""
    if is_index(factor) or factor.startswith(SINGLE_PREFIX):
        return ""
    known = load_catalogue().by_code.get(measured(factor))
    return known.measure(kind).unit if known else ""
