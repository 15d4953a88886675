"""Which of two versions of a reading counts, reading by reading."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import pytest
from reports import CO, MIDNIGHT, PM10, SO2, entry

from aggregate.reading import Judged, Number, Position, RejectedReading, RejectReason, Resolved, Slot, Stored
from aggregate.revision import DEFAULT_ORDER, Said, mask, rank, resolve
from ingest.envelope import Source

SLOT = Slot(1, 60, MIDNIGHT)


def said_by(
    seq: int,
    values: Mapping[str, float],
    *,
    source: Source = Source.DEVICE,
    run: int = 0,
    flags: str = "",
    reasons: list[RejectReason | None] | None = None,
    retry: bool = False,
) -> Judged:
    return Judged(
        Position(0, seq, 0), entry(b"", retry=retry), Number(source, run, seq), SLOT, 0,
        tuple(values), list(values.values()), flags, reasons,
    )  # fmt: skip


class Rows:
    """The rows of one slot, and what was rejected of them."""

    def __init__(self) -> None:
        self.rows: dict[Number, Stored] = {}

    def take(self, report: Judged, refused: Mapping[str, Collection[Said]] | None = None) -> Resolved:
        outcome = resolve(self.rows, refused or {}, report)
        mask(self.rows.values())
        return outcome

    def masked(self) -> dict[int, dict[str, str]]:
        """By seq and factor: C, S or P."""
        return {
            row.number.seq: dict(zip(row.names, row.mask or "C" * len(row.names), strict=True))
            for row in self.rows.values()
        }


def test_a_person_is_above_all_whatever_the_order_of_the_others() -> None:
    device, person = Number(Source.DEVICE, 9, 99), Number(Source.PERSON, 0, 1)
    for order in (DEFAULT_ORDER, (Source.DEVICE, Source.HJ212, Source.REPLAY)):
        assert rank(person, order) > rank(device, order)


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        (Number(Source.REPLAY, 9, 9), Number(Source.HJ212, 0, 1)),
        (Number(Source.HJ212, 9, 9), Number(Source.DEVICE, 0, 1)),
        (Number(Source.DEVICE, 0, 9), Number(Source.DEVICE, 1, 1)),
        (Number(Source.DEVICE, 1, 1), Number(Source.DEVICE, 1, 2)),
    ],
)
def test_source_goes_before_run_and_run_before_number(lower: Number, higher: Number) -> None:
    assert rank(lower) < rank(higher)


def test_the_order_of_sources_is_a_setting() -> None:
    replay, device = Number(Source.REPLAY, 0, 1), Number(Source.DEVICE, 0, 1)
    assert rank(replay, (Source.DEVICE, Source.HJ212, Source.REPLAY)) > rank(
        device, (Source.DEVICE, Source.HJ212, Source.REPLAY)
    )


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_the_higher_number_is_current_and_the_lower_is_kept(order: tuple[int, int]) -> None:
    rows = Rows()
    for seq in order:
        rows.take(said_by(seq, {PM10: 80.0 + seq}))
    assert rows.masked() == {1: {PM10: "S"}, 2: {PM10: "C"}}


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_correction_does_not_withdraw_the_factors_that_it_leaves_out(order: tuple[int, int]) -> None:
    reports = {1: said_by(1, {PM10: 80, CO: 0.5}), 2: said_by(2, {PM10: 90})}
    rows = Rows()
    for seq in order:
        rows.take(reports[seq])
    assert rows.masked() == {1: {PM10: "S", CO: "C"}, 2: {PM10: "C"}}


def test_of_several_versions_each_factor_has_its_own_current_one() -> None:
    rows = Rows()
    for report in (said_by(2, {PM10: 1, CO: 1}), said_by(3, {CO: 2, SO2: 2}), said_by(1, {PM10: 3, CO: 3, SO2: 3})):
        rows.take(report)
    assert rows.masked() == {1: {PM10: "S", CO: "S", SO2: "S"}, 2: {PM10: "C", CO: "S"}, 3: {CO: "C", SO2: "C"}}


def test_a_flag_supersedes_a_value() -> None:
    rows = Rows()
    rows.take(said_by(1, {PM10: 80}))
    rows.take(said_by(2, {PM10: math.nan}, flags="D"))
    assert rows.masked() == {1: {PM10: "S"}, 2: {PM10: "C"}}


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_rejected_value_supersedes_nothing(order: tuple[int, int]) -> None:
    reports = {
        1: said_by(1, {PM10: 80}),
        2: said_by(2, {PM10: -5, CO: 0.5}, reasons=[RejectReason.OUT_OF_RANGE, None]),
    }
    rows = Rows()
    for seq in order:
        rows.take(reports[seq])
    assert rows.masked() == {1: {PM10: "C"}, 2: {CO: "C"}}


def test_a_report_has_its_row_even_if_it_is_empty_or_all_of_it_is_rejected() -> None:
    rows = Rows()
    rows.take(said_by(1, {}))
    rows.take(said_by(2, {PM10: -5}, reasons=[RejectReason.OUT_OF_RANGE]))
    assert rows.masked() == {1: {}, 2: {}}


def test_a_report_rejected_whole_has_no_row() -> None:
    report = said_by(1, {PM10: 80}, reasons=[RejectReason.FUTURE])
    report.whole = RejectReason.FUTURE
    rows = Rows()
    assert len(rows.take(report).rejected) == 1
    assert rows.rows == {}


# --- persons -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_what_a_person_supersedes_stays_the_devices_own_view(order: tuple[int, ...]) -> None:
    reports = [
        said_by(1, {PM10: 80}),
        said_by(2, {PM10: 90, CO: 1}),
        said_by(3, {PM10: math.nan}, source=Source.PERSON, flags="D"),
    ]
    rows = Rows()
    for place in order:
        rows.take(reports[place])
    assert rows.masked() == {1: {PM10: "S"}, 2: {PM10: "P", CO: "C"}, 3: {PM10: "C"}}


def test_of_two_persons_the_later_counts_and_the_device_stays_visible_below() -> None:
    rows = Rows()
    for report in (said_by(1, {PM10: 80}), *(said_by(n, {PM10: n}, source=Source.PERSON) for n in (2, 3))):
        rows.take(report)
    assert rows.masked() == {1: {PM10: "P"}, 2: {PM10: "S"}, 3: {PM10: "C"}}


# --- repeats and conflicts -----------------------------------------------------------------------------------------


def test_an_identical_repeat_changes_nothing_and_is_counted_by_reading() -> None:
    rows = Rows()
    rows.take(said_by(1, {PM10: 80, CO: math.nan}, flags="ND"))
    for row in rows.rows.values():
        row.changed = row.fresh = False
    outcome = rows.take(said_by(1, {PM10: 80, CO: math.nan}, flags="ND"))
    assert (outcome.repeats, outcome.rejected) == (2, [])
    assert not any(row.changed or row.fresh for row in rows.rows.values())


def test_the_same_number_with_another_value_is_a_conflict_and_the_first_stands() -> None:
    rows = Rows()
    rows.take(said_by(1, {PM10: 80}))
    outcome = rows.take(said_by(1, {PM10: 81}))
    assert outcome.rejected == [RejectedReading(PM10, 81, "N", RejectReason.CONFLICT)]
    assert rows.rows[Number(Source.DEVICE, 0, 1)].values == [80]


def test_the_same_value_with_another_flag_is_a_conflict() -> None:
    rows = Rows()
    rows.take(said_by(1, {PM10: 80}))
    assert rows.take(said_by(1, {PM10: 80}, flags="M")).rejected[0].reason == RejectReason.CONFLICT


def test_the_same_number_with_further_factors_extends_its_row() -> None:
    rows = Rows()
    rows.take(said_by(1, {PM10: 80}))
    outcome = rows.take(said_by(1, {PM10: 80, CO: 0.5}))
    assert (outcome.repeats, outcome.rejected) == (1, [])
    assert rows.masked() == {1: {CO: "C", PM10: "C"}}


def test_what_was_rejected_is_not_judged_again() -> None:
    outcome = Rows().take(said_by(1, {PM10: -5}), {PM10: {(-5.0, "N")}})
    assert (outcome.repeats, outcome.rejected) == (1, [])


def test_after_a_rejected_value_another_one_of_its_number_is_a_conflict() -> None:
    outcome = Rows().take(said_by(1, {PM10: 80}), {PM10: {(-5.0, "N")}})
    assert [reading.reason for reading in outcome.rejected] == [RejectReason.CONFLICT]


def test_what_is_sent_again_on_purpose_is_judged_again_and_extends_its_row() -> None:
    rows = Rows()
    rows.take(said_by(1, {CO: 0.5}))
    outcome = rows.take(said_by(1, {CO: 0.5, PM10: 25_000}, retry=True), {PM10: {(25_000.0, "N")}})
    assert (outcome.repeats, outcome.rejected) == (1, [])
    assert rows.masked() == {1: {CO: "C", PM10: "C"}}
