"""What a replay sends: numbered in the files' order, whatever order it is sent in."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import parse_time
from ingest.replay_plan import COPY_REACH, ReplayReport, Selection, addresses, arrange, read_reports, run_of
from ingest.report import MAX_NUMBER, Origin, decode_report
from ingest.rows import RowError

CSV = """station,time,PM10
b,2026-03-01T02:00:00+08:00,20
a,2026-03-01T01:00:00+08:00,11
a,2026-03-01T00:00:00+08:00,10
b,2026-03-01T00:00:00+08:00,oops
a,2026-03-01T02:00:00+08:00,
"""


@pytest.fixture
def selection(tmp_path: Path) -> Selection:
    path = tmp_path / "plain.csv"
    path.write_text(CSV, encoding="utf-8")
    return Selection((path,))


def read(selection: Selection, run: int = 9) -> list[ReplayReport]:
    return list(read_reports(selection, run, lambda _error: None))


def test_each_station_s_rows_are_numbered_in_file_order(selection: Selection) -> None:
    assert [(one.station, one.seq) for one in read(selection)] == [("b", 1), ("a", 1), ("a", 2), ("a", 3)]


def test_a_payload_says_that_it_is_history_and_carries_its_number(selection: Selection) -> None:
    report = decode_report(read(selection)[1].payload)
    assert (report.station, report.run, report.seq, report.origin) == ("a", 9, 1, Origin.REPLAY)
    assert (report.names, report.values, report.period) == (("PM10",), [11.0], 3600)


def test_a_row_without_values_is_sent_too(selection: Selection) -> None:
    assert decode_report(read(selection)[3].payload).names == ()


def test_a_bad_row_is_told_and_not_numbered(selection: Selection) -> None:
    errors: list[RowError] = []
    assert [one.seq for one in read_reports(selection, 1, errors.append) if one.station == "b"] == [1]
    assert [error.value for error in errors] == ["oops"]


def test_a_selection_is_half_open_and_numbers_what_it_takes(selection: Selection) -> None:
    begin, end = (int(parse_time(f"2026-03-01T0{hour}:00", field="").timestamp()) for hour in (1, 2))
    chosen = Selection(selection.files, start=begin, end=end)
    assert [(one.station, one.seq) for one in read(chosen)] == [("a", 1)]
    only = Selection(selection.files, stations=frozenset({"b"}))
    assert [(one.station, one.seq) for one in read(only)] == [("b", 1)]


def test_the_run_is_the_same_for_the_same_content_and_another_for_another_selection(
    selection: Selection, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_text(CSV, encoding="utf-8")
    assert run_of(Selection((copy,))) == run_of(selection)
    assert 1 <= run_of(selection) <= MAX_NUMBER
    assert run_of(Selection(selection.files, start=1)) != run_of(selection)
    copy.write_text(CSV + "a,2026-03-02T00:00:00+08:00,1\n", encoding="utf-8")
    assert run_of(Selection((copy,))) != run_of(selection)


def made(times: list[int]) -> list[ReplayReport]:
    return [ReplayReport("s", seq, time, 1, b"%d" % seq) for seq, time in enumerate(times, start=1)]


@settings(max_examples=100, derandomize=True)
@given(st.lists(st.integers(0, 9), max_size=40), st.booleans(), st.floats(0, 1), st.integers(0, 5))
def test_whatever_the_order_every_report_is_sent_once_and_copies_follow_it(
    times: list[int], shuffle: bool, duplicate: float, seed: int
) -> None:
    given_reports = made(times)
    sent = list(arrange(given_reports, shuffle=shuffle, duplicate=duplicate, seed=seed))
    firsts = [one for one, is_copy in sent if not is_copy]
    assert sorted(firsts, key=lambda one: one.seq) == given_reports
    for place, (one, is_copy) in enumerate(sent):
        assert not is_copy or (one, False) in sent[max(0, place - 2 * COPY_REACH) : place]


def test_by_default_reports_go_in_order_of_time_and_file() -> None:
    sent = [one.seq for one, _ in arrange(made([3, 1, 2, 1]), shuffle=False, duplicate=0, seed=0)]
    assert sent == [2, 4, 3, 1]


def test_shuffle_and_copies_depend_on_the_seed_alone() -> None:
    reports = made(list(range(50)))
    one, same, other = (list(arrange(reports, shuffle=True, duplicate=0.3, seed=seed)) for seed in (4, 4, 5))
    assert one == same != other
    assert sum(is_copy for _, is_copy in one) > 5


def test_the_registry_s_topic_goes_before_the_default_and_who_has_none_is_named() -> None:
    known = {"a": "lantian/v1/r/air/a"}
    assert addresses(["a", "b"], known, None) == (known, ["b"])
    found, unknown = addresses(["a", "b"], known, lambda station: f"x/{station}")
    assert (found, unknown) == ({"a": "lantian/v1/r/air/a", "b": "x/b"}, [])
