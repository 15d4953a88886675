"""What is told of a survey: notes, tables for people, JSON and CSV for machines."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from region_figures import CLEAN, EDITIONS, NAN, OLD, six
from typer.testing import CliRunner

from aggregate.evaluation.commands import app
from aggregate.evaluation.tables import MEANS, PERCENTILES
from aggregate.regions.document import document, rows
from aggregate.regions.figures import Figures, joined, nothing
from aggregate.regions.level import Level
from aggregate.regions.notes import Note, notes_of, notes_of_trial
from aggregate.regions.out import print_table, write_csv
from aggregate.regions.period import Heating, parse_period
from aggregate.regions.places import Region
from aggregate.regions.show import headline, tables
from aggregate.regions.stretch import Stretch, base_of, stretch_of
from aggregate.regions.survey import Survey, assess
from aggregate.regions.tables import Line, Table, days, figure_tables, signed, signed_days
from aggregate.regions.targets import Item, Rest, Standing, Target
from aggregate.regions.verdict import change
from aggregate.statistic import Tier
from core.errors import InputError
from standards.composite import composite

HEATING = Heating("11-15", "03-15")
TODAY = date(2026, 11, 22)
DIRTY = (59.0, 109.0, 56.0, 42.0, 3.0, 186.0)
"""Shanxi, 2017."""


def stretch(text: str, today: date = TODAY) -> Stretch:
    return stretch_of(parse_period(text, HEATING), today, EDITIONS)


def notes(text: str, *, today: date = TODAY, base: str = "", level: Level = Level.CITY, **options: bool) -> set[Note]:
    own = stretch(text, today)
    other = stretch(base, today) if base else base_of(own, EDITIONS)
    return set(notes_of(own, other, {level}, **{"both": False, "again": False} | options))


# --- what must be said beside the figures ---


def test_of_a_whole_year_long_past_nothing_must_be_said() -> None:
    assert notes("2017") == set()


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (notes("2017-05"), {Note.ANNUAL_LIMITS}),
        (notes("2017-05-09..2018-05-08"), {Note.PROPORTION}),
        (notes("heating-2016"), {Note.ANNUAL_LIMITS, Note.PROPORTION, Note.HEATING}),
        (notes("2017", level=Level.PROVINCE), {Note.MEMBERS}),
        (notes("2017", level=Level.GROUP), {Note.MEMBERS}),
        (notes("2017", level=Level.COUNTY), {Note.STATIONS_SHARE}),
        (notes("2017", both=True, again=True), {Note.BOTH, Note.AGAIN}),
        (notes("2017", today=date(2017, 7, 1)), {Note.RUNNING, Note.BASE_CUT, Note.ANNUAL_LIMITS}),
        (notes("2017", today=date(2017, 7, 1), base="2013"), {Note.RUNNING, Note.BASE_WHOLE, Note.ANNUAL_LIMITS}),
        (notes("2026-04", base="2026-03"), {Note.ANNUAL_LIMITS, Note.INDEX}),
        (notes("2026-Q1"), {Note.ANNUAL_LIMITS, Note.INDEX, Note.MIXED, Note.TWO_METHODS}),
    ],
)
def test_what_is_unfinished_mixed_or_unconfirmed_is_said(found: set[Note], expected: set[Note]) -> None:
    assert found == expected


def test_what_is_unconfirmed_says_so_first() -> None:
    unconfirmed = {note for note in Note if note.en.startswith("unconfirmed")}
    assert unconfirmed == {note for note in Note if note.zh.startswith("未确认")}
    assert {Note.MEMBERS, Note.MIXED, Note.HEATING, Note.PROPORTION} <= unconfirmed


def test_of_a_trial_it_is_said_that_hours_stand() -> None:
    assert notes_of_trial(stretch("2017"), OLD) == [Note.HOURS_STAND]
    assert Note.INDEX in notes_of_trial(stretch("2017"), EDITIONS.by_id("2026"))


def test_a_running_periods_base_is_cut_where_the_period_is() -> None:
    own = stretch("2017", date(2017, 3, 20))
    assert (own.until, own.left) == (date(2017, 3, 19), 287)
    assert (base_of(own, EDITIONS).span.last, base_of(own, EDITIONS).asked.label) == (date(2016, 3, 19), "2016")
    assert (stretch("2017").until, stretch("2017").left) == (None, 0)


# --- a survey ---


def indexed(figures: Figures) -> Figures:
    """With composite index and days."""
    known = np.where(np.isnan(figures.mean), figures.percentile, figures.mean)
    found = composite(known, OLD.composite)
    n = known.shape[0]
    return figures._replace(
        single=found.single, composite=found.index, largest=found.largest,
        days_valid=np.full(n, 366.0), days_attained=np.full(n, 243.0), days_heavy=np.full(n, 13.0),
    )  # fmt: skip


def survey(*, both: bool = False) -> Survey:
    """Three cities: one with dirty air, two clean ones that tie; and one without any day."""
    own, base = stretch("2017"), stretch("2016")
    figures = joined([indexed(six([DIRTY, CLEAN, CLEAN])), nothing(1)])
    before = joined([indexed(six([CLEAN, CLEAN, DIRTY])), nothing(1)])
    variants = (True, False) if both else (True,)
    target = Target("city:丙", Item.ATTAINED_SHARE, base.asked, None, relative=False, absolute=None)
    return Survey(
        own, base, Level.CITY, Tier.RAW,
        [Region(f"city:{name}", name, ("city:甲", "city:乙") if name == "丁" else ()) for name in "甲乙丙丁"],
        dict.fromkeys(variants, assess(figures, OLD)), dict.fromkeys(variants, change(figures, OLD, before, OLD)),
        [Standing(target, 60.0, 70.0, 66.4, False, 64.0, 30, Rest.FAILING, 12, 3)], [Note.MEMBERS],
    )  # fmt: skip


def table(title: str, *, both: bool = False) -> dict[tuple[str, ...], dict[str, str]]:
    """The lines of a table by who they are of, cells by heading."""
    found = next(of for of in tables(survey(both=both)) if of.title.startswith(title))
    who = 2 if both else 1
    return {row[:who]: dict(zip(found.names[who:], row[who:], strict=True)) for row in found.rows}


def test_the_head_says_what_it_is_of_and_what_must_be_said() -> None:
    lines = headline(survey())
    assert lines[0] == "2017 (2017-01-01 … 2017-12-31; 2012)  城市 city  原始 raw  含沙尘 sand-dust in"
    assert lines[2].startswith("未确认：省和区域为成员指标的算术平均")


def test_regions_stand_by_rank_and_who_ties_is_marked() -> None:
    found = table("浓度和综合指数")
    assert list(found) == [("乙",), ("丙",), ("甲",), ("丁 0/2",)]
    assert [row["名次 Rank"] for row in found.values()] == ["1（并列）", "1（并列）", "2", "–"]


def test_concentrations_are_printed_to_their_places() -> None:
    dirty = table("浓度和综合指数")["甲",]
    assert [dirty[name] for name in ("PM2.5", "SO2", "CO P95", "O3 P90")] == ["59", "56", "3.0", "186"]
    assert (dirty["综合指数 Index"], dirty["最大单项 Largest"]) == ("7.14", "PM2.5")


def test_a_figure_with_too_few_days_is_marked() -> None:
    figures = indexed(six([CLEAN]))
    figures.valid[0, 0] = False
    poor = survey()
    assessed = assess(joined([figures] * 4), OLD)
    shown = next(iter(tables(Survey(poor.stretch, poor.base, poor.level, poor.tier, poor.regions, {True: assessed},
                                    poor.changes, [], []))))  # fmt: skip
    row = dict(zip(shown.names, shown.rows[0], strict=True))
    assert (row["PM2.5"], row["PM10"], row["名次 Rank"]) == ("20*", "40", "–")
    assert row["综合指数 Index"].endswith("*")
    assert "* 有效天数不足" in shown.title.replace("*有", "* 有")


def test_a_verdict_with_too_few_days_is_unknown_or_marked() -> None:
    figures = six([CLEAN, DIRTY])
    figures.valid[:] = False
    of = survey()
    lines = [Line((name,), assess(figures, OLD), row) for row, name in enumerate(("甲", "乙"))]
    limits = next(one for one in figure_tables(lines, ("名称",), OLD, of.stretch.span) if one.title.startswith("达标"))
    clean, dirty = (dict(zip(limits.names, row, strict=True)) for row in limits.rows)
    assert (clean["全部 All"], clean["PM2.5"]) == ("–", "–")
    assert (dirty["全部 All"], dirty["PM2.5"]) == ("超标*", "超标 0.69/0.00*")


def test_days_attainment_and_change_are_told() -> None:
    assert table("天数 Days (应有 expected 365;")["甲",]["优良率 %"] == "66.4"
    limits = table("达标评价")["甲",]
    assert (limits["全部 All"], limits["PM2.5"], limits["SO2"], limits["O3"]) == (
        "超标",
        "超标 0.69/0.00",
        "达标",
        "超标 0.16",
    )
    changes = table("较基期变化")
    assert changes["丙",]["PM2.5 %"] == "-66.1"
    assert changes["甲",]["综合指数 Index %"].endswith(" 变差")
    assert changes["乙",]["PM2.5 %"] == "0.0"
    assert changes["丁 0/2",]["优良天数 Days"] == "–"


def test_both_variants_stand_one_below_the_other() -> None:
    assert list(table("天数", both=True))[:2] == [("乙", "含 in"), ("乙", "扣 out")]


def test_a_target_says_what_the_rest_may_bring_and_of_how_many_members() -> None:
    cells = next(iter(table("目标").values()))
    assert cells["其余日 Rest"] == "其余日可超标天数 days that may fail 12（3 个成员合计 of all members）"


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (signed(1.0, 1), "+1.0"), (signed(-0.5, 1), "-0.5"), (signed(0.0, 1), "0.0"), (signed(NAN, 1), "–"),
        (signed_days(-2 / 3), "-0.7"), (signed_days(4.0), "+4"), (signed_days(0.0), "0"), (days(42.25), "42.2"),
    ],
)  # fmt: skip
def test_changes_have_their_sign(shown: str, text: str) -> None:
    assert shown == text


def test_json_has_concentrations_as_they_are_and_null_for_what_is_not_there() -> None:
    said: dict[str, Any] = json.loads(json.dumps(document(survey()), ensure_ascii=False, allow_nan=False))
    clean, nobody = said["objects"][1]["figures"]["in"], said["objects"][3]["figures"]["in"]
    assert clean["mean"] == {"pm25": 20, "pm10": 40, "so2": 10, "no2": 20, "co": None, "o3": None}
    assert (clean["composite"]["rank"], clean["composite"]["tied"], clean["composite"]["ranked"]) == (1, True, 3)
    assert clean["days"]["expected"] == 365
    assert clean["attains"]["all"] is True
    assert (nobody["composite"]["index"], nobody["attains"]["all"], nobody["members_with_days"]) == (None, None, 0)
    assert said["targets"][0] == {
        "object": "city:丙", "item": "attained_share", "base_period": "2016", "base": 60.0, "target": 70.0, "now": 66.4,
        "met": False, "progress": 64.0, "days_left": 30, "rest": "days_may_fail", "allowed": 12, "members": 3,
    }  # fmt: skip


def test_the_csv_has_the_same_columns_in_every_row(tmp_path: Path) -> None:
    found = list(rows(survey(both=True)))
    assert len(found) == 8
    assert len({tuple(row) for row in found}) == 1
    assert {*MEANS, *PERCENTILES, "composite_index", "largest_index", "days_level6", "valid"} <= set(found[0])
    write_csv(tmp_path / "out.csv", list(found[0]), found)
    read = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert (read[0]["pm25_mean"], read[0]["tied"], read[6]["pm25_mean"]) == ("59", "false", "")


def test_a_csv_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_csv(tmp_path / "none" / "out.csv", ["object"], [])


def test_an_empty_table_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(Table("目标", ("对象",), []))
    assert capsys.readouterr().out == ""


# --- the commands ---


def test_help_says_what_a_period_is_and_what_may_be_chosen() -> None:
    shown = " ".join(CliRunner().invoke(app, ["evaluate", "period", "--help"], env={"COLUMNS": "200"}).output.split())
    for text in ("heating-2016", "2016-11-15..2017-03-15", "station|county|city|province|group", "in|out|both"):
        assert text in shown


@pytest.mark.parametrize("module", ["aggregate.evaluation.commands", "aggregate.whatif.commands"])
def test_the_commands_import_nothing_heavy_before_they_are_called(module: str) -> None:
    heavy = "{'numba', 'numpy', 'pyarrow', 'psycopg2'}"
    code = f"import sys, {module}; sys.exit(', '.join({heavy} & set(sys.modules)) or None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
