"""The report contract: what a payload says, and what is wrong with it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.report import (
    MAX_NUMBER,
    MalformedReport,
    Origin,
    ParsedReport,
    Report,
    decode_report,
    encode_report,
    format_instant,
    read_number,
)

EIGHT = "2026-03-01T08:00:00+08:00"
EIGHT_SECONDS = 1772323200


def payload(values: str = '{"PM10": 251.3}', **fields: Any) -> bytes:
    """A report whose values stand as written."""
    head = {"station": "140502001", "time": EIGHT, "seq": 42, **fields}
    return (json.dumps(head)[:-1] + ', "values": ' + values + "}").encode()


def readings(report: ParsedReport) -> list[tuple[str, float, str]]:
    flags = report.flags or "N" * len(report.names)
    return list(zip(report.names, report.values, flags, strict=True))


def test_a_report_of_numbers_is_read() -> None:
    report = decode_report(payload(period="PT1M", run=3, origin="resent"))
    assert report == ParsedReport("140502001", EIGHT_SECONDS, 60, 3, 42, Origin.RESENT, None, ("PM10",), [251.3], "")


def test_what_is_left_out_has_its_default() -> None:
    report = decode_report(payload())
    assert (report.period, report.run, report.origin, report.issued) == (0, 0, Origin.LIVE, None)


def test_a_report_may_be_empty() -> None:
    assert decode_report(payload("{}")).names == ()


def test_whole_numbers_are_values() -> None:
    value = decode_report(payload('{"PM10": 251}')).values[0]
    assert (value, type(value)) == (251.0, float)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-03-01T00:00:00Z", EIGHT_SECONDS),
        ("2026-03-01 08:00:00.999999+0800", EIGHT_SECONDS),
        ("1969-12-31T23:59:59.5Z", -1),
    ],
)
def test_times_are_rounded_down_to_utc_seconds(text: str, seconds: int) -> None:
    assert decode_report(payload(time=text)).time == seconds


@pytest.mark.parametrize(
    "fields",
    [
        {"time": "2026-03-01T08:00:00"},
        {"time": "2026-03-01"},
        {"time": "2026-02-30T08:00:00+08:00"},
        {"time": "2026-03-01T08:00:00+25:00"},
        {"time": 1772323200},
        {"period": "P1M"},
        {"period": "PT0S"},
        {"period": "P1DT"},
        {"period": "P367D"},
        {"seq": 0},
        {"seq": 1.0},
        {"seq": True},
        {"seq": MAX_NUMBER + 1},
        {"run": -1},
        {"origin": "lve"},
        {"station": ""},
        {"station": "x" * 65},
        {"issued": "tomorrow"},
        {"perod": "PT1M"},
    ],
)
def test_a_field_out_of_the_contract_spoils_the_report(fields: dict[str, Any]) -> None:
    with pytest.raises(MalformedReport):
        decode_report(payload(**fields))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"values": ' + b"[" * 100_000,
        b'\xef\xbb\xbf{"station": "a"}',
        payload("[]"),
        payload("null"),
        payload('"PM10"'),
        payload('{"PM10": 1},'),
        payload('{"a\\u0000b": 1}'),
        payload('{"\\ud800": 1}'),
        payload()[:-1] + b', "seq": 43}',
        payload()[:-1] + b', "values": {}}',
        b'{"station": "a", "time": "2026-03-01T08:00:00Z", "values": {}}',
    ],
)
def test_what_is_no_report_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedReport):
        decode_report(body)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, '"251"', "true", "[1]"])
@pytest.mark.parametrize("form", ["%s", '{"v": %s}'])
def test_a_value_that_is_no_finite_number_spoils_only_its_factor(number: str, form: str) -> None:
    report = decode_report(payload(f'{{"PM10": {form % number}, "SO2": 12}}'))
    assert report.names == ("PM10", "SO2")
    assert math.isinf(report.values[0])
    assert report.values[1] == 12.0


@pytest.mark.parametrize("item", ['{"v": 1, "flag": "X"}', '{"v": 1, "flag": 1}', '{"v": 1, "unit": "mg"}'])
def test_an_unknown_flag_or_field_of_a_value_spoils_only_its_factor(item: str) -> None:
    report = decode_report(payload(f'{{"PM10": {item}, "SO2": 12}}'))
    assert math.isinf(report.values[0])
    assert report.values[1] == 12.0


def test_flags_stand_beside_their_values() -> None:
    report = decode_report(payload('{"PM10": {"v": 1, "flag": "M"}, "SO2": 12, "NO2": {"v": 3}}'))
    assert readings(report) == [("PM10", 1.0, "M"), ("SO2", 12.0, "N"), ("NO2", 3.0, "N")]


def test_flags_that_are_all_normal_are_left_out() -> None:
    assert decode_report(payload('{"PM10": {"v": 1, "flag": "N"}}')).flags == ""


@pytest.mark.parametrize(
    ("item", "flag"), [("null", "B"), ("{}", "B"), ('{"v": null, "flag": "N"}', "B"), ('{"flag": "D"}', "D")]
)
def test_no_value_never_counts_as_normal(item: str, flag: str) -> None:
    report = decode_report(payload(f'{{"PM10": {item}, "SO2": 12}}'))
    assert math.isnan(report.values[0])
    assert report.flags == flag + "N"


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ('{"PM10": 1, "SO2": 2, "PM10": 3}', ("PM10", "SO2", "PM10")),
        ('{"PM10": 1, "\\u0050M10": 3}', ("PM10", "PM10")),
        ('{"PM10": {"v": 1}, "PM10": {"v": 1, "flag": "D"}}', ("PM10", "PM10")),
        ('{"PM10": {}, "PM10": {"v": 1, "flag": "D"}}', ("PM10", "PM10")),
        ('{"PM10": {"v": 1, "v": 2}}', ("PM10", "PM10")),
        ('{"PM10": null, "PM10": null}', ("PM10", "PM10")),
        ('{"a:b": 1}', ("a:b",)),
    ],
)
def test_a_factor_named_twice_is_seen_twice(values: str, names: tuple[str, ...]) -> None:
    assert decode_report(payload(values)).names == names


def test_an_escaped_colon_hides_no_repeated_factor() -> None:
    body = payload('{"PM10": 1, "PM10": 2}').replace(b"T08:00:00+08:00", b"T08\\u003a00:00+08:00")
    assert decode_report(body).names == ("PM10", "PM10")


def test_a_report_survives_its_own_encoding() -> None:
    report = Report(station="140502001", time=format_instant(EIGHT_SECONDS), period="PT1H", seq=1, values={"CO": 0.429})
    decoded = decode_report(encode_report(report))
    assert (decoded.time, decoded.period, decoded.values) == (EIGHT_SECONDS, 3600, [0.429])


def test_the_number_is_read_from_what_is_otherwise_malformed() -> None:
    assert read_number(b'{"run": 7, "seq": 9, "time": "never", "values": {"PM10": NaN}}') == (7, 9)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"seq": "9"}',
        b'{"run": 1}',
        b'{"seq": 0}',
        b'{"seq": 1, "run": -1}',
        b"\xff",
        b'{"seq": 1, "x": ' + b"[" * 100_000,
    ],
)
def test_a_number_that_cannot_be_read_is_none(body: bytes) -> None:
    assert read_number(body) is None


numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.integers(), st.none(), st.text(max_size=4), st.booleans()
)
items = st.one_of(
    numbers,
    st.fixed_dictionaries({}, optional={"v": numbers, "flag": st.sampled_from(["N", "D", "X", 1]), "w": st.none()}),
)
names = st.sampled_from(["PM10", "SO2", "a34004", "a:b", "\u84dd", '"', "\\"])
pairs = st.lists(st.tuples(names, items), max_size=5)


@settings(derandomize=True, max_examples=300)
@given(
    pairs, st.booleans(), st.sampled_from([{}, {"run": 1}, {"origin": "replay"}, {"issued": EIGHT, "period": "PT1M"}])
)
def test_whatever_stands_in_values_every_name_sent_is_seen(
    sent: list[tuple[str, Any]], ascii_only: bool, fields: dict[str, Any]
) -> None:
    values = ", ".join(f"{json.dumps(n, ensure_ascii=ascii_only)}: {json.dumps(v)}" for n, v in sent)
    body = payload(f"{{{values}}}", **fields)
    report = decode_report(body)
    assert report.names == tuple(name for name, _ in sent)
    assert len(report.values) == len(sent)
    assert not any(math.isnan(value) and flag == "N" for _, value, flag in readings(report))
    assert read_number(body) == (report.run, report.seq)


@settings(derandomize=True, max_examples=300)
@given(st.binary(max_size=60), st.integers(0, 200), st.integers(0, 8))
def test_damaged_bytes_are_a_report_with_its_number_or_malformed(noise: bytes, place: int, cut: int) -> None:
    whole = payload('{"PM10": 1.5, "SO2": {"v": 2, "flag": "D"}}', period="PT1M")
    body = whole[:place] + noise + whole[place + cut :]
    try:
        report = decode_report(body)
    except MalformedReport:
        return
    assert read_number(body) == (report.run, report.seq)


@pytest.mark.parametrize(
    "field", [b'"\\ud800":1', b'"origin":"\\udfff"', b'"values":{"\\ud83d":1}', b'"station":"\\ud800"']
)
def test_half_a_letter_anywhere_makes_a_report_malformed_and_leaves_the_bridge_alive(field: bytes) -> None:
    body = b'{"time":"2026-03-10T09:00:00+08:00","seq":9,%s' % field
    for rest in (b"}", b',"station":"s","values":{}}'):
        with pytest.raises(MalformedReport):
            decode_report(body + rest)
        assert read_number(body + rest) in {None, (0, 9)}


def test_a_letter_beyond_the_first_plane_is_a_letter() -> None:
    assert read_number(b'{"note":"\\ud83c\\udf0b","seq":9}') == (0, 9)
