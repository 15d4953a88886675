"""Editions told to people: every figure with source and mark, and only what differs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from standards.describe import SECTIONS, Row, compare, describe, summaries, text
from standards.edition_file import EditionFile, read_files

FILES = read_files()
OLD, NEW, FINAL = FILES


def row(edition: EditionFile, section: str, item: str) -> Row:
    """The one figure of a section whose item begins so."""
    found = [one for one in describe(edition) if one.section == section and one.item.startswith(item)]
    assert len(found) == 1, [one.item for one in found]
    return found[0]


def marks(content: Any) -> int:
    """How many values a part of the file holds: those with a mark of their own, and those in tables."""
    if isinstance(content, dict):
        if set(content) == {"value", "source", "confidence"}:
            return 1
        values = content.get("values")
        inner = len(values) if values is not None else 0
        return inner + sum(marks(part) for name, part in content.items() if name != "values")
    return sum(marks(part) for part in content) if isinstance(content, list) else 0


@pytest.mark.parametrize("edition", FILES, ids=lambda edition: edition.id)
def test_no_figure_of_the_file_is_left_out(edition: EditionFile) -> None:
    content = edition.model_dump()
    columns = len(edition.indices.hourly) + len(edition.indices.daily)
    bundle = 3 + len(edition.standards)  # names, date, documents
    assert len(describe(edition)) == marks(content) + columns + bundle + 1  # the steps of the IAQI
    assert {one.section for one in describe(edition)} == set(SECTIONS)


@pytest.mark.parametrize("edition", FILES, ids=lambda edition: edition.id)
def test_an_item_stands_once_in_a_section(edition: EditionFile) -> None:
    keys = [(one.section, one.item) for one in describe(edition)]
    assert len(set(keys)) == len(keys)


def test_every_figure_of_a_regulation_has_its_source() -> None:
    for edition in FILES:
        assert all(one.source for one in describe(edition) if not one.item.startswith(("名称", "英文名称", "实施")))


def test_a_figure_is_told_with_unit_source_and_mark() -> None:
    assert row(OLD, "limits", "PM2.5 年平均") == Row(
        "limits", "PM2.5 年平均 year", (15, 35), "ug/m3", "GB 3095-2012 tables 1 and 2", "A"
    )
    assert row(NEW, "composite", "CO 限值").unit == "mg/m3"
    assert row(NEW, "composite", "PM2.5 权重").value == 3
    assert row(NEW, "period", "O3 百分位数").value == 90
    assert row(NEW, "period", "另评价均值").value == "PM2.5, PM10, SO2, NO2"
    assert row(NEW, "indices", "日报 PM10 ").value == (0, 50, 120, 250, 350, 420, 500, 600)
    assert row(NEW, "levels", "三级").value == "101–150 橙 #FF7E00"


def test_a_column_s_own_mark_goes_before_its_table_s() -> None:
    assert row(OLD, "indices", "实时报 PM10").confidence == "B"
    assert row(OLD, "indices", "日报 PM10 ").confidence == "A"


@pytest.mark.parametrize(
    ("edition", "section", "item", "unconfirmed"),
    [
        (OLD, "composite", "PM2.5 权重", False),
        (NEW, "composite", "PM2.5 权重", True),
        (FINAL, "composite", "SO2 限值", True),
        (NEW, "limits", "SO2 年平均", False),
    ],
)
def test_c_and_m_are_unconfirmed(edition: EditionFile, section: str, item: str, unconfirmed: bool) -> None:
    assert row(edition, section, item).unconfirmed is unconfirmed


def test_what_differs_is_told_side_by_side_and_nothing_else() -> None:
    found = {(one.section, one.item): one for one in compare(OLD, NEW)}
    limits = {item: one for (section, item), one in found.items() if section == "limits"}
    assert set(limits) == {"PM10 年平均 year", "PM10 日平均 day", "PM2.5 年平均 year", "PM2.5 日平均 day"}
    annual = limits["PM2.5 年平均 year"]
    assert annual.first is not None
    assert annual.second is not None
    assert (annual.first.value, annual.second.value) == ((15, 35), (15, 30))
    assert not [one for one in found if one[0] in {"levels", "validity", "decimals"}]


def test_a_figure_that_only_one_edition_has_stands_alone() -> None:
    found = {one.item: one for one in compare(OLD, NEW)}
    ended = found["超标污染物：IAQI 大于 exceedance pollutants: IAQI above"]
    begun = found["缺项时仅当 AQI 大于此值才发布 with a pollutant missing an AQI only above"]
    assert (ended.first is None, ended.second is None) == (False, True)
    assert (begun.first is None, begun.second is None) == (True, False)


def test_differences_stand_by_section() -> None:
    sections = [one.section for one in compare(OLD, FINAL)]
    assert sections == sorted(sections, key=list(SECTIONS).index)


@pytest.mark.parametrize("edition", FILES, ids=lambda edition: edition.id)
def test_an_edition_does_not_differ_from_itself(edition: EditionFile) -> None:
    assert compare(edition, edition) == ()


def test_a_summary_says_when_an_edition_serves_and_how_much_of_it_is_unconfirmed() -> None:
    old, new, final = summaries(FILES)
    assert (old.serves_from, old.serves_until) == (None, date(2026, 2, 28))
    assert (new.serves_from, new.serves_until) == (date(2026, 3, 1), date(2030, 12, 31))
    assert (final.serves_from, final.serves_until) == (date(2031, 1, 1), None)
    assert old.documents == ("GB 3095-2012", "HJ 633-2012", "HJ 663-2013")
    assert new.unconfirmed == sum(one.confidence in "CM" for one in describe(NEW))
    assert old.unconfirmed < new.unconfirmed < new.figures


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "是 yes"),
        (False, "否 no"),
        ("none", "无 none"),
        (0.0025, "0.0025"),
        (160.0, "160"),
        ((15.0, 35.0), "15/35"),
        ("2026-03-01", "2026-03-01"),
    ],
)
def test_values_are_told_in_words(value: Any, words: str) -> None:
    assert text(value) == words
