"""The committed dashboards: made from their sources, Chinese first, bounded, in the colours of the regulations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import yaml
from grafana_panels import Target, boards, targets

from aggregate.reading import RejectReason
from aggregate.statistic import Reason
from alerts.alert import CLEARED, OPEN, WITHDRAWN
from alerts.handling.machine import Stage
from alerts.handling.order import OrderStage
from alerts.notify.pace import Fate
from alerts.severity import Severity
from deploy.grafana import codes, sql
from deploy.grafana.boards.said import TO_STATION
from deploy.grafana.looks import STATES, WARNINGS, aqi_levels, unit
from deploy.grafana.panels import by_level
from deploy.grafana.write import FOLDER, files, write
from ingest.envelope import Source
from ingest.kinds import Kind
from ingest.value import Flag
from standards.editions import load_editions

PANELS = [(uid, panel) for uid, board in boards().items() for panel in board["panels"]]
SQL = [target for target in targets() if target.sql]
CHINESE_THEN_ENGLISH = re.compile(r"[^a-z]*[\u4e00-\u9fff].* \S*[A-Za-z]")
VIEW = re.compile(r"\b(?:from|join)\s+(\(|[\w.]+)", re.IGNORECASE)
LARGE = re.compile(
    r"v_(readings|forecasts|rejected|hourly(_raw)?|eight_hours|(air|city)_(hourly|daily)|daily(_raw)?|deliveries)\b"
)
CODE = re.compile(
    r'''\b(?:severity|state|stage|order_stage|fate|kind|(?<!aqi_)reason|flag|level|highest|source) as "([^"]+)"'''
)
PROVISIONING = FOLDER.parent / "provisioning"


def named(panel: tuple[str, dict[str, Any]]) -> str:
    return f"{panel[0]}-{panel[1]['id']}"


def followed(url: str) -> list[tuple[str, str]]:
    """What a link of a cell hands on: `queryparam` writes the variable's name itself, a field its value alone."""
    chosen = re.sub(r"\$\{(\w+):queryparam\}", lambda found: urlencode({f"var-{found[1]}": "太原市"}), url)
    of_row = re.sub(r'\$\{__data\.fields\["[^"]+"\]\}', "1", chosen)
    whole = of_row.replace("${__url_time_range}", "from=now-1h&to=now")
    assert "$" not in whole, f"nothing replaces {whole}"
    return parse_qsl(whole.partition("?")[2], strict_parsing=True)


def test_what_is_committed_is_what_the_sources_make() -> None:
    committed = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.json")}
    assert committed == files(), "run `python -m deploy.grafana`"


def test_equal_sources_write_nothing_anew_and_take_away_what_is_no_dashboard_any_more(tmp_path: Path) -> None:
    assert write(tmp_path) == sorted(files())
    (tmp_path / "former.json").write_text("{}", encoding="utf-8")
    assert write(tmp_path) == ["former.json"]


def test_there_is_a_dashboard_for_each_matter_at_an_address_of_its_own() -> None:
    assert {f"{uid}.json" for uid in boards()} == {file.name for file in FOLDER.glob("*.json")}
    assert {uid.removeprefix("lantian-") for uid in boards()} >= {
        "city-air", "station", "ranking", "dust-sites", "plants", "water", "alerts", "warnings", "data-quality",
        "pipeline-health",
    }  # fmt: skip


@pytest.mark.parametrize("uid", boards())
def test_a_dashboard_is_in_china_s_time_fresh_each_minute_and_leads_to_the_others(uid: str) -> None:
    board = boards()[uid]
    assert (board["timezone"], board["refresh"]) == ("Asia/Shanghai", "1m")
    assert [(link["type"], link["tags"]) for link in board["links"]] == [("dashboards", ["lantian"])]
    assert CHINESE_THEN_ENGLISH.match(board["title"])


@pytest.mark.parametrize("panel", PANELS, ids=named)
def test_a_panel_says_in_chinese_then_english_what_it_shows_and_of_what(panel: tuple[str, dict[str, Any]]) -> None:
    said = panel[1]
    about = said["description"].split("\n\n")
    assert re.search(r"[\u4e00-\u9fff]", about[0])
    assert re.match(r"[A-Z1]", about[1])
    read = {view for query in said["targets"] for view in re.findall(r"lantian\.(v_\w+)", query.get("rawSql", ""))}
    told = set(re.findall(r"\bv_\w+", about[2]))
    assert told >= read - {"v_stations", "v_factors"}
    assert told <= read


@pytest.mark.parametrize("panel", PANELS, ids=named)
def test_a_column_of_codes_is_shown_in_words(panel: tuple[str, dict[str, Any]]) -> None:
    config = panel[1]["fieldConfig"]
    mapped = {
        override["matcher"]["options"]
        for override in config.get("overrides", [])
        if any(told["id"] == "mappings" for told in override["properties"])
    }
    for query in panel[1]["targets"]:
        for column in CODE.findall(query.get("rawSql", "")):
            assert column in mapped or config["defaults"].get("mappings"), column


@pytest.mark.parametrize("target", SQL, ids=lambda target: target.name)
def test_a_line_is_called_by_words_and_no_code(target: Target) -> None:
    assert not re.search(r"\b(severity|reason|state|stage|kind|fate) as metric", target.sql or "")


@pytest.mark.parametrize("uid", boards())
def test_boards_have_one_term_for_one_thing(uid: str) -> None:
    text = (FOLDER / f"{uid}.json").read_text(encoding="utf-8")
    assert not re.findall("告警|总账|缺报|失联|沉默|接入桥", text)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (Severity, codes.SEVERITY),
        ([OPEN, CLEARED, WITHDRAWN], codes.ALERT_STATE),
        (Stage, codes.STAGE),
        (OrderStage, codes.ORDER_STAGE),
        (Fate, codes.FATE),
        (Kind, codes.KIND),
        (STATES, codes.STATION_STATE),
        (["open", "provisional", "final"], codes.STATISTIC_STATE),
        ([reason.name for reason in Reason], codes.VALIDITY),
        (WARNINGS, codes.WARNING),
        (Flag, codes.FLAG),
        ([source.name.lower() for source in Source], codes.SOURCE),
        (RejectReason, codes.REJECTED),
    ],
)
def test_every_code_has_words_chinese_first(known: Iterable[str], said: Mapping[str, str]) -> None:
    assert set(said) == {str(code) for code in known}
    assert all(CHINESE_THEN_ENGLISH.match(words) for words in said.values())


def test_a_code_that_has_no_words_yet_is_shown_as_it_is() -> None:
    assert codes.in_words("reason", {"A": "it's"}) == "case reason when 'A' then 'it''s' else reason end"


@pytest.mark.parametrize("uid", boards())
def test_panels_do_not_overlap_and_stay_within_the_width(uid: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in boards()[uid]["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("target", SQL, ids=lambda target: target.name)
def test_sql_reads_views_alone(target: Target) -> None:
    assert target.sql is not None
    words = re.sub(r"extract\(\w+ from", "(", target.sql)
    read = {one for one in VIEW.findall(words) if one != "("}
    assert read
    assert all(one.startswith("lantian.v_") for one in read), read


@pytest.mark.parametrize("target", SQL, ids=lambda target: target.name)
def test_sql_on_what_grows_with_time_is_bounded_by_the_range(target: Target) -> None:
    assert target.sql is not None
    if LARGE.search(target.sql):
        assert re.search(r"\$__timeFilter\(|\$__timeFrom\(\)|\$__timeTo\(\)::timestamptz - interval", target.sql)


@pytest.mark.parametrize("panel", PANELS, ids=named)
def test_a_link_leads_to_a_dashboard_that_there_is_with_choices_that_it_has(panel: tuple[str, dict[str, Any]]) -> None:
    for override in panel[1]["fieldConfig"].get("overrides", []):
        for found in (one for told in override["properties"] if told["id"] == "links" for one in told["value"]):
            uid = found["url"].removeprefix("/d/").partition("?")[0]
            choices = [name for name, _ in followed(found["url"]) if name.startswith("var-")]
            assert len(set(choices)) == len(choices)
            assert set(choices) <= {f"var-{variable['name']}" for variable in boards()[uid]["templating"]["list"]}


def test_a_link_hands_on_the_chosen_city_once_and_unchanged() -> None:
    assert ("var-city", "太原市") in followed(TO_STATION[1])


@pytest.mark.parametrize("edition", [edition.id for edition in load_editions().all])
def test_an_aqi_has_the_official_colour_of_its_level_in_every_edition(edition: str) -> None:
    ladder = [(step.value, step.color) for step in aqi_levels().build().steps]
    bounds = [(float("-inf") if least is None else least, colour) for least, colour in ladder]
    for aqi in range(501):
        (shown,) = [
            colour for (least, colour), (above, _) in pairwise([*bounds, (float("inf"), "")]) if least <= aqi < above
        ]
        level = load_editions().by_id(edition).level(aqi)
        assert level is not None
        assert shown == level.colour


def sql_of(name: str) -> str:
    (target,) = [target for target in SQL if target.name == name]
    return target.sql or ""


def test_an_alert_that_recovered_still_waits_to_be_acknowledged() -> None:
    _, _, asked = sql_of("alerts/To acknowledge/A").partition(" and ")
    assert asked == "waits and stage = 'open'"


@pytest.mark.parametrize("ranking", ["ranking/Month/A", "ranking/Year/A"])
def test_a_running_period_without_an_index_does_not_hide_the_last_ranking(ranking: str) -> None:
    assert "order by (last.composite_index is not null) desc, last.start desc limit 1" in sql_of(ranking)


def test_units_of_the_catalogue_are_shown_as_people_write_them() -> None:
    assert [unit(one) for one in ("ug/m3", "%", "degC", "dB")] == ["suffix: µg/m³", "percent", "celsius", "suffix: dB"]


def test_a_level_s_look_counts_no_decimals() -> None:
    assert by_level().decimals == 0


def test_provisioning_names_the_data_sources_that_panels_ask_and_holds_no_secret() -> None:
    (file,) = (PROVISIONING / "datasources").glob("*.yml")
    found = {source["uid"]: source for source in yaml.safe_load(file.read_text(encoding="utf-8"))["datasources"]}
    assert set(found) == {sql.POSTGRES.uid, sql.PROMETHEUS.uid}
    assert all(found[source.uid]["type"] == source.type_val for source in (sql.POSTGRES, sql.PROMETHEUS) if source.uid)
    postgres = found[sql.POSTGRES.uid or ""]
    assert postgres["user"] == "lantian_viewer"
    assert postgres["secureJsonData"] == {"password": "$__file{/run/secrets/postgres-viewer}"}


@pytest.mark.parametrize("target", [one for one in targets() if one.promql], ids=lambda target: target.name)
def test_promql_asks_for_metrics_that_processes_have(target: Target) -> None:
    assert target.promql is not None
    page = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE))
    asked = {name.removesuffix("_bucket") for name in re.findall(r"\blantian_\w+", target.promql)}
    assert asked <= known
    assert asked or re.search(r"\bup\{", target.promql)
