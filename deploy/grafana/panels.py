"""The kinds of panel that the dashboards are made of. A panel says in its description what it shows, in which unit,
and from which view; its title is Chinese first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import barchart, common, geomap, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as words
from grafana_foundation_sdk.models.dashboard import (
    DashboardFieldConfigSourceOverrides as Override,
)
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    FieldConfigSource,
    GridPos,
    MatcherConfig,
    Panel,
    ValueMap,
    ValueMapping,
)

from deploy.grafana.looks import PLAIN, aqi_levels, level_names, steps
from deploy.grafana.sql import POSTGRES, PROMETHEUS, Sql


@dataclass(frozen=True, slots=True)
class Look:
    """How a field's values are shown; empty: as they are."""

    unit: str = ""
    decimals: int | None = None
    colours: ThresholdsConfig | None = None
    mappings: Sequence[ValueMapping] = ()
    link: tuple[str, str] | None = None
    """What a cell leads to: title and address."""

    @property
    def coloured(self) -> bool:
        """Whether values have colours, and not words alone."""
        mapped = (
            said for mapping in self.mappings if isinstance(mapping, ValueMap) for said in mapping.options.values()
        )
        return self.colours is not None or any(said.color is not None for said in mapped)


@dataclass(frozen=True, slots=True)
class Head:
    """What every panel has. Width of 24, height in Grafana's units of 30 px."""

    title: str
    about: str
    width: int = 12
    height: int = 8


def lines(
    head: Head,
    *queries: Dataquery,
    unit: str = "",
    limits: Sequence[str] = (),
    dashed: Sequence[str] = (),
    colours: ThresholdsConfig | None = None,
    named: Mapping[str, str] | None = None,
) -> Panel:
    """Lines over time. `limits` (red) and `dashed` name dashed lines; `colours`: a line takes them value by value.

    `named`: how a line is called where the data has a code, by the name that it has there.
    """
    made = timeseries.Panel().line_width(1).fill_opacity(5).show_points(words.VisibilityMode.AUTO)
    made = made.span_nulls(span_nulls=False).legend(_legend()).color_scheme(_mode(FieldColorModeId.PALETTE_CLASSIC))
    if unit:
        made = made.unit(unit)
    if colours is not None:
        made = made.thresholds(colours).color_scheme(_mode(FieldColorModeId.THRESHOLDS))
        made = made.gradient_mode(words.GraphGradientMode.SCHEME)
    dashes = DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [8, 8]})
    red = DynamicConfigValue("color", {"mode": "fixed", "fixedColor": "red"})
    of_lines = {name: [dashes, red] for name in limits} | {name: [dashes] for name in dashed}
    of_lines |= {name: [DynamicConfigValue("displayName", said)] for name, said in (named or {}).items()}
    return _with(_finished(made.build(), head, queries), of_lines)


def bars(head: Head, query: Sql, colours: Mapping[str, str] | None = None) -> Panel:
    """Stacked bars over time; `colours` by name of a line."""
    made = timeseries.Panel().draw_style(words.GraphDrawStyle.BARS).fill_opacity(80).line_width(0).legend(_legend())
    made = made.stacking(common.StackingConfig().mode(words.StackingMode.NORMAL))
    made = made.color_scheme(_mode(FieldColorModeId.PALETTE_CLASSIC))
    return _with(_finished(made.build(), head, [query]), _fixed(colours or {}))


def columns(head: Head, query: Sql, *, stacked: bool = False, colours: Mapping[str, str] | None = None) -> Panel:
    """A bar a row (the first column, a text, names it) and number."""
    made = barchart.Panel().legend(_legend()).fill_opacity(80).color_scheme(_mode(FieldColorModeId.PALETTE_CLASSIC))
    if stacked:
        made = made.stacking(words.StackingMode.NORMAL)
    return _with(_finished(made.build(), head, [query]), _fixed(colours or {}))


def number(head: Head, query: Dataquery, look: Look | None = None) -> Panel:
    """The last value, large, on its colour if it has one; a text as well."""
    look = look or Look()
    mode = words.BigValueColorMode.BACKGROUND if look.coloured else words.BigValueColorMode.NONE
    # of SQL every field is shown, a text too; Prometheus sends the time beside its number
    fields = "/.*/" if isinstance(query, Sql) else ""
    shown = common.ReduceDataOptions().calcs(["lastNotNull"]).fields(fields).values(values=False)
    made = stat.Panel().graph_mode(words.BigValueGraphMode.NONE).color_mode(mode).reduce_options(shown)
    made = made.color_scheme(_mode(FieldColorModeId.THRESHOLDS)).thresholds(look.colours or steps(PLAIN))
    made = made.mappings(list(look.mappings)).no_value("—")
    if look.unit:
        made = made.unit(look.unit)
    if look.decimals is not None:
        made = made.decimals(look.decimals)
    return _finished(made.build(), head, [query])


def grid(head: Head, query: Sql, looks: Mapping[str, Look] | None = None) -> Panel:
    """A table; `looks` by name of a column."""
    made = table.Panel().show_header(show_header=True).color_scheme(_mode(FieldColorModeId.THRESHOLDS))
    panel = _finished(made.thresholds(steps(PLAIN)).build(), head, [query])
    return _with(panel, {name: _cells(look) for name, look in (looks or {}).items()})


def places(head: Head, query: Sql, coloured: str, colours: ThresholdsConfig) -> Panel:
    """Stations on a map by `longitude` and `latitude`, coloured by the column `coloured`."""
    layer = {
        "type": "markers",
        "name": "站点 Stations",
        "location": {"mode": "coords", "longitude": "longitude", "latitude": "latitude"},
        "config": {"style": {"color": {"field": coloured, "fixed": "gray"}, "size": {"fixed": 7}, "opacity": 0.9}},
        "tooltip": True,
    }
    made = geomap.Panel().thresholds(colours).color_scheme(_mode(FieldColorModeId.THRESHOLDS))
    panel = _finished(made.build(), head, [query])
    panel.options = {
        "view": {"id": "fit", "allLayers": True, "lat": 0, "lon": 0, "zoom": 9, "padding": 10},
        "basemap": {"type": "default", "name": "Basemap"},
        "layers": [layer],
        "tooltip": {"mode": "details"},
        "controls": {"showZoom": True, "mouseWheelZoom": True, "showAttribution": True},
    }
    return panel


def by_level(unit: str = "") -> Look:
    """An AQI, or an individual index, in its level's colour."""
    return Look(unit=unit, decimals=0, colours=aqi_levels())


def level() -> Look:
    """A level by name and colour."""
    return Look(mappings=level_names())


def leads(title: str, address: str) -> Look:
    """A cell that leads to another dashboard; `${__data.fields["…"]}` stands for the row's columns."""
    return Look(link=(title, address))


def _mode(mode: FieldColorModeId) -> FieldColor:
    return FieldColor().mode(mode)


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions().display_mode(words.LegendDisplayMode.LIST).placement(words.LegendPlacement.BOTTOM)
        .show_legend(show_legend=True).calcs([])
    )  # fmt: skip


def _cells(look: Look) -> list[DynamicConfigValue]:
    found: list[DynamicConfigValue] = []
    if look.unit:
        found.append(DynamicConfigValue("unit", look.unit))
    if look.decimals is not None:
        found.append(DynamicConfigValue("decimals", look.decimals))
    if look.colours is not None:
        found.append(DynamicConfigValue("thresholds", look.colours.build()))
    if look.mappings:
        found.append(DynamicConfigValue("mappings", list(look.mappings)))
    if look.coloured:
        found.append(DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "basic"}))
    if look.link is not None:
        title, address = look.link
        found.append(DynamicConfigValue("links", [{"title": title, "url": address}]))
    return found


def _fixed(colours: Mapping[str, str]) -> dict[str, list[DynamicConfigValue]]:
    return {
        name: [DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})] for name, colour in colours.items()
    }


def _with(panel: Panel, of_fields: Mapping[str, list[DynamicConfigValue]]) -> Panel:
    """The panel with what holds of single fields."""
    config = panel.field_config or FieldConfigSource()
    panel.field_config = config
    config.overrides = [
        *(config.overrides or []),
        *(Override(MatcherConfig("byName", name), properties) for name, properties in of_fields.items()),
    ]
    return panel


def _finished(panel: Panel, head: Head, queries: Sequence[Dataquery]) -> Panel:
    panel.title, panel.description = head.title, head.about
    panel.grid_pos = GridPos(h=head.height, w=head.width)
    panel.targets = list(queries)
    panel.datasource = POSTGRES if isinstance(queries[0], Sql) else PROMETHEUS
    return panel
