"""Whether two engines gave the same rows: exactly, but for the last digits of floats and an order that nothing decides."""

from __future__ import annotations

import math
import struct
from collections import Counter
from typing import Any

from differential_engines import Rows
from differential_queries import Query


def same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        # float32 columns are written with the digits that tell float32 values apart.
        return a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-7) or len(repr(abs(a))) < 13 and single(a) == b
    return a == b and (a is None) == (b is None)


def single(value: float) -> float:
    """Rounded to a float32."""
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.inf


def rank(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A place among rows: by all that is exact, then by floats, which may differ a little."""
    exact = tuple("" if value is None else "float" if isinstance(value, float) else repr(value) for value in row)
    return exact, tuple((1, 0.0) if math.isnan(v) else (0, v) for v in row if isinstance(v, float))


def rough(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(f"{single(value) + 0.0:.6g}" if isinstance(value, float) else repr(value) for value in row)


def difference(query: Query, ours: Rows, theirs: Rows, everything: Rows | None) -> str | None:
    """What is wrong with our rows; nil when nothing is."""
    if len(ours) != len(theirs):
        return f"{len(ours)} rows, DuckDB has {len(theirs)}"
    if everything is not None:
        left = Counter(map(rough, everything))
        left.subtract(map(rough, ours))
        strange = [row for row, count in left.items() if count < 0]
        return f"a row that the query without LIMIT does not have: {strange[0]}" if strange else None
    # Most rows are the same to the last bit, and told so quickly.
    if ours == theirs or (not query.ordered and Counter(ours) == Counter(theirs)):
        return None
    # Fractions that differ in their last bits may change places with their neighbours.
    fractions = any(isinstance(value, float) for row in ours for value in row)
    if not query.ordered or fractions and faults(ours, theirs):
        ours, theirs = sorted(ours, key=rank), sorted(theirs, key=rank)
    return faults(ours, theirs)


def faults(ours: Rows, theirs: Rows) -> str | None:
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if not all(map(same, a, b)):
            return f"row {number}: {a!r}, DuckDB has {b!r}"
    return None
