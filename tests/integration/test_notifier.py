"""Messages reach a real receiver, whatever dies: engine and notifier are a process, the receiver is on loopback."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from engine_stage import Process, held_up
from handling_stage import Ground
from notify_receivers import HttpReceiver, http, says
from standardwebhooks.webhooks import Webhook
from waiting import eventually

from core.postgres import connect
from core.settings import CoreSettings

pytestmark = pytest.mark.stack

SECRET = "whsec_bGFudGlhbi10ZXN0LXNlY3JldC1vZi0zMi1ieXRlcw=="
Reply = Callable[[BaseHTTPRequestHandler], None]


class Sender:
    """A site whose alerts go by webhook to a receiver that answers as it is told."""

    def __init__(self, settings: CoreSettings, environment: dict[str, str], name: str, folder: Path) -> None:
        self.ground = Ground(settings, name)
        self.target = f"hook-{name}"
        self.file = folder / "notify.toml"
        self._environment = environment | {
            "LANTIAN_ALERTS_NOTIFY_FILE": str(self.file),
            "LANTIAN_SECRET_NOTIFY_HOOK": SECRET,
            "LANTIAN_CLOCK_SPEED": "20",  # so that nobody waits for back-offs
        }

    def write(self, receiver: HttpReceiver, more: str = "") -> None:
        self.file.write_text(
            f'cities = ["{self.ground.site.city}"]\ngather = "PT1S"\n{more}\n'
            f'[[target]]\nid = "{self.target}"\nvia = "webhook"\nurl = "{receiver.url}"\n'
            'signing_secret = "notify-hook"\n'
            f'[[route]]\nid = "dust"\nto = ["{self.target}"]\nrules = ["dust-stop-work"]\nabout = ["alert"]\n',
            encoding="utf-8",
        )

    def process(self) -> Process:
        return Process(self._environment)

    def deliveries(self) -> list[tuple[str, str, int]]:
        """Message id, fate and tries."""
        return self.ground.site.rows(
            f"select message_id, fate, tries from v_deliveries where target = '{self.target}' order by delivery_id"
        )

    def tries(self) -> list[str | None]:
        rows = self.ground.site.rows(
            f"select failure from v_delivery_tries where target = '{self.target}' order by delivery_id, number"
        )
        return [failure for (failure,) in rows]

    def delivered(self) -> bool:
        found = self.deliveries()
        return bool(found) and all(fate == "delivered" for _, fate, _ in found)


@pytest.fixture
def running() -> Iterator[list[Process]]:
    """Processes to be ended with the test."""
    found: list[Process] = []
    yield found
    for process in found:
        process.end(signal.SIGKILL)


def start(sender: Sender, running: list[Process]) -> Process:
    process = sender.process()
    running.append(process)
    process.start()
    return process


def in_turn(*replies: Reply) -> Reply:
    """The first request is answered by the first reply, and so on; the last answers all that follow."""
    left = list(replies)

    def reply(handler: BaseHTTPRequestHandler) -> None:
        now = left.pop(0) if len(left) > 1 else left[0]
        now(handler)

    return reply


def ids(receiver: HttpReceiver) -> list[str]:
    return [request.headers["webhook-id"] for request in receiver.requests]


def test_a_stop_work_alert_reaches_a_webhook_signed_and_once(
    stack: CoreSettings, stack_environment: dict[str, str], tmp_path: Path, running: list[Process]
) -> None:
    sender = Sender(stack, stack_environment, "reach", tmp_path)
    with http(says(204)) as receiver:
        sender.write(receiver)
        process = start(sender, running)
        sender.ground.site.tell(sender.ground.site.statement(0, 300.0))
        eventually("the message is confirmed", sender.delivered)
        eventually(
            "its delay is counted", lambda: "lantian_notify_confirmed_delay_seconds_count 1.0" in process.metrics()
        )
        assert process.end() == 0
    (request,) = receiver.requests
    said: dict[str, Any] = Webhook(SECRET).verify(request.body, dict(request.headers.items()))
    assert said["id"] == request.headers["webhook-id"] == sender.deliveries()[0][0]
    (telling,) = said["tellings"]
    assert (telling["happening"], telling["station"]) == ("opened", sender.ground.site.station)
    assert telling["details"]["value"] == 300.0


def test_a_receiver_that_is_busy_is_tried_again_with_the_same_message(
    stack: CoreSettings, stack_environment: dict[str, str], tmp_path: Path, running: list[Process]
) -> None:
    sender = Sender(stack, stack_environment, "busy", tmp_path)
    with http(in_turn(says(503), says(429), says(200))) as receiver:
        sender.write(receiver)
        start(sender, running)
        sender.ground.site.tell(sender.ground.site.statement(0, 300.0))
        eventually("the message is confirmed", sender.delivered)
    assert sender.tries() == ["busy", "busy", None]
    assert len(set(ids(receiver))) == 1
    assert len({request.body for request in receiver.requests}) == 1


def test_what_is_refused_again_and_again_is_given_up_and_does_not_stop_the_next(
    stack: CoreSettings, stack_environment: dict[str, str], tmp_path: Path, running: list[Process]
) -> None:
    sender = Sender(stack, stack_environment, "refuse", tmp_path)
    refused: list[str] = []

    def refuses_the_first(handler: BaseHTTPRequestHandler) -> None:
        refused.append(handler.headers["webhook-id"])
        says(400 if handler.headers["webhook-id"] == refused[0] else 200)(handler)

    with http(refuses_the_first) as receiver:
        sender.write(receiver)
        start(sender, running)
        sender.ground.site.tell(sender.ground.site.statement(0, 300.0))
        eventually("the first is refused", lambda: len(receiver.requests) > 0)
        sender.ground.site.tell(sender.ground.site.statement(1, 100.0))
        eventually("both have ended", lambda: [fate for _, fate, _ in sender.deliveries()] == ["given-up", "delivered"])
    assert ids(receiver).count(refused[0]) == 3


def test_who_is_refused_is_sent_the_next_try_with_the_secret_that_stands_there_then(
    stack: CoreSettings, stack_environment: dict[str, str], tmp_path: Path, running: list[Process]
) -> None:
    sender = Sender(stack, stack_environment, "rotate", tmp_path)
    secret = stack.state_dir / "secrets" / "notify-rotate"
    secret.write_text(f"{SECRET}\n", encoding="utf-8")
    renewed = "whsec_bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldw=="

    def refuses(handler: BaseHTTPRequestHandler) -> None:
        secret.write_text(f"{renewed}\n", encoding="utf-8")
        says(401)(handler)

    with http(in_turn(refuses, says(200))) as receiver:
        sender.write(receiver)
        sender.file.write_text(
            sender.file.read_text(encoding="utf-8").replace("notify-hook", "notify-rotate"), encoding="utf-8"
        )
        start(sender, running)
        sender.ground.site.tell(sender.ground.site.statement(0, 300.0))
        eventually("the message is confirmed", sender.delivered)
    request = receiver.requests[-1]
    assert Webhook(renewed).verify(request.body, dict(request.headers.items()))


def test_who_is_killed_while_it_sends_sends_the_same_again(
    stack: CoreSettings, stack_environment: dict[str, str], tmp_path: Path, running: list[Process]
) -> None:
    sender = Sender(stack, stack_environment, "killed", tmp_path)
    answer = threading.Event()

    def keeps_waiting(handler: BaseHTTPRequestHandler) -> None:
        answer.wait(30)
        handler.close_connection = True

    with http(in_turn(keeps_waiting, says(200))) as receiver:
        sender.write(receiver)
        process = start(sender, running)
        sender.ground.site.tell(sender.ground.site.statement(0, 300.0))
        eventually("the message is on its way", lambda: len(receiver.requests) == 1)
        process.end(signal.SIGKILL)
        answer.set()
        start(sender, running)
        eventually("the message is confirmed", sender.delivered)
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


@pytest.mark.parametrize(
    ("table", "what", "sent"),
    [
        ("notification", "insert", 1),
        ("notify_cursor", "update", 1),
        ("delivery", "insert", 1),
        # the receiver has confirmed the message and that is not written down: it is sent again, under the same id
        ("delivery_try", "insert", 2),
    ],
)
def test_kill_9_at_any_step_neither_loses_a_message_nor_gives_it_a_second_id(
    stack: CoreSettings,
    stack_environment: dict[str, str],
    tmp_path: Path,
    running: list[Process],
    table: str,
    what: str,
    sent: int,
) -> None:
    sender = Sender(stack, stack_environment, f"step-{table}".replace("_", "-"), tmp_path)
    with http(says(200)) as receiver:
        sender.write(receiver)
        process = start(sender, running)
        sender.ground.site.tell(sender.ground.site.statement(0, 120.0))  # so that its city has a cursor
        with held_up(stack, table, what, lock=4712) as somebody_waits:
            sender.ground.site.tell(sender.ground.site.statement(1, 300.0))
            eventually("somebody waits", somebody_waits)
            process.end(signal.SIGKILL)
        start(sender, running)
        eventually("the message is confirmed", sender.delivered)
    assert len(ids(receiver)) == sent
    assert len(set(ids(receiver))) == 1


def test_of_two_notifiers_one_sends_and_the_other_takes_over(
    stack: CoreSettings, stack_environment: dict[str, str], tmp_path: Path, running: list[Process]
) -> None:
    first = Sender(stack, stack_environment, "pair", tmp_path)
    second = Sender(stack, stack_environment | {"LANTIAN_INSTANCE": "2"}, "pair", tmp_path)
    with http(says(200)) as receiver:
        first.write(receiver)
        process = start(first, running)
        start(second, running)
        first.ground.site.tell(first.ground.site.statement(0, 300.0))
        eventually("the opening is confirmed", first.delivered)
        process.end(signal.SIGKILL)
        first.ground.site.tell(first.ground.site.statement(1, 100.0))
        eventually("the end is confirmed", lambda: len(first.deliveries()) == 2 and first.delivered())
    assert len(ids(receiver)) == len(set(ids(receiver))) == 2


def test_a_file_that_becomes_faulty_leaves_the_former_in_force(
    stack: CoreSettings, stack_environment: dict[str, str], tmp_path: Path, running: list[Process]
) -> None:
    sender = Sender(stack, stack_environment, "faulty", tmp_path)
    with http(says(200)) as receiver:
        sender.write(receiver)
        process = start(sender, running)
        sender.file.write_text("[[target]]\nid = 1\n", encoding="utf-8")
        eventually("the fault is seen", lambda: "lantian_notify_file_refused 1.0" in process.metrics())
        sender.ground.site.tell(sender.ground.site.statement(0, 300.0))
        eventually("the message is confirmed", sender.delivered)


def test_the_engine_does_not_start_with_a_faulty_file(
    stack: CoreSettings, stack_environment: dict[str, str], tmp_path: Path
) -> None:
    sender = Sender(stack, stack_environment, "nostart", tmp_path)
    sender.file.write_text("[[target]]\nid = 1\n", encoding="utf-8")
    process = sender.process()
    with pytest.raises(AssertionError, match="the engine has ended"):
        process.start()


def test_a_target_that_fails_unforeseen_stops_no_other(
    stack: CoreSettings, stack_environment: dict[str, str], tmp_path: Path, running: list[Process]
) -> None:
    sender = Sender(stack, stack_environment, "apart", tmp_path)
    told = f"v_notifications where target in ('hook-bad', '{sender.target}')"
    with http(says(200)) as receiver:
        sender.write(receiver)
        text = sender.file.read_text(encoding="utf-8").replace("PT1S", "PT2M")
        text = text.replace(f'to = ["{sender.target}"]', f'to = ["hook-bad", "{sender.target}"]')
        text += (
            f'[[target]]\nid = "hook-bad"\nvia = "webhook"\nurl = "{receiver.url}"\nsigning_secret = "notify-hook"\n'
        )
        sender.file.write_text(text, encoding="utf-8")
        process = start(sender, running)
        sender.ground.site.tell(sender.ground.site.statement(0, 300.0))
        eventually("both are to be told", lambda: len(sender.ground.site.rows(f"select from {told}")) == 2)
        with closing(connect(stack, "owner", application="test")) as database, database, database.cursor() as cursor:
            cursor.execute("update notification set telling = '{}' where target = 'hook-bad'")
        eventually("the other is confirmed", sender.delivered)
        assert "lantian_notify_failed_total 0.0" not in process.metrics()
        assert process.ready()
