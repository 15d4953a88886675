"""What a person says of readings, and what stands when the worker has taken it."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import CO, HOUR, MIDNIGHT, MINUTE, PM10, PM25, SO2, entry, registry, report, station

from aggregate.judge import Judge
from aggregate.reading import Number, Position, RejectReason, Stored
from aggregate.readings.reviews import (
    LeftOut,
    Reading,
    Says,
    Statement,
    current,
    current_of_devices,
    entry_of,
    factor_named,
    flag_named,
    flagged,
    restored,
    statement,
    weigh,
    with_words,
)
from aggregate.revision import Said, mask, resolve, said
from core.errors import InputError
from ingest.envelope import Entry, Source
from ingest.kinds import KIND_RULES, Kind
from ingest.report import decode_report
from ingest.station import Station
from ingest.value import Flag
from standards.factors import load_catalogue

LATER = 2_000_000_000


def judge(*stations: Station) -> Judge:
    made = Judge(load_catalogue(), KIND_RULES)
    made.use(registry(*(stations or (station(),))))
    return made


def word(says: Says) -> Statement:
    """A statement on a minute; what was current of it was 1, normal."""
    before = {name: Reading(Number(Source.DEVICE, 0, 1), name, 1.0, "N", "C") for name in says}
    return statement(MIDNIGHT, MINUTE, before, says)


class Averages:
    """The rows of one averaging period, as the worker keeps them."""

    def __init__(self) -> None:
        self.rows: dict[Number, Stored] = {}
        self._judge = judge()

    def take(self, entry_: Entry) -> None:
        """What the worker does with an entry."""
        [judged], _ = self._judge.judge([(Position(0, 0, 0), entry_)])
        resolve(self.rows, {}, judged)
        mask(self.rows.values())

    def device(self, seq: int, says: Says) -> None:
        """The device reports."""
        told = {
            name: {"flag": flag} | ({} if math.isnan(value) else {"v": value}) for name, (value, flag) in says.items()
        }
        self.take(entry(report(MIDNIGHT, seq, told, period="PT1M")))

    def say(self, run: int, says: Says) -> None:
        """A person says it."""
        if says:
            self.take(entry_of("s1", run, 1, statement(MIDNIGHT, MINUTE, self.before, says), LATER))

    @property
    def before(self) -> dict[str, Reading]:
        return current(self.rows.values())

    @property
    def of_devices(self) -> dict[str, Reading]:
        return current_of_devices(self.rows.values())


def pairs(readings: Mapping[str, Reading]) -> dict[str, Said]:
    return {name: said(reading.value, reading.flag) for name, reading in readings.items()}


values = st.tuples(st.sampled_from([0.0, 0.1, 80.0, math.nan]), st.sampled_from("NDCM")).filter(
    lambda pair: not (math.isnan(pair[0]) and pair[1] == "N")
)
deeds = st.lists(
    st.tuples(
        st.sampled_from(["report", "flag", "correct", "restore"]),
        st.dictionaries(st.sampled_from([PM10, PM25, SO2]), values, min_size=1),
    ),
    max_size=12,
)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(deeds, st.sampled_from("DCM"))
def test_each_decision_stands_above_all_before_it_and_the_devices_word_is_kept(
    done: Sequence[tuple[str, Says]], letter: str
) -> None:
    averages = Averages()
    for number, (deed, says) in enumerate(done, 1):
        before, devices = averages.before, averages.of_devices
        named = [name for name in says if name in before]
        match deed:
            case "report":
                averages.device(number, says)
                assert pairs(averages.of_devices) == pairs(devices) | {name: said(*pair) for name, pair in says.items()}
                continue
            case "flag":
                averages.say(number, flagged(before, list(says), letter))
                expected = {name: said(before[name].value, letter) for name in named}
            case "correct":
                averages.say(number, {name: says[name] for name in named})
                expected = {name: said(*says[name]) for name in named}
            case _:
                averages.say(number, restored(before, devices, list(says)))
                expected = {name: pairs(devices)[name] for name in named}
        assert pairs(averages.before) == pairs(before) | expected
        assert pairs(averages.of_devices) == pairs(devices)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(deeds, st.sampled_from("DCM"), st.randoms(use_true_random=False))
def test_a_word_counts_for_those_after_it_whether_it_is_taken_or_on_its_way(
    done: Sequence[tuple[str, Says]], letter: str, dice: random.Random
) -> None:
    prompt, slow = Averages(), Averages()
    waiting: list[tuple[Number, Statement]] = []
    for number, (deed, says) in enumerate(done, 1):
        before = with_words(slow.before, waiting)
        assert pairs(before) == pairs(prompt.before)
        if deed == "report":
            prompt.device(number, says)
            slow.device(number, says)
            continue
        match deed:
            case "flag":
                said_ = flagged(before, list(says), letter)
            case "correct":
                said_ = {name: says[name] for name in says if name in before}
            case _:
                said_ = restored(before, slow.of_devices, list(says))
        prompt.say(number, said_)
        if said_:
            waiting.append((Number(Source.PERSON, number, 1), statement(MIDNIGHT, MINUTE, before, said_)))
        while waiting and dice.random() < 0.5:
            taken, word_ = waiting.pop(0)
            slow.say(taken.run, dict(zip(word_.factors, zip(word_.values, word_.flags, strict=True), strict=True)))


def test_where_persons_and_devices_agree_there_is_nothing_to_restore() -> None:
    averages = Averages()
    averages.device(1, {PM10: (math.nan, "D"), SO2: (9, "N")})
    averages.say(1, {PM10: (80, "N"), SO2: (9, "N")})
    [(factor, says)] = restored(averages.before, averages.of_devices, [PM10, SO2]).items()
    assert (factor, said(*says)) == (PM10, (None, "D"))
    averages.device(2, {PM10: (80, "N")})
    assert restored(averages.before, averages.of_devices, [PM10, SO2]) == {}


# --- as a report -----------------------------------------------------------------------------------------------------


def test_a_statement_is_a_persons_report_of_the_same_period_that_pages_nobody() -> None:
    said_ = entry_of("s1", 1_790_000_000, 7, word({SO2: (9.5, "N"), PM10: (math.nan, "D")}), LATER, "review-3")
    assert (said_.source, said_.station, said_.run, said_.seq) == (Source.PERSON, "s1", 1_790_000_000, 7)
    assert (said_.received, said_.correlation, said_.retry) == (LATER * 1_000_000, "review-3", False)
    told = decode_report(said_.body)
    assert (told.time, told.period, told.run, told.seq, told.origin) == (MIDNIGHT, MINUTE, 1_790_000_000, 7, "resent")
    assert (told.names, told.flags) == ((SO2, PM10), "ND")
    assert told.values[0] == 9.5
    assert math.isnan(told.values[1])


def test_its_bytes_are_the_same_whenever_it_is_sent() -> None:
    told = word({PM10: (0.1 + 0.2, "N")})
    first, second = (entry_of("s1", 5, 1, told, received) for received in (LATER, LATER + HOUR))
    assert first.body == second.body
    assert decode_report(first.body).values == [0.1 + 0.2]


# --- what is left out ------------------------------------------------------------------------------------------------


def test_what_the_worker_would_reject_is_left_out_and_the_rest_is_said() -> None:
    narrow = judge(station(valid_ranges={PM10: (0.0, 100.0)}))
    told = word({PM10: (101, "N"), PM25: (math.nan, "N"), SO2: (9, "N")})
    [weighed] = weigh(narrow, "s1", [told], LATER)
    assert weighed.left_out == {PM10: RejectReason.OUT_OF_RANGE, PM25: LeftOut.NO_VALUE}
    assert weighed.kept == word({SO2: (9, "N")})


def test_a_value_beyond_all_bounds_may_be_flagged_away() -> None:
    told = word({PM10: (1e9, "T")})
    assert weigh(judge(), "s1", [told], LATER)[0].kept == told


@pytest.mark.parametrize(
    ("registered", "reason"),
    [
        (station(valid_from=MIDNIGHT + HOUR), RejectReason.UNKNOWN_STATION),
        (station("s2"), RejectReason.UNKNOWN_STATION),
    ],
)
def test_of_a_station_that_was_not_registered_then_nothing_is_said(registered: Station, reason: RejectReason) -> None:
    [weighed] = weigh(judge(registered), "s1", [word({PM10: (80, "D"), SO2: (9, "D")})], LATER)
    assert weighed == (None, {PM10: reason, SO2: reason})


def test_the_unit_s_range_is_that_of_the_kind_of_station() -> None:
    told = word({CO: (100_000, "N")})
    assert weigh(judge(station(kind=Kind.CEMS)), "s1", [told], LATER)[0].kept == told
    assert weigh(judge(), "s1", [told], LATER)[0].kept is None


# --- what persons name -----------------------------------------------------------------------------------------------


def test_a_flag_that_there_is_not_is_refused_with_all_that_there_are_in_chinese_too() -> None:
    assert flag_named("D", field="--flag") is Flag.FAULT
    with pytest.raises(InputError) as refused:
        flag_named("X", field="--flag")
    assert str(refused.value) == (
        "--flag: is no flag (got 'X'); one of N 正常, F 停运, M 维护, S 手工输入, D 故障, C 校准, T 超量程, B 通讯异常"
    )


def test_a_factor_is_named_by_code_or_name_in_either_language() -> None:
    assert {factor_named(name, field="--factor").code for name in (PM10, "pm10", "可吸入颗粒物")} == {PM10}
    with pytest.raises(InputError, match="is no factor of the catalogue"):
        factor_named("PM100", field="--factor")
