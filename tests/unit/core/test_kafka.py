"""Clients of a Kafka that does not answer."""

from __future__ import annotations

import gc
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka.errors import KafkaTimeoutError

from core import kafka
from core.settings import CoreSettings

WANTED_AT_ONCE = """
import gc, sys, threading
import core.kafka
from kafka.protocol.api_header import ResponseClassRegistry

registry = ResponseClassRegistry._response_class_registry
wanted = [(answer, version) for answer in [known[None] for known in registry.values()]
          for version in range(answer.max_version + 1)]
together = threading.Barrier(3)

def want():
    for answer, version in wanted:
        together.wait()
        answer[version]
        if together.wait() == 0:
            gc.collect()
            known.append(registry[answer.API_KEY])

known = []
gc.freeze()
sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=want) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(known), *{each.name for each in known})  # a ReferenceError for one that is known no more
"""


def open_files() -> int:
    gc.collect()  # a socket that was refused hangs in a cycle
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(params=["refuses", "is silent"])
def dead(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[CoreSettings]:
    """Leads to where nobody listens, or to somebody who takes connections and says nothing."""
    monkeypatch.setattr(kafka, "BOOTSTRAP_TIMEOUT_MS", 100)
    # pytest keeps each line with its error, the error its frames, and these the sockets
    logging.disable()
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        if request.param == "is silent":
            somebody.listen()
        yield CoreSettings(kafka=f"127.0.0.1:{somebody.getsockname()[1]}")
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    "client",
    [kafka.producer, lambda settings: kafka.consumer(settings, group="g"), kafka.admin],
    ids=["producer", "consumer", "admin"],
)
def test_a_client_that_reaches_no_broker_leaves_nothing_behind(
    dead: CoreSettings, client: Callable[[CoreSettings], Any]
) -> None:
    before = threading.active_count(), open_files()
    for _ in range(3):
        with pytest.raises(KafkaTimeoutError):
            client(dead)
    assert (threading.active_count(), open_files()) == before


def test_an_answer_that_several_threads_want_at_once_for_the_first_time_can_be_read() -> None:
    done = subprocess.run([sys.executable, "-c", WANTED_AT_ONCE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
