"""Ports that our processes will want and that another program has."""

from __future__ import annotations

from collections.abc import Iterator

from aggregate.settings import AggregateSettings
from alerts.settings import AlertsSettings
from console.settings import ConsoleSettings
from core.settings import SectionSettings
from deploy.local.addresses import is_free
from deploy.local.finding import Finding
from deploy.pipeline import ProcessState
from ingest.settings import BridgeSettings

PORTS: dict[str, tuple[type[SectionSettings], tuple[str, ...]]] = {
    "ingest": (BridgeSettings, ("metrics_port",)),
    "aggregate": (AggregateSettings, ("metrics_port",)),
    "alerts": (AlertsSettings, ("metrics_port",)),
    "console": (ConsoleSettings, ("metrics_port", "port")),
}
"""By process: the settings of what it listens on."""


def listeners(running: list[ProcessState]) -> Iterator[Finding]:
    """Of the processes that do not answer here, the ports that are taken; what runs has its own."""
    here = {one.role for one in running if one.answers}
    taken = False
    for role, (model, fields) in PORTS.items():
        if role in here:
            continue
        settings = model.load()
        for field in fields:
            port = getattr(settings, field)
            if port and not is_free(port):
                taken = True
                variable = f"{model.model_config['env_prefix']}{field}".upper()
                yield Finding(
                    f"port of {role}",
                    ok=False,
                    detail=f"{port} is taken, and no `{role}` of this state folder answers there",
                    remedy=f"`ss -ltnp 'sport = :{port}'` names the program: end it, or set {variable} (0: any free)",
                )
    if not taken:
        yield Finding("ports", ok=True, detail="free, or our own")
