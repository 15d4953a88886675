"""Whom the demonstration is about, and when its end is good."""

from __future__ import annotations

from typing import Any

from aggregate.ledger.balance import Account
from deploy.charts.subjects import Subjects
from deploy.demo_story import Outcome, lost_readings, subjects
from ingest.kinds import Kind
from ingest.simulation.episodes import Episode, EpisodeKind
from ingest.simulation.monitor import Monitor, River
from truth.folder import Run

MONITORS = (
    Monitor("d1", Kind.DUST, "140502"),
    Monitor("d2", Kind.DUST, "140502"),
    Monitor("c1", Kind.CEMS, "140502", enterprise="甲钢铁"),
    Monitor("e1", Kind.EFFLUENT, "140502", enterprise="甲钢铁"),
    Monitor("c2", Kind.CEMS, "140502", enterprise="乙化肥"),
    Monitor("p2", Kind.POWER, "140502", enterprise="乙化肥"),
    Monitor("p3", Kind.POWER, "140502", enterprise="丙铸造"),
    *(Monitor(f"w{number}", Kind.WATER, "140502") for number in range(1, 5)),
)
RIVERS = (River("丹河", 2.0, (("w4", 0.0),)), River("沁河", 2.0, (("w1", 0.0), ("w2", 20.0), ("w3", 45.0))))


def episode(kind: EpisodeKind, *stations: str, peak: float = 1.0) -> Episode:
    return Episode(kind, 0, 3600, stations, peak)


def about(*episodes: Episode) -> Subjects:
    return subjects(episodes, MONITORS, RIVERS)


def test_of_two_dust_sites_the_worse_is_shown() -> None:
    found = about(
        episode(EpisodeKind.CONSTRUCTION_DUST, "d1", peak=200),
        episode(EpisodeKind.CONSTRUCTION_DUST, "d2", peak=400),
    )
    assert found.dust == "d2"


def test_the_plant_shown_is_a_stack_not_a_drain() -> None:
    assert about(episode(EpisodeKind.EXCEEDANCE, "e1", "c1")).plant == "c1"
    assert about(episode(EpisodeKind.EXCEEDANCE, "e1")).plant == ""


def test_an_enterprise_stands_for_its_monitors() -> None:
    assert about(episode(EpisodeKind.CHEATING, "乙化肥")).cheater == "c2"
    assert about(episode(EpisodeKind.RESTART, "丙铸造")).closed == "p3"


def test_a_spill_is_followed_downstream_from_its_section() -> None:
    assert about(episode(EpisodeKind.SPILL, "w2")).sections == ("w2", "w3")


def test_where_nothing_happens_nobody_is_shown() -> None:
    assert about() == Subjects()


def account(station: str, **figures: Any) -> Account:
    nothing = dict.fromkeys(
        ("reports", "unreadable", "readings", "current", "superseded", "repeats", "rejected", "closed", "duplicated"), 0
    )
    return Account(station=station, source="device", runs=[], **{**nothing, **figures})


def test_readings_that_must_stand_and_do_not_are_lost() -> None:
    assert lost_readings({"a": 10, "b": 5, "c": 2}, [account("a", current=7), account("b", current=5)]) == 3 + 2


def test_more_than_must_stand_at_one_station_do_not_make_up_for_another() -> None:
    assert lost_readings({"a": 10, "b": 5}, [account("a", current=9), account("b", current=6)]) == 1


def outcome(
    *, complete: bool = True, lost: int = 0, doubled: int = 0, unbalanced: int = 0, judged: bool = True
) -> Outcome:
    sent = Run.model_validate({"format": 1, "scenario": "s", "from": 0, "to": 1, "reports": 3920, "complete": complete})
    return Outcome(sent, 21000, lost, doubled, unbalanced, 840, 2, judged, 144.2)


def test_the_last_line_counts_what_was_sent_against_what_stands() -> None:
    assert str(outcome()) == (
        "demo: reports 3920, readings 21000 stored, 0 lost, 0 duplicated, 840 statistics, 2 alerts, 144 s"
    )


def test_the_end_is_good_only_if_all_arrived_once_and_is_accounted_for_and_the_judge_found_nothing() -> None:
    assert outcome().good
    assert not outcome(complete=False).good
    assert not outcome(lost=1).good
    assert not outcome(doubled=1).good
    assert not outcome(unbalanced=1).good
    assert not outcome(judged=False).good
