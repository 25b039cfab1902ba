"""Whether two engines gave the same rows."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

TOLERANCE = 1e-9


def plain(table: pa.Table) -> pa.Table:
    """The table with flat strings, an empty string read as NULL (text formats cannot tell the two apart)."""
    columns = []
    for column in table.columns:
        kind = column.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            kind = pa.string()
        elif pa.types.is_integer(kind):
            kind = pa.int64()
        elif pa.types.is_floating(kind):
            kind = pa.float64()
        column = column.cast(kind)
        if kind == pa.string():
            column = pa.compute.if_else(pa.compute.equal(column, ""), pa.scalar(None, pa.string()), column)
        columns.append(column)
    return pa.table(columns, names=table.column_names)


def rows(table: pa.Table) -> list[list]:
    """Values in a settled order: by text and whole numbers, then by fractions to six digits (sums differ after)."""
    flat = plain(table)
    lists = [column.to_pylist() for column in flat.columns]
    exact = [i for i, column in enumerate(flat.columns) if not pa.types.is_floating(column.type)]
    out = [list(map(portable, row)) for row in zip(*lists, strict=True)]
    rest = [i for i in range(flat.num_columns) if i not in exact]
    out.sort(key=lambda row: [*((row[i] is not None, row[i]) for i in exact), *(f"{row[i] or 0:+.6e}" for i in rest)])
    return out


def portable(value):
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def digest(table: pa.Table) -> dict:
    """A figure that does not depend on the order of the rows."""
    flat = plain(table)
    total = np.zeros(flat.num_rows, np.uint64)
    for number, column in enumerate(flat.columns):
        if pa.types.is_floating(column.type):
            hashed = pd.util.hash_array(column.to_numpy().astype(np.float64), categorize=False)
        else:
            encoded = column.combine_chunks().dictionary_encode()
            values = ["\0NULL"] + [str(value) for value in encoded.dictionary.to_pylist()]
            codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
            hashed = pd.util.hash_array(np.array(values, object), categorize=False)[codes]
        with np.errstate(over="ignore"):
            total = (total ^ hashed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(number)
    return {"rows": flat.num_rows, "digest": f"{int(total.sum(dtype=np.uint64)):016x}"}


def streamed(batches: Iterable[pa.RecordBatch], order: tuple[str, ...] = ()) -> dict:
    """A digest of rows that are never all there at once; `disorder`: whether they left their order somewhere."""
    count, total, disorder = 0, 0, False
    last: pa.Table | None = None
    for batch in batches:
        if not batch.num_rows:
            continue
        table = plain(pa.Table.from_batches([batch]))
        found = digest(table)
        count, total = count + found["rows"], total + int(found["digest"], 16)
        if order:
            joined = table if last is None else pa.concat_tables([last, table])
            disorder = disorder or not ordered(joined.combine_chunks(), order)
            last = table.slice(table.num_rows - 1)
    out = {"rows": count, "digest": f"{total % 2**64:016x}"}
    return {**out, "disorder": disorder} if order else out


def ordered(table: pa.Table, columns: tuple[str, ...]) -> bool:
    """Whether each row comes after the one before it, NULL last."""
    tied = np.ones(table.num_rows - 1, bool)
    for name in columns:
        column = table[name]
        before, after = column.slice(0, table.num_rows - 1), column.slice(1)
        null_before, null_after = (part.is_null().to_numpy() for part in (before, after))
        less = pa.compute.less(after, before).fill_null(False).to_numpy() | (null_before & ~null_after)
        if (tied & less).any():
            return False
        tied &= pa.compute.equal(after, before).fill_null(False).to_numpy() | (null_before & null_after)
    return True


def summary(table: pa.Table, kind: str):
    if kind == "top":
        return sorted(([value] for value in table["weight"].to_pylist()), key=lambda row: row[0] or 0)
    if kind == "sample":
        return {"rows": table.num_rows, "columns": table.column_names}
    return rows(table) if kind == "rows" else digest(table)


def same(left, right) -> str | None:
    """None when both say the same; else the first difference, in words."""
    if isinstance(left, dict):
        return None if left == right else f"{left} against {right}"
    if len(left) != len(right):
        return f"{len(left)} rows against {len(right)}"
    for first, second in zip(left, right, strict=True):
        for a, b in zip(first, second, strict=True):
            if isinstance(a, float) or isinstance(b, float):
                if not close(a, b):
                    return f"{first} against {second}"
            elif a != b:
                return f"{first} against {second}"
    return None


def close(a, b) -> bool:
    if a is None or b is None:
        return (a or 0) == (b or 0)
    return math.isclose(float(a), float(b), rel_tol=TOLERANCE, abs_tol=TOLERANCE)
