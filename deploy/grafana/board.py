"""The frame of a dashboard: what all have, and where panels stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, QueryVariable
from grafana_foundation_sdk.models import dashboard

TAG = "lantian"
_WIDTH = 24


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard in data.

    `uid` is its address for ever; `since` the time range that it opens with, as Grafana writes it (`now-24h`).
    """

    uid: str
    title: str
    about: str
    since: str
    variables: Sequence[QueryVariable]
    panels: Sequence[dashboard.Panel]

    def build(self) -> dashboard.Dashboard:
        """The dashboard; panels stand in order from left to right, numbered from 1."""
        made = (
            Dashboard(self.title).uid(self.uid).description(self.about).tags([TAG]).timezone("Asia/Shanghai")
            .time(self.since, "now").refresh("1m").editable().tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
            .week_start("monday").version(1).link(_others())
        )  # fmt: skip
        for variable in self.variables:
            made = made.with_variable(variable)
        left = top = lowest = 0
        for number, panel in enumerate(self.panels, 1):
            place = panel.grid_pos or dashboard.GridPos()
            if left + place.w > _WIDTH:
                left, top = 0, lowest
            panel.id_val, panel.grid_pos = number, place
            place.x, place.y = left, top
            left, lowest = left + place.w, max(lowest, top + place.h)
        built = made.build()
        built.panels = list(self.panels)
        return built


def _others() -> DashboardLink:
    """The other dashboards, in a list, with the same time and choices."""
    return (
        DashboardLink("蓝天 Lantian").type(dashboard.DashboardLinkType.DASHBOARDS).tags([TAG])
        .as_dropdown(as_dropdown=True).keep_time(keep_time=True).include_vars(include_vars=True)
    )  # fmt: skip
