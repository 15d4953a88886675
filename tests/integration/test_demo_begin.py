"""The demonstration on servers that others run: it never begins where somebody's stations are."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import InputError
from core.postgres import connect
from core.settings import CoreSettings
from deploy.demo_given import begin
from deploy.demo_telling import PLATFORM
from ingest.credentials import load_accounts
from ingest.station_import import import_csv
from ingest.station_row import PLATFORM_PREFIX

pytestmark = pytest.mark.stack

STATIONS = "station,name_zh,kind,region,city,reporting_period\nsomebodys,某站,air,140502,晋城市,PT1H\n"


@pytest.mark.usefixtures("in_stack")
def test_where_a_station_is_registered_it_begins_nothing_and_names_it(stack: CoreSettings, tmp_path: Path) -> None:
    (tmp_path / "stations.csv").write_text(STATIONS, encoding="utf-8")
    with closing(connect(stack, "registry", application="test")) as database:
        assert import_csv(database, tmp_path / "stations.csv", effective=datetime.now(UTC), user="test").failed == 0
        with pytest.raises(InputError, match=r"empty database.*got .*servers of its own"):
            begin(speed=60)
        assert PLATFORM_PREFIX + PLATFORM not in {account.username for account in load_accounts(database)}
