"""Names of persons: when two are one's, and which can be none."""

from __future__ import annotations

import pytest

from alerts.handling.names import NameFault, fault_of, same_person


@pytest.mark.parametrize(
    "other",
    [" 张三 ", "张 三", "张\u3000三", "张\u200b三", "\u202e张三", "张三\ufeff", "张三\ufe0f", "\u3164张三", "张·三"],
)
def test_a_name_is_one_persons_whatever_stands_between_its_letters(other: str) -> None:
    assert same_person("张三", other)


def test_neither_width_nor_case_makes_another_person() -> None:
    assert same_person("Ｚｈａｎｇ３", "zhang3")
    assert same_person("Stra\u00dfe", "STRASSE")


@pytest.mark.parametrize("other", ["李四", "张三丰", "张三2", ""])
def test_other_letters_and_digits_are_another_person(other: str) -> None:
    assert not same_person("张三", other)


@pytest.mark.parametrize("who", ["张三", "Zhang San", "Müller-Lüdenscheidt", "工地赵（晚班）", " 3号岗 "])
def test_who_can_be_read_can_act(who: str) -> None:
    assert fault_of(who) is None


@pytest.mark.parametrize(
    ("who", "fault"),
    [
        ("", NameFault.NO_NAME),
        (" \u200b", NameFault.NO_NAME),
        ("\u3164", NameFault.NO_NAME),
        ("—", NameFault.NO_NAME),
        ("张\u200b三", NameFault.UNREADABLE),
        ("张三\u202e", NameFault.UNREADABLE),
        ("张\n三", NameFault.UNREADABLE),
        ("张三\u3164", NameFault.UNREADABLE),
    ],
)
def test_what_cannot_be_seen_is_no_name(who: str, fault: NameFault) -> None:
    assert fault_of(who) is fault
