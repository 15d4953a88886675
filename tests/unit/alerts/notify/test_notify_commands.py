"""`lantian alerts notify-check`, `on-duty` and `notify-test`, as typed; no server runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from notify_receivers import MailReceiver, closed_port, http, mail, says
from tellings import ROSTER, TARGETS
from typer.testing import CliRunner

from alerts.commands import app

ROUTE = '[[route]]\nid = "all"\nto = ["duty:air"]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    path = tmp_path / "notify.toml"
    path.write_text(TARGETS + ROUTE, encoding="utf-8")
    return path


def test_check_counts_and_says_until_when_the_roster_goes(file: Path) -> None:
    found = CliRunner().invoke(app, ["alerts", "notify-check", "--file", str(file)])
    assert found.exit_code == 0
    assert "4 个通知对象、2 个班次可用" in found.output
    assert "air: 排班至 shifts until 2026-03-02 08:00" in found.output


def test_check_fails_for_a_gap_and_names_it(file: Path, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(
        ROSTER.replace("2026-03-01T20:00,2026", "2026-03-01T21:00,2026"), encoding="utf-8"
    )
    found = CliRunner().invoke(app, ["alerts", "notify-check", "--file", str(file)])
    assert found.exit_code == 1
    assert "无人值班 nobody on duty: air 2026-03-01 20:00 – 2026-03-01 21:00" in found.output


def test_on_duty_says_who_and_who_else(file: Path) -> None:
    found = CliRunner().invoke(app, ["alerts", "on-duty", "--at", "2026-03-01T12:00", "--file", str(file), "--json"])
    assert [one["person"] for one in json.loads(found.output)] == ["张三"]
    late = CliRunner().invoke(app, ["alerts", "on-duty", "--at", "2026-04-01T12:00", "--file", str(file)])
    assert "air: 无人值班 nobody，转 to boss" in late.output


def test_a_test_says_of_each_target_what_became_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTIAN_SECRET_NOTIFY_HOOK", "a-secret-of-enough-letters-1")
    with http(says(200)) as receiver, mail(MailReceiver()) as mailbox:
        monkeypatch.setenv("LANTIAN_SECRET_NOTIFY_MAIL", f"mailto://127.0.0.1:{mailbox.port}/?from=a@b.org&to=c@d.org")
        path = tmp_path / "notify.toml"
        hook = '[[target]]\nid = "{}"\nvia = "webhook"\nurl = "{}"\nsigning_secret = "notify-hook"\n'
        path.write_text(
            hook.format("well", receiver.url)
            + hook.format("away", f"http://127.0.0.1:{closed_port()}/")
            + '[[target]]\nid = "office"\nvia = "apprise"\nurl_secret = "notify-mail"\n'
            + '[[route]]\nid = "all"\nto = ["well"]\n',
            encoding="utf-8",
        )
        found = CliRunner().invoke(app, ["alerts", "notify-test", "--file", str(path), "--json"])
    assert found.exit_code == 1
    said = {one["target"]: (one["delivered"], one["failure"]) for one in json.loads(found.output)}
    assert said == {"well": (True, None), "away": (False, "unreachable"), "office": (True, None)}
    assert len(receiver.requests) == len(mailbox.mails) == 1


def test_without_a_file_it_says_where_to_name_one() -> None:
    found = CliRunner().invoke(app, ["alerts", "notify-check"])
    assert "LANTIAN_ALERTS_NOTIFY_FILE" in f"{found.output}{found.exception}"
