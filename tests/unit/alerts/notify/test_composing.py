"""What the next message says, of all that waits."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tellings import NOON, telling

from alerts.notify.compose import AT_MOST, LINES, Next, Waiting, message_of, next_of
from alerts.notify.telling import Telling
from alerts.severity import Severity

HOUR = timedelta(hours=1)


def waits(number: int, said: Telling, *, begun: bool = False) -> Waiting:
    return Waiting(number, said, begun)


def numbers(found: Next) -> list[int]:
    return [one.notification_id for one in found.tellings]


def sequel(number: int, happening: str, thread: str, *, undone: bool = False) -> Telling:
    alert_id = int(thread.partition(":")[2])
    return telling(number, thread=thread, alert_id=alert_id, happening=happening, news=False, over=True, undone=undone)


def test_many_stations_of_one_rule_are_one_message() -> None:
    found = next_of([waits(n, telling(n)) for n in range(1, 60)], 5, together=True)
    assert numbers(found) == list(range(1, 60))


def test_a_message_has_so_many_tellings_at_most_the_gravest_first() -> None:
    storm = [waits(n, telling(n)) for n in range(1, AT_MOST + 50)] + [
        waits(999, telling(999, severity=Severity.SEVERE))
    ]
    found = numbers(next_of(storm, 5, together=True))
    assert (len(found), found[0]) == (AT_MOST, 999)


def test_another_rule_is_another_message() -> None:
    found = next_of([waits(1, telling(1)), waits(2, telling(2, bundle="晋城市|silent"))], 5, together=True)
    assert numbers(found) == [1]


def test_the_gravest_goes_first_and_of_equals_the_oldest() -> None:
    grave = telling(3, bundle="晋城市|b", severity=Severity.CRITICAL)
    found = next_of([waits(1, telling(1, bundle="a")), waits(2, telling(2, bundle="c")), waits(3, grave)], 5,
                    together=True)  # fmt: skip
    assert numbers(found) == [3]
    assert numbers(next_of([waits(2, telling(2, bundle="c")), waits(1, telling(1, bundle="a"))], 5, together=True)) == [
        1
    ]


def test_the_last_message_of_a_minute_takes_all_that_waits() -> None:
    found = next_of([waits(n, telling(n, bundle=f"rule {n}")) for n in (1, 2, 3)], 1, together=True)
    assert numbers(found) == [1, 2, 3]


def test_nothing_goes_once_the_minute_is_full() -> None:
    assert next_of([waits(1, telling(1))], 0, together=True) == Next()


def test_machines_are_told_one_thing_a_message() -> None:
    assert numbers(next_of([waits(1, telling(1)), waits(2, telling(2))], 1, together=False)) == [1]


def test_a_machine_hears_what_happened_to_an_alert_in_its_order() -> None:
    cleared = telling(9, thread="alert:1", news=False, urgency=Severity.INFO, happening="cleared")
    reopened = telling(10, thread="alert:1", severity=Severity.CRITICAL, happening="reopened")
    waiting = [waits(2, reopened, begun=True), waits(1, cleared, begun=True)]
    assert numbers(next_of(waiting, 9, together=False)) == [1]


def test_what_is_undone_before_it_was_told_is_never_told() -> None:
    both = [waits(1, telling(1)), waits(2, sequel(2, "withdrawn", "alert:1", undone=True))]
    assert next_of(both, 5, together=True) == Next((), (1, 2))


def test_what_is_proposed_in_place_of_what_is_undone_is_told_alone() -> None:
    thread = "proposal:晋城市"
    said = [telling(9, thread=thread), telling(10, thread=thread, news=False, undone=True), telling(11, thread=thread)]
    at_once = [waits(one.place, msgspec.structs.replace(one, at=NOON)) for one in said]
    found = next_of(at_once, 5, together=True)
    assert (numbers(found), found.dropped) == ([11], (9, 10))


def test_what_was_told_before_it_was_undone_is_taken_back() -> None:
    found = next_of([waits(2, sequel(2, "withdrawn", "alert:1", undone=True), begun=True)], 5, together=True)
    assert numbers(found) == [2]


def test_nobody_hears_the_end_of_what_they_never_heard_of() -> None:
    assert next_of([waits(2, sequel(2, "cleared", "alert:1"))], 5, together=True) == Next((), (2,))


def test_an_alert_that_opened_and_cleared_meanwhile_is_told_with_its_end() -> None:
    found = next_of([waits(1, telling(1)), waits(2, sequel(2, "cleared", "alert:1"))], 5, together=True)
    assert numbers(found) == [1, 2]
    message = message_of([one.telling for one in found.tellings], "LT-1", NOON)
    assert "标题2" in message.title
    assert "（首次 2026-03-01 12:00）" in message.body


def test_one_alert_is_told_with_what_to_do_and_on_what_ground() -> None:
    message = message_of([telling(1, severity=Severity.CRITICAL)], "LT-1", NOON)
    assert message.title == "〔紧急〕标题1"
    assert message.body == (
        "内容1\n处置：停工\n依据：第28项\n\ntitle 1\nline 1\nTo do: stop\n编号 No. LT-1"
    )  # fmt: skip
    assert message.region == "140502"


def test_many_alerts_are_listed_the_gravest_first_and_the_rest_counted() -> None:
    said = [telling(n) for n in range(1, LINES + 5)] + [telling(99, severity=Severity.SEVERE)]
    message = message_of(said, "LT-1", NOON)
    lines = message.body.splitlines()
    assert message.title == f"〔严重〕晋城市 {LINES + 5} 条报警信息"
    assert lines[0] == "标题99"
    assert lines[LINES] == "…另有 5 条，见 lantian alerts list / and 5 more"
    assert lines[-1] == "编号 No. LT-1"


def test_a_message_about_several_regions_names_none() -> None:
    assert message_of([telling(1), telling(2, region="140581")], "LT-1", NOON).region == ""


def test_the_document_has_all_tellings_in_their_order() -> None:
    document = json.loads(message_of([telling(2), telling(1)], "LT-1", NOON).document)
    assert document["id"] == "LT-1"
    assert [one["key"] for one in document["tellings"]] == ["晋城市#1", "晋城市#2"]


@given(
    st.lists(
        st.builds(
            lambda number, thread, bundle, severity, news, undone, begun: waits(
                number,
                telling(number, thread=f"alert:{thread}", bundle=bundle, severity=severity, news=news, undone=undone),
                begun=begun,
            ),
            st.integers(1, 10_000),
            st.integers(1, 5),
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from(list(Severity)),
            st.booleans(),
            st.booleans(),
            st.booleans(),
        ),
        max_size=30,
        unique_by=lambda one: one.notification_id,
    ),
    st.integers(1, 4),
)
def test_whatever_waits_is_told_or_dropped_once(waiting: list[Waiting], room: int) -> None:
    left = {one.notification_id: one for one in waiting}
    rounds = 0
    while left:
        found = next_of(left.values(), room, together=True)
        gone = [*found.dropped, *numbers(found)]
        assert gone
        assert len(set(gone)) == len(gone)
        for number in gone:
            del left[number]
        rounds += 1
        assert rounds <= len(waiting)
