"""Editions: which one holds when, what they say, and what a wrong file is answered."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from standards.edition_file import FOLDER
from standards.editions import HOURLY_FACTORS, Editions, edition_at, load_editions
from standards.errors import StandardsError

CHINA = timezone(timedelta(hours=8))
PM25, PM10, SO2, NO2, CO, O3 = HOURLY_FACTORS


@pytest.mark.parametrize(
    ("day", "edition"),
    [
        (date(2013, 3, 1), "2012"),
        (date(2026, 2, 28), "2012"),
        (date(2026, 3, 1), "2026"),
        (date(2030, 12, 31), "2026"),
        (date(2031, 1, 1), "2026-final"),
    ],
)
def test_the_date_of_the_data_chooses_the_edition(day: date, edition: str) -> None:
    assert edition_at(day).id == edition


def test_a_day_begins_at_midnight_in_china() -> None:
    midnight = datetime(2026, 3, 1, tzinfo=CHINA)
    assert edition_at(midnight - timedelta(seconds=1)).id == "2012"
    assert edition_at(midnight).id == "2026"
    assert edition_at(midnight.astimezone(UTC)).id == "2026"
    assert edition_at(int(midnight.timestamp()) - 1).id == "2012"


def test_many_times_are_looked_up_at_once() -> None:
    editions = load_editions()
    seconds = [int(datetime(year, 6, 1, tzinfo=CHINA).timestamp()) for year in (1999, 2025, 2026, 2031)]
    assert [editions.all[n].id for n in editions.numbers_at(np.array(seconds))] == [
        "2012",
        "2012",
        "2026",
        "2026-final",
    ]


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="must have an offset"):
        edition_at(datetime(2026, 3, 1))  # noqa: DTZ001


def test_an_unknown_edition_is_answered_with_the_known_ones() -> None:
    with pytest.raises(StandardsError, match="take one of 2012, 2026, 2026-final"):
        load_editions().by_id("2018")


@pytest.mark.parametrize(
    ("edition", "factor", "average", "classes"),
    [
        ("2012", "a34002", "day", (50, 150)),
        ("2026", "a34002", "day", (50, 120)),
        ("2026-final", "a34002", "day", (50, 100)),
        ("2012", "a34004", "year", (15, 35)),
        ("2026", "a34004", "year", (15, 30)),
        ("2026-final", "a34004", "year", (10, 25)),
        ("2026", "a21026", "hour", (150, 500)),
        ("2026-final", "a21026", "hour", (150, 150)),
        ("2026", "a05024", "max_8h", (100, 160)),
        ("2026-final", "a21002", "day", (70, 70)),
    ],
)
def test_limits_are_those_of_gb_3095(edition: str, factor: str, average: str, classes: tuple[float, float]) -> None:
    limit = load_editions().by_id(edition).limits[factor, average]
    assert (limit.class_1, limit.class_2) == classes


@pytest.mark.parametrize(
    ("aqi", "name"),
    [
        (0, "优"),
        (50, "优"),
        (51, "良"),
        (100, "良"),
        (150, "轻度污染"),
        (200, "中度污染"),
        (201, "重度污染"),
        (300, "重度污染"),
        (301, "严重污染"),
        (500, "严重污染"),
    ],
)
def test_levels_have_their_upper_ends(aqi: float, name: str) -> None:
    for edition in load_editions().all:
        level = edition.level(aqi)
        assert level is not None
        assert level.name_zh == name


def test_no_aqi_has_no_level() -> None:
    assert edition_at(date(2026, 3, 1)).level(float("nan")) is None


def test_validity_figures_are_those_of_table_4() -> None:
    for edition in load_editions().all:
        rule = edition.validity
        assert (rule.hour_seconds, rule.eight_hours, rule.day_hours, rule.day_windows) == (2700, 6, 20, 14)
        assert (rule.year_days, rule.month_days, rule.february_days) == (324, 27, 25)
        assert rule.windows_excused_above == edition.limits["a05024", "max_8h"].class_2


def test_periods_are_evaluated_by_hj_663() -> None:
    for edition in load_editions().all:
        rule = edition.period
        assert rule.percents == {PM25: 0.95, PM10: 0.95, SO2: 0.98, NO2: 0.98, CO: 0.95, O3: 0.90}
        assert rule.means == (PM25, PM10, SO2, NO2)
        assert (rule.attained_up_to, rule.heavy_above, rule.multiple_decimals) == (100, 200, 2)


@pytest.mark.parametrize(
    ("edition", "limits", "weights", "places"),
    [
        ("2012", [35, 70, 60, 40, 4, 160], [1, 1, 1, 1, 1, 1], 2),
        ("2026", [30, 60, 60, 40, 4, 160], [3, 1, 1, 2, 1, 2], 3),
        ("2026-final", [25, 50, 20, 30, 4, 160], [3, 1, 1, 2, 1, 2], 3),
    ],
)
def test_the_composite_index_is_that_of_the_edition(
    edition: str, limits: list[float], weights: list[float], places: int
) -> None:
    rule = load_editions().by_id(edition).composite
    assert (rule.limits.tolist(), rule.weights.tolist()) == (limits, weights)
    assert rule.decimals.tolist() == [0, 0, 0, 0, 1, 0]
    assert (rule.single_decimals, rule.total_decimals) == (places, places)


def test_limits_of_the_composite_index_are_class_ii_of_the_edition() -> None:
    averages = {CO: "day", O3: "max_8h"}
    for edition in load_editions().all:
        limits = [edition.limits[factor, averages.get(factor, "year")].class_2 for factor in HOURLY_FACTORS]
        assert edition.composite.limits.tolist() == limits


def test_shares_are_shown_as_bulletins_print_them() -> None:
    for edition in load_editions().all:
        np.testing.assert_array_equal(edition.shares.rounded([86.25, 81.25, np.nan]), [86.3, 81.3, np.nan])


def test_shares_can_be_rounded_half_to_even_by_the_file(folder: Path) -> None:
    rewrite(folder / "2026.toml", '"half_up"', '"half_even"')
    assert load(folder).by_id("2026").shares.rounded(86.25) == 86.2


def test_what_stands_by_memory_alone_is_marked_so() -> None:
    for edition in load_editions().all:
        assert edition.source.city.minimum_share.confidence == "M"
    assert load_editions().by_id("2026-final").source.composite.limits.confidence == "M"


def test_what_one_project_says_of_2026_is_marked_so() -> None:
    part = load_editions().by_id("2026").source.composite
    assert {part.limits.confidence, part.weights.confidence, part.total_decimals.confidence} == {"C"}


def test_the_final_edition_takes_all_but_the_limits_from_the_transition() -> None:
    editions = load_editions()
    transition, final = editions.by_id("2026").source, editions.by_id("2026-final").source
    assert final.indices == transition.indices
    assert final.validity == transition.validity
    assert final.period == transition.period
    assert final.limits != transition.limits
    assert final.composite == transition.composite.model_copy(update={"limits": final.composite.limits})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "editions"))


def load(folder: Path) -> Editions:
    return load_editions.__wrapped__(folder)


def rewrite(path: Path, old: str, new: str) -> None:
    """The file with the first `old` in it replaced."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_new_edition_is_a_new_file_and_no_code(folder: Path) -> None:
    (folder / "2035.toml").write_text(
        'id = "2035"\nbased_on = "2026"\nname_zh = "新"\nname_en = "new"\neffective = 2035-01-01\nconfidence = "M"\n',
        encoding="utf-8",
    )
    assert load(folder).at(date(2035, 1, 1)).id == "2035"
    assert load(folder).at(date(2034, 12, 31)).id == "2026-final"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "day_hours = { value = 20",
            "day_hours = { value = 25",
            r"2026\.toml: validity\.day_hours\.value: .*24.*got 25",
        ),
        ("eight_hours", "nine_hours", r"2026\.toml: validity\.(eight|nine)_hours: "),
        ("[0, 35, 60, 115", "[0, 60, 35, 115", r"2026\.toml: indices\.hourly\.0: .*ascend"),
        (
            'factor = "a34004", average = "hour"',
            'factor = "a34001", average = "hour"',
            r"2026\.toml: indices: .*hourly",
        ),
        ('id = "2026"', 'id = "2027"', r"2026\.toml: id: must be the file's name"),
        ("effective = 2026-03-01", "effective = 2031-01-01", r"effective: is the same as that of"),
        ("[aqi]", "[aqi", r"2026\.toml: the file: cannot be read"),
        ('confidence = "A" }, # SO2', 'confidence = "Z" }, # SO2', r"2026\.toml: limits\.values\.0\.confidence"),
        (
            'average = "year", class_1 = 20',
            'average = "day", class_1 = 20',
            r"2026\.toml: limits: .*a21026 day stands twice",
        ),
        (", a21005 = 95", "", r"2026\.toml: period\.percents: .*a21005 is missing"),
        ("a21005 = 95", "a21005 = 101", r"2026\.toml: period\.percents\.values\.a21005: .*100.*got 101"),
        ("a21005 = 95", "a21005 = -1", r"2026\.toml: period\.percents\.values\.a21005: .*got -1"),
        ('"a21004"]', '"a34001"]', r"2026\.toml: period\.means\.value\.3: .*got 'a34001'"),
        ("attained_up_to = { value = 100", "attained_up_to = { value = 0", r"period\.attained_up_to\.value: .*got 0"),
        (", a05024 = 160 }", " }", r"2026\.toml: composite\.limits: .*a05024 is missing"),
        (", a05024 = 160 }", ", a05024 = 160, a34001 = 1 }", r"2026\.toml: composite\.limits: .*a34001 is none of"),
        ("a21005 = 4,", "a21005 = 0,", r"2026\.toml: composite\.limits\.values\.a21005: .*got 0"),
        ("a34004 = 30,", "a34004 = nan,", r"2026\.toml: composite\.limits\.values\.a34004: .*got nan"),
        ("a34004 = 3,", "a34004 = -3,", r"2026\.toml: composite\.weights\.values\.a34004: .*got -3"),
        ("a34004 = 3,", "a34004 = 0.3333,", r"2026\.toml: composite\.weights\.values\.a34004: .*multiple of 0\.001"),
        (
            "single_decimals = { value = 3",
            "single_decimals = { value = 4",
            r"composite\.single_decimals\.value: .*got 4",
        ),
        ('"half_up"', '"up"', r"2026\.toml: shares\.rounding\.value: .*got 'up'"),
        ("[composite.weights]", "[composite.weight]", r"2026\.toml: composite\.weights?: "),
    ],
)
def test_a_wrong_file_is_answered_with_its_name_and_entry(folder: Path, old: str, new: str, message: str) -> None:
    rewrite(folder / "2026.toml", old, new)
    with pytest.raises(StandardsError, match=message):
        load(folder)


def test_a_file_that_is_not_utf_8_is_named(folder: Path) -> None:
    (folder / "2026.toml").write_bytes("name_zh = '标准'".encode("gb18030"))
    with pytest.raises(StandardsError, match=r"2026\.toml: the file: cannot be read"):
        load(folder)


def test_a_folder_without_an_edition_for_the_past_is_refused(folder: Path) -> None:
    (folder / "2012.toml").unlink()
    with pytest.raises(StandardsError, match="no edition serves the dates before"):
        load(folder)


def test_an_edition_based_on_none_that_exists_is_refused(folder: Path) -> None:
    (folder / "2026.toml").unlink()
    with pytest.raises(StandardsError, match=r"2026-final\.toml: based_on: 2026 is no edition"):
        load(folder)
