"""A histogram for Prometheus that is filled by arrays."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from prometheus_client import REGISTRY
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.utils import floatToGoString

from core.metrics import DELAYS_S


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
