"""How many live alerts stand, as the engine tells Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from device_stage import BUSY, QUIET, a_town

from alerts.open_alerts import STANDING, standing
from core.postgres import connect
from core.settings import CoreSettings

pytestmark = pytest.mark.stack


def counted(settings: CoreSettings) -> Mapping[tuple[str, ...], float]:
    with closing(connect(settings, "engine", application="test")) as database, database.cursor() as cursor:
        return standing(cursor)[STANDING]


def test_an_alert_stands_from_its_opening_until_persons_have_closed_it(stack: CoreSettings, tmp_path: Path) -> None:
    with a_town(stack, tmp_path) as town:
        before = counted(stack)
        town.minutes(5, QUIET, BUSY)
        town.minutes(33, BUSY)
        opened = counted(stack)
        [(severity, state, stage)] = [labels for labels in opened if opened[labels] != before.get(labels, 0)]
        assert (state, stage) == ("open", "open")
        assert opened[severity, state, stage] - before.get((severity, state, stage), 0) == 1
        town.minutes(3, QUIET, BUSY)
        cleared = counted(stack)
        assert cleared.get((severity, "open", "open"), 0) == before.get((severity, "open", "open"), 0)
        assert cleared[severity, "cleared", "open"] - before.get((severity, "cleared", "open"), 0) == 1
