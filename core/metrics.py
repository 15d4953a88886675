"""Gauges that whoever looked last tells, and the bounds of delays.

A label has few values, known beforehand or bounded by configuration, never a station: a network has tens of thousands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

DELAYS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 86_400.0)
"""Bounds of delays in seconds, from what nobody notices to what came a day late."""


@dataclass(frozen=True, slots=True)
class Family:
    """A gauge: its name, what it says, its labels."""

    name: str
    documentation: str
    labels: tuple[str, ...] = ()


Samples = Mapping[Family, Mapping[tuple[str, ...], float]]
"""Of each gauge its values by the values of its labels."""


class Seen(Collector):
    """Gauges of one look at the database, told together, and not at all by who has not looked of late."""

    def __init__(self, *families: Family, registry: CollectorRegistry = REGISTRY) -> None:
        self._families = families
        self._samples: Samples = {}
        registry.register(self)

    def show(self, samples: Samples) -> None:
        """Tell these from now on; a gauge that is not among them has no value."""
        self._samples = samples

    def hide(self) -> None:
        """Tell nothing: another looks, or nobody can."""
        self._samples = {}

    def collect(self) -> Iterator[Metric]:
        """The gauges that have values."""
        samples = self._samples
        for family in self._families:
            if family in samples:
                yield _gauge(family, samples[family].items())

    def describe(self) -> Iterator[Metric]:
        """All gauges, without values."""
        for family in self._families:
            yield _gauge(family, ())


def _gauge(family: Family, samples: Iterable[tuple[tuple[str, ...], float]]) -> GaugeMetricFamily:
    told = GaugeMetricFamily(family.name, family.documentation, labels=family.labels)
    for labels, value in samples:
        told.add_metric(labels, value)
    return told
