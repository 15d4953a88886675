"""What holds of every outlook, whatever the scheme and the state: laws of the warnings' course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

import msgspec
from episode_days import FIRST, days, forecast
from hypothesis import given
from hypothesis import strategies as st

from alerts.warnings.course import Action, ActiveWarning, Outlook, State, advance, issue
from alerts.warnings.scheme import Level, Scheme, load_schemes
from core.clock import SHANGHAI

SCHEMES = list(load_schemes())
Series = Sequence[float | None]


def at(day: date, hour: int = 8) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)


def day(number: int) -> date:
    """Of December 2026."""
    return FIRST + timedelta(days=number - 1)


def warned(level: Level, first: int) -> State:
    return State(ActiveWarning(level, day(first), at(day(first))))


aqi = st.one_of(st.integers(0, 500).map(float), st.sampled_from([150.0, 151.0, 200.0, 201.0, 300.0, 301.0, 500.0]))
known = st.lists(aqi, max_size=8)
gappy = st.lists(st.one_of(aqi, st.none()), max_size=8)
states = st.one_of(
    st.just(State()),
    st.builds(warned, st.sampled_from([Level.YELLOW, Level.ORANGE, Level.RED]), st.integers(1, 12)),
)
schemes = st.sampled_from(SCHEMES)
hours = st.integers(0, 23)


def outlook_of(
    observed: Sequence[float | None], expected: Sequence[float | None], hour: int
) -> tuple[Outlook, datetime]:
    now = at(day(len(observed) + 1), hour)
    return Outlook(days(*observed), forecast(expected, now.date()), now), now


@given(schemes, states, gappy, gappy, hours)
def test_telling_the_same_outlook_again_proposes_nothing(
    scheme: Scheme, state: State, observed: list[float | None], expected: list[float | None], hour: int
) -> None:
    outlook, now = outlook_of(observed, expected, hour)
    once = advance(scheme, state, outlook, now)
    again = advance(scheme, once.state, outlook, now)
    assert (again.events, again.state) == ((), once.state)


@given(schemes, states, gappy, gappy, hours)
def test_an_outlook_never_changes_what_is_in_force(
    scheme: Scheme, state: State, observed: list[float | None], expected: list[float | None], hour: int
) -> None:
    outlook, now = outlook_of(observed, expected, hour)
    assert advance(scheme, state, outlook, now).state.in_force == state.in_force


@given(schemes, states, gappy, gappy, hours, st.randoms())
def test_the_order_of_the_days_of_an_outlook_does_not_matter(
    scheme: Scheme, state: State, observed: list[float | None], expected: list[float | None], hour: int, random: Random
) -> None:
    outlook, now = outlook_of(observed, expected, hour)
    shuffled = [random.sample(part, len(part)) for part in (outlook.observed, outlook.forecast)]
    mixed = replace(outlook, observed=tuple(shuffled[0]), forecast=tuple(shuffled[1]))
    assert advance(scheme, state, mixed, now) == advance(scheme, state, outlook, now)


@given(schemes, states, known, known, hours, st.data())
def test_a_day_gone_missing_never_ends_lowers_starts_or_raises_what_it_did_not_when_known(
    scheme: Scheme, state: State, observed: list[float], expected: list[float], hour: int, data: st.DataObject
) -> None:
    seen, foreseen = ([None if data.draw(st.booleans()) else value for value in part] for part in (observed, expected))
    outlook, now = outlook_of(seen, foreseen, hour)
    wanted = advance(scheme, state, outlook, now).state.proposal
    full = advance(scheme, state, outlook_of(observed, expected, hour)[0], now).state.proposal
    if wanted is not None and wanted.action in {Action.END, Action.DOWNGRADE}:
        assert full is not None
        assert full.action in {Action.END, Action.DOWNGRADE}
    if wanted is not None and wanted.action in {Action.START, Action.UPGRADE}:
        assert full is not None


@given(schemes, states, gappy, gappy, hours)
def test_whatever_is_proposed_can_be_issued_and_then_is_not_proposed_again(
    scheme: Scheme, state: State, observed: list[float | None], expected: list[float | None], hour: int
) -> None:
    outlook, now = outlook_of(observed, expected, hour)
    proposal = advance(scheme, state, outlook, now).state.proposal
    if proposal is None:
        return
    done = issue(state, proposal.action, now, proposal.level, proposal.first_day)
    after = advance(scheme, done, outlook, now).state.proposal
    assert after is None or (after.action, after.level) != (proposal.action, proposal.level)


@given(schemes, states, gappy, gappy, hours)
def test_a_state_can_be_kept_as_json(
    scheme: Scheme, state: State, observed: list[float | None], expected: list[float | None], hour: int
) -> None:
    outlook, now = outlook_of(observed, expected, hour)
    kept = advance(scheme, state, outlook, now).state
    assert msgspec.json.decode(msgspec.json.encode(kept), type=State) == kept


@given(schemes, states, gappy, gappy, hours)
def test_issuing_whatever_an_outlook_proposes_comes_to_rest(
    scheme: Scheme, state: State, observed: list[float | None], expected: list[float | None], hour: int
) -> None:
    outlook, now = outlook_of(observed, expected, hour)
    for _ in range(4):  # an end, a start, and what then comes of it
        state = advance(scheme, state, outlook, now).state
        if (proposal := state.proposal) is None:
            return
        state = issue(state, proposal.action, now, proposal.level, proposal.first_day)
    raise AssertionError(state)
