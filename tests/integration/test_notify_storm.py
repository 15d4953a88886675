"""A storm of alerts to a webhook and a mailbox while engine and notifier are killed: nothing lost, doubles known by id.

The receiver fails now and then as well: it is busy, or takes a message and breaks off without a word.
"""

from __future__ import annotations

import json
import random
import re
import signal
import threading
from collections import defaultdict
from email import message_from_bytes
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from aiosmtpd.smtp import Envelope
from engine_stage import Process, Site
from notify_receivers import HttpReceiver, MailReceiver, Reply, http, mail, says
from waiting import eventually

from core.settings import CoreSettings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1200)]

SITES, KILLS = 24, 6
SECRET = "whsec_bGFudGlhbi10ZXN0LXNlY3JldC1vZi0zMi1ieXRlcw=="
NUMBER = re.compile(r"No\. (LT\d{8}-[0-9a-f]{10})")


def fitful(chance: random.Random) -> Reply:
    """Takes the first message without a word; of others four of six, one it does not want now, one without a word."""
    drawn = [1]

    def reply(handler: BaseHTTPRequestHandler) -> None:
        what = drawn.pop() if drawn else chance.randrange(6)
        if what == 0:
            says(503)(handler)
        elif what > 1:
            says(204)(handler)

    return reply


def notify_file(folder: Path, city: str, receiver: HttpReceiver) -> Path:
    path = folder / "notify.toml"
    path.write_text(
        f'cities = ["{city}"]\ngather = "PT1S"\n'
        f'[[target]]\nid = "hook-{city}"\nvia = "webhook"\nurl = "{receiver.url}"\nsigning_secret = "notify-storm"\n'
        f'[[target]]\nid = "mail-{city}"\nvia = "apprise"\nurl_secret = "notify-storm-mail"\nper_minute = 6000\n'
        f'[[route]]\nid = "dust"\nto = ["hook-{city}", "mail-{city}"]\nrules = ["dust-stop-work"]\nabout = ["alert"]\n',
        encoding="utf-8",
    )
    return path


def test_no_notification_is_lost_and_doubles_have_the_id_of_the_first(
    stack: CoreSettings, stack_environment: dict[str, str], tmp_path: Path
) -> None:
    chance = random.Random(20260302)
    site = Site(stack, "notify-storm")
    with http(fitful(chance)) as receiver, mail(MailReceiver()) as mailbox:
        environment = stack_environment | {
            "LANTIAN_ALERTS_NOTIFY_FILE": str(notify_file(tmp_path, site.city, receiver)),
            "LANTIAN_SECRET_NOTIFY_STORM": SECRET,
            "LANTIAN_SECRET_NOTIFY_STORM_MAIL": f"mailto://127.0.0.1:{mailbox.port}/?from=a@example.org&to=b@example.org",
            "LANTIAN_CLOCK_SPEED": "20",
        }
        process = Process(environment)
        process.start()
        teller = threading.Thread(target=tell_all, args=(site,))
        teller.start()
        for _ in range(KILLS):
            seen = len(receiver.requests) + chance.randrange(1, 4)
            eventually("more was sent", partial(sent_or_over, receiver, seen, teller))
            process.end(signal.SIGKILL)
            process.start()
        teller.join()
        eventually("all is told and confirmed", lambda: all_told(site))
        assert process.end() == 0
    assert mailbox.mails
    by_hook: defaultdict[str, set[bytes]] = defaultdict(set)
    for request in receiver.requests:
        by_hook[request.headers["webhook-id"]].add(request.body)
    assert all(len(bodies) == 1 for bodies in by_hook.values()), "a message was sent again in other words"
    assert len(receiver.requests) > len(by_hook), "nothing was sent twice: the test shows too little"
    told = [one["key"] for (body,) in by_hook.values() for one in json.loads(body)["tellings"]]
    expected = keys(site, f"hook-{site.city}")
    assert sorted(told) == sorted(expected), "a telling was lost, or stands in two messages"
    assert len(expected) == 2 * SITES
    numbers = set(NUMBER.findall("\n".join(map(text_of, mailbox.mails))))
    sent = {number for (number,) in site.rows(f"select message_id from v_deliveries where target = 'mail-{site.city}'")}
    assert numbers == sent
    assert sorted(keys(site, f"mail-{site.city}")) == sorted(expected)


def tell_all(site: Site) -> None:
    """Each site exceeds in one hour and is clear in the next; each told when the one before was judged."""
    for number in range(SITES):
        site.station = f"site-notify-storm-{number}"
        offset = site.tell(site.statement(0, 300.0 + number))
        eventually("it is judged", partial(site.judged_to, offset))
    for number in range(SITES):
        site.station = f"site-notify-storm-{number}"
        offset = site.tell(site.statement(1, 100.0))
        eventually("it is judged", partial(site.judged_to, offset))


def keys(site: Site, target: str) -> list[str]:
    rows = site.rows(f"select key from v_notifications where target = '{target}' and state = 'written'")
    return [key for (key,) in rows]


def all_told(site: Site) -> bool:
    ((open_ones, late),) = site.rows(
        "select (select count(*) from v_notifications where target like '%%-' || %(city)s and state <> 'written'),"
        " (select count(*) from v_deliveries where target like '%%-' || %(city)s and fate <> 'delivered')"
    )
    return open_ones == late == 0 and len(keys(site, f"mail-{site.city}")) == 2 * SITES


def sent_or_over(receiver: HttpReceiver, count: int, teller: threading.Thread) -> bool:
    return len(receiver.requests) >= count or not teller.is_alive()


def text_of(envelope: Envelope) -> str:
    assert isinstance(envelope.content, bytes)
    parts = [part for part in message_from_bytes(envelope.content).walk() if part.get_content_type() == "text/plain"]
    payloads = [part.get_payload(decode=True) for part in parts]
    return "\n".join(payload.decode() for payload in payloads if isinstance(payload, bytes))
