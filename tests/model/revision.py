"""Which reading counts: decided reading by reading, by rank of source, run and seq."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .delivery import Broken
from .mutants import Mutant
from .tables import Mask, Row, Stored, Tables
from .vocabulary import RowKey, Source, Value


def rank(tx: Tables, key: RowKey, accepted: Mapping[str, Value], contested: Iterable[str], broken: Broken) -> None:
    """Puts the accepted values into the row and sets anew what counts of each contested factor."""
    row = tx.rows[key]
    new = {factor: Stored(v.value, v.flag, Mask.CURRENT) for factor, v in accepted.items()}
    alone = known_new(tx, key, broken)
    tx.rows[key] = row._replace(cells={**row.cells, **new})
    if alone:
        return
    factors = set(contested)
    if broken(Mutant.CORRECTION_WITHDRAWS):
        factors |= {f for k, r in tx.rows.items() if k.slot == key.slot for f in r.cells}
    for factor in factors:
        _rank_factor(tx, key, factor, broken)


def known_new(tx: Tables, key: RowKey, broken: Broken) -> bool:
    """Whether no other row of that station, period and time can hold a rival."""
    if broken(Mutant.NEW_BY_NUMBER):
        sender = [k.seq for k in tx.rows if k != key and (k.slot.station, *k[1:3]) == (key.slot.station, *key[1:3])]
        return key.seq > max(sender, default=0)
    return not any(k.slot == key.slot for k in tx.rows if k != key)


def _rank_factor(tx: Tables, key: RowKey, factor: str, broken: Broken) -> None:
    rivals = [k for k, row in tx.rows.items() if k.slot == key.slot and (factor in row.cells or k == key)]
    rivals.sort(key=lambda k: _order(k, key, broken))
    devices = [k for k in rivals if k.source is not Source.PERSON]
    top, top_raw = rivals[-1], devices[-1] if devices else None
    for rival in rivals:
        row = tx.rows[rival]
        if factor not in row.cells:
            continue
        mask = Mask.CURRENT if rival == top else Mask.BY_PERSON if rival == top_raw else Mask.SUPERSEDED
        if mask is Mask.BY_PERSON and broken(Mutant.PERSON_SUPERSEDES_FOR_ALL):
            mask = Mask.SUPERSEDED
        cells = {**row.cells, factor: row.cells[factor]._replace(mask=mask)}
        if mask is Mask.SUPERSEDED and broken(Mutant.LOWER_DROPPED):
            del cells[factor]
        tx.rows[rival] = Row(cells, row.origin)


def _order(rival: RowKey, newest: RowKey, broken: Broken) -> tuple[int, ...]:
    if broken(Mutant.LAST_ARRIVAL_COUNTS):
        return (int(rival == newest),)
    if broken(Mutant.RANK_IGNORED):
        return (rival.run, rival.seq)
    if broken(Mutant.RUN_IGNORED):
        return (rival.source, rival.seq, rival.run)
    return rival.revision
