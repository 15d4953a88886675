"""How long those who are told have waited."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from alerts.notify.delays import delays
from alerts.notify.message import Message
from alerts.severity import Severity

NOW = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)


def test_each_thing_told_in_a_message_has_waited_since_its_own_entry() -> None:
    ages = (90, 5)
    tellings = [{"at": (NOW - timedelta(seconds=age)).isoformat(), "key": str(age)} for age in ages]
    message = Message(id="LT1", title="", body="", severity=Severity.CRITICAL, region="", at=NOW,
                      document=json.dumps({"id": "LT1", "tellings": tellings}).encode())  # fmt: skip
    assert delays(message, NOW) == [90.0, 5.0]
