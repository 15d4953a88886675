"""From enterprises' plans to a dispatch list: bad rows told, sums beside the city's cut, nothing becomes a formula."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.warnings.cuts import Cut, Pollutant, load_cuts
from alerts.warnings.dispatch import Change, Dispatch, Verdict, dispatch
from alerts.warnings.plan import CHINESE, COLUMNS, Plan, read_plan
from alerts.warnings.scheme import Level
from alerts.warnings.sheets import HEADINGS, guarded, write_csv, write_xlsx
from core.errors import InputError

HEAD = ",".join(CHINESE)
WINTER_2019 = date(2019, 12, 1)
STEEL = """\
晋城钢铁,1#线,烧结,烧结机,黄色,减产 30%,8,6,9
晋城钢铁,1#线,烧结,烧结机,橙色,停产,12,10,14
晋城钢铁,2#线,炼铁,高炉,橙色,焖炉 50%,9,9,8
晋城钢铁,1#线,烧结,烧结机,红色,停产,12,10,14
晋城钢铁,2#线,炼铁,高炉,红色,停产,18,18,16
阳城水泥,,熟料,回转窑,黄色,错峰停窑,12,14,11
阳城水泥,,熟料,回转窑,橙色,错峰停窑,12,14,11
阳城水泥,,熟料,回转窑,红色,错峰停窑,12,14,11
"""


def written(tmp_path: Path, body: str, head: str = HEAD) -> Path:
    path = tmp_path / "plan.csv"
    path.write_text(f"{head}\n{body}", encoding="utf-8")
    return path


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    found = read_plan(written(tmp_path, STEEL))
    assert not found.errors
    return found


def shanxi() -> Cut:
    return load_cuts().at("1405", WINTER_2019)


@pytest.mark.parametrize("city", ["1401", "1403", "1404", "1405", "1407", "1408", "1410", "1411"])
def test_eight_cities_of_shanxi_cut_by_20_30_and_40_per_cent_in_2019(city: str) -> None:
    assert [load_cuts().at(city, WINTER_2019).shares[level] for level in (Level.YELLOW, Level.ORANGE, Level.RED)] == [
        20, 30, 40,
    ]  # fmt: skip
    assert load_cuts().at(f"{city}02", WINTER_2019).id == "shanxi-2019"


@pytest.mark.parametrize(
    ("region", "day"),
    [("1402", WINTER_2019), ("1406", WINTER_2019), ("1409", WINTER_2019), ("11", WINTER_2019),
     ("1405", date(2018, 12, 31)), ("1405", date(2020, 1, 1))],
)  # fmt: skip
def test_elsewhere_and_in_other_years_it_is_10_20_and_30(region: str, day: date) -> None:
    cut = load_cuts().at(region, day)
    assert [cut.shares[level] for level in (Level.YELLOW, Level.ORANGE, Level.RED)] == [10, 20, 30]


def test_a_faulty_table_of_cuts_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "cuts.toml"
    text = 'regions = ["*"]\neffective_from = 2017-01-01\npollutants = ["so2"]\n'
    source = 'source = { text = "x", confidence = "B" }\n'
    path.write_text(f'[[cut]]\nid = "one"\n{text}{source}shares = {{ yellow = 20, orange = 10 }}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"cuts\.toml:7: cut one: shares: a higher level must not cut less"):
        load_cuts(path)


def test_the_dispatch_list_of_a_level_has_each_measure_of_the_plans_at_that_level(plan: Plan) -> None:
    found = dispatch(plan, shanxi(), Level.ORANGE)
    assert [
        (order.measure.unit.enterprise, order.measure.unit.equipment, order.measure.text) for order in found.orders
    ] == [
        ("晋城钢铁", "烧结机", "停产"),
        ("晋城钢铁", "高炉", "焖炉 50%"),
        ("阳城水泥", "回转窑", "错峰停窑"),
    ]
    assert {order.change for order in found.orders} == {Change.NEW}


def test_from_one_level_to_the_next_it_says_what_is_new_changed_the_same_and_lifted(plan: Plan) -> None:
    def changes(level: Level | None, before: Level | None) -> dict[str, Change]:
        return {order.measure.unit.equipment: order.change for order in dispatch(plan, shanxi(), level, before).orders}

    assert changes(Level.ORANGE, Level.YELLOW) == {"烧结机": Change.CHANGED, "高炉": Change.NEW, "回转窑": Change.SAME}
    assert changes(Level.YELLOW, Level.ORANGE) == {
        "烧结机": Change.CHANGED,
        "高炉": Change.LIFTED,
        "回转窑": Change.SAME,
    }
    assert set(changes(None, Level.RED).values()) == {Change.LIFTED}


def test_what_was_done_by_a_former_plan_is_lifted_as_it_stood_there(plan: Plan, tmp_path: Path) -> None:
    former = read_plan(
        written(tmp_path, "老焦化厂,,,焦炉,黄色,限产,1,1,1\n阳城水泥,,熟料,回转窑,黄色,错峰停窑,12,14,11\n")
    )
    sent = dispatch(plan, shanxi(), Level.YELLOW, Level.YELLOW, former)
    assert [(order.measure.unit.enterprise, order.change) for order in sent.orders] == [
        ("晋城钢铁", Change.NEW), ("老焦化厂", Change.LIFTED), ("阳城水泥", Change.SAME),
    ]  # fmt: skip


def test_of_several_measures_of_one_unit_each_is_told_by_itself(tmp_path: Path) -> None:
    body = "甲,,,炉,黄色,限产,1,1,1\n甲,,,炉,黄色,禁运,1,1,1\n甲,,,炉,橙色,限产,1,1,1\n"
    plan = read_plan(written(tmp_path, body))

    def changes(level: Level, before: Level) -> list[tuple[str, Change]]:
        return [(order.measure.text, order.change) for order in dispatch(plan, None, level, before).orders]

    assert changes(Level.ORANGE, Level.YELLOW) == [("限产", Change.SAME), ("禁运", Change.LIFTED)]
    assert changes(Level.YELLOW, Level.ORANGE) == [("禁运", Change.NEW), ("限产", Change.SAME)]


@pytest.mark.parametrize(
    ("level", "planned", "required"),
    [(Level.YELLOW, (20, 20, 20), 20), (Level.ORANGE, (33, 33, 33), 30), (Level.RED, (42, 42, 41), 40)],
)
def test_the_sum_of_the_plans_stands_beside_the_citys_cut(
    plan: Plan, level: Level, planned: tuple[int, ...], required: int
) -> None:
    sums = dispatch(plan, shanxi(), level).sums
    assert tuple(one.pollutant for one in sums) == tuple(Pollutant)
    assert tuple(one.planned for one in sums) == planned
    assert {(one.required, one.verdict) for one in sums} == {(Decimal(required), Verdict.REACHED)}


@pytest.mark.parametrize(
    ("share", "verdict", "short"), [("19.99", "short", "0.01"), ("20", "reached", "0"), ("20.01", "reached", "0")]
)
def test_a_sum_is_short_just_below_the_cut_and_enough_just_at_it(
    tmp_path: Path, share: str, verdict: str, short: str
) -> None:
    found = dispatch(read_plan(written(tmp_path, f"甲,,,,黄,停产,{share},20,20\n")), shanxi(), Level.YELLOW)
    assert (found.sums[0].verdict, found.sums[0].short) == (verdict, Decimal(short))


def test_shares_add_up_exactly_however_many_enterprises_there_are(tmp_path: Path) -> None:
    rows = "".join(f"企业{number},,,,yellow,限产,0.02,0.01,0.03\n" for number in range(1000))
    found = dispatch(read_plan(written(tmp_path, rows)), shanxi(), Level.YELLOW)
    assert [one.planned for one in found.sums] == [Decimal("20.00"), Decimal("10.00"), Decimal("30.00")]
    assert [one.verdict for one in found.sums] == [Verdict.REACHED, Verdict.SHORT, Verdict.REACHED]


def test_without_a_cut_at_a_level_the_sum_is_told_alone(plan: Plan) -> None:
    assert {one.verdict for one in dispatch(plan, shanxi(), Level.BLUE).sums} == {Verdict.NO_CUT}
    assert {one.verdict for one in dispatch(plan, None, Level.RED).sums} == {Verdict.NO_CUT}


def test_enterprises_with_nothing_at_a_level_and_those_that_cut_less_than_below_are_named(tmp_path: Path) -> None:
    body = "甲,,,,黄色,限产,2,2,2\n甲,,,,橙色,限产,1,2,2\n乙,,,,黄色,停产,3,3,3\n"
    found = dispatch(read_plan(written(tmp_path, body)), None, Level.ORANGE)
    assert (found.idle, found.weaker) == (("乙",), ("乙", "甲"))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",,,,黄色,停产,1,1,1", "plan.csv row 2, enterprise: is empty (got ''); name the enterprise"),
        ("甲,,,,紫色,停产,1,1,1", "plan.csv row 2, level: is no level (got '紫色'); write 黄色, 橙色 or 红色"),
        ("甲,,,,control,停产,1,1,1", "row 2, level: is no level"),
        ("甲,,,,黄色,,1,1,1", "row 2, measure: is empty"),
        ("甲,,,,黄色,停产,many,1,1", "row 2, so2: is no share (got 'many'); write per cent of the city's emission"),
        ("甲,,,,黄色,停产,1,-1,1", "row 2, nox: is no share (got '-1')"),
        ("甲,,,,黄色,停产,1,1,100.1", "row 2, pm: is no share (got '100.1')"),
        ("甲,,,,黄色,停产,NaN,1,1", "row 2, so2: is no share"),
        ("甲,,,,黄色,停产,1,1,1,1", "row 2, row: has more cells than the heading"),
    ],
)
def test_a_bad_row_is_told_with_its_remedy_and_stops_no_other(tmp_path: Path, row: str, says: str) -> None:
    found = read_plan(written(tmp_path, f"{row}\n乙,,,,黄色,停产,1%,0,100\n"))
    assert [measure.unit.enterprise for measure in found.measures] == ["乙"]
    (error,) = found.errors
    assert says in str(error)


def test_a_measure_that_stands_twice_is_counted_once_and_told(tmp_path: Path) -> None:
    found = read_plan(written(tmp_path, "甲,,,,黄色,停产,1,1,1\n甲,,,,黄色,停产,1,1,1\n"))
    assert len(found.measures) == 1
    assert "row 3, measure: stands in row 2 too" in str(found.errors[0])


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("企业,级别", "the column measure is missing"),
        ("企业,级别,减排措施,备注", r"is no column of a plan \(got '备注'\)"),
        ("企业,enterprise,级别,减排措施", "is named twice"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_with_its_heading(tmp_path: Path, head: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_plan(written(tmp_path, "", head))


def test_headings_may_be_english_and_in_any_order(tmp_path: Path) -> None:
    found = read_plan(written(tmp_path, "stop,red,A,5\n", "measure,level,enterprise,pm"))
    assert [(one.unit.enterprise, one.level, one.shares[Pollutant.PM]) for one in found.measures] == [
        ("A", Level.RED, Decimal(5))
    ]
    assert set(COLUMNS) >= {"measure", "level", "enterprise", "pm"}


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


@pytest.fixture
def hostile(tmp_path: Path) -> Dispatch:
    """A plan whose writer means harm."""
    body = '"=HYPERLINK(""http://x"")",+1,-1,@SUM(1),黄色,"=1+1, 停产",1,1,1\n'
    return dispatch(read_plan(written(tmp_path, body)), shanxi(), Level.YELLOW)


def test_the_csv_has_chinese_headings_the_mark_for_excel_and_every_order(tmp_path: Path, plan: Plan) -> None:
    path = tmp_path / "list.csv"
    write_csv(path, dispatch(plan, shanxi(), Level.ORANGE, Level.YELLOW))
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    head, first, *rest = rows_of(path)
    assert tuple(head) == HEADINGS
    assert all(re.match(r"[^\x00-\x7f]|SO2|NOx|PM", name) for name in head)
    assert first == ["晋城钢铁", "1#线", "烧结", "烧结机", "橙色 orange", "停产", "12", "10", "14", "调整 changed"]
    assert len(rest) == 2


def test_no_text_of_a_plan_becomes_a_formula_in_the_csv(tmp_path: Path, hostile: Dispatch) -> None:
    path = tmp_path / "list.csv"
    write_csv(path, hostile)
    _, row = rows_of(path)
    assert row[:4] == ['\'=HYPERLINK("http://x")', "'+1", "'-1", "'@SUM(1)"]
    assert row[5] == "'=1+1, 停产"


def test_blanks_before_a_formula_do_not_hide_it_and_other_texts_stay_as_they_are() -> None:
    assert [guarded(text) for text in ("  =1+1", "停产 = 0", "1#线", "")] == ["'  =1+1", "停产 = 0", "1#线", ""]


@given(st.text())
def test_a_guarded_text_never_begins_as_a_formula(text: str) -> None:
    assert not guarded(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert guarded(text).removeprefix("'") == text.removeprefix("'")


def test_no_text_of_a_plan_becomes_a_formula_in_the_xlsx(tmp_path: Path, hostile: Dispatch) -> None:
    path = tmp_path / "list.xlsx"
    write_xlsx(path, hostile)
    with zipfile.ZipFile(path) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        texts = book.read("xl/sharedStrings.xml").decode()
    assert all("<f>" not in sheet and "<hyperlink" not in sheet for sheet in sheets)
    assert '=HYPERLINK("http://x")' in texts.replace("&quot;", '"')


def test_the_xlsx_holds_the_list_and_the_sums_and_the_same_list_makes_the_same_bytes(
    tmp_path: Path, plan: Plan
) -> None:
    found = dispatch(plan, shanxi(), Level.RED, Level.ORANGE)
    paths = [tmp_path / name for name in ("one.xlsx", "other.xlsx")]
    for path in paths:
        write_xlsx(path, found)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with zipfile.ZipFile(paths[0]) as book:
        names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        texts = book.read("xl/sharedStrings.xml").decode()
    assert names == ["减排清单 红色", "合计 sums"]
    assert all(heading in texts for heading in HEADINGS)


def test_the_1266_enterprises_of_jincheng_with_three_levels_each_are_dispatched(tmp_path: Path) -> None:
    rows = "".join(
        f"企业{number:04},线{unit},工序,设备{unit},{level},限产,0.0{unit + place},0.02,0.02\n"
        for number in range(1266)
        for unit in (1, 2)
        for place, level in enumerate(("黄色", "橙色", "红色"))
    )
    plan = read_plan(written(tmp_path, rows))
    found = dispatch(plan, shanxi(), Level.RED, Level.ORANGE)
    assert (len(plan.enterprises), len(found.orders), found.idle, found.weaker) == (1266, 2532, (), ())
    write_csv(tmp_path / "list.csv", found)
    write_xlsx(tmp_path / "list.xlsx", found)
    assert len(rows_of(tmp_path / "list.csv")) == 2533


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_a_file_that_cannot_be_written_is_said_so(tmp_path: Path, plan: Plan, write: object) -> None:
    assert callable(write)
    with pytest.raises(InputError, match="cannot be written"):
        write(tmp_path / "none" / "list", dispatch(plan, None, Level.RED))
