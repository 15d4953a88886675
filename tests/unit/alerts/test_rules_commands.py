"""`lantian rules …` needs no server and answers with documented JSON."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from alerts.commands import app
from alerts.rules import book
from core.errors import InputError

RUNNER = CliRunner()


def test_the_list_as_json_names_id_severity_legal_basis_and_the_number_of_cases() -> None:
    done = RUNNER.invoke(app, ["rules", "list", "--json"])
    assert done.exit_code == 0
    listed = {rule["id"]: rule for rule in json.loads(done.stdout)}
    assert len(listed) >= 15
    for rule in book.load().all:
        told = listed[rule.id]
        assert (told["severity"], told["legal_basis"], told["cases"]) == (
            rule.severity,
            rule.legal_basis,
            len(rule.cases),
        )


def test_the_list_as_json_says_by_when_steps_are_due_and_what_order_a_rule_asks_for() -> None:
    listed = {rule["id"]: rule for rule in json.loads(RUNNER.invoke(app, ["rules", "list", "--json"]).stdout)}
    stop_work = listed["dust-stop-work"]
    assert stop_work["deadlines"] == {"acknowledge": 600, "dispatch": 1200, "feedback": 7200, "verify": 86400}
    assert (stop_work["order"], listed["dust-sudden-rise"]["order"]) == ("stop-work", None)


def test_the_cases_of_the_built_in_rules_pass() -> None:
    done = RUNNER.invoke(app, ["rules", "test", "--json"])
    assert done.exit_code == 0
    assert all(case["passed"] for case in json.loads(done.stdout))


def test_a_case_that_does_not_hold_gives_exit_status_1_and_says_what_happened(tmp_path: Path) -> None:
    text = (book.BUILTIN / "dust.toml").read_text(encoding="utf-8")
    (tmp_path / "dust.toml").write_text(text.replace("reaches = 250", "reaches = 251"), encoding="utf-8")
    done = RUNNER.invoke(app, ["rules", "test", "dust-stop-work", "--rules-dir", str(tmp_path)])
    assert done.exit_code == 1
    assert "at: 250 triggers  不符 FAILED: step 1: expected opened, happened nothing" in done.stdout


def test_check_counts_the_rules_that_can_be_used() -> None:
    done = RUNNER.invoke(app, ["rules", "check", "--json"])
    assert json.loads(done.stdout) == {"rules": len(book.load().all)}


def test_check_refuses_a_folder_without_packs(tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["rules", "check", "--rules-dir", str(tmp_path)])
    assert isinstance(done.exception, InputError)
