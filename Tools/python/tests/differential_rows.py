"""Whether two engines gave the same rows: but for last digits of floats and an order that nothing decides."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from differential_engines import Answer, Rows
from differential_queries import Query

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Tolerance:
    """How far floats may lie apart."""

    relative: float
    absolute: float

    def close(self, a: Any, b: Any) -> bool:
        """Whether two values are as good as the same."""
        if isinstance(a, float) and isinstance(b, float):
            if math.isnan(a) or math.isnan(b):
                return math.isnan(a) and math.isnan(b)
            return a == b or math.isclose(a, b, rel_tol=self.relative, abs_tol=self.absolute)
        return bool(a == b) and (a is None) == (b is None)

    def same(self, a: Row, b: Row) -> bool:
        """The same for rows."""
        return all(map(self.close, a, b))


# What is computed row by row may differ by what the libraries of the two engines make of logarithms and roots; sums by
# the order of their terms, which matters most where large terms cancel out.
PLAIN = Tolerance(1e-12, 0)
SUMMED = Tolerance(1e-9, 1e-12)


def difference(query: Query, ours: Answer, theirs: Answer, ask: Callable[[str], Answer]) -> str | None:
    """What is wrong with our rows; nil when nothing is. `ask` asks DuckDB one more thing."""
    if len(ours) != len(theirs):
        return f"{len(ours)} rows, DuckDB has {len(theirs)}"
    tolerance = SUMMED if query.summed else PLAIN
    if query.unlimited and not query.order:
        return surplus(ours.rows, ask(query.unlimited).rows, tolerance)
    if alike(ours.columns, theirs.columns, bool(query.order)):
        return None
    if not query.order:
        return surplus(ours.rows, theirs.rows, tolerance)
    wrong = next(
        (n for n, pair in enumerate(zip(ours.rows, theirs.rows, strict=True)) if not tolerance.same(*pair)), None
    )
    if wrong is None:
        return None
    if query.keyed:
        # Sort keys that differ in their last bits may have changed places, or been cut off by LIMIT.
        found = out_of_order(ours.rows, ask(query.keyed).rows, query, tolerance)
        if found is None:
            return None
    return f"row {wrong}: {ours.rows[wrong]!r}, DuckDB has {theirs.rows[wrong]!r}"


def alike(ours: pa.Table | None, theirs: pa.Table | None, ordered: bool) -> bool:
    """Whether columns are the same to the last bit, in order or once sorted: quick, and mostly so."""
    if ours is None or theirs is None:
        return False
    pairs = list(zip(ours.columns, theirs.columns, strict=True))
    try:
        mine = [chunk(a.cast(b.type) if a.type != b.type else a) for a, b in pairs]
    except pa.ArrowInvalid:
        return False
    others = [chunk(b) for _, b in pairs]
    if all(map(equal, mine, others)):
        return True
    if ordered or any(pa.types.is_nested(a.type) or pa.types.is_null(a.type) for a in mine):
        return False
    return all(map(equal, in_order(mine), in_order(others)))


def chunk(column: pa.ChunkedArray) -> pa.Array:
    """One array of a column."""
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def equal(a: pa.Array, b: pa.Array) -> bool:
    """Whether arrays are the same, NaN being the same as NaN."""
    if not pa.types.is_floating(a.type):
        return bool(a.equals(b))
    return a.null_count == b.null_count and bool(
        a.is_null().equals(b.is_null())
        and np.array_equal(a.to_numpy(zero_copy_only=False), b.to_numpy(zero_copy_only=False), equal_nan=True)
    )


def in_order(columns: list[pa.Array]) -> list[pa.Array]:
    """Columns with their rows sorted by all of them."""
    names = [str(number) for number in range(len(columns))]
    table = pa.table(columns, names=names).sort_by([(name, "ascending") for name in names])
    return [chunk(column) for column in table.columns]


def surplus(ours: Rows, theirs: Rows, tolerance: Tolerance) -> str | None:
    """A row that we have and they do not, or we have more often; each of theirs stands for one of ours."""
    left = Counter(map(hashable, theirs))
    strange = []
    for row in ours:
        key = hashable(row)
        if left[key] > 0:
            left[key] -= 1
        else:
            strange.append(row)
    if not strange:
        return None
    # By what is exact, then by floats, which may differ a little.
    near: defaultdict[Row, list[Row]] = defaultdict(list)
    for row, count in left.items():
        near[exact(row)] += [floats(row)] * count
    for found in near.values():
        found.sort()
    for row in strange:
        candidates, wanted = near[exact(hashable(row))], floats(row)
        reach = abs(wanted[0]) * tolerance.relative + tolerance.absolute if wanted else 0.0
        at = bisect_left(candidates, (wanted[0] - 2 * reach,)) if wanted else 0
        while at < len(candidates) and not tolerance.same(candidates[at], wanted):
            at = len(candidates) if wanted and candidates[at][0] > wanted[0] + 2 * reach else at + 1
        if at == len(candidates):
            closest = min(left, key=lambda other: distance(other, row)) if left else None
            return f"{row!r}, which DuckDB lacks; the nearest it has is {closest!r}"
        del candidates[at]
    return None


def hashable(row: Row) -> Row:
    """A row in which NaN equals NaN and true is not 1."""
    return tuple(repr(value) if value != value or isinstance(value, bool) else value for value in row)


def exact(row: Row) -> Row:
    """What of a row must be the same."""
    return tuple("float" if isinstance(value, float) and math.isfinite(value) else value for value in row)


def floats(row: Row) -> tuple[float, ...]:
    """The rest of it."""
    return tuple(value for value in row if isinstance(value, float) and math.isfinite(value))


def distance(a: Row, b: Row) -> int:
    """How many values of two rows differ."""
    return sum(not PLAIN.close(x, y) for x, y in zip(a, b, strict=True))


def out_of_order(ours: Rows, keyed: Rows, query: Query, tolerance: Tolerance) -> str | None:
    """What is wrong with an order. `keyed`: all rows before LIMIT, in order, with a sort key that is not selected last.

    Rows whose sort keys are as good as the same form blocks, and in a block any order holds.
    """
    width, first = len(ours[0]), query.offset
    for block in blocks(range(len(keyed)), query.order, ours, keyed, query.offset, tolerance):
        part = ours[max(block.start - first, 0) : max(block.stop - first, 0)]
        if part and (found := surplus(part, [keyed[n][:width] for n in block], tolerance)):
            return found
    return None


def blocks(rows: range, keys: list[int], ours: Rows, keyed: Rows, offset: int, tolerance: Tolerance) -> Iterator[range]:
    """Runs of rows whose order nothing decides but the last bits of floats."""
    if not keys:
        yield rows
        return
    key, start = keys[0], rows.start
    for end in range(rows.start + 1, rows.stop + 1):
        if end < rows.stop and tolerance.close(keyed[end - 1][key], keyed[end][key]):
            continue
        run = range(start, end)
        start = end
        found = [keyed[n][key] for n in run]
        if key < len(ours[0]):
            found += [row[key] for row in ours[max(run.start - offset, 0) : max(run.stop - offset, 0)]]
        if isinstance(found[0], float) and any(value != found[0] for value in found) and not math.isnan(found[0]):
            # What either engine makes of a later key may have been overruled.
            yield run
        else:
            yield from blocks(run, keys[1:], ours, keyed, offset, tolerance)
