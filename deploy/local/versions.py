"""Versions of what Lantian stands on: Python's packages, and the servers as far as they say theirs."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from core.postgres import connect
from core.settings import CoreSettings
from deploy.local.finding import Finding

POSTGRES = 17
MOSQUITTO = (2, 0, 18)
"""2.0.11, for one, forgets what is in flight (its quota counts down)."""
_PACKAGE = re.compile(r"^Package: mosquitto\n(?:.+\n)*?Version: (\d+)\.(\d+)\.(\d+)", re.MULTILINE)


def packages(name: str = "lantian") -> Iterator[Finding]:
    """Whether what is installed is what `pyproject.toml` asks for."""
    wrong = []
    asked = [Requirement(line) for line in requires(name) or ()]
    needed = [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]
    for one in needed:
        try:
            there = version(one.name)
        except PackageNotFoundError:
            wrong.append(f"{one.name} is missing")
            continue
        if not one.specifier.contains(there, prereleases=True):
            wrong.append(f"{one.name} {there} is there, {one} is needed")
    detail = "; ".join(wrong) or f"Python {platform.python_version()}, {len(needed)} packages as asked for"
    yield Finding("packages", not wrong, detail, "run `make setup`, or `pip install -c constraints.txt -e .`")


def postgres(settings: CoreSettings) -> Iterator[Finding]:
    """PostgreSQL and TimescaleDB, as they say."""
    with closing(connect(settings, "reader", application="lantian doctor")) as database, database.cursor() as cursor:
        cursor.execute(
            "select current_setting('server_version_num')::int / 10000, current_setting('server_version'),"
            " (select extversion from pg_extension where extname = 'timescaledb')"
        )
        major, full, timescale = cursor.fetchone()
    detail = f"PostgreSQL {full}, TimescaleDB {timescale or 'is missing'}"
    remedy = f"Lantian is tested with PostgreSQL {POSTGRES} and needs the extension timescaledb"
    yield Finding("database version", major >= POSTGRES and timescale is not None, detail, remedy)


def mosquitto(root: Path) -> Iterator[Finding]:
    """The broker's in the system root, as its list of packages says; nothing if there is no such list."""
    try:
        said = _PACKAGE.search((root / "var" / "lib" / "dpkg" / "status").read_text(encoding="utf-8"))
    except OSError:
        return
    if said is None:
        return
    yield Finding(
        "broker version",
        tuple(int(part) for part in said.groups()) >= MOSQUITTO,
        f"Mosquitto {'.'.join(said.groups())}",
        f"take {'.'.join(map(str, MOSQUITTO))} or newer: older ones lose count of what is in flight",
    )
