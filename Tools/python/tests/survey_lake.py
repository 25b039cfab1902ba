"""A lake's `responses`, read by the independent reader, beside the oracle's rows: value for value, in order.

survey_lake.py LAKE responses.parquet
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alphalake_reader import Lake, Type, Vector


def arrow(vector: Vector) -> pa.Array:
    """A vector as Arrow; text as strings."""
    mask = ~vector.valid
    if vector.type == Type.UTF8:
        return pa.array(vector.values, pa.binary(), mask=mask).cast(pa.string())
    if vector.type == Type.DATE:
        return pa.array(vector.values, pa.int32(), mask=mask).cast(pa.date32())
    return pa.array(vector.values, mask=mask)


def first_difference(found: pa.Array, expected: pa.Array) -> int | None:
    """The position of the first pair that differs; two NULLs are alike."""
    both = pc.equal(found, expected)
    alike = pc.if_else(pc.is_null(both), pc.and_(pc.is_null(found), pc.is_null(expected)), both)
    if pc.all(alike).as_py() in (True, None):
        return None
    return int(np.flatnonzero(~alike.to_numpy(zero_copy_only=False))[0])


def differences(lake: Path, parquet: Path) -> list[str]:
    """What differs, a line per column at most; none when every value of every row is the same."""
    out = []
    with Lake(lake).table("responses") as table:
        rows = pq.read_metadata(parquet).num_rows
        if table.row_count != rows:
            return [f"{table.row_count} rows in the lake, {rows} in the oracle"]
        names = [field.name for field in table.schema.fields]
        wanted = pq.read_schema(parquet).names
        if sorted(names) != sorted(wanted):
            out.append(f"columns {sorted(names)} in the lake, {sorted(wanted)} in the oracle")
        for name in (name for name in wanted if name in names):
            expected = pq.read_table(parquet, columns=[name])[name]
            offset, differ, example = 0, 0, ""
            for vector in table.chunks(name):
                found, other = arrow(vector), expected.slice(offset, len(vector)).combine_chunks()
                at = first_difference(found, other)
                if at is not None:
                    differ += 1
                    example = example or f"row {offset + at}: {found[at]} in the lake, {other[at]} in the oracle"
                offset += len(vector)
            if differ:
                out.append(f"{name}: {differ} chunks differ; {example}")
    return out


def main() -> int:
    found = differences(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(found) or "every value of every row agrees")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
