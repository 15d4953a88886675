"""Questions to servers that may be away or frozen: asked at once, answered within a time, or not at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")


class NoAnswerError(Exception):
    """What was asked took too long."""


def within(seconds: float, questions: Mapping[str, Callable[[], T]]) -> dict[str, T | Exception]:
    """The answer to each question, or the exception it raised; `NoAnswerError` if it took longer than `seconds`.

    Each is asked in a thread of its own, which a process that ends does not wait for.
    """
    answers: dict[str, T | Exception] = {}
    threads = [
        threading.Thread(target=_ask, args=(name, question, answers), daemon=True)
        for name, question in questions.items()
    ]
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    found = dict(answers)
    return {name: found.get(name, NoAnswerError(f"no answer within {seconds:g} s")) for name in questions}


def _ask(name: str, question: Callable[[], T], answers: dict[str, T | Exception]) -> None:
    try:
        answers[name] = question()
    except Exception as error:
        answers[name] = error
