"""What a payload says, by the words of docs/report.md."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import MIDNIGHT, MINUTE, report

from ingest.report import decode_report
from ingest.value import MalformedReport
from truth.payload import MalformedPayload, read

GOOD = report(MIDNIGHT, 7, {"PM10": 80.5, "CO": 1}, period="PT1M", run=3).decode()


def with_value(item: Any) -> tuple[float, str]:
    _, value, flag = read(report(MIDNIGHT, 1, {"PM10": item}).decode()).values[0]
    return value, flag


def test_a_report_is_read_with_its_names_as_they_stand() -> None:
    found = read(GOOD)
    assert found[:6] == ("s1", MIDNIGHT, MINUTE, 3, 7, None)
    assert found.values == [("PM10", 80.5, "N"), ("CO", 1.0, "N")]


def test_a_payload_cut_anywhere_is_malformed() -> None:
    for length in range(len(GOOD)):
        with pytest.raises(MalformedPayload):
            read(GOOD[:length])


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 0},
        {"seq": "1"},
        {"seq": True},
        {"run": -1},
        {"run": None},
        {"station": ""},
        {"station": 5},
        {"time": "2026-03-10T00:00:00"},
        {"time": "2026-13-10T00:00:00Z"},
        {"time": 0},
        {"period": "P1M"},
        {"period": "PT"},
        {"period": "PT0S"},
        {"period": 60},
        {"origin": "yesterday"},
        {"values": [1]},
        {"more": 1},
    ],
)
def test_a_field_of_the_wrong_kind_makes_the_whole_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedPayload):
        read(json.dumps(json.loads(GOOD) | changes))


@pytest.mark.parametrize("missing", ["station", "time", "seq", "values"])
def test_a_missing_field_makes_the_whole_malformed(missing: str) -> None:
    content = json.loads(GOOD)
    del content[missing]
    with pytest.raises(MalformedPayload):
        read(json.dumps(content))


def test_a_field_named_twice_makes_the_whole_malformed() -> None:
    with pytest.raises(MalformedPayload):
        read(GOOD.replace('"seq": 7', '"seq": 7,"seq": 8').replace('"seq":7', '"seq":7,"seq":8'))


def test_a_factor_named_twice_is_read_twice() -> None:
    assert len(read(report(MIDNIGHT, 1, [("PM10", 1.0), ("PM10", 2.0)]).decode()).values) == 2


def test_no_value_without_a_reason_is_no_communication() -> None:
    assert with_value({"v": 3.5, "flag": "M"}) == (3.5, "M")
    for item, flag in ((None, "B"), ({}, "B"), ({"v": None, "flag": "D"}, "D"), ({"flag": "C"}, "C")):
        value, said = with_value(item)
        assert (math.isnan(value), said) == (True, flag)


@pytest.mark.parametrize("item", [math.inf, math.nan, "3", True, [1], {"v": "3"}, {"v": 1, "flag": "X"}, {"w": 1}])
def test_what_is_no_finite_number_spoils_its_factor_alone(item: Any) -> None:
    assert math.isinf(with_value(item)[0])


objects = st.fixed_dictionaries(
    {},
    optional={
        "v": st.one_of(st.none(), st.floats(-1e6, 1e6), st.text(max_size=1)),
        "flag": st.sampled_from("NMDX"),
    },
)
items = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**15), 10**15),
    st.none(),
    st.booleans(),
    st.text(max_size=2),
    objects,
)


@given(
    st.dictionaries(st.sampled_from(["PM10", "CO", "a34004", "什么"]), items, max_size=3),
    st.dictionaries(
        st.sampled_from(["run", "seq", "period", "origin", "issued", "more"]),
        st.sampled_from([0, 1, -1, None, "PT1H", "P3D", "live", "resent", "2026-03-10T08:00:00.75Z", "2026-03-10"]),
        max_size=2,
    ),
    st.integers(0, 40),
)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_both_readers_of_payloads_say_the_same(values: dict[str, Any], head: dict[str, Any], cut: int) -> None:
    body = json.dumps(
        {"station": "s1", "time": "2026-03-10T08:00:00+08:00", "seq": 3, "values": values} | head, ensure_ascii=False
    )
    body = body[: len(body) - cut] if cut % 7 == 0 else body
    try:
        pipeline = decode_report(body.encode())
    except MalformedReport:
        with pytest.raises(MalformedPayload):
            read(body)
        return
    found = read(body)
    assert (found.station, found.time, found.period, found.run, found.seq, found.issued) == (
        pipeline.station, pipeline.time, pipeline.period, pipeline.run, pipeline.seq, pipeline.issued,
    )  # fmt: skip
    flags = pipeline.flags or "N" * len(pipeline.names)
    assert repr(found.values) == repr(list(zip(pipeline.names, pipeline.values, map(str, flags), strict=True)))
