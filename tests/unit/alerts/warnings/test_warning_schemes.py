"""Warning schemes: chosen by region and date, with the thresholds of their sources; a faulty file says what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from alerts.warnings.scheme import BUILTIN, Level, Scheme, load_schemes, scheme_for
from core.errors import InputError

TEXT = BUILTIN.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("day", "scheme"),
    [
        (date(2017, 1, 1), "2017"),
        (date(2018, 9, 30), "2017"),
        (date(2018, 10, 1), "2018"),
        (date(2024, 2, 29), "2018"),
        (date(2024, 3, 1), "2024"),
        (date(2026, 11, 20), "2024"),
    ],
)
def test_the_scheme_of_a_city_is_that_of_the_date(day: date, scheme: str) -> None:
    assert scheme_for("1405", day).id == scheme


def test_before_the_first_scheme_there_is_none_and_the_error_says_so() -> None:
    with pytest.raises(InputError, match=r"no scheme is in force on 2016-12-31 \(got '11'\); add one"):
        scheme_for("11", date(2016, 12, 31))


def conditions(scheme: Scheme) -> dict[Level, list[str]]:
    return {part.level: [one.chinese for one in part.any] for part in scheme.level}


def test_the_conditions_are_those_of_the_facts() -> None:
    found = {scheme.id: conditions(scheme) for scheme in load_schemes()}
    over = "AQI>200 持续 {} h 以上".format
    high = "AQI>300 持续 {} h 以上".format
    top = "AQI≥500 持续 24 h 以上"
    assert found == {
        "2017": {
            Level.BLUE: [over(24)],
            Level.YELLOW: [over(48)],
            Level.ORANGE: [f"{over(72)} 且 {high(24)}"],
            Level.RED: [f"{over(96)} 且 {high(48)}", top],
        },
        "2018": {
            Level.YELLOW: [over(48)],
            Level.ORANGE: [over(72)],
            Level.RED: [f"{over(96)} 且 {high(48)}", top],
        },
        "2024": {
            Level.CONTROL: ["AQI>150 持续 24 h 以上", "AQI>100 持续 48 h 以上"],
            Level.YELLOW: [over(24), "AQI>150 持续 48 h 以上"],
            Level.ORANGE: [over(48), "AQI>150 持续 72 h 以上"],
            Level.RED: [f"{over(72)} 且 {high(24)}"],
        },
    }


def test_what_no_official_text_confirms_is_shown_as_unconfirmed() -> None:
    for scheme in load_schemes():
        assert "未证实 unconfirmed, M" in scheme.dates_source.shown
        assert "unconfirmed" in scheme.lead_days.source.shown
        assert all("unconfirmed" not in part.source.shown for part in scheme.level)


def test_a_scheme_of_a_city_goes_before_that_of_its_province_and_of_everywhere(tmp_path: Path) -> None:
    first, *_ = TEXT.split("\n[[scheme]]\n")[1:]
    parts = ["[[scheme]]\n" + first.replace('id = "2017"', f'id = "{name}"').replace('["*"]', f'["{region}"]')
             for name, region in (("all", "*"), ("shanxi", "14"), ("jincheng", "1405"))]  # fmt: skip
    path = tmp_path / "own.toml"
    path.write_text("\n".join(parts), encoding="utf-8")
    schemes = load_schemes(path)
    day = date(2017, 6, 1)
    assert [schemes.at(region, day).id for region in ("110105", "140105", "1405", "140502")] == [
        "all", "shanxi", "jincheng", "jincheng",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name_zh = "2024 年分级"\n', "", "scheme 2024: name_zh: Field required; add name_zh"),
        ("value = 36", "valeu = 36\nvalue = 36", "scheme 2017: clear_hours.valeu: Extra inputs are not permitted"),
        ("{ above = 200, hours = 48 }", "{ above = 200, hours = 40 }", "level.2.any.1.all.1.hours: Input should be a"),
        ("{ above = 200, hours = 48 }", "{ hours = 48 }", "needs above or reaches, and not both"),
        ("[{ above = 200, hours = 72 }, { above = 300 }]", "[{ above = 300 }, { above = 200 }]", "put it first"),
        ('level = "orange"', 'level = "yellow"', "levels must be named once each, least first"),
        ('level = "orange"', 'level = "purple"', "scheme 2017: level.3.level: "),
        ("effective_until = 2018-10-01", "effective_until = 2016-10-01", "effective_until must come after"),
        ("effective_until = 2018-10-01\n", "", "2018 and 2017 are in force in one region at once; end one of them"),
        ('id = "2018"', 'id = "2017"', "two schemes have the id 2017"),
        ('confidence = "B"', 'confidence = "D"', "source.confidence: Input should be 'A', 'B', 'C' or 'M'"),
        ('regions = ["*"]', 'regions = ["Shanxi"]', "scheme 2017: regions.1: String should match pattern"),
        ("value = 36\n", "value = \n", "is not TOML: "),
    ],
)
def test_what_is_wrong_is_said_with_scheme_field_and_remedy(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in TEXT
    path = tmp_path / "schemes.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load_schemes(path)
    assert says in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('level = "purple"', 'level = "orange"'),
        ("all = [{ above = 200, hours = 71 }", "all = [{ above = 200, hours = 72 }"),
        ("effective_from = 'soon'", "effective_from = 2017-01-01"),
        ("value = 3.5\n", "value = 3\n"),
    ],
)
def test_the_error_names_the_line_of_the_field(tmp_path: Path, old: str, new: str) -> None:
    text = TEXT.replace(new, old, 1)
    line = next(number for number, own in enumerate(text.splitlines(), 1) if old.strip() in own)
    path = tmp_path / "schemes.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=rf"schemes\.toml:{line}: scheme 2017: ") as raised:
        load_schemes(path)
    assert raised.value.hint


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_schemes(tmp_path / "none.toml")
