"""`lantian alerts warning show | issue | decline | plan | dispatch-list | receipts` as operators type them."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner
from warning_stage import Town, at

from alerts.commands import app
from core.errors import InputError
from core.settings import CoreSettings

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("in_stack", "at_nine")]
RUNNER = CliRunner()
PLAN = "企业,级别,减排措施,SO2,NOx,PM\n钢铁厂,黄色,减产 30%,12,11,12\n水泥厂,黄色,停窑,10,8,9\n"


@pytest.fixture
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data time stands at nine on the third of December 2019."""
    monkeypatch.setenv("LANTIAN_CLOCK_EPOCH", "2019-12-03T09:00:00+08:00")
    monkeypatch.setenv("LANTIAN_CLOCK_STARTED", "2100-01-01T00:00:00+08:00")


@pytest.fixture
def town(stack: CoreSettings, tmp_path: Path, request: pytest.FixtureRequest) -> Town:
    """Yellow is proposed from the fifth on."""
    town = Town(stack, request.node.name, tmp_path)
    town.is_foreseen(at(3, 7), [180, 190, 230, 240, 150, 110, 90, 80])
    town.look(at(3))
    return town


def warning(*words: object, status: int = 0) -> str:
    done = RUNNER.invoke(app, ["alerts", "warning", *map(str, words)])
    assert done.exit_code == status, (done.output, done.exception)
    return done.stdout


def refused(*words: object) -> str:
    done = RUNNER.invoke(app, ["alerts", "warning", *map(str, words)])
    assert isinstance(done.exception, InputError), done.output
    return str(done.exception)


def planned(town: Town, tmp_path: Path, text: str = PLAN) -> Path:
    file = tmp_path / "方案.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_show_says_what_is_proposed_on_what_ground_and_what_became_of_it(town: Town) -> None:
    standing, proposed, forecast, event = warning("show", "--city", town.city).splitlines()
    what = "启动黄色预警 start yellow，首日 first day 2019-12-05（预计达到条件 the condition is expected"
    assert standing == f"{town.city}  无预警 no warning"
    assert proposed == (
        f"    建议 proposed 2019-12-03 08:00：{what}；AQI>200 持续 48 h 以上：2019-12-05 … 2019-12-06）"
    )
    assert forecast == "    所用预报 forecast of 2019-12-03 07:00"
    assert event == f"    2019-12-03 08:00  建议 proposed：{what}；AQI>200 持续 48 h 以上）"
    (told,) = json.loads(warning("show", "--city", town.city, "--json"))
    assert (told["city"], told["in_force"], told["fault"]) == (town.city, None, None)
    assert (told["proposal"]["level"], told["proposal"]["first_day"]) == ("yellow", "2019-12-05")
    assert [event["happening"] for event in told["events"]] == ["proposed"]
    assert town.city in warning("show")


def test_issue_takes_the_proposal_makes_the_list_and_says_what_is_short(town: Town, tmp_path: Path) -> None:
    said = warning("plan", "import", planned(town, tmp_path), "--city", town.city, "--user", "科员孙")
    assert said == (
        f"{town.city} 导入方案 plan imported：第 1 版 edition，企业 enterprises 2，措施 measures 2，"
        "错误行 rows in error 0\n"
    )
    lines = warning("issue", "--city", town.city, "--reason", "会商同意", "--user", "张三").splitlines()
    assert lines[0] == (
        f"{town.city} 2019-12-03 09:00  发布 issued 张三：启动黄色预警 start yellow，首日 first day 2019-12-05"
        "（AQI>200 持续 48 h 以上；会商同意）"
    )
    assert "2019-12-03 09:00，方案第 1 版 edition，减排要求 cut shanxi-2019" in lines[1]
    assert any("NOx: 合计 planned 19 %，要求 required 20 %，尚缺 short 1 %  不足" in line for line in lines)
    again = warning("issue", "--city", town.city, "--reason", "会商同意", "--user", "张三")
    assert again == f"{town.city} 此前已发布 already issued：启动黄色预警 start yellow，张三 2019-12-03 09:00\n"
    assert refused("issue", "--city", town.city, "--reason", "会商同意", "--user", "李四") == (
        f"{town.city}: 已有人先办理：张三 2019-12-03 09:00 / somebody else was first (got '张三');"
        f" see `lantian alerts warning show --city {town.city}`"
    )
    assert "黄色预警 yellow，首日 first day 2019-12-05，2019-12-03 09:00 发布 issued" in warning(
        "show", "--city", town.city
    )


def test_the_list_of_the_latest_change_comes_out_as_csv_and_xlsx(town: Town, tmp_path: Path) -> None:
    assert "has no dispatch list yet" in refused("dispatch-list", "--city", town.city)
    warning("plan", "import", planned(town, tmp_path), "--city", town.city)
    made = json.loads(warning("issue", "--city", town.city, "--reason", "会商同意", "--json"))
    assert (made["outcome"], made["happening"], made["level"]) == ("taken", "issued", "yellow")
    out = tmp_path / "list.csv", tmp_path / "list.xlsx"
    told = json.loads(
        warning("dispatch-list", "--city", town.city, "--csv", out[0], "--xlsx", out[1], "--json", status=1)
    )
    assert told == made["dispatch"]
    rows = list(csv.reader(out[0].read_text(encoding="utf-8-sig").splitlines()))
    assert [(row[0], row[5], row[-1]) for row in rows[1:]] == [
        ("水泥厂", "停窑", "新增 new"), ("钢铁厂", "减产 30%", "新增 new"),
    ]  # fmt: skip
    assert zipfile.is_zipfile(out[1])


def test_a_bad_row_of_a_plan_is_told_and_stops_no_other(town: Town, tmp_path: Path) -> None:
    file = planned(town, tmp_path, PLAN + "焦化厂,紫色,限产,1,1,1\n")
    told = json.loads(warning("plan", "import", file, "--city", town.city, "--json", status=1))
    assert (told["outcome"], told["edition"], told["measures"]) == ("taken", 1, 2)
    assert ["紫色" in error for error in told["errors"]] == [True]


def test_receipts_are_taken_once_for_the_latest_list_and_show_says_whom_to_call(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warning("plan", "import", planned(town, tmp_path), "--city", town.city)
    warning("issue", "--city", town.city, "--reason", "会商同意")
    monkeypatch.setenv("LANTIAN_CLOCK_EPOCH", "2019-12-03T20:00:00+08:00")
    file = tmp_path / "签收.csv"
    file.write_text(
        "企业,签收时间,签收人,说明\n钢铁厂,2019-12-03T10:00,王工,\n水泥厂,2019-12-03T08:00,李工,旧单\n"
        "水泥厂,2019-12-04T08:00,李工,\n无名厂,2019-12-03T10:00,某人,\n", encoding="utf-8",
    )  # fmt: skip
    told = json.loads(warning("receipts", "import", file, "--city", town.city, "--json", status=1))
    assert (told["new"], told["known"]) == (1, 0)
    assert [any(said in error for error in told["errors"]) for said in (
        "is before the list was made (2019-12-03T09:00)", "is in the future", "is none of the plan's",
    )] == [True] * 3  # fmt: skip
    assert "新 new 0，已有 known 1" in warning("receipts", "import", file, "--city", town.city, status=1)
    lines = warning("receipts", "show", "--city", town.city).splitlines()
    assert lines[1:] == [
        "已签收 received 1，逾期签收 late 0，待签收 waiting 0，逾期未签收 overdue 1",
        "    逾期未签收 overdue  水泥厂",
        "    已签收 received  钢铁厂：王工 2019-12-03 10:00",
    ]
    (one, other) = json.loads(warning("receipts", "show", "--city", town.city, "--due", "P1D", "--json"))["enterprises"]
    assert (one["answer"], other["answer"], other["received_by"]) == ("waiting", "received", "王工")
    assert [happening for happening, _ in town.logged()] == ["proposed", "plan", "issued", "receipts"]


def test_decline_keeps_the_reason_and_a_later_issue_has_to_name_what_it_issues(town: Town) -> None:
    said = warning("decline", "--city", town.city, "--reason", "预报偏高", "--user", "张三")
    assert said.startswith(f"{town.city} 2019-12-03 09:00  不采纳 declined 张三：启动黄色预警 start yellow")
    assert "预报偏高" in said
    assert "建议已被否决：张三" in refused("issue", "--city", town.city, "--reason", "x", "--user", "李四")
    warning("issue", "--city", town.city, "--reason", "x", "--action", "start", "--first-day", "2019-12-04")
    assert "首日 first day 2019-12-04" in warning("show", "--city", town.city)


def test_what_cannot_be_issued_is_refused_in_one_line_with_the_remedy(town: Town) -> None:
    assert refused("issue", "--city", town.city, "--reason", "x", "--action", "end") == (
        f"{town.city}: 没有发布中的预警 / no warning is issued; take --action start"
    )
    assert "须写明理由" in refused("issue", "--city", town.city, "--reason", " ")
    assert "is no UTF-8 text" in refused("issue", "--city", town.city, "--reason", "\udcff")
    assert "no station is registered in it" in refused("issue", "--city", "nowhere", "--reason", "x")
