"""The device's side: sends reports, keeps each until the centre says that it is durable, and repeats what is unsaid.

Delivery guarantees: a report is forgotten only when `…/ack` names its own number and source. Unsaid ones are sent
again, oldest first and paced; what is kept is bounded by the window, so a centre that is away stops the sender.
"""

from __future__ import annotations

import itertools
import math
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from core.errors import UnavailableError
from core.logs import get_logger
from core.mqtt import Connection, Login, Message, Will
from core.settings import CoreSettings
from ingest.acks import SOURCE_NAMES, StationAck, decode_ack, decode_platform_acks
from ingest.envelope import Source
from ingest.settings import SenderSettings
from ingest.station_row import PLATFORM_PREFIX
from ingest.topics import PLATFORM, ROOT, SUBSCRIBED, Leaf, parse_topic, platform_ack_topic

log = get_logger(__name__)

SUBMITS_A_POLL = 200
PUMP_SECONDS = 0.1
RESEND_TICK_SECONDS = 0.1
RESEND_BELOW_UNCONFIRMED = 1000
"""While more than these are on their way to the broker, what is unsaid is not yet lost."""
PROBES = 20
"""Reports that a centre that says nothing is asked with at a time."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sends: a platform credential for many stations, or a device for its own."""

    username: str
    ack_topic: str
    station: str | None = None
    """Of a device."""

    @classmethod
    def platform(cls, name: str) -> Identity:
        """The platform credential `name`, with or without its prefix."""
        username = PLATFORM_PREFIX + name.removeprefix(PLATFORM_PREFIX)
        return cls(username, platform_ack_topic(username))

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Where it may be told what is durable; the broker gives it no more than its account may hear.

        A platform hears what is told to its stations themselves too, and one that may speak for any station what is
        told to other platforms: the registry decides where a station is acknowledged, not who sends for it.
        """
        if self.station is not None:
            return (self.ack_topic,)
        return (self.ack_topic, f"{ROOT}/{PLATFORM}/+/{Leaf.ACK}", SUBSCRIBED[Leaf.ACK])

    @classmethod
    def device(cls, address: str) -> Identity:
        """The device whose topics begin with `address`."""
        station = address.rpartition("/")[2]
        return cls(station, f"{address}/{Leaf.ACK}", station)


class Outgoing(msgspec.Struct):
    """A report that is kept; `sent` in seconds of the machine's monotonic clock."""

    topic: str
    payload: bytes
    sent: float


class ReportSender:
    """One connection that publishes reports of one source; numbers come from the caller. Driven by one thread."""

    def __init__(
        self,
        core: CoreSettings,
        settings: SenderSettings,
        identity: Identity,
        source: Source,
        stop: threading.Event | None = None,
    ) -> None:
        """`stop`, when set, ends every waiting."""
        self._settings = settings
        self._stop = stop or threading.Event()
        self._identity = identity
        self._source = source
        self._leaf = Leaf.REPLAY if source is Source.REPLAY else Leaf.REPORT
        self._kept: dict[tuple[str, int, int], Outgoing] = {}
        self._last: dict[str, tuple[int, int]] = {}
        self._told: dict[str, tuple[int, int]] = {}
        self._patience = settings.resend_seconds
        self._heard = time.monotonic()
        self._acknowledged_sent = -math.inf
        self._silent_round = -math.inf
        self._asked: dict[tuple[str, int, int], float] = {}
        self._answer = (-math.inf, -math.inf)
        self._next_tick = 0.0
        self._next_status = time.monotonic() + settings.status_seconds
        self._since_poll = 0
        self.submitted = 0
        self.acknowledged = 0
        self.repeated = 0
        # The memory of what was sent ends with this process, so the broker need not keep a session for it.
        login = Login(identity.username, f"{identity.username}-{secrets.token_hex(4)}", keep_session=False)
        self._mqtt = Connection(
            core,
            login,
            subscriptions=identity.subscriptions,
            on_messages=self._hear,
            will=self._will(),
        )

    @property
    def outstanding(self) -> int:
        """Reports that the centre has not yet called durable."""
        return len(self._kept)

    def submit(self, address: str, run: int, seq: int, payload: bytes) -> bool:
        """Send a report of the station whose topics begin with `address`; waits while the window is full.

        False if `stop` came first. Raises `UnavailableError` if nothing is heard of the centre for too long.
        """
        while len(self._kept) >= self._settings.window and not self._stop.is_set():
            self.pump(0.05)
        if self._stop.is_set():
            return False
        topic = f"{address}/{self._leaf}"
        self._kept[address.rpartition("/")[2], run, seq] = Outgoing(topic, payload, time.monotonic())
        self._last[address] = max(self._last.get(address, (0, 0)), (run, seq))
        self._mqtt.publish(topic, payload)
        self.submitted += 1
        self._since_poll += 1
        if self._since_poll >= SUBMITS_A_POLL:
            self.pump(0)
        return True

    def wait(self, seconds: float) -> bool:
        """Let time pass, doing what is due meanwhile; false if `stop` came."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self._stop.is_set():
            self.pump(min(left, PUMP_SECONDS))
        return not self._stop.is_set()

    def send_copy(self, address: str, payload: bytes) -> None:
        """Send what is not kept: a copy of what was submitted, or a piece of it, as a network that stutters does."""
        self._mqtt.publish(f"{address}/{self._leaf}", payload)

    def pump(self, timeout: float) -> None:
        """Read, write and repeat what is due; waits at most `timeout` seconds."""
        self._since_poll = 0
        self._mqtt.poll(timeout)
        now = time.monotonic()
        if now >= self._next_tick:
            self._next_tick = now + RESEND_TICK_SECONDS
            self._resend(now)
            self._check_alive(now)
        if now >= self._next_status:
            self._next_status = now + self._settings.status_seconds
            self.tell_status("online")

    def finish(self) -> bool:
        """Wait until everything is durable, tell the last numbers, leave; false if `stop` ended the waiting.

        Raises `UnavailableError` as `submit`.
        """
        while self._kept and not self._stop.is_set():
            self.pump(0.05)
        complete = not self._kept
        self._told.clear()
        self.tell_status("offline")
        while self._mqtt.unconfirmed and self._mqtt.connected and not self._stop.is_set():
            self.pump(0.05)
        self._mqtt.disconnect()
        return complete

    def abandon(self) -> None:
        """Leave at once; what is unsaid is forgotten with this process."""
        self._mqtt.disconnect()

    def tell_status(self, state: str) -> None:
        """Publish the last number of each station that has a new one; a replay has no presence to tell."""
        if self._source is Source.REPLAY:
            return
        for address, last in self._last.items():
            if self._told.get(address) != last:
                self._told[address] = last
                status = {"state": state, "run": last[0], "seq": last[1]}
                self._mqtt.publish(f"{address}/{Leaf.STATUS}", msgspec.json.encode(status), retain=True)

    def _will(self) -> Will | None:
        if self._identity.station is None or self._source is Source.REPLAY:
            return None
        address = self._identity.ack_topic.removesuffix(f"/{Leaf.ACK}")
        return Will(f"{address}/{Leaf.STATUS}", b'{"state":"offline"}')

    def _hear(self, messages: Sequence[Message]) -> None:
        self._mqtt.ack(messages)
        for message in messages:
            self._heed(message)

    def _heed(self, message: Message) -> None:
        try:
            topic = parse_topic(message.topic)
            acks = (
                decode_platform_acks(message.payload) if topic is None else [decode_ack(message.payload, topic.station)]
            )
        except msgspec.DecodeError as error:
            log.warning("ack_unreadable", topic=message.topic, error=str(error))
            return
        for ack in acks:
            if ack.source == SOURCE_NAMES[self._source]:
                self._forget(ack)

    def _forget(self, ack: StationAck) -> None:
        before, answered = len(self._kept), -math.inf
        for first, last in ack.seq:
            if last - first < len(self._kept):
                covered = [(ack.station, ack.run, seq) for seq in range(first, last + 1)]
            else:
                covered = [key for key in self._kept if key[:2] == (ack.station, ack.run) and first <= key[2] <= last]
            for key in covered:
                outgoing = self._kept.pop(key, None)
                if outgoing is not None:
                    self._acknowledged_sent = max(self._acknowledged_sent, outgoing.sent)
                    answered = max(answered, self._asked.get(key, -math.inf))
        done = before - len(self._kept)
        if done:
            self.acknowledged += done
            self._heard = time.monotonic()
            self._patience = self._settings.resend_seconds
            self._asked.clear()
            if answered > -math.inf:
                self._answer = (answered, self._heard)

    def _resend(self, now: float) -> None:
        """Repeat, oldest first and paced, what was sent before the line; what is repeated moves behind it."""
        if not self._mqtt.connected or self._mqtt.unconfirmed >= RESEND_BELOW_UNCONFIRMED:
            return
        if now - max(self._heard, self._silent_round) >= self._patience:
            self._ask(now)
            return
        line = self._lost_before(now)
        most = max(1, int(self._settings.resend_per_second * RESEND_TICK_SECONDS))
        first = itertools.islice(self._kept.items(), most)  # the kept stand in the order of their last sending
        due = [key for key, outgoing in first if outgoing.sent <= line]
        for key in due:
            outgoing = self._kept.pop(key)
            outgoing.sent = now
            self._kept[key] = outgoing
            self._mqtt.publish(outgoing.topic, outgoing.payload)
        self.repeated += len(due)

    def _ask(self, now: float) -> None:
        """Repeat a few to a centre that says nothing at all: were all, a broker whose bridge is away would queue the
        window again and again.

        The youngest: when one is acknowledged, by whichever copy, the broker's queue is through what was sent before.
        Others each time, for some may be of a kind that is never acknowledged. They stay where they stand.
        """
        self._silent_round = now
        self._patience = min(self._patience * 2, self._settings.resend_longest_seconds)
        line = now - self._settings.resend_seconds
        old = [key for key in reversed(self._kept) if self._kept[key].sent <= line]
        if all(key in self._asked for key in old):
            self._asked.clear()
        for key in itertools.islice((key for key in old if key not in self._asked), PROBES):
            self._asked[key] = now
            self._mqtt.publish(self._kept[key].topic, self._kept[key].payload)
            self.repeated += 1

    def _lost_before(self, now: float) -> float:
        """Before which moment what was sent and is unsaid is taken for lost.

        What was sent `resend_seconds` before something that has been acknowledged is lost. Age alone says nothing: a
        centre that works off a queue is slow, and repeats would make it slower. What was asked with counts by when it
        was sent at first, and by when it was asked with only `resend_seconds` after the answer: what came to the centre
        before it has been acknowledged by then.
        """
        asked, answered = self._answer
        if now - answered >= self._settings.resend_seconds:
            self._acknowledged_sent = max(self._acknowledged_sent, asked)
        return self._acknowledged_sent - self._settings.resend_seconds

    def _check_alive(self, now: float) -> None:
        if not self._kept:
            self._heard = now
        elif now - self._heard > self._settings.give_up_seconds:
            why = self._mqtt.refused or "is `lantian ingest` running?"
            waited = f"{self._settings.give_up_seconds:.0f} s"
            raise UnavailableError(
                "acks",
                f"nothing was acknowledged for {waited}, {len(self._kept)} reports wait: {why}",
                hint="see `lantian status`",
            )
