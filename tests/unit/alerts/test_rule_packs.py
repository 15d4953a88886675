"""Rule packs: the built-in ones hold, and what is wrong with one is said with file, line, rule, field and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from rule_facts import changed

from alerts.cases import run_case, run_cases
from alerts.rules import book
from alerts.rules.level import Level
from alerts.rules.model import Rule
from core.errors import InputError

BOOK = book.load()
DUST = BOOK.get("dust-stop-work")


@pytest.mark.parametrize(("rule", "case"), [(rule, case.name) for rule in BOOK for case in rule.cases])
def test_a_case_beside_its_rule_holds(rule: Rule, case: str) -> None:
    assert run_case(rule, next(one for one in rule.cases if one.name == case)) == ""


def test_the_first_two_rules_have_the_thresholds_of_their_legal_basis() -> None:
    heavy = BOOK.get("heavy-pollution-hour")
    for rule, kind, sign, threshold in ((DUST, "dust", "≥", 250.0), (heavy, "city", ">", 200.0)):
        (level,) = rule.levels
        assert (level.comparison.sign, level.threshold) == (sign, threshold)
        assert (rule.watch.kinds, rule.watch.window) == ((kind,), "hour")
    assert "晋政办发〔2019〕39号" in DUST.legal_basis
    assert "第28项" in DUST.legal_basis


def test_the_cases_fail_with_any_threshold_a_little_lower_or_higher() -> None:
    for rule in BOOK:
        for place, level in enumerate(rule.levels):
            for shift in (-1, 1):
                field = level.comparison.value
                moved = Level.model_validate({**level.model_dump(), field: level.threshold + shift, "clear": None})
                other = rule.model_copy(update={"levels": (*rule.levels[:place], moved, *rule.levels[place + 1 :])})
                assert any(result.problem for result in run_cases([other])), (rule.id, place, shift)


def test_a_failing_case_says_which_step_and_what_happened() -> None:
    moved = changed(DUST, levels=[{"severity": "critical", "reaches": 251}])
    problems = {result.case: result.problem for result in run_cases([moved])}
    assert problems["恰好：250 触发 / at: 250 triggers"] == "step 1: expected opened, happened nothing"


def pack(tmp_path: Path, old: str, new: str) -> Path:
    text = (book.BUILTIN / "dust.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "dust.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('unit = "µg/m³"\n', "", "rule dust-stop-work: unit: Field required; add unit"),
        (", reaches = 250", "", "rule dust-stop-work: levels.0: needs one of reaches, exceeds, at_most and below"),
        ('severity = "critical"', 'severity = "terrible"', "rule dust-stop-work: levels.0.severity: "),
        ("reaches = 250", "reaches = 250, reach = 1", "remove levels.0.reach, or correct its spelling"),
        ("reaches = 250", "reaches = 250, clear = 260", "levels.0: clear must be easier to meet than the threshold"),
        ("reaches = 250", 'reaches = "high"', "(got 'high'); correct it, then run `lantian rules check`"),
        ('factor = "a34002" }', 'factor = "a34002", measure = "rise" }', "watch: measure rise needs over"),
        ('factor = "a34002" }', 'factor = "a34002", over = 3 }', "watch: measure value does not take over"),
        ("levels = [", 'levels = [{ severity = "severe", reaches = 300 }, ', "levels must stand in order, the least"),
        ("levels = [", "hold = { least = 3, of = 2 }\nlevels = [", "hold: least must not be above of"),
        ('{value} {unit}"', '{value:.1f} {unit}"', "title.zh: formats what is a text already"),
        ('kinds = ["dust"]', 'kinds = ["dusts"]', "watch.kinds: there is no kind dusts; there are air"),
        ('factor = "a34002"', 'factor = "PM10"', "watch.factor: there is no code PM10; a34002 is meant"),
        ("levels = [", "scope = {}\nlevels = [", "scope: names nothing"),
        ("levels = [", "schedule = { hours = [6, 6] }\nlevels = [", "is no time at all"),
        ("levels = [", "schedule = { hours = [22, 25] }\nlevels = [", "schedule: hours are 0 … 24"),
        ('{value} {unit}"', '{wert} {unit}"', "rule dust-stop-work: title.zh: names wert; a text may name camera"),
        ('id = "dust-stop-work"', 'id = "Dust"', "rule Dust: id: "),
        ('"PT10M"', '"10 min"', "deadlines.acknowledge: is not a duration between one second and 366 days; write it"),
        ('order = "stop-work"', 'order = "stop"', "rule dust-stop-work: order: Input should be 'stop-work'"),
    ],
)
def test_a_faulty_rule_is_named_with_its_field_and_remedy(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = pack(tmp_path, old, new)
    with pytest.raises(InputError) as caught:
        book.load(tmp_path)
    assert f"{path}:3:" in str(caught.value)
    assert says in str(caught.value)


def test_a_file_that_is_not_toml_is_named_with_its_line(tmp_path: Path) -> None:
    path = pack(tmp_path, 'unit = "µg/m³"\n', "unit =\n")
    with pytest.raises(InputError, match=r"is not TOML: .*line 7") as caught:
        book.load(tmp_path)
    assert str(path) in str(caught.value)


def test_an_id_may_stand_in_one_pack_only(tmp_path: Path) -> None:
    text = (book.BUILTIN / "dust.toml").read_text(encoding="utf-8")
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.toml: rule dust-stop-work: stands in .*a\.toml too; give one of them"):
        book.load(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no"):
        book.load(tmp_path)


def test_an_unknown_rule_is_answered_with_the_command_that_lists_them() -> None:
    with pytest.raises(InputError, match="lantian rules list"):
        BOOK.get("none")


@pytest.mark.parametrize(
    ("each", "watch"),
    [
        ("[]", 'watch = { kinds = ["dust"], window = "hour" }'),
        ('["a34002", "a34002"]', 'watch = { kinds = ["dust"], window = "hour" }'),
        ('["a34004"]', 'watch = { kinds = ["dust"], window = "hour", factor = "a34002" }'),
    ],
)
def test_each_that_makes_no_sense_is_refused(tmp_path: Path, each: str, watch: str) -> None:
    old = 'watch = { kinds = ["dust"], window = "hour", factor = "a34002" }'
    path = pack(tmp_path, old, f"each = {each}\n{watch}")
    with pytest.raises(InputError, match="let each name some factors, each once") as caught:
        book.load(tmp_path)
    assert f"{path}:3:" in str(caught.value)


def test_a_rule_of_months_has_cases_too() -> None:
    steps = [{"at": 0, "value": 60}, {"at": 11, "value": 80, "expect": ["opened"]}]
    monthly = changed(
        watch={"kinds": ["air"], "window": "month", "factor": "a34004"},
        levels=[{"severity": "info", "exceeds": 75}],
        cases=[{"name": "a year", "start": "2026-01-01T00:00:00+08:00", "steps": steps, "open": 1, "pages": True}],
    )
    assert run_case(monthly, monthly.cases[0]) == ""
