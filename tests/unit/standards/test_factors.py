"""The factor catalogue: names that resolve, ranges that hold what was measured, and wrong files."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from standards.editions import load_editions
from standards.errors import StandardsError
from standards.factors import Catalogue, load_catalogue

CATALOGUE = load_catalogue()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("PM10", "a34002"),
        ("PM2.5", "a34004"),
        ("SO2", "a21026"),
        ("NO2", "a21004"),
        ("CO", "a21005"),
        ("O3", "a05024"),
        ("TSP", "a34001"),
        ("NOx", "a21002"),
        ("COD", "w01018"),
        ("NH3-N", "w21003"),
        ("TP", "w21011"),
        ("TN", "w21001"),
        ("pH", "w01001"),
        ("DO", "w01009"),
        ("CODMn", "w01019"),
        ("turbidity", "w01003"),
        ("conductivity", "w01014"),
        ("water temperature", "w01010"),
        ("flow", "w00000"),
        ("flue-gas flow", "a00000"),
        ("O2", "a19001"),
        ("particulate", "a34013"),
        ("temperature", "a01001"),
        ("humidity", "a01002"),
        ("wind speed", "a01007"),
        ("wind direction", "a01008"),
        ("pressure", "a01006"),
        ("Leq", "Leq"),
        ("AQI", "AQI"),
        ("IAQI_a34004", "IAQI_a34004"),
        ("a05024_8h_max", "a05024_8h_max"),
        ("二氧化硫", "a21026"),
    ],
)
def test_common_names_resolve_to_codes(name: str, code: str) -> None:
    factor = CATALOGUE.resolve(name)
    assert factor is not None
    assert factor.code == code


@pytest.mark.parametrize("name", ["pm2.5", "PM₂.₅", "pm_2.5", " PM2.5 ", "A34004", "ＰＭ２.５", "pm25"])
def test_case_spaces_and_subscripts_do_not_matter(name: str) -> None:
    factor = CATALOGUE.resolve(name)
    assert factor is not None
    assert factor.code == "a34004"


@pytest.mark.parametrize("name", ["", "PM", "PM100", "a99999", "101"])
def test_what_is_no_factor_resolves_to_none(name: str) -> None:
    assert CATALOGUE.resolve(name) is None


@pytest.mark.parametrize("name", ["铅", "汞", "氟化物"])
def test_a_chinese_name_of_two_factors_says_nothing_alone(name: str) -> None:
    assert CATALOGUE.resolve(name) is None


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("a34002", 9985),
        ("a21005", 45),
        ("a21026", 1803),
        ("w01018", 74.7),
        ("a34001", 30000),
        ("a01001", -35.5),
        ("a21005", 0),
        ("w01001", 14),
        ("a01008", 360),
    ],
)
def test_extremes_that_were_measured_are_within_the_physical_range(code: str, value: float) -> None:
    assert CATALOGUE.by_code[code].measure("air").holds(value)


@pytest.mark.parametrize(
    ("code", "value"), [("a34002", -100), ("w01001", 14.1), ("a01002", 999), ("a01008", 361), ("a34002", math.nan)]
)
def test_what_cannot_be_is_outside(code: str, value: float) -> None:
    assert not CATALOGUE.by_code[code].measure("air").holds(value)


def test_gases_are_in_micrograms_in_air_and_in_milligrams_in_a_stack() -> None:
    so2 = CATALOGUE.by_code["a21026"]
    assert (so2.measure("air").unit, so2.measure("cems").unit) == ("ug/m3", "mg/m3")
    assert CATALOGUE.by_code["a21005"].measure("air").unit == "mg/m3"


def test_indices_are_derived_and_concentrations_are_not() -> None:
    assert CATALOGUE.by_code["IAQI_a21005"].derived
    assert not CATALOGUE.by_code["a21005"].derived


def test_limits_of_the_editions_are_in_the_catalogues_units() -> None:
    for edition in load_editions().all:
        for (factor, _), limit in edition.limits.items():
            assert limit.unit == CATALOGUE.by_code[factor].unit, (edition.id, factor)


def test_every_factor_of_the_2017_annex_is_listed_with_its_legacy_code(data_dir: Path) -> None:
    with (data_dir / "hj212" / "factors_2017.csv").open(encoding="utf-8") as file:
        annex = list(csv.DictReader(file))
    listed = {factor.code: factor.legacy for factor in CATALOGUE}
    assert {row["code"]: row["legacy_2005_code"] for row in annex}.items() <= listed.items()


ENTRY = '{ code = "a1", name_zh = "甲", name_en = "one", unit = "ug/m3", decimals = 1, min = 0, max = 9 }'


def load(tmp_path: Path, *entries: str) -> Catalogue:
    path = tmp_path / "own.toml"
    head = '[[group]]\nmedia = "air"\nsource = "test"\nfactors = [\n'
    path.write_text(head + ",\n".join(entries) + "\n]\n", encoding="utf-8")
    return load_catalogue.__wrapped__(path)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (ENTRY.replace("max = 9", "max = -1"), r"own\.toml: a1: .*min must be below max"),
        (ENTRY.replace("decimals = 1", 'decimals = "x"'), r"own\.toml: a1\.decimals: .*got 'x'"),
        (ENTRY.replace("unit =", "units ="), r"own\.toml: a1\.unit"),
        (ENTRY.replace('code = "a1", ', ""), r"own\.toml: group 1, factor 1\.code: "),
        (ENTRY.replace("max = 9", "max = inf"), r"own\.toml: a1\.max: "),
    ],
)
def test_a_wrong_entry_is_named_with_its_file(tmp_path: Path, entry: str, message: str) -> None:
    with pytest.raises(StandardsError, match=message):
        load(tmp_path, entry)


def test_two_factors_cannot_have_one_name(tmp_path: Path) -> None:
    with pytest.raises(StandardsError, match=r"own\.toml: a2: 'one' also names a1"):
        load(tmp_path, ENTRY, ENTRY.replace('"a1"', '"a2"'))


def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[factor]\n", encoding="utf-8")
    with pytest.raises(StandardsError, match=r"own\.toml: the file: must hold \[\[group\]\]"):
        load_catalogue.__wrapped__(path)
