"""`lantian evaluate period` on a real database: what it tells is what a plain computation makes of the same days."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from regions_stage import CITIES, CONTROL, OFFICIAL, Province, register
from typer.testing import CliRunner, Result
from worker_stage import Ground

from aggregate.evaluation.commands import app
from aggregate.evaluation.tables import MEANS, PERCENTILES, TOKENS
from aggregate.statistic import DEVICES, VARIANTS, Reason, Tier, Variant, station_object
from core.clock import midnight
from core.errors import InputError
from core.settings import CoreSettings
from standards.editions import HOURLY_FACTORS, edition_at
from truth.periods import period_cells
from truth.statistics import Cells

pytestmark = pytest.mark.stack

FIRST, LAST = date(2017, 1, 1), date(2017, 3, 31)
BEFORE = (date(2016, 1, 1), date(2016, 3, 31))
ONLY = [word for city in CITIES for word in ("--only", city)]


@pytest.fixture(scope="module")
def province(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Province:
    folder = tmp_path_factory.mktemp("province")
    Ground(stack, folder).clear()
    register(stack, folder)
    made = Province(7, [(first, last + timedelta(days=1)) for first, last in ((FIRST, LAST), BEFORE)])
    made.write(stack)
    return made


@pytest.fixture
def environment(in_stack: None, province: Province) -> None:
    """Commands find the province."""


def command(*words: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", "period", *words])


def told(*words: str) -> dict[str, Any]:
    result = command(*words, "--json")
    assert result.exit_code == 0, result.exception
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def figures(said: Mapping[str, Any], dust: str = "in") -> dict[str, dict[str, Any]]:
    return {region["object"]: region["figures"][dust] for region in said["objects"]}


def plain(days: Mapping[date, Cells], first: date = FIRST, last: date = LAST) -> Cells:
    return period_cells({midnight(day): cells for day, cells in days.items()}, first, last)


def same(found: Mapping[str, Any], cells: Cells) -> None:
    """The figures of one region, and those that plain Python makes; these are None where not valid."""
    edition, valid = edition_at(midnight(LAST)), True
    for token, factor in zip(TOKENS, HOURLY_FACTORS, strict=True):
        upper = cells[f"{factor}{'_8h' if token == 'o3' else ''}_p{edition.period.percents[factor] * 100:g}"]
        assert found["valid"][token] is (upper.reason == Reason.VALID)
        assert found["days_with_value"][token] == upper.n_valid
        valid &= upper.reason == Reason.VALID
        if upper.reason == Reason.VALID:
            assert found["percentile"][token] == upper.value
            assert found["composite"]["single"][token] == cells[f"I_{factor}"].value
        if factor in cells and upper.reason == Reason.VALID:
            assert found["mean"][token] == cells[factor].value
    assert found["valid"]["all"] is valid
    if valid:
        assert found["composite"]["index"] == cells["composite_index"].value
    for name in ("valid", "attained", "heavy", *(f"level{level}" for level in range(1, 7))):
        assert found["days"][name] == cells[f"days_{name}"].value


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("variant", VARIANTS)
def test_cities_are_what_plain_python_makes_of_their_days(province: Province, variant: Variant) -> None:
    dust = "in" if variant.sanddust else "out"
    said = told("2017-Q1", *ONLY, "--tier", variant.tier, "--sanddust", dust)
    found = figures(said, dust)
    assert set(found) == {f"city:{city}" for city in CITIES}
    for name, region in found.items():
        same(region, plain(province.holding(name, variant)))
    assert len({json.dumps(region) for region in found.values()}) == len(CITIES)


def in_county(place: tuple[str, str]) -> Iterable[str]:
    return (name for name in OFFICIAL[place] if name not in CONTROL)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("variant", [DEVICES, VARIANTS[-1]])
def test_counties_are_made_of_their_official_stations_alone_as_cities_are(province: Province, variant: Variant) -> None:
    """Micro-stations, dust monitors and a works' own air station stand in the same counties, with far worse air."""
    dust = "in" if variant.sanddust else "out"
    only = [word for city, county in OFFICIAL for word in ("--only", f"{city}/{county}")]
    found = figures(told("2017-Q1", "--by", "county", *only, "--tier", variant.tier, "--sanddust", dust), dust)
    assert set(found) == {f"county:{city}/{county}" for city, county in OFFICIAL}
    for city, county in OFFICIAL:
        same(found[f"county:{city}/{county}"], plain(province.mean(in_county((city, county)), variant)))


@pytest.mark.usefixtures("environment")
def test_stations_are_the_official_ones_control_points_too(province: Province) -> None:
    found = figures(told("2017-02", "--by", "station"))
    ours = {name for name in found if name in province.days}
    assert ours == {station_object(name) for stations in OFFICIAL.values() for name in stations}
    for name in ours:
        same(found[name], plain(province.holding(name, DEVICES), date(2017, 2, 1), date(2017, 2, 28)))


@pytest.mark.usefixtures("environment")
def test_a_province_and_a_group_are_the_mean_of_their_members(province: Province, tmp_path: Path) -> None:
    file = tmp_path / "groups.toml"
    members = ["city:兰州市", "city:天水市", "city:酒泉市"]
    file.write_text(
        f'[[group]]\nname = "河西"\nmembers = {json.dumps(members, ensure_ascii=False)}\n', encoding="utf-8"
    )
    cities = [figures(told("2017-Q1", *ONLY))[member] for member in members]
    whole = told("2017-Q1", "--by", "province", "--only", "甘肃省")["objects"][0]
    group = told("2017-Q1", "--by", "group", "--groups", str(file))["objects"][0]
    assert (whole["object"], sorted(whole["members"])) == ("province:62", sorted(members))
    assert (group["object"], group["members"]) == ("group:河西", members)
    for found in (whole["figures"]["in"], group["figures"]["in"]):
        assert found["members_with_days"] == 3
        for token in TOKENS:
            assert found["percentile"][token] == pytest.approx(sum(city["percentile"][token] for city in cities) / 3)
        for name in ("valid", "attained", "heavy", "level3"):
            assert found["days"][name] == pytest.approx(sum(city["days"][name] for city in cities) / 3)
        index = sum(city["composite"]["index"] for city in cities) / 3
        assert found["composite"]["index"] == pytest.approx(index, abs=0.005001)


@pytest.mark.usefixtures("environment")
def test_cities_are_ranked_and_compared_with_the_same_quarter_a_year_before(province: Province) -> None:
    said = told("2017-Q1", *ONLY)
    assert (said["base"]["label"], said["base"]["start"], said["base"]["end"]) == (
        "2016-Q1", "2016-01-01", "2016-04-01",
    )  # fmt: skip
    found = figures(said)
    order = sorted(found.values(), key=lambda region: region["composite"]["index"])
    assert [region["composite"]["rank"] for region in order] == [1, 2, 3]
    assert {region["composite"]["ranked"] for region in order} == {3}
    decimals = edition_at(midnight(LAST)).decimals
    for name, region in found.items():
        now, then = (plain(province.holding(name, DEVICES), *span) for span in ((FIRST, LAST), BEFORE))
        for token, factor in zip(TOKENS[:4], HOURLY_FACTORS, strict=False):
            printed = [round(cells[factor].value or 0, decimals[factor]) for cells in (now, then)]
            assert region["change"][token] == pytest.approx(100 * (printed[0] - printed[1]) / printed[1], abs=0.0501)
        days = [cells["days_attained"].value or 0 for cells in (now, then)]
        assert region["change"]["days_attained"] == days[0] - days[1]


@pytest.mark.usefixtures("environment")
def test_with_and_without_sand_dust_stand_side_by_side(province: Province) -> None:
    both = told("2017-Q1", *ONLY, "--sanddust", "both")
    for dust in ("in", "out"):
        alone = told("2017-Q1", *ONLY, "--sanddust", dust)
        assert figures(both, dust) == figures(alone, dust)
    assert figures(both, "in") != figures(both, "out")
    assert "both" in {note["note"] for note in both["notes"]}


@pytest.mark.usefixtures("environment")
def test_a_running_period_has_the_days_that_are_over_and_its_base_the_same(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANTIAN_CLOCK_EPOCH", "2017-03-20T10:00:00+08:00")
    monkeypatch.setenv("LANTIAN_CLOCK_STARTED", "2100-01-01T00:00:00+08:00")
    said = told("2017", *ONLY)
    assert (said["period"]["until"], said["period"]["days_left"]) == ("2017-03-19", 287)
    assert (said["base"]["start"], said["base"]["end"]) == ("2016-01-01", "2016-03-20")
    assert {"running", "base_cut", "proportion"} <= {note["note"] for note in said["notes"]}
    for name, region in figures(said).items():
        days = [cells for day, cells in province.holding(name, DEVICES).items() if FIRST <= day <= date(2017, 3, 19)]
        assert region["days"]["expected"] == 78
        assert region["days_with_value"]["so2"] == sum(cells["a21026"].value is not None for cells in days)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(("words", "base"), [((), "2015-02-28"), (("--base", "2016-02-27"), "2016-02-27")])
def test_29_february_is_compared_with_the_28th_or_with_what_is_given(
    province: Province, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], base: str
) -> None:
    """Of 29 February to 5 March the first day is over."""
    monkeypatch.setenv("LANTIAN_CLOCK_EPOCH", "2016-03-01T10:00:00+08:00")
    monkeypatch.setenv("LANTIAN_CLOCK_STARTED", "2100-01-01T00:00:00+08:00")
    for period in ("2016-02-29", "2016-02-29..2016-03-05"):
        said = told(period, *ONLY, *words)
        assert (said["period"]["start"], said["period"]["end"]) == ("2016-02-29", "2016-03-01")
        end = date.fromisoformat(base) + timedelta(days=1)
        assert (said["base"]["start"], said["base"]["end"]) == (base, end.isoformat())


@pytest.mark.usefixtures("environment")
def test_another_edition_judges_days_limits_and_index(province: Province) -> None:
    own, other = (figures(told("2017-Q1", *ONLY, *words)) for words in ((), ("--edition", "2026")))
    for name, region in own.items():
        assert other[name]["percentile"] == region["percentile"]
        assert other[name]["days"]["attained"] <= region["days"]["attained"]
        assert other[name]["composite"]["index"] > region["composite"]["index"]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("level", ["station", "county", "city"])
def test_days_that_sand_dust_leaves_without_particulates_have_no_aqi_when_it_is_made_again(
    province: Province, level: str
) -> None:
    """Under the edition that the days have anyway, of whose values alone their AQI would be that of the gases."""
    words = ("2017-02", "--by", level, "--sanddust", "out")
    assert figures(told(*words, "--edition", "2012"), "out") == figures(told(*words), "out")


@pytest.mark.usefixtures("environment")
def test_targets_are_told_with_where_they_stand(
    province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANTIAN_CLOCK_EPOCH", "2017-03-20T10:00:00+08:00")
    monkeypatch.setenv("LANTIAN_CLOCK_STARTED", "2100-01-01T00:00:00+08:00")
    file = tmp_path / "targets.csv"
    file.write_text(
        "object,item,base,change\ncity:天水市,PM2.5,2016-Q1,-3%\nprovince:62,attained_share,2016-Q1,+3\n",
        encoding="utf-8",
    )
    said = told("2017-Q1", *ONLY, "--targets", str(file))
    city, whole = said["targets"]
    before = plain(province.holding("city:天水市", DEVICES), *BEFORE)["a34004"].value
    assert city["base"] == round(before or 0)
    assert (city["base_period"], city["days_left"], city["rest"]) == ("2016-Q1", 12, "mean")
    days = [cells["a34004"].value for day, cells in province.holding("city:天水市", DEVICES).items()
            if FIRST <= day <= date(2017, 3, 19)]  # fmt: skip
    known = [value for value in days if value is not None]
    met, missed = ((sum(known) + 12 * mean) / (len(known) + 12) for mean in (city["allowed"], city["allowed"] + 0.1))
    assert round(met) <= city["target"] < round(missed)
    assert whole["rest"] in {"days_may_fail", "lost"}


@pytest.mark.usefixtures("environment")
def test_of_both_variants_targets_take_that_of_national_practice(province: Province, tmp_path: Path) -> None:
    """Concentrations without sand-dust, shares of days with it."""
    file = tmp_path / "targets.csv"
    file.write_text(
        "object,item,target\n" + "".join(f"city:{city},{item},50\n" for city in CITIES for item in ("PM10", "优良率")),
        encoding="utf-8",
    )
    said = told("2017-Q1", *ONLY, "--sanddust", "both", "--targets", str(file))
    inside, out = figures(said, "in"), figures(said, "out")
    for city, pm10, shares in zip(CITIES, said["targets"][::2], said["targets"][1::2], strict=True):
        assert pm10["now"] == round(out[f"city:{city}"]["mean"]["pm10"])
        assert shares["now"] == inside[f"city:{city}"]["days"]["attained_share"]
    both = [(inside[name], out[name]) for name in inside]
    assert any(one["days"]["attained_share"] != other["days"]["attained_share"] for one, other in both)
    assert any(round(one["mean"]["pm10"]) != round(other["mean"]["pm10"]) for one, other in both)


@pytest.mark.usefixtures("environment")
def test_the_csv_has_a_row_a_region_with_the_columns_of_period_csv(province: Province, tmp_path: Path) -> None:
    file = tmp_path / "q1.csv"
    result = command("2017-Q1", *ONLY, "--sanddust", "both", "--csv", str(file))
    assert result.exit_code == 0, result.exception
    for text in ("浓度和综合指数", "天数 Days", "达标评价", "较基期变化", "兰州市"):
        assert text in result.stdout
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [(row["object"], row["sanddust"]) for row in rows] == [
        (f"city:{city}", dust) for city in sorted(CITIES) for dust in ("in", "out")
    ]
    found = figures(told("2017-Q1", *ONLY))
    for row in rows[::2]:
        region = found[row["object"]]
        assert [float(row[name]) for name in MEANS] == [region["mean"][token] for token in TOKENS[:4]]
        assert [float(row[name]) for name in PERCENTILES] == list(region["percentile"].values())
        assert row["valid"] == str(region["valid"]["all"]).lower()


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("2017-Q1", "--only", "平凉市"), "--only: is none of those"),
        (("2017-Q1", "--by", "group"), "--groups: is needed"),
        (("2017-Q1", "--edition", "2013"), "there is no such edition"),
        (("2099",), "PERIOD: has no day that is over"),
    ],
)
def test_what_cannot_be_told_is_refused_in_one_line(words: tuple[str, ...], says: str) -> None:
    error = command(*words).exception
    assert isinstance(error, InputError)
    assert says in str(error)


@pytest.mark.usefixtures("environment")
def test_raw_and_reviewed_are_never_mixed(province: Province) -> None:
    raw, reviewed = (figures(told("2017-Q1", *ONLY, "--tier", tier)) for tier in (Tier.RAW, Tier.REVIEWED))
    assert all(raw[name]["mean"] != reviewed[name]["mean"] for name in raw)
