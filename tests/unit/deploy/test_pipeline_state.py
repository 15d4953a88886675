"""How the pipeline stands is read in bounded time, and told without guessing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kafka import TopicPartition
from pydantic import ValidationError

from core.health import HealthServer
from core.settings import CoreSettings
from deploy.local.addresses import free_port
from deploy.local.flow import STILL_S, _consumer, _stored, processes
from deploy.pipeline import (
    ConsumerState,
    PipelineState,
    ProcessState,
    Stored,
    _Log,
    _Offset,
    consumers,
    read_pipeline,
    read_processes,
)
from deploy.status_report import lines, seconds
from deploy.within import NoAnswerError, within

TOPIC = "lantian.reports.v1"
DEADLINE_S = 2.5


def offset(partition: int, next_offset: int, still_s: float = 0.0, cluster: str = "c") -> _Offset:
    return _Offset("worker", cluster, TopicPartition(TOPIC, partition), next_offset, still_s)


def log(*ends: int) -> _Log:
    return _Log("c", {TopicPartition(TOPIC, partition): end for partition, end in enumerate(ends)})


@pytest.fixture
def settings(tmp_path: Path) -> CoreSettings:
    return CoreSettings(state_dir=tmp_path)


@pytest.fixture
def frozen_port() -> Iterator[int]:
    """A port that takes connections and never answers, as a stopped process has."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield int(listener.getsockname()[1])


def test_processes_elsewhere_are_asked_at_the_address_that_the_settings_name(settings: CoreSettings) -> None:
    served = HealthServer(settings, "aggregate", 0, lambda: {"kafka": False}).start()
    try:
        elsewhere = CoreSettings(state_dir=settings.state_dir / "other", processes=f"aggregate=localhost:{served.port}")
        [found] = [state for state in read_processes(elsewhere) if state.answers]
        assert (found.role, found.port, found.lacks) == ("aggregate", served.port, ["kafka"])
    finally:
        served.stop()


def test_a_name_that_stands_for_no_machine_is_a_process_that_does_not_answer(settings: CoreSettings) -> None:
    nowhere = CoreSettings(state_dir=settings.state_dir, processes="ingest=nowhere.invalid:9481")
    [found] = read_processes(nowhere)
    assert (found.role, found.answers, found.ready) == ("ingest", False, False)


@pytest.mark.parametrize("said", ["ingest", "ingest=host", "ingest=:9481", "ingest=host:9481,"])
def test_places_of_processes_that_cannot_be_read_are_refused(said: str, settings: CoreSettings) -> None:
    with pytest.raises(ValidationError):
        CoreSettings(state_dir=settings.state_dir, processes=said)


def test_a_consumer_is_behind_by_all_partitions_and_still_by_the_most_neglected() -> None:
    (state,) = consumers([offset(0, 90, 5.0), offset(1, 100, 900.0), offset(2, 40, 7.0)], log(100, 100, 50))
    assert (state.behind, state.still_s) == (20, 7.0)


def test_offsets_of_another_cluster_say_nothing_of_this_log() -> None:
    (state,) = consumers([offset(0, 100), offset(0, 3, 900.0, cluster="former")], log(100))
    assert (state.behind, state.still_s) == (0, 0.0)


def test_without_kafka_nobody_knows_how_far_a_consumer_is_behind() -> None:
    (state,) = consumers([offset(0, 100)], None)
    assert state.behind is None


def test_what_is_asked_is_answered_or_named_within_the_time() -> None:
    never = threading.Event()
    started = time.monotonic()
    answers = within(0.2, {"quick": lambda: 1, "stuck": never.wait, "broken": lambda: 1 // 0})
    assert time.monotonic() - started < DEADLINE_S
    never.set()
    assert answers["quick"] == 1
    assert isinstance(answers["stuck"], NoAnswerError)
    assert isinstance(answers["broken"], ZeroDivisionError)


def test_servers_that_are_away_are_named(settings: CoreSettings) -> None:
    away = settings.model_copy(
        update={"kafka": f"127.0.0.1:{free_port()}", "postgres_host": "127.0.0.1", "postgres_port": free_port()}
    )
    state = read_pipeline(away)
    assert set(state.silent) == {"kafka", "postgres"}
    assert state.stored is None
    assert any("kafka" in line and "not asked" in line for line in lines(state))


def test_a_frozen_server_does_not_keep_the_answer_waiting(settings: CoreSettings, frozen_port: int) -> None:
    frozen = settings.model_copy(
        update={"kafka": f"127.0.0.1:{frozen_port}", "postgres_host": "127.0.0.1", "postgres_port": frozen_port}
    )
    started = time.monotonic()
    state = read_pipeline(frozen, patience=0.3)
    assert time.monotonic() - started < DEADLINE_S
    assert set(state.silent) >= {"kafka", "postgres"}


def test_processes_are_told_by_role_and_instance_with_what_they_wait_for(settings: CoreSettings) -> None:
    second = settings.model_copy(update={"instance": 2})
    one = HealthServer(settings, "aggregate", 0, lambda: {"kafka": True, "postgres": True}).start()
    two = HealthServer(second, "aggregate", 0, lambda: {"kafka": True, "postgres": False}).start()
    try:
        found = read_processes(settings)
    finally:
        one.stop()
        two.stop()
    assert [(state.name, state.port, state.ready, state.lacks) for state in found] == [
        ("aggregate", one.port, True, []),
        ("aggregate-2", two.port, False, ["postgres"]),
    ]
    assert all(state.pid and state.answers for state in found)


def test_a_port_file_of_a_process_that_is_gone_or_of_another_program_is_no_process(settings: CoreSettings) -> None:
    other = HealthServer(settings, "alerts", 0, dict).start()
    try:
        (settings.state_dir / "run" / "ingest.port").write_text(f"{other.port}\n", encoding="utf-8")
        (settings.state_dir / "run" / "aggregate.port").write_text("half a num", encoding="utf-8")
        found = {state.role: state.answers for state in read_processes(settings)}
    finally:
        other.stop()
    assert found == {"alerts": True, "ingest": False, "aggregate": False}


def test_a_process_that_does_not_answer_is_a_problem_with_its_command() -> None:
    (finding,) = processes([ProcessState("alerts", 2, 9484, None, answers=False, ready=False, lacks=[])])
    assert not finding.ok
    assert finding.subject == "process alerts-2"
    assert "lantian alerts run" in finding.remedy


def test_the_second_of_a_kind_is_started_by_its_number_or_not_looked_for_any_more() -> None:
    (finding,) = processes([ProcessState("ingest", 3, 9501, None, answers=False, ready=False, lacks=[])])
    assert "`LANTIAN_INSTANCE=3 lantian ingest`" in finding.remedy
    assert "run/ingest-3.port" in finding.remedy


@pytest.mark.parametrize(("still_s", "ok"), [(STILL_S - 1, True), (STILL_S, False)])
def test_a_consumer_that_works_elsewhere_is_a_problem_only_when_it_stands_still(still_s: float, *, ok: bool) -> None:
    behind = ConsumerState("worker", TOPIC, 5, still_s)
    assert _consumer(behind, PipelineState([], [behind], None, {})).ok is ok


def test_a_consumer_whose_process_here_does_not_answer_is_a_problem_as_soon_as_it_is_behind() -> None:
    behind = ConsumerState("worker", TOPIC, 5, 0.0)
    dead = ProcessState("aggregate", 1, 9483, None, answers=False, ready=False, lacks=[])
    finding = _consumer(behind, PipelineState([dead], [behind], None, {}))
    assert not finding.ok
    assert finding.remedy == "run `lantian aggregate`"


def test_what_takes_too_long_to_find_is_told_as_unknown() -> None:
    late = Stored(None, None, None, None, newest_known=False, clock_ahead_s=0.0, audit=[])
    state = PipelineState([], [], late, {})
    assert [line.split()[1] for line in lines(state)[1:4]] == ["?", "?", "?"]
    outbox = next(finding for finding in _stored(late, state) if finding.subject == "outbox")
    assert not outbox.ok
    assert "None" not in outbox.detail


def test_no_report_of_the_last_days_is_told_as_that() -> None:
    none = Stored(0, None, 0, None, newest_known=True, clock_ahead_s=0.0, audit=[])
    assert any("no report of the last days" in line for line in lines(PipelineState([], [], none, {})))


@pytest.mark.parametrize(
    ("span", "said"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_spans_are_told_in_the_unit_that_a_person_would_choose(span: float, said: str) -> None:
    assert seconds(span) == said
