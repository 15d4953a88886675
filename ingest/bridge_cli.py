"""What `lantian ingest` does; `ingest.commands` declares the options."""

from __future__ import annotations

import typer

from core.errors import SettingsError
from core.fleet import run_fleet
from core.settings import CoreSettings
from ingest import bridge_process
from ingest.settings import BridgeSettings


def run_bridges(processes: int) -> None:
    """Several bridges until told to stop; those that an earlier fleet had beyond these leave."""
    settings: BridgeSettings = BridgeSettings.load()
    if "name" in settings.model_fields_set:
        raise SettingsError(
            "bridge_name",
            "is one name for several bridges",
            field="LANTIAN_BRIDGE_NAME",
            value=settings.name,
            hint="unset it: each of several bridges has its number as name",
        )
    run_fleet(CoreSettings.load(), bridge_process.PROCESS, ["ingest"], processes, leave=["ingest", "--leave"])


def run_bridge(*, name: str | None, leave: bool) -> None:
    """Bridge until told to stop, or end the session of a bridge that will not come back."""
    settings: BridgeSettings = BridgeSettings.load()
    if name:
        settings = BridgeSettings.model_validate({**settings.model_dump(), "name": name})
    core: CoreSettings = CoreSettings.load()
    if leave:
        passed_on = bridge_process.leave(core, settings)
        typer.echo(f"ingest: bridge {settings.name} has left, {passed_on} messages passed on")
    else:
        bridge_process.run(core, settings)
