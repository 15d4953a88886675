"""How an account is told: aligned lines for people, one object for machines, and a loud line if it does not agree."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from explain_stage import NAME, SIX, START, dusty_hour, hour_row, of_city, of_hour, of_window, said, tampered, told
from reports import DAY, HOUR, MIDNIGHT, PM10, station
from typer.testing import CliRunner

from aggregate.explanation.cli import contradiction
from aggregate.explanation.commands import app
from aggregate.explanation.document import document
from aggregate.explanation.show import plain, tables
from aggregate.explanation.words import width
from aggregate.statistic import Tier, Variant, Window
from core.errors import LantianError

MINUTES = [said(minute, {PM10: 80.0 + minute / 10}) for minute in range(59)] + [said(59, {PM10: 9.0}, flags="D")]
HOURS = {start: hour_row(start, SIX) for start in range(MIDNIGHT, MIDNIGHT + DAY, HOUR)}


def lines(evidence: Any) -> list[str]:
    return list(plain(list(tables(told(evidence)))))


def test_an_hour_is_told_with_a_line_a_reading() -> None:
    shown = lines(of_hour(MINUTES, PM10))
    [flagged] = [line for line in shown if "D 故障" in line]
    assert "不计入：标记不是 N" in flagged
    assert sum("计入 counted" in line for line in shown) == 59 + 1  # and the line of counts
    assert any("显示值 Shown" in line and line.endswith("83 µg/m³") for line in shown)
    assert any("一致，逐位相同 identical" in line for line in shown)


def test_columns_are_aligned_where_chinese_signs_take_two() -> None:
    shown = lines(of_hour(MINUTES, PM10))
    first = shown.index("输入：监测数据 Inputs: readings") + 1
    places = {width(line[: line.index("device")]) for line in shown[first + 1 : first + 61]}
    assert places == {width(shown[first][: shown[first].index("来源")])}


def test_rules_tell_source_and_mark_and_what_is_unconfirmed() -> None:
    shown = "\n".join(lines(of_city(PM10, [(station("a"), hour_row(START, SIX, name="a"))])))
    assert "M 未确认" in shown
    assert "GB/T 8170" in shown


def test_the_object_holds_what_is_documented_and_is_plain_json() -> None:
    found = document(told(of_window(Window.DAY, MIDNIGHT, "AQI", HOURS)))
    again = json.loads(json.dumps(found))
    assert set(again) == {
        "object", "name_zh", "kind", "city", "window", "start", "end", "factor", "factor_zh", "factor_en", "unit",
        "tier", "sanddust", "holds", "figure", "edition", "rules", "inputs", "steps", "recomputed", "agrees",
        "readings_gone", "closed_days", "others", "revisions", "reviews", "sanddust_periods", "sha256", "canonical",
    }  # fmt: skip
    assert (again["start"], again["window"]) == ("2026-03-10T00:00:00+08:00", "day")
    assert again["steps"]["index"]["level"]["name_zh"] == "良"
    assert again["edition"]["documents"][0] == {"code": "GB 3095-2026", "title_zh": "环境空气质量标准"}


def test_a_day_left_without_an_aqi_for_sand_dust_says_so_in_both_languages() -> None:
    hours = {start: dusty_hour(start) for start in HOURS}
    evidence = of_window(Window.DAY, MIDNIGHT, "AQI", hours, variant=Variant(Tier.RAW, sanddust=False))
    assert any("无 AQI no AQI: 沙尘期间，已扣除 left out: sand-dust" in line for line in lines(evidence))
    found = document(told(evidence))
    assert (found["figure"]["reason"], found["figure"]["reason_zh"]) == ("SANDDUST", "沙尘期间，已扣除")
    assert found["steps"]["index"]["reason"] == "SANDDUST"


def test_a_value_is_told_with_all_its_digits() -> None:
    found = told(of_hour(MINUTES, PM10))
    assert json.loads(json.dumps(document(found)))["figure"]["value"] == found.figure.value
    assert f"存储值 Stored    {found.figure.value!r} µg/m³" in "\n".join(lines(of_hour(MINUTES, PM10)))


def test_what_does_not_agree_is_one_loud_line_that_names_the_remedy() -> None:
    line = contradiction(told(tampered(of_window(Window.DAY, MIDNIGHT, PM10, HOURS), values=1.5)))
    assert "\n" not in line
    assert "THE FIGURE DOES NOT COME OUT OF ITS INPUTS: stored 1.5 (24/24), the inputs give 80.0" in line
    assert f"`lantian recompute --from 2026-03-10 --to 2026-03-10 --station {NAME} --dry-run`" in line


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("jc-1", "PM10", "yesterday"), "WINDOW: is no window (got 'yesterday')"),
        (("jc-1", "unobtainium", "2026-03-10"), "FACTOR: is no factor (got 'unobtainium')"),
        (("jc-1", "PM10", "2026-03-10"), "no PostgreSQL is known"),
    ],
)
def test_what_is_no_question_is_said_before_any_server_is_asked(
    words: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    result = CliRunner().invoke(app, words, env={"LANTIAN_STATE_DIR": str(tmp_path), "LANTIAN_POSTGRES_HOST": ""})
    assert isinstance(result.exception, LantianError)
    assert says in str(result.exception)


def test_the_command_imports_nothing_heavy_before_it_is_called() -> None:
    heavy = ("psycopg2", "kafka", "numpy", "numba")
    program = f"import sys, aggregate.explanation.commands; print([n for n in {heavy} if n in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"
