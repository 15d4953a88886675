"""Laws of the engine: whatever the order, the repeats and the corrections, the alerts are those of the windows."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregate.statistic import Reason, State, Statement, Tier, Window
from alerts.engine import (
    Episode,
    Event,
    Fact,
    Judged,
    Outcome,
    Passed,
    Track,
    Verdict,
    episodes_of,
    fact_of,
    judge,
    verdict_of,
)
from alerts.rules import book
from alerts.rules.model import Happening, Rule
from alerts.timeline import Timeline

HOUR = 3600
DUST = book.load().get("dust-stop-work")
HYSTERESIS = DUST.model_copy(update={"clear": 200.0})
LAWS = settings(max_examples=150, derandomize=True, deadline=None)


def fact(
    at: int, value: float | None, version: int = 1, *, state: State = State.PROVISIONAL, live: bool = True
) -> Fact:
    reason = Reason.TOO_FEW_MINUTES if value is None else Reason.VALID
    return Fact("station:d1", at * HOUR, (at + 1) * HOUR, version, state, value, 60, 60, reason, "2026", live)


def tell(rule: Rule, facts: list[Fact], track: Track | None = None) -> tuple[Track, list[Event]]:
    track = track or Track()
    events: list[Event] = []
    for one in facts:
        outcome = judge(rule, track, one, 0.0)
        track = outcome.track
        events += outcome.events
    return track, events


values = st.sampled_from([None, 100.0, 199.0, 200.0, 249.0, 250.0, 300.0])
facts_of_a_day = st.lists(
    st.builds(
        fact,
        st.integers(0, 7),
        values,
        st.integers(1, 4),
        state=st.sampled_from([State.PROVISIONAL, State.FINAL, State.OPEN]),
        live=st.booleans(),
    ),
    max_size=25,
)


def one_statement_a_version(facts: list[Fact]) -> list[Fact]:
    """A version of a window says one thing (state-model: every write raises the version)."""
    said: dict[tuple[int, int], Fact] = {}
    return [said.setdefault((one.start, one.version), one) for one in facts]


def latest(facts: list[Fact]) -> dict[int, Fact]:
    found: dict[int, Fact] = {}
    for one in facts:
        if one.state is not State.OPEN and (one.start not in found or one.version > found[one.start].version):
            found[one.start] = one
    return found


def judged(rule: Rule, one: Fact) -> Judged:
    return Judged(
        one.start,
        one.end,
        one.version,
        verdict_of(rule, one),
        one.value,
        one.n_valid,
        one.n_expected,
        one.edition,
        one.live,
    )


@LAWS
@given(facts_of_a_day, st.sampled_from([DUST, HYSTERESIS]))
def test_the_alerts_are_those_of_the_latest_windows_whatever_the_order(facts: list[Fact], rule: Rule) -> None:
    facts = one_statement_a_version(facts)
    track, _ = tell(rule, facts)
    newest = latest(facts)
    expected = episodes_of([judged(rule, newest[start]) for start in sorted(newest)])
    assert episodes_of(track.windows) == expected
    assert set(track.numbers) == {episode.first.start for episode in expected}


@LAWS
@given(facts_of_a_day, st.sampled_from([DUST, HYSTERESIS]))
def test_what_the_events_tell_adds_up_to_the_alerts(facts: list[Fact], rule: Rule) -> None:
    track, events = tell(rule, one_statement_a_version(facts))
    standing: dict[int, Episode] = {}
    for event in events:
        born = event.happening in {Happening.OPENED, Happening.SPLIT}
        assert (event.before is None) == born
        assert (event.number in standing) != born
        if event.after is None:
            del standing[event.number]
        else:
            standing[event.number] = event.after
    found = {track.numbers[episode.first.start]: episode for episode in episodes_of(track.windows)}
    assert set(standing) == set(found)
    assert all(standing[number].tells_as(found[number]) for number in found)


@LAWS
@given(facts_of_a_day)
def test_telling_everything_again_changes_nothing(facts: list[Fact]) -> None:
    facts = one_statement_a_version(facts)
    track, _ = tell(DUST, facts)
    assert tell(DUST, facts, track) == (track, [])


@LAWS
@given(facts_of_a_day)
def test_a_number_is_given_out_once(facts: list[Fact]) -> None:
    _, events = tell(DUST, one_statement_a_version(facts))
    born = [event.number for event in events if event.before is None]
    assert len(born) == len(set(born))


@LAWS
@given(facts_of_a_day)
def test_history_pages_nobody(facts: list[Fact]) -> None:
    _, events = tell(DUST, [msgspec.structs.replace(one, live=False) for one in one_statement_a_version(facts)])
    assert not any(event.after.live for event in events if event.after)


@LAWS
@given(facts_of_a_day, st.sampled_from([DUST, HYSTERESIS]))
def test_the_neighbourhood_of_a_statement_gives_what_the_whole_track_gives(facts: list[Fact], rule: Rule) -> None:
    track, timeline = Track(), Timeline((), {}, 1)
    for one in one_statement_a_version(facts):
        whole = judge(rule, track, one, 0.0)
        part: Outcome = timeline.judge(rule, one, 0.0)
        assert (part.passed, part.events) == (whole.passed, whole.events)
        track = whole.track
    assert timeline.changed == {window.start: window for window in track.windows}


@LAWS
@given(st.lists(values, max_size=12))
def test_in_order_an_alert_opens_once_between_two_clearing_windows(course: list[float | None]) -> None:
    _, events = tell(DUST, [fact(at, value) for at, value in enumerate(course)])
    standing = False
    for event in events:
        if event.happening is Happening.OPENED:
            assert not standing
        standing = event.happening is not Happening.CLEARED
    told = [event.happening for event in events]
    assert set(told) <= {Happening.OPENED, Happening.EXTENDED, Happening.CLEARED}


def test_an_open_window_is_passed_over() -> None:
    outcome = judge(DUST, Track(), fact(0, 400.0, state=State.OPEN), 0.0)
    assert outcome == Outcome(Track(), passed=Passed.OPEN)


def test_a_rule_that_says_so_judges_open_windows() -> None:
    early = DUST.model_copy(update={"judges_open": True})
    outcome = judge(early, Track(), fact(0, 400.0, state=State.OPEN), 0.0)
    assert [event.happening for event in outcome.events] == [Happening.OPENED]


def test_a_window_that_becomes_final_unchanged_is_no_news_but_raises_the_version() -> None:
    track, _ = tell(DUST, [fact(0, 260.0, 1)])
    outcome = judge(DUST, track, fact(0, 260.0, 2, state=State.FINAL), 0.0)
    assert outcome.events == ()
    assert outcome.track.windows[0].version == 2


def test_a_correction_that_leaves_no_exceedance_withdraws_the_alert() -> None:
    _, events = tell(DUST, [fact(0, 260.0, 1), fact(0, None, 2)])
    assert [event.happening for event in events] == [Happening.OPENED, Happening.WITHDRAWN]
    assert events[-1].after is None


def test_an_alert_lasts_between_the_clear_value_and_the_threshold_but_does_not_open_there() -> None:
    _, events = tell(HYSTERESIS, [fact(0, 220.0), fact(1, 260.0), fact(2, 220.0), fact(3, 199.0)])
    assert [event.happening for event in events] == [Happening.OPENED, Happening.EXTENDED, Happening.CLEARED]
    assert [window.start for window in events[-1].after.windows] == [HOUR, 2 * HOUR] if events[-1].after else False


def test_a_late_clearing_window_divides_an_alert_and_the_later_part_keeps_the_number() -> None:
    _, events = tell(DUST, [fact(0, 260.0), fact(2, 270.0), fact(1, 100.0)])
    assert [(event.happening, event.number) for event in events[-2:]] == [
        (Happening.CORRECTED, 1),
        (Happening.SPLIT, 2),
    ]


def test_a_merged_alert_names_the_one_that_goes_on() -> None:
    _, events = tell(DUST, [fact(0, 260.0), fact(1, 100.0), fact(2, 270.0), fact(1, 255.0, 2)])
    assert (events[-2].happening, events[-2].number, events[-2].heir) == (Happening.MERGED, 1, 2)
    assert (events[-1].happening, events[-1].number) == (Happening.EXTENDED, 2)


def test_the_peak_of_equals_is_the_earliest() -> None:
    _, events = tell(DUST, [fact(0, 260.0), fact(1, 300.0), fact(2, 300.0)])
    assert events[-1].after is not None
    assert events[-1].after.peak.start == HOUR


def test_a_value_that_is_not_finite_is_invalid() -> None:
    assert verdict_of(DUST, fact(0, float("inf"))) is Verdict.INVALID


def statement(**changes: object) -> Statement:
    whole = Statement(
        object="station:d1",
        kind="dust",
        window=Window.HOUR,
        start=0,
        end=HOUR,
        version=3,
        factors=["a34001", "a34002"],
        states="OP",
        values=[None, 260.0],
        n_valid=[0, 60],
        n_expected=[60, 60],
        reasons=[Reason.NO_VALUES, Reason.VALID],
        edition="2026",
        live=[False, True],
    )
    return msgspec.structs.replace(whole, **changes)


def test_a_fact_is_what_the_statement_says_of_the_rules_factor() -> None:
    assert fact_of(DUST, statement()) == fact(0, 260.0, 3)


def test_statements_outside_the_rules_scope_are_none_of_its_facts() -> None:
    others: list[dict[str, object]] = [
        {"kind": "air"},
        {"window": Window.DAY},
        {"factors": ["a34001", "a34004"]},
        {"tier": Tier.REVIEWED},
        {"sanddust": False},
    ]
    assert [fact_of(DUST, statement(**changes)) for changes in others] == [None] * len(others)
