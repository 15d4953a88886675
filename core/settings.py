"""Settings: environment (`LANTIAN_…`) before `lantian.toml` before what the local stack wrote.

Each package owns a model derived from `SectionSettings`; its fields are read from the environment
as `LANTIAN_<SECTION>_<FIELD>` (the section `core` has no infix) and from the table `[section]` of the files.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from core.errors import SettingsError

STACK_FILE = "stack.toml"


def _table(path: Path, section: str) -> dict[str, Any]:
    try:
        if not path.is_file():
            return {}
        table = tomllib.loads(path.read_text(encoding="utf-8")).get(section, {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("settings_file", f"{path} is not TOML: {error}", hint="correct the file") from error
    except OSError as error:
        raise SettingsError(
            "settings_file", f"{path} cannot be read: {error.strerror}", hint="let this process's user read it"
        ) from error
    if not isinstance(table, dict):
        raise SettingsError("settings_file", f"{path}: [{section}] must be a table", hint="correct the file")
    return table


class SectionSettings(BaseSettings):
    """Base of the packages' settings models; subclasses set `section`."""

    section: ClassVar[str]
    read_stack: ClassVar[bool] = True

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_prefix="LANTIAN_")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        own_file = InitSettingsSource(settings_cls, _table(Path("lantian.toml"), cls.section))
        sources = [init_settings, env_settings, own_file]
        if cls.read_stack:
            given = {**own_file(), **env_settings(), **init_settings()}
            state_dir = Path(given.get("state_dir") or ".local")
            sources.append(InitSettingsSource(settings_cls, _table(state_dir / STACK_FILE, cls.section)))
        return tuple(sources)

    @classmethod
    def load(cls) -> Any:
        """The settings as configured; raises `SettingsError` naming the first field that cannot be used."""
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = "_".join(str(part) for part in first["loc"])
            raise SettingsError(
                "settings_value",
                first["msg"],
                field=name,
                value=first.get("input"),
                hint=f"set {cls.model_config['env_prefix']}{name.upper()} or [{cls.section}] {name} in lantian.toml",
            ) from error


class CoreSettings(SectionSettings):
    """Where the servers are, which clock holds, how to log. Addresses left empty are those of the local stack."""

    section: ClassVar[str] = "core"

    state_dir: Path = Path(".local")
    instance: int = Field(default=1, ge=1, le=99)
    """Which of several processes of a kind on this machine; each has a number of its own."""
    cache_dir: Path = Field(default_factory=lambda: Path.home() / ".cache" / "lantian")
    mqtt_host: str = ""
    mqtt_port: int = 0
    kafka: str = ""
    """Bootstrap servers, `host:port[,host:port…]`."""
    postgres_host: str = ""
    postgres_port: int = 0
    postgres_database: str = "lantian"
    postgres_sslmode: str = "prefer"
    clock_epoch: str = ""
    """Data time (ISO 8601 with offset) that held at `clock_started`; empty: the machine's clock."""
    clock_started: str = ""
    clock_speed: float = Field(default=1.0, gt=0)
    log_level: str = "info"
    log_format: str = "auto"
    """`json`, `console`, or `auto`: console on a terminal."""
    processes: str = Field(default="", pattern=r"^([a-z]+=[^=:,\s]+:[0-9]+(,[a-z]+=[^=:,\s]+:[0-9]+)*)?$")
    """Processes that run on other machines or in containers, `ingest=HOST:PORT,aggregate=HOST:PORT…`, by their metrics'
    addresses: `lantian status` and the console ask them too, each machine that a name stands for."""
    metrics_host: str = "127.0.0.1"
    metrics_look_seconds: float = Field(default=60.0, ge=0.2, le=3600)
    """How often the database is looked at for gauges: silent stations, transmission rates, alerts that stand."""


class ConfiguredSettings(CoreSettings):
    """What a person configured, without what the local stack wrote: a non-empty address is used, never started."""

    read_stack: ClassVar[bool] = False
