"""The notifications' file while the notifier runs."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import REGISTRY
from tellings import ROSTER, routes_of

from alerts.notify.file import NotifyFile

ALL = '[[route]]\nid = "all"\nto = ["zhang"]\n'


def test_a_file_that_was_ahead_of_its_roster_is_in_force_once_that_is_there(tmp_path: Path) -> None:
    path = routes_of(tmp_path, ALL).paths[0]
    file = NotifyFile(path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("roster.csv", "april.csv").replace('"zhang"]', '"li"]'), encoding="utf-8")
    assert not file.renew()
    assert REGISTRY.get_sample_value("lantian_notify_file_refused") == 1
    (tmp_path / "april.csv").write_text(ROSTER, encoding="utf-8")
    assert file.renew()
    assert REGISTRY.get_sample_value("lantian_notify_file_refused") == 0
    assert not file.renew()
