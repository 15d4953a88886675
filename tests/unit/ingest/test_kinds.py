"""Kinds of monitor and their times."""

from __future__ import annotations

import pytest

from ingest.kinds import KIND_RULES, Kind, KindRules, KindSettings


def test_every_kind_has_names_and_times_in_order() -> None:
    for kind in Kind:
        rules = KIND_RULES[kind]
        assert kind.zh
        assert kind.en
        assert 0 < rules.grace_s < rules.lateness_s


def test_an_operator_s_setting_changes_its_kind_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTIAN_KINDS_GRACE_S", '{"air": 600}')
    rules = KindSettings.load().rules()
    air = KIND_RULES[Kind.AIR]
    assert rules[Kind.AIR] == KindRules(air.live_limit_s, 600, air.lateness_s)
    assert rules[Kind.DUST] == KIND_RULES[Kind.DUST]
