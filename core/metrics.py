"""What the client of Prometheus lacks: histograms filled by arrays, and gauges that whoever looked last tells.

A label has few values, known beforehand or bounded by configuration, never a station: a network has tens of thousands.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.utils import floatToGoString

DELAYS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 86_400.0)
"""Bounds of delays in seconds, from what nobody notices to what came a day late."""


class BulkHistogram(Collector):
    """A histogram of one label that takes arrays of values: a loop of `observe` costs a microsecond a report."""

    def __init__(
        self,
        name: str,
        documentation: str,
        *,
        label: str = "",
        members: Sequence[str] = ("",),
        buckets: Sequence[float] = DELAYS_S,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        """`members`: all values of `label`; without a label there is one. `buckets`: upper bounds, ascending."""
        self._name, self._documentation = name, documentation
        self._labels = [label] if label else []
        self._members = tuple(members)
        self._bounds = np.array(buckets, dtype=np.float64)
        self._names = [*map(floatToGoString, buckets), "+Inf"]
        self._counts = np.zeros((len(self._members), len(self._names)), dtype=np.int64)
        self._sums = np.zeros(len(self._members))
        self._lock = threading.Lock()
        registry.register(self)

    def add(self, values: npt.ArrayLike, members: npt.NDArray[np.int64] | int = 0) -> None:
        """Count values, float[n], each under the member of its place (int64[n], or one for all).

        What is below nought counts as nought: the sum of a histogram never falls.
        """
        counted = np.maximum(np.asarray(values, dtype=np.float64), 0.0)
        rows = np.broadcast_to(np.asarray(members, dtype=np.int64), counted.shape)
        height, width = self._counts.shape
        places = rows * width + np.searchsorted(self._bounds, counted)
        counts = np.bincount(places, minlength=height * width).reshape(height, width)
        sums = np.bincount(rows, weights=counted, minlength=height)
        with self._lock:
            self._counts += counts
            self._sums += sums

    def collect(self) -> Iterator[Metric]:
        """The members that have values; one without a label always."""
        with self._lock:
            counts, sums = self._counts.cumsum(axis=1), self._sums.tolist()
        family = HistogramMetricFamily(self._name, self._documentation, labels=self._labels)
        for member, row, total in zip(self._members, counts.tolist(), sums, strict=True):
            if row[-1] or not self._labels:
                labels = [member] if self._labels else []
                family.add_metric(labels, list(zip(self._names, row, strict=True)), total)
        yield family

    def describe(self) -> Iterator[Metric]:
        """The family without values."""
        yield HistogramMetricFamily(self._name, self._documentation, labels=self._labels)


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
