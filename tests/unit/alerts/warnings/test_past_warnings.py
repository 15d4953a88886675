"""What schemes would have said of days gone by: of a written series, of stations' days, of Beijing's real winters."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from episode_days import FIRST, OZONE, SAND, days
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from aggregate import evaluate_air
from aggregate.evaluation.editions import editions_of
from alerts.commands import app
from alerts.warnings.city_days import read_city_days, with_dust
from alerts.warnings.course import Action
from alerts.warnings.days import Day, Kind
from alerts.warnings.past import Past, past
from alerts.warnings.scheme import Level, Scheme, load_schemes
from alerts.warnings.winters import season_of, seasons
from core.errors import InputError
from ingest.rows import RowError

RUNNER = CliRunner()
EDITIONS = editions_of("auto")
UNIFIED = load_schemes().get("2018")
DISPATCH = ["alerts", "warning", "dispatch", "--region", "1405", "--date", "2019-12-01"]
POLLUTANTS = ["PM2.5", "PM10", "SO2", "NO2", "CO", "O3"]


def day(number: int) -> date:
    return FIRST + timedelta(days=number - 1)


def told(found: Past) -> list[tuple[int, int | None, Level]]:
    """First day, end and highest level of each warning, by numbers of days from the first."""

    def number(of: date) -> int:
        return (of - FIRST).days + 1

    return [(number(one.first_day), number(one.end) if one.end else None, one.highest) for one in found.warnings]


def test_a_warning_is_in_force_from_the_episodes_first_day_until_the_day_it_ends() -> None:
    found = past(UNIFIED, days(80, 90, 150, 250, 260, 150, 90, 80))
    assert told(found) == [(4, 6, Level.YELLOW)]
    (one,) = found.warnings
    assert one.levels == ((day(4), Level.YELLOW), (day(5), Level.YELLOW))
    assert [(step.on, step.action) for step in one.steps] == [(day(1), Action.START), (day(6), Action.END)]


def test_a_long_episode_is_upgraded_as_the_foresight_of_seven_days_reaches_it_and_downgraded_after_its_peak() -> None:
    found = past(UNIFIED, days(80, *[210] * 10, 310, 320, 210, 220, *[80] * 4))
    (one,) = found.warnings
    assert [(step.action, step.level) for step in one.steps] == [
        (Action.START, Level.ORANGE),
        (Action.UPGRADE, Level.RED),
        (Action.DOWNGRADE, Level.ORANGE),
        (Action.END, None),
    ]
    assert [step.on for step in one.steps] == [day(1), day(6), day(14), day(16)]


def test_two_episodes_with_two_clean_days_between_are_two_warnings_and_with_one_they_are_one() -> None:
    assert told(past(UNIFIED, days(250, 250, 90, 90, 250, 250, 90, 90))) == [(1, 3, "yellow"), (5, 7, "yellow")]
    assert told(past(UNIFIED, days(250, 250, 90, 250, 250, 90, 90))) == [(1, 6, "orange")]


def test_a_warning_that_still_stands_on_the_last_day_has_no_end() -> None:
    assert told(past(UNIFIED, days(80, 250, 250))) == [(2, None, Level.YELLOW)]


def test_episodes_of_ozone_and_of_sand_dust_are_told_apart_and_are_no_warnings() -> None:
    found = past(UNIFIED, days((250, OZONE), (250, OZONE), 80, 80, (500, SAND), (500, SAND), 80))
    assert not found.warnings
    assert found.apart == ((Kind.OZONE, day(1), day(2)), (Kind.DUST, day(5), day(6)))


def test_days_that_are_not_known_hold_a_warning_and_never_start_one() -> None:
    assert told(past(UNIFIED, days(250, None, None, 250, 80))) == []
    assert told(past(UNIFIED, days(250, 250, None, None, None, 90, 90))) == [(1, 6, Level.YELLOW)]


def test_without_days_there_is_nothing_to_judge() -> None:
    with pytest.raises(ValueError, match="there are no days"):
        past(UNIFIED, ())


values = st.lists(st.one_of(st.integers(0, 500).map(float), st.none()), min_size=1, max_size=40)


@given(st.sampled_from(list(load_schemes())), values)
def test_warnings_follow_one_another_and_each_day_has_one_level_at_most(
    scheme: Scheme, series: list[float | None]
) -> None:
    found = past(scheme, days(*series))
    own = [day for one in found.warnings for day, _ in one.levels]
    assert own == sorted(set(own))
    for one, following in zip(found.warnings, found.warnings[1:], strict=False):
        assert one.end is not None
        assert one.end <= following.first_day
    for one in found.warnings:
        assert all(one.first_day <= day and (one.end is None or day < one.end) for day, _ in one.levels)


@given(st.sampled_from(list(load_schemes())), st.lists(st.integers(0, 500).map(float), min_size=1, max_size=30))
def test_no_day_of_a_run_that_meets_a_condition_is_without_a_warning(scheme: Scheme, series: list[float]) -> None:
    found = past(scheme, days(*series))
    covered = {day for one in found.warnings for day, _ in one.levels}
    yellow = next(part for part in scheme.level if part.level is Level.YELLOW).any[0]
    above = [place for place, value in enumerate(series) if value > yellow.floor]
    for place in above:
        if all(number in above for number in range(place, place + yellow.all[0].days)):
            assert day(place + 1) in covered


@pytest.mark.parametrize(
    ("when", "season"),
    [
        (date(2013, 9, 30), "2013"),
        (date(2013, 10, 1), "2013/14"),
        (date(2014, 3, 31), "2013/14"),
        (date(2014, 4, 1), "2014"),
        (date(1999, 12, 31), "1999/00"),
    ],
)
def test_a_winter_lasts_from_october_to_march(when: date, season: str) -> None:
    assert season_of(when) == season


def test_a_season_counts_warnings_by_their_highest_level_and_days_by_the_level_of_the_day() -> None:
    series = days(*[80] * 3, 250, 250, 310, 320, *[210] * 2, *[80] * 5, first=date(2026, 3, 25))
    winter, summer = seasons(past(UNIFIED, series))
    assert (winter.label, winter.warnings, winter.days) == ("2025/26", {"red": 1}, {"red": 4})
    assert (summer.label, summer.warnings, summer.days) == ("2026", {}, {"orange": 2})


def file(tmp_path: Path, text: str, name: str = "days.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_days_of_one_place_are_taken_as_they_stand(tmp_path: Path) -> None:
    path = file(tmp_path, "date,aqi,primary\n2026-12-02,,\n2026-12-01,250,pm25;pm10\n")
    assert read_city_days([path], EDITIONS) == [
        Day(day(1), 250, primary=frozenset({"pm25", "pm10"})),
        Day(day(2), None),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date\n2026-12-01\n", "the column aqi is missing"),
        ("date,aqi\n2026-13-01,1\n", r"days.csv row 2, date: is no date \(got '2026-13-01'\)"),
        ("date,aqi\n2026-12-01,many\n", "days.csv row 2, aqi: is no number"),
        ("date,aqi\n2026-12-01,-1\n", "days.csv row 2, aqi: is no number"),
        ("date,aqi\n2026-12-01,1\n2026-12-01,2\n", "days.csv row 3: is told twice"),
        ("date,aqi,primary\n2026-12-01,200,dust\n", "row 2, primary: is no pollutant"),
        ("date,aqi\n", "there are no days"),
        ("station,date,aqi\na,2026-12-01,1\nb,2026-12-01,1\n", "holds 2 stations and no column"),
    ],
)
def test_what_is_wrong_with_a_file_of_days_is_said_with_row_and_remedy(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        read_city_days([file(tmp_path, text)], EDITIONS)
    assert raised.value.hint


def test_several_stations_are_one_city_by_the_mean_of_their_values(tmp_path: Path) -> None:
    head = "station,date,aqi,primary,pm25,pm10,so2,no2,co,o3_8h_max,o3_1h_max\n"
    rows = "a,2014-01-16,,pm25,350,384,109,123,4.6,20,30\nb,2014-01-16,,pm25,356,384,109,123,4.6,20,30\n"
    (found,) = read_city_days([file(tmp_path, head + rows)], EDITIONS)
    assert found == Day(date(2014, 1, 16), 402, primary=frozenset({"pm25"}))  # facts 9.2, D7: PM2.5 353


def test_sand_dust_periods_of_the_city_mark_the_days_they_touch(tmp_path: Path) -> None:
    path = file(tmp_path, "city,start,end,basis\n北京市,2026-12-02T20:00,2026-12-03T00:00,环境监测总站\n太原市,x,y,z\n")
    errors: list[RowError] = []
    marked = with_dust(days(250, 480, 250), path, "北京市", errors)
    assert [one.dust for one in marked] == [False, True, False]
    assert "row 3, city: is no city" in str(errors[0])


def test_the_command_judges_a_file_and_writes_a_row_a_warning(tmp_path: Path) -> None:
    series = enumerate((80, 250, 260, 90, 80, 70), start=1)
    rows = "".join(f"{day(number)},{value},pm25\n" for number, value in series)
    path = file(tmp_path, f"date,aqi,primary\n{rows}")
    out = tmp_path / "past.csv"
    done = RUNNER.invoke(app, ["alerts", "warning", "past", str(path), "--scheme", "2018", "--csv", str(out), "--json"])
    assert done.exit_code == 0, done.output
    (scheme,) = json.loads(done.stdout)["schemes"]
    assert scheme["warnings"][0]["days"] == {"yellow": 2}
    head, row = csv.reader(io.StringIO(out.read_text(encoding="utf-8-sig")))
    assert head[0] == "方案 scheme"
    assert row[:5] == ["2018", "2026-12-02", "2026-12-04", "yellow", "2"]


def test_the_command_tells_seasons_in_chinese_first(tmp_path: Path) -> None:
    path = file(tmp_path, "date,aqi\n2026-12-01,250\n2026-12-02,250\n")
    done = RUNNER.invoke(app, ["alerts", "warning", "past", str(path), "--scheme", "2018"])
    assert "2026/27   次数 warnings: 黄色1 橙色0 红色0  生效天数 days in force: 黄色2 橙色0 红色0" in done.stdout
    assert "七天预报完全准确" in done.stdout


def test_sand_dust_needs_the_name_of_the_city(tmp_path: Path) -> None:
    path = file(tmp_path, "date,aqi\n2026-12-01,250\n")
    done = RUNNER.invoke(app, ["alerts", "warning", "past", str(path), "--sanddust", str(path)])
    assert isinstance(done.exception, InputError)
    assert "name the city" in str(done.exception)


def test_schemes_are_listed_with_their_sources() -> None:
    done = RUNNER.invoke(app, ["alerts", "warning", "schemes"])
    assert "红色 red: AQI>200 持续 72 h 以上 且 AQI>300 持续 24 h 以上" in done.stdout
    listed = json.loads(RUNNER.invoke(app, ["alerts", "warning", "schemes", "--json"]).stdout)
    assert [scheme["id"] for scheme in listed] == ["2017", "2018", "2024"]


def test_the_dispatch_command_writes_both_files_and_fails_where_the_sum_is_short(tmp_path: Path) -> None:
    plan = file(tmp_path, "企业,级别,减排措施,SO2,NOx,PM\n甲,橙色,停产,10,30,30\n乙,黄色,停产,1,1,1\n", "plan.csv")
    ends = [tmp_path / "list.csv", tmp_path / "list.xlsx"]
    words = [
        "alerts",
        "warning",
        "dispatch",
        str(plan),
        "--region",
        "1405",
        "--date",
        "2019-12-01",
        "--level",
        "orange",
    ]
    done = RUNNER.invoke(app, [*words, "--from", "yellow", "--csv", str(ends[0]), "--xlsx", str(ends[1])])
    assert done.exit_code == 1
    assert (
        "黄色 → 橙色：企业 enterprises 2；措施 measures：新增 new 1，调整 changed 0，不变 same 0，解除 lifted 1"
        in done.stdout
    )
    assert "SO2: 合计 planned 10 %，要求 required 30 %，尚缺 short 20 %  不足" in done.stdout
    assert "本级无措施的企业 without measures at this level: 1（乙）" in done.stdout
    assert all(path.is_file() for path in ends)
    told_json = json.loads(RUNNER.invoke(app, [*words, "--json"]).stdout)
    assert (told_json["cut"]["id"], told_json["cut"]["confidence"]) == ("shanxi-2019", "A")
    assert [one["verdict"] for one in told_json["sums"]] == ["short", "reached", "reached"]


def test_the_end_of_a_warning_lifts_everything_and_asks_no_sum(tmp_path: Path) -> None:
    plan = file(tmp_path, "企业,级别,减排措施\n甲,橙色,停产\n", "plan.csv")
    done = RUNNER.invoke(app, [*DISPATCH, str(plan), "--level", "none", "--from", "orange"])
    assert done.exit_code == 0
    assert (
        "橙色 → 解除：企业 enterprises 1；措施 measures：新增 new 0，调整 changed 0，不变 same 0，解除 lifted 1"
        in done.stdout
    )


@pytest.fixture(scope="module")
def beijing(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Day]:
    """The city's days of four years, by the mean of six stations."""
    hours = pd.read_parquet(data_dir / "air" / "beijing_2013_2017.parquet")
    hours["time"] = pd.to_datetime(hours[["year", "month", "day", "hour"]])
    hours["CO"] = (hours["CO"] / 1000).round(3)
    daily = evaluate_air(hours[["station", "time", *POLLUTANTS]]).daily.to_pandas()
    path = tmp_path_factory.mktemp("beijing") / "daily.csv"
    daily.to_csv(path, index=False)
    return read_city_days([path], EDITIONS)


def winters(found: Past) -> dict[str, tuple[dict[str, int], dict[str, int]]]:
    """Number of warnings and days in force by level."""
    return {
        one.label: (
            {level.value: number for level, number in one.warnings.items()},
            {level.value: number for level, number in one.days.items()},
        )
        for one in seasons(found)
        if "/" in one.label
    }


def test_beijings_days_are_those_of_its_stations(beijing: list[Day]) -> None:
    aqi: Any = np.array([np.nan if one.aqi is None else one.aqi for one in beijing])
    assert (len(aqi), int(np.isnan(aqi).sum()), int((aqi > 200).sum()), int((aqi > 300).sum())) == (1461, 14, 177, 43)


def test_beijings_real_winters_under_the_unified_scheme(beijing: list[Day]) -> None:
    found = past(UNIFIED, beijing)
    assert winters(found) == {
        "2012/13": ({"orange": 2}, {"orange": 6}),
        "2013/14": ({"yellow": 6, "red": 3}, {"yellow": 13, "red": 15}),
        "2014/15": ({"yellow": 7, "orange": 1, "red": 1}, {"yellow": 15, "orange": 4, "red": 3}),
        "2015/16": ({"yellow": 2, "orange": 6, "red": 2}, {"yellow": 4, "orange": 18, "red": 12}),
        "2016/17": ({"yellow": 6, "orange": 3, "red": 2}, {"yellow": 12, "orange": 13, "red": 11}),
    }
    reds = [(str(one.first_day), str(one.end)) for one in found.warnings if one.highest is Level.RED]
    assert ("2015-12-20", "2015-12-27") in reds
    assert ("2016-12-17", "2016-12-22") in reds


@pytest.mark.parametrize(("scheme", "number", "reds"), [("2017", 78, 8), ("2018", 51, 8), ("2024", 85, 17)])
def test_how_many_warnings_each_scheme_would_have_given_in_beijing(
    beijing: list[Day], scheme: str, number: int, reds: int
) -> None:
    found = past(load_schemes().get(scheme), beijing)
    assert (len(found.warnings), sum(one.highest is Level.RED for one in found.warnings)) == (number, reds)


def test_the_page_has_these_figures(beijing: list[Day]) -> None:
    page = (Path(__file__).parents[4] / "docs" / "warnings.md").read_text(encoding="utf-8")
    for scheme in load_schemes():
        for season in seasons(past(scheme, beijing)):
            cells = [
                ", ".join(f"{level} {counts[level]}" for level in Level if level in counts) or "–"
                for counts in (season.warnings, season.days)
            ]
            assert f"| {season.label} | `{scheme.id}` | {cells[0]} | {cells[1]} |" in page
