"""The life of a statistic: open, provisional, final, and what a change does in each state."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from reports import CO, HOUR, MIDNIGHT, PM10

from aggregate.settle import Settled, finish, settle
from aggregate.statistic import Computed, Content, Key, Reason, State, Statistic, Window

KEY = Key("station:s1", Window.HOUR, MIDNIGHT)
END = MIDNIGHT + HOUR
GRACE, LATENESS = 300, 48 * HOUR


def computed(
    cells: dict[str, float | None], *, until: dict[str, int] | None = None, live: bool = True, edition: str = "2026"
) -> Computed:
    """What the readings give: valid values by factor, None for none; `until`: the factors that are open."""
    names = tuple(sorted(cells))
    content = Content(
        names,
        tuple(cells[name] for name in names),
        tuple(0 if cells[name] is None else 60 for name in names),
        (60,) * len(names),
        tuple(Reason.NO_VALUES if cells[name] is None else Reason.VALID for name in names),
        edition,
    )
    return Computed(content, (live,) * len(names), tuple((until or {}).get(name, 0) for name in names))


def waiting(**cells: float | None) -> Computed:
    return computed(dict.fromkeys(cells), until=dict.fromkeys(cells, END + GRACE))


def after(old: Statistic | None, inputs: Computed, now: int, lateness: int = LATENESS) -> Settled:
    settled = settle(KEY, old, inputs, now=now, lateness=lateness)
    assert settled is not None
    return settled


def provisional(value: float | None = 80.0, now: int = END) -> Statistic:
    return after(None, computed({PM10: value}), now).row


def final(value: float | None = 80.0) -> Statistic:
    settled = finish(provisional(value), now=END + LATENESS, lateness=LATENESS)
    assert settled is not None
    return settled.row


# --- open ----------------------------------------------------------------------------------------------------------


def test_a_window_that_still_expects_values_has_a_row_at_once_which_nobody_is_told() -> None:
    settled = after(None, waiting(a34002=None), MIDNIGHT + 60)
    assert (settled.row.states, settled.row.version, settled.row.due) == ("O", 1, END + GRACE)
    assert settled.before is None
    assert not settled.told


def test_an_open_factor_has_no_value_for_who_asks() -> None:
    settled = after(None, computed({PM10: None, CO: 0.5}, until={PM10: END + GRACE}), END)
    assert settled.row.states == "PO"
    assert (settled.row[CO], settled.row[PM10], settled.row["nothing"]) == (0.5, None, None)


def test_a_row_is_due_when_its_first_open_factor_is() -> None:
    settled = after(None, computed({PM10: None, CO: None}, until={PM10: END + 300, CO: END + 200}), MIDNIGHT)
    assert settled.row.due == END + 200


def test_the_same_again_is_no_change() -> None:
    inputs = waiting(a34002=None)
    row = after(None, inputs, MIDNIGHT + 60).row
    assert settle(KEY, row, inputs, now=MIDNIGHT + 120, lateness=LATENESS) is None


# --- provisional ---------------------------------------------------------------------------------------------------


def test_when_nothing_more_is_expected_it_is_provisional_and_told() -> None:
    opened = after(None, waiting(a34002=None), MIDNIGHT + 60).row
    settled = after(opened, computed({PM10: 80.0}), END)
    assert (settled.row.states, settled.row.version, settled.row.revision) == ("P", 2, 0)
    assert settled.told
    assert settled.before is not None
    assert settled.row.due == END + LATENESS


def test_a_window_without_any_valid_value_becomes_provisional_too() -> None:
    assert provisional(None).states == "P"


def test_later_changes_overwrite_what_is_provisional_and_put_off_its_end() -> None:
    settled = after(provisional(80.0), computed({PM10: 81.0}), END + HOUR)
    assert (settled.row.states, settled.row.version, settled.row.revision) == ("P", 2, 0)
    assert (settled.former, settled.told, settled.row.due) == (None, True, END + HOUR + LATENESS)


def test_whether_something_live_is_in_it_is_told_but_puts_nothing_off() -> None:
    settled = after(provisional(80.0), computed({PM10: 80.0}, live=False), END + HOUR)
    assert (settled.told, settled.row.version, settled.row.due) == (True, 2, END + LATENESS)


def test_history_far_past_its_lateness_is_provisional_before_it_is_final() -> None:
    row = provisional(now=END + 365 * 24 * HOUR)
    assert (row.states, row.due) == ("P", END + 365 * 24 * HOUR + LATENESS)


# --- final ---------------------------------------------------------------------------------------------------------


def test_it_is_final_when_the_lateness_has_gone_by_since_its_end_and_its_last_change() -> None:
    row = after(provisional(80.0), computed({PM10: 81.0}), END + 5 * HOUR).row
    assert finish(row, now=END + 5 * HOUR + LATENESS - 1, lateness=LATENESS) is None
    settled = finish(row, now=END + 5 * HOUR + LATENESS, lateness=LATENESS)
    assert settled is not None
    assert (settled.row.states, settled.row.version, settled.row.due, settled.told) == ("F", 3, None, True)


def test_what_is_complete_before_its_end_is_final_only_after_its_end_and_lateness() -> None:
    row = provisional(now=MIDNIGHT + 60)
    assert finish(row, now=MIDNIGHT + 60 + LATENESS, lateness=LATENESS) is None
    assert finish(row, now=END + LATENESS, lateness=LATENESS) is not None


def test_what_is_final_is_final_once() -> None:
    assert finish(final(), now=END + 10 * LATENESS, lateness=LATENESS) is None


def test_an_open_factor_is_not_ended_by_time_alone() -> None:
    row = after(None, waiting(a34002=None), MIDNIGHT).row
    assert finish(row, now=END + 10 * LATENESS, lateness=LATENESS) is None


def test_a_row_that_was_due_by_a_shorter_lateness_is_due_later() -> None:
    settled = finish(provisional(), now=END + LATENESS, lateness=2 * LATENESS)
    assert settled is not None
    assert (settled.row.states, settled.row.due, settled.told) == ("P", END + 2 * LATENESS, False)
    assert finish(settled.row, now=END + LATENESS, lateness=2 * LATENESS) is None


# --- revisions -----------------------------------------------------------------------------------------------------


def test_a_change_after_final_makes_a_numbered_revision_and_keeps_the_former() -> None:
    before = final(80.0)
    settled = after(before, computed({PM10: 81.0}), END + 2 * LATENESS)
    assert (settled.row.states, settled.row.revision, settled.row.version) == ("P", 1, before.version + 1)
    assert settled.former == before
    assert settled.told


def test_a_revision_is_overwritten_until_it_is_final_itself() -> None:
    revised = after(final(80.0), computed({PM10: 81.0}), END + 2 * LATENESS).row
    again = after(revised, computed({PM10: 82.0}), END + 2 * LATENESS + 60)
    assert (again.former, again.row.revision) == (None, 1)
    ended = finish(again.row, now=END + 3 * LATENESS + 60, lateness=LATENESS)
    assert ended is not None
    assert after(ended.row, computed({PM10: 83.0}), END + 9 * LATENESS).row.revision == 2


def test_readings_all_flagged_away_after_final_give_a_count_of_nought_not_a_deletion() -> None:
    settled = after(final(80.0), computed({PM10: None}), END + 2 * LATENESS)
    assert settled.row.content.n_valid == (0,)
    assert settled.former is not None


def test_factors_that_a_late_report_leaves_alone_stay_final() -> None:
    settled = after(final(80.0), computed({PM10: 80.0, CO: 0.5}), END + 2 * LATENESS)
    assert dict(zip(settled.row.content.factors, settled.row.states, strict=True)) == {CO: "P", PM10: "F"}


def test_another_edition_is_a_change_of_every_factor() -> None:
    settled = after(final(80.0), computed({PM10: 80.0}, edition="2012"), END + 2 * LATENESS)
    assert (settled.row.states, settled.row.revision) == ("P", 1)


def test_a_repeat_after_final_changes_nothing() -> None:
    assert settle(KEY, final(80.0), computed({PM10: 80.0}), now=END + 2 * LATENESS, lateness=LATENESS) is None


# --- any life ------------------------------------------------------------------------------------------------------

changes = st.tuples(
    st.integers(1, 3 * LATENESS), st.sampled_from([None, 1.0, 2.0]), st.booleans(), st.sampled_from([(), (CO,)])
)


@given(st.lists(changes, min_size=1, max_size=8))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_in_any_life_versions_rise_by_one_revisions_keep_what_was_final_and_dues_come(
    life: list[tuple[int, float | None, bool, tuple[str, ...]]],
) -> None:
    row: Statistic | None = None
    kept: list[Statistic] = []
    now = MIDNIGHT
    for wait, value, live, more in life:
        now += wait
        if row is not None and row.due is not None and row.due <= now and State.OPEN not in row.states:
            ended = finish(row, now=now, lateness=LATENESS)
            assert ended is not None
            assert ended.row.version == row.version + 1
            row = ended.row
            assert set(row.states) == {State.FINAL}
        inputs = computed({PM10: value, **dict.fromkeys(more, 0.5)}, live=live)
        if now < END + GRACE:
            names = inputs.content.factors
            inputs = computed(dict.fromkeys(names), live=live, until=dict.fromkeys(names, END + GRACE))
        settled = settle(KEY, row, inputs, now=now, lateness=LATENESS)
        if settled is None:
            assert row is not None
            assert row.content == inputs.content
            continue
        assert settled.row.content == inputs.content
        assert settled.row.version == (row.version if row else 0) + 1
        assert settled.row.due is None or settled.row.due > now
        assert (settled.row.due is None) == (set(settled.row.states) == {State.FINAL})
        if settled.former is not None:
            assert settled.former is row
            kept.append(settled.former)
        row = settled.row
        assert row.revision == len(kept)
