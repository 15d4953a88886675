"""A survey as JSON and as rows of CSV: concentrations unrounded; indices, shares and changes as printed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from aggregate.evaluation.periods import LEVELS
from aggregate.evaluation.tables import MEANS, PERCENTILES, TOKENS, tokens
from aggregate.regions.stretch import Stretch
from aggregate.regions.survey import Assessed, Survey
from aggregate.regions.targets import Standing
from aggregate.regions.verdict import Change, share

Plain = dict[str, Any]


def document(survey: Survey) -> Plain:
    """One JSON value (docs/periods.md)."""
    return {
        "period": stretch_shown(survey.stretch),
        "base": stretch_shown(survey.base),
        "by": survey.level,
        "tier": survey.tier,
        "notes": [{"note": note.name.lower(), "zh": note.zh, "en": note.en} for note in survey.notes],
        "objects": [
            {
                "object": region.key,
                "name": region.name,
                "members": list(region.members),
                "figures": {
                    "in" if dust else "out": {
                        **figures_shown(assessed, row, _days(survey.stretch)),
                        "change": change_shown(survey.changes[dust], row),
                    }
                    for dust, assessed in survey.assessed.items()
                },
            }
            for row, region in enumerate(survey.regions)
        ],
        "targets": [target_shown(standing) for standing in survey.targets],
    }


def rows(survey: Survey) -> Iterator[Plain]:
    """One row a region and variant, regions in order; the columns are the same in all."""
    stretch = survey.stretch
    for row, region in enumerate(survey.regions):
        for dust, assessed in survey.assessed.items():
            yield {
                "object": region.key,
                "name": region.name,
                "period": stretch.asked.label,
                "start": stretch.span.first,
                "end": stretch.span.end,
                "complete": stretch.until is None,
                "editions": "+".join(stretch.editions),
                "tier": survey.tier,
                "sanddust": "in" if dust else "out",
                **_flat(figures_shown(assessed, row, _days(stretch))),
                **{f"change_{name}": value for name, value in change_shown(survey.changes[dust], row).items()},
            }


def stretch_shown(stretch: Stretch) -> Plain:
    """A period: `end` exclusive, `until` the last day there can be values of, where it is running."""
    return {
        "label": stretch.asked.label,
        "start": stretch.span.first.isoformat(),
        "end": stretch.span.end.isoformat(),
        "until": stretch.until.isoformat() if stretch.until else None,
        "days_left": stretch.left,
        "edition": stretch.edition.id,
        "editions": list(stretch.editions),
        "mixed": len(stretch.editions) > 1,
    }


def figures_shown(assessed: Assessed, row: int, expected: int) -> Plain:
    """What there is to say of one region's figures in a period of so many days."""
    figures, verdict, edition = assessed.figures, assessed.attainment, assessed.edition
    return {
        "members_with_days": int(figures.members[row]),
        "mean": _by_token(figures.mean[row]),
        "percentile": _by_token(figures.percentile[row]),
        "days_with_value": _by_token(figures.n_days[row]),
        "valid": {**dict(zip(TOKENS, figures.valid[row].tolist(), strict=True)), "all": bool(figures.valid[row].all())},
        "attains": {**_by_token(verdict.item[row], _truth), "all": _truth(verdict.every[row])},
        "mean_multiple": _by_token(verdict.mean_multiple[row]),
        "percentile_multiple": _by_token(verdict.percentile_multiple[row]),
        "days": {
            "expected": expected,
            "valid": _number(figures.days_valid[row]),
            "attained": _number(figures.days_attained[row]),
            "attained_share": _number(share(figures.days_attained, figures.days_valid, edition)[row]),
            "heavy": _number(figures.days_heavy[row]),
            "heavy_share": _number(share(figures.days_heavy, figures.days_valid, edition)[row]),
            "incomplete_exceeding": _number(figures.days_incomplete[row]),
            **{f"level{level + 1}": _number(figures.days_level[row, level]) for level in range(LEVELS)},
        },
        "composite": {
            "index": _number(figures.composite[row]),
            "single": _by_token(figures.single[row]),
            "largest": tokens(int(figures.largest[row])) or None,
            "rank": int(assessed.ranking.rank[row]) or None,
            "tied": bool(assessed.ranking.tied[row]),
            "ranked": int(np.count_nonzero(assessed.ranking.rank)),
        },
    }


def change_shown(change: Change, row: int) -> Plain:
    """What has changed since the base: percent, days, and percentage points of the share."""
    return {
        **_by_token(change.concentration[row]),
        "composite": _number(change.composite[row]),
        "rank": int(change.ranking.rank[row]) or None,
        "tied": bool(change.ranking.tied[row]),
        "worsening": bool(change.worsening[row]),
        "days_attained": _number(change.days_attained[row]),
        "attained_share": _number(change.share[row]),
        "days_heavy": _number(change.days_heavy[row]),
    }


def target_shown(standing: Standing) -> Plain:
    """Where a target stands."""
    target = standing.target
    return {
        "object": target.region,
        "item": target.item,
        "base_period": target.base.label if target.base else None,
        "base": standing.base,
        "target": standing.aim,
        "now": standing.now,
        "met": standing.met,
        "progress": standing.progress,
        "days_left": standing.left,
        "rest": standing.rest,
        "allowed": standing.allowed,
        "members": standing.members,
    }


def _flat(shown: Mapping[str, Any]) -> Plain:
    """The same as columns; those of `period.csv` (docs/evaluation.md) have the same names."""
    days, index = shown["days"], shown["composite"]
    means = {name: shown["mean"][name.removesuffix("_mean")] for name in MEANS}
    return {
        "members": shown["members_with_days"],
        **means,
        **dict(zip(PERCENTILES, shown["percentile"].values(), strict=True)),
        "composite_index": index["index"],
        "largest_index": index["largest"],
        "rank": index["rank"],
        "tied": index["tied"],
        "days_expected": days["expected"],
        "days_valid": days["valid"],
        "days_attained": days["attained"],
        "attained_share": days["attained_share"],
        "days_heavy": days["heavy"],
        "heavy_share": days["heavy_share"],
        "days_incomplete_exceeding": days["incomplete_exceeding"],
        **{f"days_level{level}": days[f"level{level}"] for level in range(1, LEVELS + 1)},
        "valid": shown["valid"]["all"],
        **{f"attains_{token}": shown["attains"][token] for token in TOKENS},
        "attains_all": shown["attains"]["all"],
        **{f"{token}_mean_multiple": shown["mean_multiple"][token] for token in TOKENS if f"{token}_mean" in means},
        **{f"{token}_percentile_multiple": shown["percentile_multiple"][token] for token in TOKENS},
    }


def _days(stretch: Stretch) -> int:
    return (stretch.span.end - stretch.span.first).days


def _by_token(values: npt.NDArray[np.float64], of: Any = None) -> Plain:
    return {token: (of or _number)(value) for token, value in zip(TOKENS, values, strict=True)}


def _number(value: float) -> float | int | None:
    """None for NaN; whole numbers of days as such."""
    if np.isnan(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def _truth(value: float) -> bool | None:
    return None if np.isnan(value) else bool(value)
