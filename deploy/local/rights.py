"""Whether each role may do what the migrations grant it, and the reading ones nothing else."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from core.migrate import MIGRATIONS
from core.postgres import READERS, ROLES, connect
from core.settings import CoreSettings
from deploy.local.finding import Finding

Rights = dict[tuple[str, str], set[str]]
"""By role and table: what it may do to all columns."""

_COMMENT = re.compile(r"--[^\n]*")
_STATEMENT = re.compile(
    r"\b(?P<verb>grant|revoke)\s+(?P<what>(?:select|insert|update|delete|all)(?:\s*,\s*(?:select|insert|update|delete))*)"
    r"\s+on\s+(?P<tables>lantian\.\w+(?:\s*,\s*lantian\.\w+)*)\s+(?:to|from)\s+(?P<roles>lantian_\w+(?:\s*,\s*lantian_\w+)*)\s*;"
    r"|\balter\s+(?:table|view)\s+lantian\.(?P<old>\w+)\s+rename\s+to\s+(?P<new>\w+)\s*;"
    r"|\bdrop\s+(?:table|view)\s+(?:if\s+exists\s+)?lantian\.(?P<gone>\w+)",
    re.IGNORECASE,
)
"""Rights to single columns and to functions are left to the database."""
ALL = {"select", "insert", "update", "delete"}


def granted(migrations: Iterable[str]) -> Rights:
    """What the texts of the migrations, in their order, leave to each role."""
    rights: Rights = defaultdict(set)
    for text in migrations:
        for said in _STATEMENT.finditer(_COMMENT.sub("", text)):
            if said["old"] or said["gone"]:
                _move(rights, said["old"] or said["gone"], said["new"])
                continue
            what = ALL if said["what"].lower() == "all" else set(_names(said["what"]))
            for table in _names(said["tables"]):
                for role in _names(said["roles"]):
                    key = (role, table.removeprefix("lantian."))
                    rights[key] = rights[key] | what if said["verb"].lower() == "grant" else rights[key] - what
    return {key: what for key, what in rights.items() if what}


def rights(settings: CoreSettings, folder: Path = MIGRATIONS) -> Iterator[Finding]:
    """What a role lacks, what a reading role has too much, and roles that are above all rights."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sql"))]
    expected = granted(texts)
    with closing(connect(settings, "owner", application="lantian doctor")) as database, database.cursor() as cursor:
        found = [*_lacking(cursor, expected), *_too_much(cursor)]
    yield from found
    if not found:
        count = sum(map(len, expected.values()))
        yield Finding("rights of roles", ok=True, detail=f"{count} of {len(ROLES)} roles, as the migrations grant")


def _lacking(cursor: Any, expected: Rights) -> Iterator[Finding]:
    asked = [(role, table, right) for (role, table), what in expected.items() for right in sorted(what)]
    cursor.execute(
        "select role, relation, privilege"
        " from unnest(%s::text[], %s::text[], %s::text[]) as t (role, relation, privilege)"
        " where to_regclass('lantian.' || relation) is not null and to_regrole(role) is not null"
        " and not has_table_privilege(role, to_regclass('lantian.' || relation), privilege) order by 1, 2, 3",
        [list(column) for column in zip(*asked, strict=True)],
    )
    lacks: dict[str, list[str]] = defaultdict(list)
    for role, table, right in cursor.fetchall():
        lacks[role].append(f"{right} on {table}")
    for role, missing in lacks.items():
        grants = [f"grant {one.replace(' on ', ' on lantian.')} to {role}" for one in missing]
        remedy = f"as a superuser: {'; '.join(grants)}"
        yield Finding(f"rights of {role}", ok=False, detail=f"lacks {', '.join(missing)}", remedy=remedy)


def _too_much(cursor: Any) -> Iterator[Finding]:
    cursor.execute(
        "select role, string_agg(c.relname, ', ' order by c.relname) from unnest(%s) role, pg_class c"
        " where c.relnamespace = 'lantian'::regnamespace and c.relkind in ('r', 'p', 'v')"
        " and to_regrole(role) is not null"
        " and has_table_privilege(role, c.oid, 'insert, update, delete, truncate') group by 1 order by 1",
        ([f"lantian_{role}" for role in READERS],),
    )
    for role, tables in cursor.fetchall():
        remedy = f"as a superuser: revoke insert, update, delete, truncate on all tables in schema lantian from {role}"
        yield Finding(f"rights of {role}", ok=False, detail=f"may write {tables}, and only reads", remedy=remedy)
    cursor.execute(
        "select rolname from pg_roles where rolname = any(%s)"
        " and (rolsuper or rolbypassrls or rolcreaterole) order by 1",
        ([f"lantian_{role}" for role in ROLES],),
    )
    for (role,) in cursor.fetchall():
        remedy = f"as a superuser: alter role {role} nosuperuser nobypassrls nocreaterole"
        yield Finding(f"rights of {role}", ok=False, detail="is above all rights", remedy=remedy)


def _move(rights: Rights, old: str, new: str | None) -> None:
    for role, table in list(rights):
        if table == old:
            what = rights.pop((role, table))
            if new:
                rights[role, new] = what


def _names(text: str) -> list[str]:
    return [name.strip().lower() for name in text.split(",")]
