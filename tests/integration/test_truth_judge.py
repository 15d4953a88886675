"""The judge on a real database: nothing to say of a sound pipeline, and every figure that was tampered with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from judge_stage import BEGIN, END, Judged, erase_alerts, messages, register, run
from reports import HOUR, MIDNIGHT, MINUTE
from worker_stage import Ground

from aggregate.statistic import PERIODS, Window
from core.errors import InputError
from core.settings import CoreSettings
from truth.cli import lines
from truth.expected import read_windows
from truth.folder import open_folder

pytestmark = pytest.mark.stack

TOWN, OTHER = "judged", "dusky"
SETTLED = END + 3 * HOUR
"""When nothing here is waited for any more, save the day."""
NEXT_DAY = MIDNIGHT + 30 * HOUR
NIGHT = MIDNIGHT + 2 * HOUR + 4 * MINUTE
"""In the middle of an episode; the hour before is over, its grace is not."""


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = Ground(stack, tmp_path_factory.mktemp("ground"))
    made.clear()
    register(made, TOWN)
    register(made, OTHER)
    yield made
    made.clear()
    erase_alerts(made, TOWN)
    erase_alerts(made, OTHER)


@pytest.fixture(scope="module")
def town(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """All that was sent has been taken; nothing is waited for but the day."""
    return run(ground, tmp_path_factory.mktemp("truth"), TOWN, messages(TOWN, 7), (BEGIN, END), SETTLED)


def test_a_sound_pipeline_differs_in_nothing(town: Judged) -> None:
    verdict = town.judge(SETTLED)
    assert [*map(str, verdict.shown)] == []
    assert verdict.differences == 0
    assert verdict.figures > 1000
    assert list(lines(verdict))[-1] == f"judge: 0 differences in {verdict.figures} figures"


def test_what_was_sent_holds_all_that_can_go_wrong(town: Judged) -> None:
    reasons = {
        reason
        for (reason,) in town.ground.rows("select unnest(reasons) from rejected union select reason from rejected")
    }
    assert reasons == {"MALFORMED", "STATION_MISMATCH", "FUTURE", "OUT_OF_RANGE", "UNKNOWN_FACTOR"}
    states = set(town.ground.rows("select distinct rule_id, state from alert where city = %s", TOWN))
    assert states >= {(rule, "cleared") for rule in ("dust-stop-work", "dust-sudden-rise", "heavy-pollution-hour")}
    assert town.ground.rows("select sum(p) > 0 from intake, unnest(repeats) as t(p)") == [(True,)]
    assert town.ground.rows("select count(*) > 0 from report where strpos(mask, 'S') > 0") == [(True,)]


def test_windows_that_may_wait_are_counted_and_not_judged(town: Judged) -> None:
    verdict = town.judge(SETTLED)
    ((waiting,),) = town.ground.rows(
        "select sum(length(states) - length(replace(states, 'O', ''))) from statistic where object like %s",
        f"%:{TOWN}%",
    )
    # a city's day has no row before the first of its stations is through with its own
    rows = town.ground.windows(f"city:{TOWN}")
    to_come = [len(window.cells) for name, windows in read_windows(open_folder(town.folder)) for window in windows
               if name == f"city:{TOWN}" and (window.window, window.start) not in rows]  # fmt: skip
    assert verdict.open == waiting + sum(to_come)
    assert waiting > 0


def test_what_waits_longer_than_it_may_is_a_difference(town: Judged) -> None:
    verdict = town.judge(NEXT_DAY)
    of_hours = {w: count for w, count in town.judge(SETTLED).open_of.items() if Window(w) not in PERIODS}
    assert verdict.differences == sum(of_hours.values())
    assert {Window(window) for window in verdict.open_of} == set(PERIODS)
    assert "NO_VALUES, edition 2026, open)" in verdict.shown[0].found


def test_samples_over_four_hours_and_rules_that_do_not_exist_are_not_yet(town: Judged) -> None:
    verdict = town.judge(SETTLED)
    assert list(verdict.not_yet) == [
        "rule a-rule-to-come",
        "statistics of forecasts (forecast)",
        "statistics of readings over PT4H (water)",
    ]
    assert "not yet: rule a-rule-to-come: 2" in list(lines(verdict))


HOUR_OF_DUST = f"object = 'station:judged-dust' and time_window = 'hour' and start = to_timestamp({MIDNIGHT})"
HOUR_OF_CITY = f"object = 'city:{TOWN}' and time_window = 'hour' and start = to_timestamp({MIDNIGHT})"
ALERT = f"alert_id = (select min(alert_id) from alert where city = '{TOWN}' and rule_id = 'dust-stop-work')"


SURPLUS = f"""
insert into statistic select 'station:judged-river', time_window, start, tier, sanddust, maker, partition, layout,
    states, "values", n_valid, n_expected, reasons, live, edition, version, revision, due, changed_at
from statistic where {HOUR_OF_DUST}
"""
SAMPLE = """
update report set {what} where (station_id, time, issued) = (
    select station_id, time, issued from report join station using (station_id)
    where station = '{station}' and mask is null and flags is null order by time, issued limit 1)
"""
SUPERSEDED = """
update report set mask = 'S' || repeat('C', cardinality("values") - 1) where (station_id, time) = (
    select station_id, min(time) from report join station using (station_id)
    where station = 'judged-micro' and mask is null group by 1)
"""


REJECTED = """
insert into rejected (partition, log_offset, entry, received, station, source, run, seq, time, period, whole, reason,
    factors, reasons, "values", flags, detail, body, digest)
select partition, log_offset, entry, received, station, source, {run}, seq, time, period, whole, reason, factors,
    reasons, "values", flags, detail, body, digest
from rejected where rejected_id = (select min(rejected_id) from rejected where reason = 'OUT_OF_RANGE')
"""


@pytest.mark.parametrize(
    ("tampering", "differences", "where"),
    [
        (f"""update statistic set "values"[2] = "values"[2] + 1e-9 where {HOUR_OF_DUST}""", 1,
         "statistic station:judged-dust hour 2026-03-10 00:00 a34002"),
        (f"update statistic set n_valid[1] = n_valid[1] - 1 where {HOUR_OF_DUST}", 1, "a01008"),
        (f"update statistic set n_expected[1] = 60 where {HOUR_OF_DUST}", 1, "a01008"),
        (f"update statistic set reasons[1] = 2 where {HOUR_OF_DUST}", 1, "a01008"),
        (f"update statistic set edition = '2012' where {HOUR_OF_DUST}", 2, "station:judged-dust"),
        (f"update statistic set states = 'PO' where {HOUR_OF_DUST}", 1, "a34002"),
        (f"delete from statistic where {HOUR_OF_DUST}", 2, "found nothing"),
        (f"delete from statistic where {HOUR_OF_CITY}", 13, f"city:{TOWN}"),
        (SURPLUS, 2, "statistic station:judged-river hour 2026-03-10 00:00 a01008: expected nothing"),
        (f"update alert set value = value + 1 where {ALERT}", 1, "alert dust-stop-work station:judged-dust"),
        (f"update alert set peak = peak + 1 where {ALERT}", 1, "alert dust-stop-work"),
        (f"update alert set state = 'open', cleared_at = null where {ALERT}", 1, "alert dust-stop-work"),
        (f"update alert set state = 'withdrawn' where {ALERT}", 1, "found nothing"),
        (f"update alert set first_start = first_start - interval '1 hour' where {ALERT}", 2, "alert dust-stop-work"),
        (f"update alert_value set value = value - 1 where {ALERT} and start = to_timestamp({MIDNIGHT})", 1,
         "alert dust-stop-work"),
        (SUPERSEDED, 1, "readings judged-micro"),
        (SAMPLE.format(what='"values"[1] = "values"[1] + 1e-9', station="judged-river"), 1,
         "sample judged-river PT4H 2026-03-09 16:00"),
        (SAMPLE.format(what="""flags = 'M' || repeat('N', cardinality("values") - 1)""", station="judged-river"), 1,
         "sample judged-river PT4H 2026-03-09 16:00"),
        (SAMPLE.format(what='"values"[1] = "values"[1] + 1', station="judged-outlook"), 1,
         "sample judged-outlook P1D 2026-03-0"),
        (REJECTED.format(run=0), 1, "OUT_OF_RANGE"),
        (REJECTED.format(run=5), 0, "what another run had rejected is none of this one's"),
        ("delete from rejected where rejected_id = (select min(rejected_id) from rejected where reason = 'MALFORMED')",
         1, "MALFORMED"),
        ("delete from rejected where rejected_id = (select min(rejected_id) from rejected where reason = 'FUTURE')",
         1, "FUTURE"),
    ],
)  # fmt: skip
def test_what_is_tampered_with_is_found_and_nothing_else(
    town: Judged, tampering: str, differences: int, where: str
) -> None:
    verdict = town.judge(SETTLED, tampering)
    assert verdict.differences == differences, [*map(str, verdict.shown)]
    assert all(where in str(shown) for shown in verdict.shown[:1]), verdict.shown
    assert list(lines(verdict))[-1].startswith(f"judge: {differences} differences in ")


def test_many_differences_are_counted_and_the_first_are_told(town: Judged) -> None:
    verdict = town.judge(NEXT_DAY)
    told = list(lines(verdict))
    assert len(verdict.shown) == 20
    assert f"… and {verdict.differences - 20} more differences" in told


def test_a_registry_that_is_not_the_scenarios_is_refused(town: Judged) -> None:
    with pytest.raises(InputError, match="judged-dust"):
        town.judge(SETTLED, "update station_version set city = 'elsewhere' where station_id = (select station_id from"
                            " station where station = 'judged-dust')")  # fmt: skip
    with pytest.raises(InputError, match="air stations alone"):
        town.judge(
            SETTLED,
            "insert into station (station) values ('judged-stranger')",
            "insert into station_version (station_id, valid_from, active, name_zh, kind, region, city, control_point,"
            " reporting_period, acks, valid_ranges, limits, changed_by) select station_id, '2020-01-01', true, 'x',"
            f" 'air', '140502', '{TOWN}', false, 60, 'station', '{{}}', '{{}}', 'test' from station"
            " where station = 'judged-stranger'",
        )


def test_in_the_middle_of_a_run_what_stands_is_judged_and_the_rest_waits(
    ground: Ground, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sent = [message for message in messages(OTHER, 3) if message[0] <= NIGHT]
    half = run(ground, tmp_path_factory.mktemp("half"), OTHER, sent, (BEGIN, NIGHT), NIGHT)
    verdict = half.judge(NIGHT)
    assert [*map(str, verdict.shown)] == []
    assert verdict.open > 0
    states = set(ground.rows("select rule_id, state from alert where city = %s", OTHER))
    assert states >= {("dust-stop-work", "open"), ("heavy-pollution-hour", "open")}
    later = half.judge(NIGHT + HOUR)
    assert later.differences > 0
