"""Whether two results are the same: all but concentrations exactly, these to a billionth of themselves."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench.kernels.rules import JOINED

Columns = dict[str, npt.NDArray[Any]]

RELATIVE = 1e-9

_EXACT = ("aqi", "composite_index")
_NO_LEVEL = 0


class Verdict(NamedTuple):
    """What came of comparing."""

    differences: list[str]
    """A line a column that is not the same."""
    largest: float
    """The largest difference of concentrations, relative to them."""

    @property
    def equal(self) -> bool:
        """Whether all is the same."""
        return not self.differences


def together(verdicts: list[Verdict]) -> Verdict:
    """All of them as one."""
    return Verdict(
        [line for verdict in verdicts for line in verdict.differences],
        max((verdict.largest for verdict in verdicts), default=0.0),
    )


def compare(name: str, ours: pa.Table, theirs: pa.Table) -> Verdict:
    """Compare two tables with rows in the same order; columns that only theirs has are left aside."""
    if ours.num_rows != theirs.num_rows:
        return Verdict([f"{name}: {ours.num_rows} rows and {theirs.num_rows}"], 0.0)
    differences, largest = [], 0.0
    for column in ours.column_names:
        if column not in theirs.column_names:
            differences.append(f"{name}: there is no column {column}")
            continue
        one, other = _plain(column, ours[column]), _plain(column, theirs[column])
        same, relative = _same(column, one, other)
        largest = max(largest, relative)
        if not same.all():
            row = int(np.argmin(same))
            differences.append(
                f"{name}: {column} differs in {np.count_nonzero(~same)} of {same.size} rows,"
                f" first in row {row + 1}: {one[row]} and {other[row]}"
            )
    return Verdict(differences, largest)


def _same(column: str, one: npt.NDArray[Any], other: npt.NDArray[Any]) -> tuple[npt.NDArray[np.bool_], float]:
    """Where they are the same, and the largest relative difference there where both have a concentration."""
    if one.dtype.kind != "f" or other.dtype.kind != "f":
        return np.asarray(one == other), 0.0
    missing = np.isnan(one) & np.isnan(other)
    if column in _EXACT or np.array_equal(np.where(missing, 0, one), np.where(missing, 0, other)):
        return missing | (one == other), 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(one == other, 0.0, np.abs(one - other) / np.maximum(np.abs(one), np.abs(other)))
    return missing | (relative <= RELATIVE), float(np.nanmax(relative, initial=0.0))


def _plain(name: str, column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """A column as numbers, NaN for none; pollutants as bits, texts and dates as they are."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return np.asarray(column.cast(pa.timestamp("s")).to_numpy())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        texts = column.cast(pa.string()).dictionary_encode().combine_chunks()
        if name in {"primary", "largest_index"}:
            bits = np.array([JOINED.index(text) for text in texts.dictionary.to_pylist()] + [0])
            return np.asarray(bits[texts.indices.fill_null(-1).to_numpy()], dtype=np.float64)
        names = np.array(texts.dictionary.to_pylist())
        return np.asarray(names[texts.indices.to_numpy()])
    numbers = np.array(column.cast(pa.float64()).to_numpy())
    if name in {"level", "primary", "largest_index"}:
        numbers[np.isnan(numbers)] = _NO_LEVEL
    return numbers
