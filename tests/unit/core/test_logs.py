"""Lines of a log say whose they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys

PROGRAM = """
import threading
from core.logs import configure, get_logger
from core.settings import CoreSettings
configure(CoreSettings.load(), "aggregate")
thread = threading.Thread(target=lambda: get_logger("stream").info("said", consumer="worker"))
thread.start()
thread.join()
"""


def test_a_line_names_process_and_instance_also_from_a_thread() -> None:
    environment = {**os.environ, "LANTIAN_INSTANCE": "2", "LANTIAN_LOG_FORMAT": "json"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    line = json.loads(done.stderr)
    assert (line["process"], line["instance"], line["consumer"]) == ("aggregate", 2, "worker")
