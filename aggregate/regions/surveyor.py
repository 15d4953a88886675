"""A survey from what is stored: regions, figures of the period and of its base, where targets stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from aggregate.evaluation.editions import AUTO
from aggregate.evaluation.spans import Span
from aggregate.regions.figures import Figures
from aggregate.regions.groups import read_groups
from aggregate.regions.level import Level
from aggregate.regions.load import StoredDays, leaves_of
from aggregate.regions.notes import notes_of
from aggregate.regions.period import Heating, parse_period
from aggregate.regions.places import Places, Region, chosen
from aggregate.regions.stretch import Stretch, base_of, stretch_of
from aggregate.regions.survey import Survey, assess
from aggregate.regions.target_file import read_targets
from aggregate.regions.targets import Item, Now, Standing, Target, standing
from aggregate.regions.verdict import change
from aggregate.statistic import Tier, Variant
from core.errors import InputError
from standards.editions import Edition, Editions

Tell = Callable[[int, int], None]
"""Hears how many places are through, of how many."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was given."""

    period: str
    level: Level = Level.CITY
    only: Sequence[str] = ()
    base: str | None = None
    tier: Tier = Tier.RAW
    sanddust: Sequence[bool] = (True,)
    """With, without, or both, in this order."""
    edition: str = AUTO
    groups: Path | None = None
    targets: Path | None = None


class Surveyor:
    """Makes one survey; `today` is running, the days before it are over."""

    def __init__(self, stored: StoredDays, editions: Editions, today: date, heating: Heating) -> None:
        self._stored = stored
        self._editions = editions
        self._today = today
        self._heating = heating

    def survey(self, asked: Asked, tell: Tell) -> Survey:
        """What is asked for. Raises `InputError`."""
        stretch = self._stretch(parse_period(asked.period, self._heating))
        if asked.base:
            base = self._stretch(parse_period(asked.base, self._heating))
        else:
            base = base_of(stretch, self._editions)
        targets = read_targets(asked.targets, self._heating) if asked.targets else []
        places = self._stored.places(stretch.span)
        groups = read_groups(asked.groups, places) if asked.groups else []
        regions = _regions(asked, places, groups)
        variants = [Variant(asked.tier, sanddust=dust) for dust in asked.sanddust]
        total = 2 * len(leaves_of(regions))
        now = self._stored.figures(regions, stretch.span, variants, lambda done: tell(done, total))
        then = self._stored.figures(regions, base.span, variants, lambda done: tell(total // 2 + done, total))
        levels = {Level(key.partition(":")[0]) for key in [region.key for region in regions] + leaves_of(regions)}
        return Survey(
            stretch, base, asked.level, asked.tier, regions,
            {v.sanddust: assess(now[v], stretch.edition) for v in variants},
            {v.sanddust: change(now[v], stretch.edition, then[v], base.edition) for v in variants},
            [self._standing(target, stretch, _target_region(target, places, groups), variants) for target in targets],
            notes_of(stretch, base, levels, both=len(variants) > 1, again=asked.edition != AUTO),
        )  # fmt: skip

    def _stretch(self, asked: Span) -> Stretch:
        return stretch_of(asked, self._today, self._editions)

    def _standing(self, target: Target, stretch: Stretch, region: Region, variants: Sequence[Variant]) -> Standing:
        # of both variants the one of national practice: days with sand-dust, concentrations and index without
        variant = variants[0 if target.item in {Item.ATTAINED_SHARE, Item.HEAVY_DAYS} else -1]
        base = None if target.base is None else self._alone(region, self._stretch(target.base), variant)
        figures, edition = self._alone(region, stretch, variant)
        days = self._stored.days(leaves_of([region]), stretch.span, variant)
        return standing(target, base, Now(figures, days, edition, stretch.left))

    def _alone(self, region: Region, stretch: Stretch, variant: Variant) -> tuple[Figures, Edition]:
        found = self._stored.figures([region], stretch.span, [variant], lambda _: None)
        return found[variant], stretch.edition


def _regions(asked: Asked, places: Places, groups: list[Region]) -> list[Region]:
    if asked.level is Level.GROUP and not groups:
        raise InputError("options", "is needed with --by group", field="--groups", hint="name a TOML file of groups")
    regions = groups if asked.level is Level.GROUP else places.all(asked.level)
    if not regions:
        raise InputError("nobody", f"no {asked.level} has an official air station in the period", field="PERIOD",
                         value=asked.period, hint="see `lantian stations list --kind air`")  # fmt: skip
    return chosen(regions, asked.only)


def _target_region(target: Target, places: Places, groups: list[Region]) -> Region:
    region = places.named(target.region, groups)
    if region is None:
        raise InputError("object", "is no region with official stations in the period", field="--targets",
                         value=target.region, hint="see `lantian evaluate period … --by …`")  # fmt: skip
    return region
