"""A truth folder: what is written into it, and what is said of one that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from reports import CO, HOUR, MIDNIGHT, MINUTE, PM10, report
from truth_folders import Sent, known, write_folder

from aggregate.statistic import Reason
from core.errors import InputError
from truth.expected import Sample, read_readings, read_samples, read_windows
from truth.folder import ALERTS, EPISODES, READINGS, RUN, SAMPLES, SENT, STATIONS, STATISTICS, open_folder
from truth.statistics import Cell
from truth.write import write_expected

SPAN = (MIDNIGHT, MIDNIGHT + 2 * HOUR)


def hours(name: str, *values: float, factor: str = PM10) -> list[Sent]:
    """Hour values from midnight on, sent a minute after each."""
    return [
        (
            MIDNIGHT + (place + 1) * HOUR + MINUTE,
            name,
            report(MIDNIGHT + place * HOUR, place + 1, {factor: value}, name=name, period="PT1H").decode(),
        )
        for place, value in enumerate(values)
    ]


def windows_of(path: Path, name: str) -> dict[tuple[str, int], dict[str, Cell]]:
    found = dict(read_windows(open_folder(path)))[name]
    return {(window.window, window.start): window.cells for window in found}


def test_what_must_follow_is_written_beside_what_was_sent(tmp_path: Path) -> None:
    sent = hours("s1", 100.0, 300.0) + hours("s2", 260.0)
    folder = write_folder(tmp_path, [known("s1"), known("s2", "dust"), known("s3")], sent, SPAN)
    write_expected(folder)
    assert windows_of(folder, "station:s2")["hour", MIDNIGHT] == {PM10: Cell(260.0, 1, 1, Reason.VALID)}
    city = windows_of(folder, "city:晋城市")
    assert city["hour", MIDNIGHT][PM10] == Cell(None, 1, 2, Reason.TOO_FEW_STATIONS)
    (alert,) = json.loads((folder / ALERTS).read_text(encoding="utf-8"))
    assert alert == {
        "rule": "dust-stop-work", "object": "station:s2", "windows": [[MIDNIGHT, 260.0]], "cleared_by": None,
    }  # fmt: skip
    readings = read_readings(open_folder(folder))
    assert {name: of.current for name, of in readings.stations.items()} == {"s1": 2, "s2": 1, "s3": 0}


def test_enterprise_stations_and_in_both_editions_control_points_do_not_count_for_a_city(tmp_path: Path) -> None:
    stations = [
        known("s1"), known("s2", control_level="enterprise"), known("s3", control_point=True), known("s4", "micro"),
    ]  # fmt: skip
    sent = [line for name in ("s1", "s2", "s3", "s4") for line in hours(name, 100.0 if name == "s1" else 900.0)]
    folder = write_folder(tmp_path, stations, sent, SPAN)
    write_expected(folder)
    assert windows_of(folder, "city:晋城市")["hour", MIDNIGHT][PM10] == Cell(100.0, 1, 1, Reason.VALID)


def test_readings_are_looked_for_where_a_faulty_clock_has_put_them(tmp_path: Path) -> None:
    early = report(MIDNIGHT - 3 * HOUR, 1, {"PM10": 80.0}, period="PT1H").decode()
    late = report(MIDNIGHT + 99 * HOUR, 2, {"PM10": 80.0, "CO": 1}, period="PT1H").decode()
    folder = write_folder(tmp_path, [known("s1")], [(MIDNIGHT, "s1", early), (MIDNIGHT, "s1", late)], SPAN)
    write_expected(folder)
    found = read_readings(open_folder(folder))
    assert (found.readings.start, found.readings.end) == (MIDNIGHT - 3 * HOUR, SPAN[1])
    assert (found.rejected.start, found.rejected.end) == (MIDNIGHT, MIDNIGHT + 99 * HOUR + 1)
    assert found.stations["s1"].rejected == {"FUTURE": 2}


def test_a_topic_that_nobody_knows_is_accounted_for(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, [known("s1")], hours("ghost", 1.0), SPAN)
    write_expected(folder)
    assert read_readings(open_folder(folder)).stations["ghost"].rejected == {"UNKNOWN_STATION": 1}


def test_what_nothing_computes_yet_is_counted_by_kind_and_period(tmp_path: Path) -> None:
    body = report(MIDNIGHT, 1, {"CODMn": 3.0, "NH3-N": 0.4}, name="w1", period="PT4H").decode()
    folder = write_folder(tmp_path, [known("w1", "water")], [(MIDNIGHT + 4 * HOUR, "w1", body)], SPAN)
    write_expected(folder)
    assert read_readings(open_folder(folder)).not_yet == {"statistics of readings over PT4H (water)": 2}


def test_what_no_statistic_is_made_of_is_expected_as_it_was_sent(tmp_path: Path) -> None:
    body = report(MIDNIGHT, 1, {"CODMn": 3.0, "NH3-N": {"flag": "D"}}, name="w1", period="PT4H").decode()
    newer = report(MIDNIGHT, 2, {"CODMn": 3.5}, name="w1", period="PT4H").decode()
    sent = [(MIDNIGHT + 4 * HOUR, "w1", newer), (MIDNIGHT + 4 * HOUR, "w1", body), *hours("s1", 80.0)]
    folder = write_folder(tmp_path, [known("s1"), known("w1", "water")], sent, SPAN)
    write_expected(folder)
    ((name, (found,)),) = read_samples(open_folder(folder))
    assert (name, found.period, found.time, found.issued) == ("w1", 4 * HOUR, MIDNIGHT, None)
    assert sorted(found.values.values(), key=str) == [Sample(3.5, "N"), Sample(None, "D")]


def test_levels_have_plain_means_until_something_computes_their_own(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, [known("n1", "noise")], hours("n1", 55.0, 65.0, factor="a50001"), SPAN)
    write_expected(folder)
    assert windows_of(folder, "station:n1")["hour", MIDNIGHT] == {"a50001": Cell(55.0, 1, 1, Reason.VALID)}
    assert read_readings(open_folder(folder)).not_yet == {"energy means of levels in dB (noise)": 3}


def test_the_same_messages_give_the_same_bytes(tmp_path: Path) -> None:
    sent = hours("s1", 100.0, 0.1, factor=CO)
    first, second = (write_folder(tmp_path / name, [known("s1")], sent, SPAN) for name in ("a", "b"))
    write_expected(first)
    write_expected(second)
    for name in (STATISTICS, SAMPLES, ALERTS, READINGS):
        assert (first / name).read_bytes() == (second / name).read_bytes()


# --- folders that cannot be read -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "truth", [known("s1")], hours("s1", 1.0), SPAN)


@pytest.mark.parametrize("name", [RUN, STATIONS, EPISODES, SENT])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InputError, match=name):
        write_expected(folder)


def test_a_field_that_cannot_be_used_is_named(folder: Path) -> None:
    (folder / STATIONS).write_text(json.dumps([known("s1"), known("s2", "balloon")]), encoding="utf-8")
    with pytest.raises(InputError, match=r"1\.kind: .*stations\.json") as caught:
        write_expected(folder)
    assert "balloon" in str(caught.value)


def test_a_folder_of_another_format_is_refused(folder: Path) -> None:
    run = json.loads((folder / RUN).read_text(encoding="utf-8"))
    (folder / RUN).write_text(json.dumps(run | {"format": 2}), encoding="utf-8")
    with pytest.raises(InputError, match="format"):
        write_expected(folder)


def test_what_was_sent_must_be_whole(folder: Path) -> None:
    content = (folder / SENT).read_bytes()
    (folder / SENT).write_bytes(content[:-12])
    with pytest.raises(InputError, match=SENT):
        write_expected(folder)


def test_a_line_that_is_no_message_is_named_by_its_row(tmp_path: Path) -> None:
    broken = [*hours("s1", 1.0), ("soon", "s1", "{}")]
    folder = write_folder(tmp_path, [known("s1")], broken, SPAN)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="row 2"):
        write_expected(folder)
