"""Simulated enterprises as tests make them: by names that tell their trades, over one week at Jincheng."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from core.clock import DAY, HOUR, SHANGHAI_OFFSET
from ingest.kinds import Kind
from ingest.simulation.climate import load_climate
from ingest.simulation.episodes import Episode
from ingest.simulation.models.model import Model, World
from ingest.simulation.monitor import Monitor
from ingest.simulation.noise import Floats, Ints

T0 = 1_772_380_800  # Monday 2026-03-02 00:00 Asia/Shanghai
SEED = 7
WEEK = np.arange(T0, T0 + 7 * DAY, 600)
HEAT, STEEL, KILN, FOUNDRY, TOWN = "甲热电厂", "乙钢铁厂", "丙陶瓷厂", "丁铸造厂", "戊污水处理厂"
INDUSTRIES = (HEAT, STEEL, KILN, FOUNDRY)
ENTERPRISES = (*INDUSTRIES, TOWN)
Make = Callable[[World, Sequence[Monitor]], Model]

BEGIN, END = T0 + 30 * HOUR, T0 + 40 * HOUR
"""Of episodes: Tuesday 6 to 16 h."""
DURING = (WEEK >= BEGIN) & (WEEK < END)
IN_FORCE = (WEEK >= BEGIN + 600) & (WEEK < END - 600)


def world(*episodes: Episode, seed: int = SEED) -> World:
    return World(seed, load_climate("jincheng"), episodes=episodes)


def monitors(kind: Kind, enterprises: Sequence[str] = ENTERPRISES, **limits: float) -> list[Monitor]:
    """One of a kind at each enterprise: `cems-0`, `cems-1` and so on."""
    return [
        Monitor(f"{kind}-{number}", kind, "140502", enterprise=enterprise, limits=limits)
        for number, enterprise in enumerate(enterprises)
    ]


def column(model: Model, code: str, times: Ints = WEEK) -> Floats:
    """[T, S] of one factor, by its code."""
    codes = [instrument.code for instrument in model.instruments]
    return model.at(times)[..., codes.index(code)]


def hours_of(times: Ints) -> Ints:
    """Hours of the day at Shanghai, 0 to 23."""
    hours: Ints = (times + SHANGHAI_OFFSET) % DAY // HOUR
    return hours
