"""The two data sources, and a query in SQL, which the SDK has no words for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

POSTGRES = DataSourceRef(type_val="postgres", uid="lantian-postgres")
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="lantian-prometheus")


@dataclass(frozen=True, slots=True)
class Sql(Dataquery, Builder[Dataquery]):
    """A query of Grafana's PostgreSQL plugin.

    With `series` rows become lines: `time` first and in order, then numbers, beside them at most one text that names
    the line; else they stay a table.
    """

    text: str
    series: bool = False
    letter: str = "A"

    def build(self) -> Dataquery:
        """Itself."""
        return self

    def to_json(self) -> dict[str, Any]:
        """As the plugin keeps it."""
        return {
            "datasource": {"type": POSTGRES.type_val, "uid": POSTGRES.uid},
            "editorMode": "code",
            "format": "time_series" if self.series else "table",
            "rawQuery": True,
            "rawSql": self.text.strip(),
            "refId": self.letter,
        }


def promql(expression: str, legend: str, letter: str = "A", *, instant: bool = False) -> Dataquery:
    """A query of Prometheus: lines over time, named by `legend`, or what holds now."""
    query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(letter).datasource(PROMETHEUS)
    return (query.instant() if instant else query.range()).build()
