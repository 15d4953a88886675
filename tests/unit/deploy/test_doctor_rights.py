"""What the migrations grant, read from their words."""

from __future__ import annotations

from core.migrate import MIGRATIONS
from deploy.local.rights import granted


def test_grants_of_several_rights_tables_and_roles_are_read() -> None:
    text = "grant select, insert on lantian.a,\n    lantian.b to lantian_worker, lantian_engine;"
    assert granted([text]) == {
        (role, table): {"select", "insert"} for role in ("lantian_worker", "lantian_engine") for table in ("a", "b")
    }


def test_what_is_revoked_later_is_not_asked_for() -> None:
    texts = ["grant select, insert on lantian.a to lantian_engine;", "revoke insert on lantian.a from lantian_engine;"]
    assert granted(texts) == {("lantian_engine", "a"): {"select"}}
    assert granted([*texts, "revoke all on lantian.a from lantian_engine;"]) == {}


def test_rights_go_with_a_table_that_is_renamed_and_end_with_one_that_is_dropped() -> None:
    texts = ["grant select on lantian.a, lantian.b to lantian_engine;", "alter view lantian.a rename to c;"]
    assert granted([*texts, "drop table lantian.b;"]) == {("lantian_engine", "c"): {"select"}}


def test_rights_to_columns_and_functions_and_what_is_commented_out_are_left_out() -> None:
    text = (
        "grant update (x, y) on lantian.a to lantian_engine; grant execute on function lantian.f to lantian_engine;\n"
        "-- grant select on lantian.a to lantian_engine;\n"
    )
    assert granted([text]) == {}


def test_the_real_migrations_grant_something_to_every_role_that_writes() -> None:
    found = granted(path.read_text(encoding="utf-8") for path in sorted(MIGRATIONS.glob("*.sql")))
    writers = {role for (role, _), what in found.items() if "insert" in what}
    assert {
        f"lantian_{role}" for role in ("worker", "engine", "operator", "notifier", "registry", "archive")
    } <= writers
