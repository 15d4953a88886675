"""Several rounds of one load as one: medians, and what they lie between. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

WORST = ("lost", "doubled", "duplicated", "unbalanced", "different")
"""How figures end that say what is wrong, Lantian's and its peers': what is wrong in one round must not be lost in a
median."""


def combined(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One object of the rounds' objects, as if it were of one; `runs`, and in `spread` least and most of each figure.

    What is no figure is that of the first round; a figure that a round lacks is the median of the others'.
    """
    figures = _medians(rounds)
    spread = {key: [min(values), max(values)] for key, values in _by_key(rounds).items() if _measured(key, values)}
    return {**figures, "good": all(each["good"] for each in rounds), "runs": len(rounds), "spread": spread}


def _medians(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {key: _median(key, values) for key, values in _by_key(rounds).items()}


def _median(key: str, values: Sequence[Any]) -> Any:
    if isinstance(values[0], Mapping):
        return _medians(values)
    if not all(map(_is_figure, values)):
        return values[0]
    if key.endswith(WORST):
        return max(values)
    return median(values) if len(set(values)) > 1 else values[0]


def _by_key(rounds: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    keys = dict.fromkeys(key for each in rounds for key in each)
    return {key: [each[key] for each in rounds if key in each] for key in keys}


def _measured(key: str, values: Sequence[Any]) -> bool:
    """Whether it is a figure that may differ from round to round."""
    return all(map(_is_figure, values)) and any(isinstance(value, float) for value in values)


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
