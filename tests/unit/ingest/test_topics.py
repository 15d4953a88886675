"""Topics of stations and platforms."""

from __future__ import annotations

import pytest

from core.errors import InputError
from ingest.kinds import Kind
from ingest.topics import Leaf, Topic, alert_topic, parse_topic, platform_ack_topic, station_topic


def test_a_station_s_topic_survives_its_own_reading() -> None:
    text = station_topic("140502", Kind.DUST, "140502201", Leaf.REPORT)
    assert text == "lantian/v1/140502/dust/140502201/report"
    assert parse_topic(text) == Topic("140502", "dust", "140502201", Leaf.REPORT)


def test_an_ack_goes_beside_the_report() -> None:
    topic = parse_topic("lantian/v1/140502/dust/140502201/replay")
    assert topic is not None
    assert topic.sibling(Leaf.ACK) == "lantian/v1/140502/dust/140502201/ack"


def test_a_kind_that_is_none_passes_for_the_worker_to_judge() -> None:
    topic = parse_topic("lantian/v1/140502/dusty/140502201/report")
    assert topic is not None
    assert topic.kind == "dusty"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lantian/v2/a/air/s/report",
        "lantian/v1/a/air/s/reports",
        "lantian/v1/a/air/s",
        "lantian/v1/a/air/s/x/report",
    ],
)
def test_other_topics_are_no_station_s(text: str) -> None:
    assert parse_topic(text) is None


def test_a_platform_hears_on_its_own_topic() -> None:
    assert platform_ack_topic("platform-a") == "lantian/v1/platform/platform-a/ack"


@pytest.mark.parametrize("station", ["", "a/b", "+", "#", "站", "x" * 65])
def test_a_name_that_cannot_stand_in_a_topic_is_refused(station: str) -> None:
    with pytest.raises(InputError, match="A-Z a-z 0-9"):
        station_topic("140502", Kind.AIR, station, Leaf.REPORT)


@pytest.mark.parametrize(("region", "level"), [("140502", "140502"), ("", "all")])
def test_an_alert_s_topic_is_no_station_s(region: str, level: str) -> None:
    topic = alert_topic(region, "critical")
    assert topic == f"lantian/v1/alerts/{level}/critical"
    assert parse_topic(topic) is None


@pytest.mark.parametrize("region", ["+", "#", "14/05"])
def test_an_alert_goes_to_one_region(region: str) -> None:
    with pytest.raises(InputError, match="cannot stand in a topic"):
        alert_topic(region, "critical")
