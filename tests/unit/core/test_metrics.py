"""Histograms of arrays, and gauges that are told together."""

from __future__ import annotations

import numpy as np
from hypothesis import given, seed
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from core.bulk_histogram import BulkHistogram
from core.metrics import Family, Seen

BUCKETS = (0.5, 1.0, 10.0)


@seed(9)
@given(values=st.lists(st.tuples(st.floats(0, 100), st.sampled_from((0, 1)))))
def test_an_array_comes_to_the_same_as_its_values_observed_one_by_one(values: list[tuple[float, int]]) -> None:
    bulk, plain = CollectorRegistry(), CollectorRegistry()
    ours = BulkHistogram(
        "delay_seconds", "Of all.", label="kind", members=("air", "dust"), buckets=BUCKETS, registry=bulk
    )
    theirs = Histogram("delay_seconds", "Of all.", ["kind"], buckets=BUCKETS, registry=plain)
    ours.add([value for value, _ in values], np.array([kind for _, kind in values], dtype=np.int64))
    for value, place in values:
        theirs.labels(("air", "dust")[place]).observe(value)
    for kind in ("air", "dust"):
        for bound in ("0.5", "1.0", "10.0", "+Inf"):
            labels = {"kind": kind, "le": bound}
            bucket = "delay_seconds_bucket"
            assert bulk.get_sample_value(bucket, labels) == plain.get_sample_value(bucket, labels)
        told, expected = (of.get_sample_value("delay_seconds_sum", {"kind": kind}) for of in (bulk, plain))
        assert (told is None) == (expected is None)
        assert told is None or expected is None or abs(told - expected) < 1e-6


def test_what_is_below_nought_counts_as_nought() -> None:
    registry = CollectorRegistry()
    BulkHistogram("delay_seconds", "Of all.", buckets=BUCKETS, registry=registry).add([-5.0, 2.0])
    assert registry.get_sample_value("delay_seconds_sum") == 2.0
    assert registry.get_sample_value("delay_seconds_bucket", {"le": "0.5"}) == 1


def test_who_has_not_looked_tells_no_gauge() -> None:
    registry = CollectorRegistry()
    silent = Family("stations_silent", "Silent stations.", ("kind",))
    seen = Seen(silent, registry=registry)
    assert b"stations_silent{" not in generate_latest(registry)
    seen.show({silent: {("dust",): 3}})
    assert registry.get_sample_value("stations_silent", {"kind": "dust"}) == 3
    seen.hide()
    assert registry.get_sample_value("stations_silent", {"kind": "dust"}) is None
