"""The life of a statistic: open, provisional, final, and a revision when something changes after that. Pure.

The law is state-model, “Statistic”. Time is passed in; what the clock alone will change is told as `due`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from aggregate.statistic import DEVICES, Computed, Content, Key, State, Statistic, holding


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be written, and what of the former row is to be kept."""

    row: Statistic
    before: Statistic | None
    """The row as it stands in the database; None if it is not there yet."""
    told: bool
    """Whether others must hear of it: something that is not open has changed."""

    @property
    def former(self) -> Statistic | None:
        """The row to keep as a revision: it was final, and what is compared has changed since."""
        before = self.before
        return before if before and before.content != self.row.content and State.FINAL in before.states else None


Get = Callable[[Key], Statistic | None]
"""The row of this very key."""


def settle_among(key: Key, computed: Computed, get: Get, *, now: int, lateness: int) -> Settled | None:
    """`settle` where the rows stand in `get`; None also for a window that needs no row of its own."""
    old = get(key)
    if old is None and _says_nothing_new(key, computed, get):
        return None
    return settle(key, old, computed, now=now, lateness=lateness)


def _says_nothing_new(key: Key, computed: Computed, get: Get) -> bool:
    """Whether nothing is in a window, or what holds for its variant says the same."""
    holds = None if key.variant == DEVICES else holding(key, get)
    return computed.content == holds.content if holds else not computed.content.factors


def settle(key: Key, old: Statistic | None, computed: Computed, *, now: int, lateness: int) -> Settled | None:
    """The row after its inputs gave `computed` at `now` (UTC seconds), or None if nothing changes."""
    content = computed.content
    changed_at = now if old is None or old.content != content else old.changed_at
    final_at = max(key.end, changed_at) + lateness
    states = "".join(
        State.OPEN if until else _closed_state(old, content, place, now >= final_at)
        for place, until in enumerate(computed.open_until)
    )
    due = _due(states, computed.open_until, final_at)
    if old is not None and (old.content, old.states, old.live, old.due) == (content, states, computed.live, due):
        return None
    revises = old is not None and old.content != content and State.FINAL in old.states
    row = Statistic(
        key,
        content,
        states,
        computed.live,
        version=old.version + 1 if old else 1,
        revision=old.revision + revises if old else 0,
        due=due,
        changed_at=changed_at,
    )
    told = set(states) != {State.OPEN} and (
        old is None or (old.content, old.states, old.live) != (content, states, computed.live)
    )
    return Settled(row, old, told)


def finish(row: Statistic, *, now: int, lateness: int) -> Settled | None:
    """The row after time alone has passed; None if it is not due. Open factors are left to their inputs.

    A row that was to be final by a shorter lateness than now holds is due later.
    """
    final_at = max(row.key.end, row.changed_at) + lateness
    if State.PROVISIONAL not in row.states:
        return None
    if now < final_at:
        if row.due == final_at or State.OPEN in row.states:
            return None
        return Settled(replace(row, due=final_at, version=row.version + 1), row, told=False)
    states = row.states.replace(State.PROVISIONAL, State.FINAL)
    due = row.due if State.OPEN in states else None
    return Settled(replace(row, states=states, due=due, version=row.version + 1), row, told=True)


def _closed_state(old: Statistic | None, content: Content, place: int, is_final: bool) -> State:
    if is_final:
        return State.FINAL
    if old is None or old.content.edition != content.edition:
        return State.PROVISIONAL
    try:
        before = old.content.factors.index(content.factors[place])
    except ValueError:
        return State.PROVISIONAL
    same = old.states[before] == State.FINAL and _cell(old.content, before) == _cell(content, place)
    return State.FINAL if same else State.PROVISIONAL


def _cell(content: Content, place: int) -> tuple[object, ...]:
    return (content.values[place], content.n_valid[place], content.n_expected[place], content.reasons[place])


def _due(states: str, open_until: tuple[int, ...], final_at: int) -> int | None:
    times = [until for until in open_until if until]
    if State.PROVISIONAL in states:
        times.append(final_at)
    return min(times, default=None)
