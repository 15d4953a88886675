"""What tests of notifications stand on: a site of their own, and routes from its city to targets of their own."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from handling_stage import Ground

from alerts.notify import store
from alerts.notify.follow import follow, given_up, hand_on, release
from alerts.notify.handover import hand_over
from alerts.notify.message import Failure, Outcome
from alerts.notify.outgoing import Sent, next_message, record
from alerts.notify.routes import Routes, load
from core.postgres import connect
from core.settings import CoreSettings

ROUTE = '[[route]]\nid = "dust"\nto = ["ROBOT"]\nrules = ["dust-stop-work"]\nabout = ["alert"]\n'


class Notified(NamedTuple):
    """A row of `notification`, by the site's rule alone."""

    target: str
    happening: str
    state: str


class Post:
    """A ground whose city's log is followed; targets are `boss-NAME` and `robot-NAME`."""

    def __init__(self, settings: CoreSettings, name: str, folder: Path, *, routes: str = "", more: str = "") -> None:
        self.ground = Ground(settings, name)
        self.boss, self.robot = f"boss-{name}", f"robot-{name}"
        self.path = folder / "notify.toml"
        text = f'cities = ["{self.ground.site.city}"]\ngather = "PT1S"\ngive_up = "PT1H"\n{more}\n'
        for target in (self.boss, self.robot):
            text += f'[[target]]\nid = "{target}"\nvia = "apprise"\nurl_secret = "notify-{name}"\n'
        text += (
            routes or f'[[route]]\nid = "dust"\nto = ["{self.robot}"]\nrules = ["dust-stop-work"]\nabout = ["alert"]\n'
        )
        self.path.write_text(text.replace("ROBOT", self.robot).replace("BOSS", self.boss), encoding="utf-8")

    @property
    def routes(self) -> Routes:
        return load(self.path)

    def follow(self, at: datetime) -> None:
        """Go through the log to its end at that time."""
        with self._cursor() as cursor:
            follow_all(cursor, self.routes, at)

    def release(self, at: datetime) -> None:
        with self._cursor() as cursor:
            release(cursor, self.routes, at)

    def hand_over(self, at: datetime) -> None:
        with self._cursor() as cursor:
            hand_over(cursor, self.routes, at)

    def give_up(self, at: datetime) -> None:
        routes = self.routes
        with self._cursor() as cursor:
            hand_on(cursor, routes, given_up(cursor, routes, at), at)

    def inbox(self, at: datetime, target: str | None = None) -> list[str]:
        """What a target (by default the robot) is sent at that time and confirms: title and body of each message."""
        target = target or self.robot
        self.follow(at - timedelta(seconds=2))
        found: list[str] = []
        while True:
            with self._cursor() as cursor:
                what = next_message(cursor, self.routes.targets[target], at)
                if what is None:
                    return found
                record(cursor, Sent(target, what, Outcome(), at, 0.1), at)
                found.append(f"{what.message.title}\n{what.message.body}")

    def miss(self, at: datetime, target: str) -> None:
        """A target is sent what is next for it at that time, and does not answer."""
        with self._cursor() as cursor:
            what = next_message(cursor, self.routes.targets[target], at)
            assert what is not None
            record(cursor, Sent(target, what, Outcome(Failure.UNREACHABLE), at, 0.1), at)

    def targets_with_work(self, at: datetime) -> list[str]:
        with self._cursor() as cursor:
            return [one for one in store.with_work(cursor, at) if one in {self.boss, self.robot}]

    def notified(self, target: str | None = None) -> list[Notified]:
        """What the targets were to be told, in order."""
        rows = self.ground.site.rows(
            "select n.target, n.telling::json->>'happening', n.state from notification n"
            " where n.target in (" + ", ".join(f"'{one}'" for one in (self.boss, self.robot)) + ")"
            " order by n.notification_id",
            role="notifier",
        )
        return [Notified(*row) for row in rows if target in {None, row[0]}]

    def _cursor(self) -> Any:
        return _Transaction(self.ground.settings)


def follow_all(cursor: Any, routes: Routes, at: datetime) -> None:
    """Go through the log of the routes' cities to its end."""
    for city in store.behind(cursor, routes.cities):
        while follow(cursor, routes, city, at):
            pass


class _Transaction:
    def __init__(self, settings: CoreSettings) -> None:
        self._settings = settings

    def __enter__(self) -> Any:
        self._database = connect(self._settings, "notifier", application="test")
        return self._database.cursor()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with closing(self._database) as database:
            if kind is None:
                database.commit()
            else:
                database.rollback()
