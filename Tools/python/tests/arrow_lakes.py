"""Lakes of golden shards, and Arrow's values in the canonical form of the independent reader."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from lake_writer import LakeWriter

from alphalake_reader import Shard
from alphalake_reader.canonical import canonical_row, exact
from alphalake_reader.footer import Field
from alphalake_reader.types import Type

GOLDEN = Path(__file__).resolve().parents[3] / "Schemas" / "golden" / "v1"
SHARDS = sorted(GOLDEN.glob("*.shard"))

_ARROW = {
    Type.BOOL: pa.bool_(),
    Type.FLOAT32: pa.float32(),
    Type.FLOAT64: pa.float64(),
    Type.DATE: pa.date32(),
    Type.TIMESTAMP: pa.timestamp("us", "UTC"),
    Type.UTF8: pa.string(),
    Type.BINARY: pa.binary(),
}


def scalar_name(kind: Type) -> str:
    """A scalar type as schemas write it."""
    return kind.name.lower()


def type_name(field: Field) -> str:
    """A field's type as schemas write it."""
    if field.element is None:
        return scalar_name(field.type)
    element = scalar_name(field.element)
    return f"list<{element}>" if field.type == Type.LIST else f"fixed_list<{element}, {field.size}>"


def arrow_type(field: Field) -> pa.DataType:
    """A field's type as Arrow has it, without dictionaries."""

    def scalar(kind: Type) -> pa.DataType:
        return _ARROW.get(kind) or getattr(pa, scalar_name(kind))()

    if field.element is None:
        return scalar(field.type)
    element = pa.field("item", scalar(field.element))
    return pa.list_(element) if field.type == Type.LIST else pa.list_(element, field.size)


def lake_of(source: Path, path: Path) -> Path:
    """A lake with one table ``t`` that holds the shard ``source``."""
    shard = Shard(source)
    fields = [{"id": f.id, "name": f.name, "type": type_name(f), "nullable": f.nullable} for f in shard.footer.fields]
    writer = LakeWriter(path, {"fields": fields, "key_groups": []})
    # A table does not list shards without rows.
    writer.commit([(shard.footer.rows, source.read_bytes())] if shard.footer.rows else [])
    return path


def plain(table: pa.Table) -> pa.Table:
    """The table with dictionaries spelt out, and dates and timestamps as numbers."""
    columns = []
    for column in table.columns:
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
        elif pa.types.is_date32(kind):
            column = column.cast(pa.int32())
        elif pa.types.is_timestamp(kind):
            column = column.cast(pa.int64())
        elif pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
            column = pa.chunked_array([_plain_list(chunk) for chunk in column.chunks], None if column.chunks else kind)
        columns.append(column)
    return pa.Table.from_arrays(columns, names=table.column_names)


def _plain_list(chunk: pa.Array) -> pa.Array:
    element = chunk.type.value_type
    number = {pa.date32(): pa.int32(), pa.timestamp("us", "UTC"): pa.int64()}.get(element)
    if number is None:
        return chunk
    lists = pa.list_(number)
    if pa.types.is_fixed_size_list(chunk.type):
        lists = pa.list_(number, chunk.type.list_size)
    return chunk.cast(lists)


def rows_of(table: pa.Table, fields: tuple[Field, ...]) -> list[Any]:
    """The rows in the form that compares to the last bit."""
    return [exact(canonical_row(row, fields)) for row in plain(table).to_pylist()]


def golden_rows(path: Path) -> list[Any]:
    """The rows beside a golden shard, in the same form."""
    lines = path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
    return [exact(json.loads(line)) for line in lines]


def check(batches: Iterable[pa.RecordBatch]) -> None:
    """Let Arrow look at everything: offsets, positions in dictionaries, UTF-8, NULL counts."""
    for batch in batches:
        batch.validate(full=True)
        for column in batch.columns:
            assert column.null_count == pc.sum(pc.is_null(column)).as_py() if len(column) else column.null_count == 0
