"""Settings that cannot be used, and those that nobody reads: a misspelt name changes nothing, in silence."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from aggregate.regions.settings import RegionSettings
from aggregate.settings import AggregateSettings, ArchiveSettings
from alerts.settings import AlertsSettings
from console.settings import ConsoleSettings
from core.errors import SettingsError
from core.postgres import ROLES
from core.secrets import SECRET_PREFIX, variable_of
from core.settings import CoreSettings, SectionSettings
from deploy.local.finding import Finding
from deploy.local.settings import LocalSettings
from ingest.credentials import BRIDGE, NOTIFIER, secret_name
from ingest.kinds import KindSettings
from ingest.settings import BridgeSettings, SenderSettings

SECTIONS: tuple[type[SectionSettings], ...] = (
    CoreSettings,
    LocalSettings,
    BridgeSettings,
    SenderSettings,
    KindSettings,
    AggregateSettings,
    ArchiveSettings,
    RegionSettings,
    AlertsSettings,
    ConsoleSettings,
)
"""All there are; a test holds the packages against this."""
OTHERS = frozenset({"LANTIAN_DATABASE", "LANTIAN_DEBIAN_MIRROR", "LANTIAN_REQUIRE_DATA"})
"""Of `lantian env`, of the set-up and of the tests."""
COMPOSE = frozenset(
    f"LANTIAN_{name}"
    for name in (
        "ALERTMANAGER_FILE",
        "BRIDGES",
        "CONFIGURATION",
        "CPU",
        "ENGINES",
        "KAFKA_HEAP",
        "PROMETHEUS_RETENTION",
        "PROMETHEUS_RETENTION_SIZE",
        "SECRETS",
        "VERSION",
        "WORKERS",
    )
)
"""Of docker-compose.yml (docs/deploy.md)."""
PREFIXES = ("LANTIAN_TEST_", "LANTIAN_FAULT_", "LANTIAN_OUTAGE_", "LANTIAN_PUBLISH_")
SECRETS = frozenset(
    variable_of(name)
    for name in (*(f"postgres-{role}" for role in (*ROLES, "superuser")), *map(secret_name, (BRIDGE, NOTIFIER)))
)
"""Those that every installation has."""
NEARLY = 0.85
"""How alike two names are of which one is taken for the other misspelt: `mqtt-brigde`, and not `mqtt-board-1`."""
FILE = Path("lantian.toml")


def configuration(environment: Mapping[str, str], file: Path = FILE) -> Iterator[Finding]:
    """What is wrong with the variables and the file; one finding that all is well otherwise."""
    found = [*_unknown_variables(environment), *_file(file), *_unusable()]
    yield from found
    if not found:
        ours = sum(name.upper().startswith("LANTIAN_") for name in environment)
        read = f"and {file}" if file.is_file() else f"no {file}"
        yield Finding("settings", ok=True, detail=f"{ours} variables, {read}: every name is known, every value usable")


def _may_be_secret(said: str) -> bool:
    """Accounts and targets have secrets by names of their own: there a name is wrong only if it is nearly another."""
    if not said.startswith(SECRET_PREFIX) or said.startswith(variable_of("postgres-")):
        return False
    others = [name.removeprefix(SECRET_PREFIX) for name in SECRETS]
    return not get_close_matches(said.removeprefix(SECRET_PREFIX), others, n=1, cutoff=NEARLY)


def known_variables() -> set[str]:
    """The names of all variables that somebody reads, but secrets and those of a prefix."""
    ours = {f"{model.model_config['env_prefix']}{field}".upper() for model in SECTIONS for field in model.model_fields}
    return ours | OTHERS | COMPOSE


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    known = known_variables() | SECRETS
    for name in sorted(environment):
        said = name.upper()
        if not said.startswith("LANTIAN_") or said in known or said.startswith(PREFIXES):
            continue
        if not _may_be_secret(said):
            remedy = f"unset it{_instead(said, known)}"
            yield Finding("settings", ok=False, detail=f"{name} is set, and nothing reads it", remedy=remedy)


def _file(file: Path) -> Iterator[Finding]:
    if not file.is_file():
        return
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        yield Finding("settings", ok=False, detail=f"{file} cannot be read: {error}", remedy="correct the file")
        return
    fields = {model.section: set(model.model_fields) for model in SECTIONS}
    for section, table in tables.items():
        if section not in fields:
            detail = f"{file} has [{section}], and nothing reads it"
            yield Finding("settings", ok=False, detail=detail, remedy=f"remove it{_instead(section, fields)}")
        elif isinstance(table, dict):
            for name in sorted(table.keys() - fields[section]):
                detail = f"{file} [{section}] has {name}, and nothing reads it"
                yield Finding("settings", ok=False, detail=detail, remedy=f"remove it{_instead(name, fields[section])}")


def _unusable() -> Iterator[Finding]:
    for model in SECTIONS:
        try:
            model.load()
        except SettingsError as error:
            value = "" if error.value is None else f" (got {error.value!r})"
            detail = f"[{model.section}] {error.field or ''}: {error.message}{value}"
            yield Finding("settings", ok=False, detail=detail, remedy=error.hint or "correct it")


def _instead(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f", or write {near[0]}" if near else ""
