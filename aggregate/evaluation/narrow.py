"""Numbers of fewer bits as the decimals that they stand for: 2.2 in 32 bits is no 2.2000000477."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_MOST_PLACES = 12


def widened(values: npt.NDArray[np.float16] | npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The decimals of fewest places that these numbers are the nearest ones to."""
    wide = values.astype(np.float64)
    left = np.flatnonzero(np.isfinite(wide))
    for places in range(_MOST_PLACES + 1):
        scaled = np.rint(wide[left] * 10.0**places) / 10.0**places
        found = scaled.astype(values.dtype) == values[left]
        wide[left[found]] = scaled[found]
        left = left[~found]
        if not left.size:
            break
    return wide


def widened_table(table: pa.Table) -> pa.Table:
    """The table with its columns of fewer bits widened."""
    for place, field in enumerate(table.schema):
        if field.type in (pa.float16(), pa.float32()):
            table = table.set_column(place, field.name, pa.array(widened(table.column(place).to_numpy())))
    return table
