"""The whole pipeline as a test runs it: real servers, real processes, frozen, killed and started at will.

A `Pipeline` belongs to fresh servers; `running_pipeline` makes one on a local stack of its own and erases both. Every
wait is for a condition with a deadline (`eventually`), generous because a test machine may be busy.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from kafka import KafkaConsumer, TopicPartition
from serving import Servers
from waiting import PATIENCE, eventually

from core import kafka
from core.health import port_file
from core.postgres import connect
from core.settings import ConfiguredSettings, CoreSettings
from deploy.local.stack import Stack

ROOT = Path(__file__).resolve().parents[1]
LOG_LINES = 60
ROLES = {"bridge": ("ingest",), "worker": ("aggregate",), "engine": ("alerts", "run")}
"""Processes of which there may be several, and their commands."""

Row = tuple[Any, ...]


def outage(servers: Servers, name: str, seconds: float) -> None:
    """Stop a server in order, keep it away for `seconds`, start it again."""
    servers.stop(name)
    threading.Event().wait(seconds)
    servers.start(name)


@contextmanager
def frozen(pid: int | None) -> Iterator[None]:
    """A process that does nothing for a while and knows nothing of it; it may be killed meanwhile."""
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


class Process:
    """A `lantian` process that can be killed and started again; its output goes to a log of its own."""

    def __init__(
        self, name: str, arguments: list[str], environment: Mapping[str, str], folder: Path, instance: int = 1
    ) -> None:
        """`folder` is the stack's state folder: the process tells its port there, and works there."""
        self.name = name
        self.log = folder / "log" / f"lantian-{name}.log"
        self.answer = folder / "log" / f"lantian-{name}.out"
        self._arguments = arguments
        self._environment = {**environment, "LANTIAN_INSTANCE": str(instance)}
        self._folder = folder
        self._port_file = port_file(CoreSettings(state_dir=folder, instance=instance), arguments[0])
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; a process with `/readyz` is ready some time later (`wait_ready`)."""
        assert not self.running, f"{self.name} runs already"
        with self.log.open("ab") as log, self.answer.open("ab") as answer:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deploy.cli", *self._arguments],
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=answer,
                stderr=log,
            )

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def ready(self) -> bool:
        """Whether it says so; fails if it has ended."""
        assert self.running, f"{self.name} has ended, see {self.log}"
        return self._get("readyz") is not None

    def wait_ready(self) -> None:
        eventually(f"{self.name} is ready", self.ready)

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; NaN if the process does not answer."""
        lines = (self._get("metrics") or f"{name} nan").splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def kill(self) -> None:
        """SIGKILL: it writes nothing down any more."""
        assert self.running, f"{self.name} had ended before it was killed"
        self._signal(signal.SIGKILL)

    def end(self) -> int:
        """SIGTERM, and what it exits with."""
        return self._signal(signal.SIGTERM) if self.running else 0

    def wait(self, seconds: float) -> int:
        """Its exit status when it ends by itself."""
        assert self._process is not None
        return self._process.wait(timeout=seconds)

    def tail(self) -> str:
        """The last lines of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-LOG_LINES:])

    def _signal(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        try:
            return self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()  # else it would go on beside the tests that follow
            raise

    def _get(self, path: str) -> str | None:
        try:
            with urlopen(f"http://127.0.0.1:{self._port_file.read_text().strip()}/{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return None


class Pipeline:
    """Fresh servers, their bridges, workers and engines, and what can be asked of them."""

    def __init__(self, servers: Servers, settings: Mapping[str, str]) -> None:
        """No process is started by itself."""
        self.servers = servers
        self._environment = {
            **os.environ,
            **servers.environment,
            "LANTIAN_BRIDGE_METRICS_PORT": "0",
            "LANTIAN_AGGREGATE_METRICS_PORT": "0",
            "LANTIAN_ALERTS_METRICS_PORT": "0",
            **settings,
        }
        self.processes: dict[tuple[str, int], Process] = {}
        """By role and number, as far as `process` was asked for them."""
        self._others: list[Process] = []
        self.bridge = self.process("bridge")
        self.worker = self.process("worker")
        self.engine = self.process("engine")

    @property
    def core(self) -> CoreSettings:
        return self.servers.settings

    @property
    def stack(self) -> Stack:
        """The local stack that it runs on; for who has made it on one."""
        assert isinstance(self.servers, Stack)
        return self.servers

    def process(self, role: str, instance: int = 1) -> Process:
        """The bridge, worker or engine of that number, the same at each call; the caller starts it."""
        if (role, instance) not in self.processes:
            name = role if instance == 1 else f"{role}-{instance}"
            self.processes[role, instance] = self._process(name, *ROLES[role], instance=instance)
        return self.processes[role, instance]

    def running(self, role: str) -> list[Process]:
        """The bridges, workers or engines that run."""
        return [made for (of, _), made in self.processes.items() if of == role and made.running]

    def run(self, *arguments: str) -> str:
        """A command that must succeed; what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments],
            env=self._environment,
            cwd=self.servers.state_dir,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"lantian {' '.join(arguments)}: {done.stderr}{done.stdout[-2000:]}"
        return done.stdout

    def replay(self, *arguments: str) -> Process:
        """A replay under way, for `Pipeline.finished`."""
        return self.begin("replay", *arguments)

    def begin(self, *arguments: str) -> Process:
        """A command under way that answers in JSON at its end, for `Pipeline.finished`."""
        process = self._process(arguments[0], *arguments, "--json")
        self._others.append(process)
        process.start()
        return process

    def finished(self, begun: Process, seconds: float) -> dict[str, Any]:
        """What a replay or a simulation answers once every report is durable."""
        status = begun.wait(seconds)
        assert status == 0, f"{begun.name} failed: {begun.tail()}"
        answer: dict[str, Any] = json.loads(begun.answer.read_text(encoding="utf-8"))
        return answer

    def rows(self, query: str, parameters: object = None) -> list[Row]:
        """What the read-only role finds."""
        with closing(connect(self.core, "reader", application="test")) as database, database.cursor() as cursor:
            cursor.execute(query, parameters)
            return list(cursor.fetchall())

    def log_ends(self, topic: str) -> dict[int, int]:
        """The next offset of every partition of a topic that has records."""
        places = [TopicPartition(topic, partition) for partition in range(kafka.PARTITIONS)]
        with closing(KafkaConsumer(bootstrap_servers=self.core.kafka)) as consumer:
            ends = consumer.end_offsets(places)
        return {place.partition: end for place, end in ends.items() if end}

    def writing(self) -> bool:
        """Whether a worker holds a transaction in which it has put reports that nobody else can see yet."""
        return bool(
            self.rows(
                "select 1 from pg_locks l join pg_stat_activity a using (pid) where l.relation = 'report'::regclass"
                " and l.mode = 'RowExclusiveLock' and a.application_name = 'lantian worker'"
            )
        )

    def unread(self, bridge: Process) -> int:
        """Bytes that the broker has sent to a bridge and that it has not read yet."""
        sockets = set()
        for file in Path(f"/proc/{bridge.pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                sockets.add(str(file.readlink()))
        port = f":{self.core.mqtt_port:04X}"
        lines = (line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:])
        mine = (line for line in lines if line[2].endswith(port) and f"socket:[{line[9]}]" in sockets)
        return sum(int(line[4].rpartition(":")[2], 16) for line in mine)

    def wait_settled(self, seconds: float = PATIENCE) -> None:
        """Wait until nothing moves any more: bridges idle, offsets at the logs' ends, outbox empty, twice in a row."""
        before: list[object] = [None]

        def still() -> bool:
            stand = self._stand()
            same = stand is not None and stand == before[0]
            before[0] = stand
            return same

        eventually("the statistics are settled", still, seconds, every=0.3)

    def _stand(self) -> object:
        """Where everything stands, or None while something is under way.

        The database is read first: with the outbox empty and the worker at the end of a log read later, no statement
        was still to come, so the end of the statistics' log was already the last.
        """
        bridges = self.running("bridge")
        if any(bridge.metric("lantian_bridge_in_flight_entries") != 0 or self.unread(bridge) for bridge in bridges):
            return None
        read = {"worker": kafka.REPORTS, "city": kafka.STATISTICS}
        if self.running("engine"):
            read["engine"] = kafka.STATISTICS
        rows = self.rows("select consumer, partition, next_offset, (select count(*) from outbox) from consumer_offset")
        stand = {(consumer, partition): offset for consumer, partition, offset, waiting in rows if not waiting}
        logs = {topic: self.log_ends(topic) for topic in set(read.values())}
        ends = {(who, partition): end for who, topic in read.items() for partition, end in logs[topic].items()}
        behind = any(stand.get(place) != end for place, end in ends.items())
        return None if behind else (stand, [bridge.metric("lantian_bridge_entries_total") for bridge in bridges])

    def tell_logs(self) -> None:
        """Print the ends of all logs, for a test that failed."""
        for process in [*self.processes.values(), *self._others]:
            sys.stderr.write(f"\n--- {process.name} ---\n{process.tail()}\n")
        for name in self.servers.names:
            sys.stderr.write(f"\n--- {name} ---\n{self.servers.log_tail(name)}\n")

    def stop(self) -> None:
        """End every process that still runs."""
        for process in [*self.processes.values(), *self._others]:
            if process.running:
                os.kill(process.pid, signal.SIGCONT)
                process.end()

    def _process(self, name: str, *arguments: str, instance: int = 1) -> Process:
        return Process(name, list(arguments), self._environment, self.servers.state_dir, instance)


@contextmanager
def running_pipeline(folder: Path, registry: Path, **settings: str) -> Iterator[Pipeline]:
    """A pipeline on a stack of its own in `folder`, ready, with the stations of `registry` and an account to replay.

    `settings` are variables of its environment, beside those of the machine.
    """
    stack = Stack(ConfiguredSettings(state_dir=folder))
    pipeline = Pipeline(stack, settings)
    try:
        stack.up()
        pipeline.run("stations", "import", str(registry))
        pipeline.run("stations", "credentials", "*", "--platform", "replay", "--replay")
        pipeline.bridge.start()
        pipeline.worker.start()
        pipeline.bridge.wait_ready()
        pipeline.worker.wait_ready()
        yield pipeline
    except BaseException:
        pipeline.tell_logs()
        raise
    finally:
        pipeline.stop()
        stack.erase()
