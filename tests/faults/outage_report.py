"""The figures of an outage from its samples, and their picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from outage_watch import Sample

WARM_UP = 0.2
"""Share of the outage after which its memory is judged: what fills in its first moments has a bound and has filled."""
CURRENT_S = 10.0
"""Live data no further behind than this beyond what they were before count as current."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A process's memory over an outage, MiB."""

    before: float
    """Median before the outage."""
    highest: float
    """Of the whole run."""
    drift: float
    """Growth over the outage after its warm-up, by least squares."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is shown of one outage."""

    server: str
    minutes: float
    live_rate: float
    """Reports a second."""
    reports: int
    stored_at_return: int
    """At the last look before the server answered again."""
    backlog: int
    """Reports made by then and not in the database."""
    memory: Mapping[str, Growth]
    repeated: int
    worked_off_s: float
    """From the server's answer until no report waited any more."""
    worked_off_rate: float
    """Reports a second stored from that look until then."""
    behind_before: float
    """Seconds that live data are behind, ordinarily (the 95th percentile before the outage)."""
    live_first_s: float
    """From the server's answer until every partition had live data made after it."""
    behind_most: float
    """Seconds that live data were behind from then on."""
    live_again_s: float
    """From the server's answer until live data were current for good."""


def figures(server: str, minutes: float, live_rate: float, reports: int, samples: Sequence[Sample]) -> Figures:
    """The figures; the phases are `before`, `away`, `starting`, `back`."""
    before, away, back = ([s for s in samples if s.phase == phase] for phase in ("before", "away", "back"))
    usual = float(np.percentile([s.behind for s in before if s.behind is not None], 95))
    seen = [s for s in back if s.stored is not None]
    # a short backlog may be worked off before the first look after the server's return
    until_back = [s for s in samples if s.phase != "back"]
    last_away, held = until_back[-1], max(s.stored or 0 for s in until_back)
    returned = back[0].at
    caught_up = next(s for s in seen if waiting(s) == 0 or (s.stored or 0) >= s.made - live_rate * 2)
    late = [s.at for s in back if s.behind is None or s.behind > usual + CURRENT_S]
    live = [s for s in seen if s.behind is not None and s.at - s.behind > returned]
    return Figures(
        server=server,
        minutes=minutes,
        live_rate=live_rate,
        reports=reports,
        stored_at_return=held,
        backlog=last_away.made - held,
        memory={name: _growth(name, before, away, samples) for name in before[0].memory},
        repeated=samples[-1].repeated,
        worked_off_s=round(caught_up.at - returned, 1),
        worked_off_rate=round(((caught_up.stored or 0) - held) / (caught_up.at - last_away.at), 1),
        behind_before=round(usual, 1),
        live_first_s=round(live[0].at - returned, 1),
        behind_most=round(max(s.behind or 0 for s in live), 1),
        live_again_s=round(max(late) - returned, 1) if late else 0.0,
    )


def waiting(sample: Sample) -> int:
    """Reports made and not in the database."""
    return sample.made - (sample.stored or 0)


def _growth(name: str, before: Sequence[Sample], away: Sequence[Sample], samples: Sequence[Sample]) -> Growth:
    judged = [s for s in away if s.memory[name]][int(len(away) * WARM_UP) :]
    drift = 0.0
    if len(judged) > 2:
        times = np.array([s.at for s in judged])
        slope = np.polyfit(times - times[0], [s.memory[name] for s in judged], 1)[0]
        drift = float(slope * (times[-1] - times[0]))
    return Growth(
        before=round(float(np.median([s.memory[name] for s in before])), 1),
        highest=max(s.memory[name] for s in samples),
        drift=round(drift, 1),
    )


def write(found: Figures, samples: Sequence[Sample], folder: Path) -> None:
    """`<server>-<minutes>.json` and its picture, `.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{found.server}-{found.minutes:g}"
    (folder / f"{stem}.json").write_text(json.dumps(asdict(found), indent=1), encoding="utf-8")
    draw(found, samples, folder / f"{stem}.svg")


def draw(found: Figures, samples: Sequence[Sample], path: Path) -> None:
    """Three strips over time: memory, what waits, how far live data are behind."""
    import matplotlib as mpl  # noqa: PLC0415 (slow to import; only who draws needs it)

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    minutes = [(s.at - samples[0].at) / 60 for s in samples]
    away = [minute for minute, s in zip(minutes, samples, strict=True) if s.phase in {"away", "starting"}]
    figure, strips = plt.subplots(3, 1, figsize=(10, 9), sharex=True, constrained_layout=True)
    for name in samples[0].memory:
        strips[0].plot(minutes, [s.memory[name] or np.nan for s in samples], label=name, linewidth=1.2)
    strips[0].set_ylabel("memory, MiB")
    strips[0].set_ylim(0, 1.3 * max(max(s.memory.values()) for s in samples))
    stored = [np.nan if s.stored is None else s.made - s.stored for s in samples]
    strips[1].plot(minutes, stored, label="made and not in the database")
    strips[1].plot(minutes, [s.buffered for s in samples], label="buffered by the devices")
    strips[1].plot(minutes, [s.unsaid for s in samples], label="sent and not called durable")
    strips[1].set_ylabel("reports")
    strips[2].plot(minutes, [np.nan if s.behind is None else s.behind for s in samples], label="newest live data")
    strips[2].set_ylabel("seconds behind")
    strips[2].set_xlabel("minutes")
    for strip in strips:
        strip.axvspan(away[0], away[-1], color="#F3D6D6", zorder=0)
        strip.grid(color="#E3E8EC")
        strip.legend(loc="upper left", fontsize=8, ncols=4)
    strips[0].set_title(
        f"{found.server} away for {found.minutes:g} min at {found.live_rate:g} reports/s:"
        f" {found.backlog} reports worked off at {found.worked_off_rate:g}/s"
    )
    figure.savefig(path)
    plt.close(figure)
