"""How other programs read the database: as `lantian_reader`, by libpq's own variables."""

from __future__ import annotations

from core.errors import SettingsError
from core.secrets import read_secret, write_secret
from core.settings import CoreSettings

_ROLE = "lantian_reader"


def reader_variables(settings: CoreSettings) -> dict[str, str]:
    """Variables for libpq programs (`psql`, Grafana's tests); the password goes to a file that they read.

    Raises `SettingsError` if there is no database yet.
    """
    if not settings.postgres_host:
        raise SettingsError(
            "address", "no PostgreSQL is known", field="LANTIAN_POSTGRES_HOST", hint="run `lantian up`, or set it"
        )
    fields = (
        settings.postgres_host,
        str(settings.postgres_port),
        settings.postgres_database,
        _ROLE,
        read_secret(settings.state_dir, "postgres-reader"),
    )
    write_secret(settings.state_dir, "pgpass", ":".join(map(_escaped, fields)))
    host, port, database, role, _ = fields
    return {
        "PGHOST": host,
        "PGPORT": port,
        "PGDATABASE": database,
        "PGUSER": role,
        "PGPASSFILE": str((settings.state_dir / "secrets" / "pgpass").absolute()),
        "LANTIAN_DATABASE": f"postgresql://{role}@{host}:{port}/{database}?options=-csearch_path%3Dlantian",
    }


def _escaped(field: str) -> str:
    return field.replace("\\", "\\\\").replace(":", "\\:")
