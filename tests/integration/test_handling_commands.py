"""`lantian alerts acknowledge …` as operators type it: Chinese first, JSON on demand, refusals that say what to do."""

from __future__ import annotations

import json
import os

import pytest
from engine_stage import RULE
from handling_stage import Ground, log_holds
from typer.testing import CliRunner

from alerts.commands import AlertStage, app
from alerts.handling.machine import Stage
from core.errors import InputError
from core.settings import CoreSettings

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("in_stack", "at_nine")]
RUNNER = CliRunner()


@pytest.fixture
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data time stands at three past nine."""
    monkeypatch.setenv("LANTIAN_CLOCK_EPOCH", "2026-03-02T09:03:00+08:00")
    monkeypatch.setenv("LANTIAN_CLOCK_STARTED", "2100-01-01T00:00:00+08:00")


@pytest.fixture
def ground(stack: CoreSettings, request: pytest.FixtureRequest) -> Ground:
    """A site whose PM10 reached 300 at nine."""
    ground = Ground(stack, request.node.name)
    ground.hours(300.0)
    return ground


def alerts(*words: object) -> str:
    done = RUNNER.invoke(app, ["alerts", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*words: object) -> str:
    done = RUNNER.invoke(app, ["alerts", *map(str, words)])
    assert isinstance(done.exception, InputError)
    return str(done.exception)


def test_an_operator_is_told_what_was_done_who_did_it_and_how_the_alert_stands(ground: Ground) -> None:
    number = ground.alert_id
    assert alerts("acknowledge", number, "--user", "张三") == (
        f"#{number} 确认 acknowledged：张三 2026-03-02 09:03；已确认 acknowledged\n"
    )
    assert alerts("dispatch", number, "--unit", "住建局", "--user", "张三") == (
        f"#{number} 转办 dispatched：张三 2026-03-02 09:03 → 住建局，限 2026-03-02 11:03 前 until then；"
        "已转办 dispatched\n"
    )
    assert alerts("dispatch", number, "--unit", "住建局", "--user", "张三") == (
        f"#{number} 此前已转办 already dispatched：张三 2026-03-02 09:03\n"
    )


def test_json_says_the_same_with_its_outcome(ground: Ground) -> None:
    number = ground.alert_id
    said = {"alert_id": number, "action": "acknowledge", "who": "张三", "at": "2026-03-02T01:03:00+00:00",
            "unit": None, "deadline": None}  # fmt: skip
    first = json.loads(alerts("acknowledge", number, "--user", "张三", "--json"))
    assert first == said | {"outcome": "taken", "stage": "acknowledged"}
    assert json.loads(alerts("acknowledge", number, "--user", "张三", "--json")) == said | {
        "outcome": "already", "stage": None,
    }  # fmt: skip


def test_a_refusal_says_who_was_first_and_what_to_do(ground: Ground) -> None:
    number = ground.alert_id
    alerts("acknowledge", number, "--user", "张三")
    assert refused("acknowledge", number, "--user", "李四") == (
        f"#{number}: 已有人先办理：张三 2026-03-02 09:03 / somebody else was first (got '张三');"
        f" see `lantian alerts show {number}`"
    )
    assert "还不到这一步" in refused("verify", number, "--user", "李四")
    assert "give --unit" in refused("dispatch", number)
    assert "期限已过" in refused("dispatch", number, "--unit", "住建局", "--deadline", "2026-03-02T09:00:00")
    assert "--deadline: is not a duration" in refused("dispatch", number, "--unit", "住建局", "--deadline", "P2")
    assert "there is no such alert (got 0)" in refused("acknowledge", 0)


def test_what_is_no_text_is_refused_in_one_line_that_names_the_option(ground: Ground) -> None:
    number = ground.alert_id
    broken = os.fsdecode("已电话通知".encode("gbk"))
    assert "TEXT: 不是 UTF-8 文字" in refused("comment", number, broken)
    assert "--reference: 不是 UTF-8 文字" in refused("comment", number, "x", "--reference", broken)
    assert "--user: 不是 UTF-8 文字" in refused("acknowledge", number, "--user", broken)
    assert "--reason: 不是 UTF-8 文字" in refused("order", "confirm", number, "--reason", broken)
    assert "--city: 不是 UTF-8 文字" in refused("silence", "add", "--until", "PT2H", "--reason", "x", "--city", broken)
    assert "--city: 不是 UTF-8 文字" in refused("episodes", "--city", broken)
    assert ground.record("handling") == []


def test_an_order_is_decided_step_by_step(ground: Ground) -> None:
    number = ground.alert_id
    assert "还不到这一步" in refused("order", "lift", number, "--reason", "x")
    assert "须写明内容或理由" in refused("order", "confirm", number, "--reason", " ")
    alerts("order", "confirm", number, "--reason", "视频核实", "--user", "张三")
    assert alerts("order", "issue", number, "--user", "刘科长") == (
        f"#{number} 下达停工令 order issued：刘科长 2026-03-02 09:03；停工令已下达 stop-work order issued\n"
    )
    assert "此前已下达停工令" in alerts("order", "issue", number, "--user", "刘科长")
    assert json.loads(alerts("order", "receive", number, "--user", "工地赵", "--json"))["stage"] == "received"
    assert "停工令已解除" in alerts("order", "lift", number, "--reason", "达标")
    said_otherwise = refused("order", "lift", number, "--reason", "复测达标")
    assert "您已办理，但内容不同" in said_otherwise
    assert f"these words are not kept: `lantian alerts comment {number}` adds them" in said_otherwise


def test_show_tells_what_persons_did(ground: Ground) -> None:
    number = ground.alert_id
    alerts("acknowledge", number, "--user", "张三")
    alerts("comment", number, "已电话通知", "--reference", "函〔2026〕3号", "--user", "李四")
    shown = alerts("show", number)
    assert "处置 Handling: 已确认 acknowledged；停工令待确认 stop-work order proposed" in shown
    assert "2026-03-02 09:03  备注 commented 李四：已电话通知；函〔2026〕3号" in shown
    row = json.loads(alerts("show", number, "--json"))
    assert row["handling"]["acknowledged_by"] == "张三"
    assert [(order["order_number"], order["stage"]) for order in row["orders"]] == [(1, "proposed")]
    assert [entry["happening"] for entry in row["record"]] == ["propose", "acknowledge", "comment"]


def test_the_log_is_verified_by_a_command_that_names_the_broken_place(ground: Ground) -> None:
    alerts("acknowledge", ground.alert_id, "--user", "张三")
    assert "完整 holds，3 条 entries" in alerts("verify-log", "--city", ground.site.city)
    ground.tamper("update alert_log set who = '李四' where city = %s and place = 3")
    done = RUNNER.invoke(app, ["alerts", "verify-log", "--city", ground.site.city])
    assert (done.exit_code, f"第 3 条（#{ground.alert_id}）" in done.stdout) == (1, True)
    done = RUNNER.invoke(app, ["alerts", "verify-log", "--city", ground.site.city, "--json"])
    (chain,) = json.loads(done.stdout)
    assert (done.exit_code, chain["holds"], chain["broken"]["what"]) == (1, False, "altered")
    ground.tamper("update alert_log set who = '张三' where city = %s and place = 3")
    assert "has no log of alerts" in refused("verify-log", "--city", "nowhere")


def test_silences_are_ordered_listed_and_ended(ground: Ground) -> None:
    city = ground.site.city
    who = ("--user", "刘科长")
    added = alerts(
        "silence", "add", "--city", city, "--severity", "critical", "--until", "PT2H", "--reason", "演练", *who
    )
    number = added.split("#")[1].split()[0]
    assert added == (f"静默 silenced #{number} 2026-03-02 09:03–2026-03-02 11:03 {city} 紧急：刘科长：演练\n")
    assert f"#{number} " in alerts("silence", "list")
    ended = json.loads(alerts("silence", "end", number, "--reason", "演练取消", *who, "--json"))
    assert (ended["silence_id"], ended["ends"]) == (int(number), "2026-03-02T01:03:00+00:00")
    assert f"#{number} " not in alerts("silence", "list")
    assert int(number) in [one["silence_id"] for one in json.loads(alerts("silence", "list", "--all", "--json"))]
    said = ground.site.rows("select happening, who from v_alert_record where city = %(city)s and subject = 'silence'")
    assert said == [("silence", "刘科长"), ("end-silence", "刘科长")]


def test_a_silence_has_an_end_a_reason_and_something_that_it_meets() -> None:
    until = ("--until", "PT2H")
    assert "it would silence everything" in refused("silence", "add", *until, "--reason", "x")
    assert "须写明理由" in refused("silence", "add", *until, "--reason", " ", "--city", "x")
    assert "--until" in refused("silence", "add", "--until", "2026-03-02T09:00:00", "--reason", "x", "--city", "x")
    assert "there is no such rule" in refused("silence", "add", *until, "--reason", "x", "--rule", "x")
    assert "there is no such silence" in refused("silence", "end", 0, "--reason", "x")


def test_what_stands_otherwise_than_the_log_says_is_named(ground: Ground) -> None:
    alerts("acknowledge", ground.alert_id, "--user", "张三")
    forged = "update alert_handling set acknowledged_by = '李四' where %s <> '' and alert_id = {}"
    ground.tamper(forged.format(ground.alert_id))
    done = RUNNER.invoke(app, ["alerts", "verify-log", "--city", ground.site.city])
    assert (done.exit_code, done.stdout.endswith(f"than it says: #{ground.alert_id}\n")) == (1, True)


@pytest.mark.parametrize("closed_at", ["null", "closed_at + interval '1 hour'"])
def test_an_alert_that_was_closed_otherwise_than_the_log_says_is_named(ground: Ground, closed_at: str) -> None:
    alerts("false-alarm", ground.alert_id, "--reason", "雾炮", "--user", "张三")
    alerts("order", "decline", ground.alert_id, "--reason", "误报", "--user", "张三")
    alerts("verify", ground.alert_id, "--user", "李四")
    assert log_holds(ground)
    ground.tamper(f"update alert set closed_at = {closed_at} where city = %s and rule_id = '{RULE}'")
    done = RUNNER.invoke(app, ["alerts", "verify-log", "--city", ground.site.city])
    assert (done.exit_code, done.stdout.endswith(f"than it says: #{ground.alert_id}\n")) == (1, True)


@pytest.mark.parametrize(
    "forged",
    [
        "update alert_silence set ends = ends + interval '1 day' where city = %s",
        "update alert_silence set ended_by = '李四', ended_at = made_at, end_reason = 'x' where city = %s",
        "delete from alert_silence where city = %s",
        """insert into alert_silence (author, reason, made_at, begins, ends, city)
        select author, reason, made_at, begins, ends, city from alert_silence where city = %s""",
    ],
)
def test_a_silence_that_stands_otherwise_than_the_log_says_is_named(ground: Ground, forged: str) -> None:
    meets = ("--city", ground.site.city, "--severity", "critical")
    alerts("silence", "add", *meets, "--until", "PT2H", "--reason", "演练", "--user", "刘科长")
    assert log_holds(ground)
    ground.tamper(forged)
    done = RUNNER.invoke(app, ["alerts", "verify-log", "--city", ground.site.city])
    assert (done.exit_code, "than it says: 静默 silence #" in done.stdout) == (1, True)


def test_an_episode_ends_where_its_last_alert_did_and_not_where_that_was_told(ground: Ground) -> None:
    ground.hours(90.0, first=1)
    (found,) = [one for one in json.loads(alerts("episodes", "--city", ground.site.city, "--json"))
                if one["rule_id"] == RULE]  # fmt: skip
    assert found["ends"] == "2026-03-02T01:00:00+00:00"


def test_stations_of_a_city_whose_alerts_overlap_are_one_episode(stack: CoreSettings) -> None:
    first, second = Ground(stack, "episode-1"), Ground(stack, "episode-2")
    second.site.city = first.site.city
    first.hours(300.0, 90.0)
    second.hours(300.0)
    city = first.site.city
    rule = [one for one in json.loads(alerts("episodes", "--city", city, "--json")) if one["rule_id"] == RULE]
    assert [(one["objects"], one["ends"], one["hidden"]) for one in rule] == [
        (["station:site-episode-1", "station:site-episode-2"], None, None)
    ]
    alerts("silence", "add", "--city", city, "--until", "PT1H", "--reason", "演练", "--user", "刘科长")
    assert f"{city} {RULE}：2 个对象 objects，2026-03-02 08:00–持续 lasts（静默 silent：刘科长：演练）" in alerts(
        "episodes", "--city", city
    )


def test_the_list_says_how_far_persons_have_come_and_finds_what_waits(ground: Ground) -> None:
    mine = ("list", "--city", ground.site.city, "--rule", RULE)
    assert "    处置 Handling: 待确认 to be acknowledged  依据 Basis: 晋政办发" in alerts(*mine, "--stage", "open")
    alerts("acknowledge", ground.alert_id, "--user", "张三")
    assert json.loads(alerts(*mine, "--stage", "open", "--json")) == []
    assert [one["stage"] for one in json.loads(alerts(*mine, "--json"))] == ["acknowledged"]


def test_the_stages_that_the_list_takes_are_those_that_there_are() -> None:
    assert [stage.value for stage in AlertStage] == [stage.value for stage in Stage]
