"""What tables are to AlphaLake and DuckDB alike: columns, rows, files to import, and twins that store the same
otherwise.

A table is a list of columns and several appends of rows. AlphaLake gets the appends as CSV or JSONL files, so that it
has several shards, columns that came later and columns whose type became wider; DuckDB gets all rows at once, in the
types that the columns ended up with. Integers are BIGINT there, because AlphaLake calculates in 64 bits.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from differential_values import MOST, Sample

Make = Callable[[random.Random, int], Any]
Row = dict[str, Any]

KINDS = {
    "integer": pa.int64(),
    "huge": pa.int64(),
    "unsigned": pa.uint64(),
    "float": pa.float64(),
    "single": pa.float32(),
    # Floats that are not calculated with, since sums of them depend on the order.
    "steep": pa.float64(),
    "text": pa.string(),
    "digits": pa.string(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "list": pa.list_(pa.int64()),
}


@dataclass(frozen=True)
class Lookup:
    """Where the values of a derived column come from: `value` of the row of `table` that has the same `key`."""

    table: str
    key: str
    value: str

    def options(self) -> list[str]:
        """What `alphalake derive` is told."""
        return ["--from", self.table, "--key", self.key, "--value", self.value]


@dataclass
class Column:
    """A column, what kind of values it holds and how they are made."""

    name: str
    type: str
    kind: str
    make: Make | None = None
    lookup: Lookup | None = None


@dataclass
class Table:
    """Columns, and rows in the appends that bring them."""

    name: str
    columns: list[Column]
    appends: list[list[Row]]
    groups: list[dict[str, Any]] = field(default_factory=list)
    format: str = "csv"
    """Whether its shards have bitmaps and bit planes."""
    indexes: bool = True
    first_types: dict[str, str] = field(default_factory=dict)
    """Types of columns that later appends widen."""
    junk: int = 0
    """Every so-many-th row is one too many, and deleted once all are there; 0 for none."""

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(len(rows) for rows in self.appends)

    def schema(self) -> str:
        """The schema file of the first append."""
        first = self.names(0)
        fields = [
            {"name": column.name, "type": self.first_types.get(column.name, column.type)}
            for column in self.columns
            if column.name in first
        ]
        return json.dumps({"fields": fields, "key_groups": self.groups})

    def names(self, append: int) -> list[str]:
        """The columns that an append has, in order."""
        stored = [column.name for column in self.columns if not column.lookup]
        rows = self.appends[append]
        return [name for name in (rows[0] if rows else stored) if name in stored]

    def arrow(self) -> pa.Table:
        """All rows, in the types that the columns ended up with."""
        arrays = [
            pa.array([final(row.get(column.name), column.kind) for rows in self.appends for row in rows],
                     KINDS[column.kind],
                     from_pandas=False)
            for column in self.columns
        ]  # fmt: skip
        return pa.table(arrays, names=[column.name for column in self.columns])

    def write(self, folder: Path) -> list[Path]:
        """Writes the appends as files."""
        paths = []
        for number, rows in enumerate(self.appends):
            path = folder / f"{self.name}-{number}.{self.format}"
            names = self.names(number)
            with path.open("w", newline="", encoding="utf-8") as out:
                if self.format == "jsonl":
                    out.writelines(json.dumps({name: spelt(row[name]) for name in names}) + "\n" for row in rows)
                else:
                    out.write(",".join(names) + "\n")
                    out.writelines(",".join(cell(row[name]) for name in names) + "\n" for row in rows)
            paths.append(path)
        return paths


def final(value: Any, kind: str) -> Any:
    """A value in the type that its column ended up with."""
    if kind == "timestamp" and isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, datetime.min.time())
    return value


def spelt(value: Any) -> Any:
    """A value as JSON shows it."""
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def cell(value: Any) -> str:
    """A value as CSV shows it: NULL is an empty cell, text stands in quotes."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return str(spelt(value)) if not isinstance(value, float) else repr(value)


def twins(table: Table) -> list[Table]:
    """The same rows stored in other ways: without key groups, without indexes, in one shard, in many, among others that
    are deleted."""
    if table.rows < 2:
        return []
    names = [column.name for column in table.columns]
    rows = [{name: row.get(name) for name in names} for part in table.appends for row in part]
    step = -(-len(rows) // 9)
    found = [
        replace(table, name=f"{table.name}_bare", indexes=False),
        replace(table, name=f"{table.name}_whole", appends=[rows], first_types={}),
        replace(table, name=f"{table.name}_parts", first_types={},
                appends=[rows[at : at + step] for at in range(0, len(rows), step)]),
        holed(table),
    ]  # fmt: skip
    if table.groups:
        found.append(replace(table, name=f"{table.name}_plain", groups=[]))
        found.append(replace(table, name=f"{table.name}_plain_bare", groups=[], indexes=False))
    return found


def holed(table: Table) -> Table:
    """The same rows with copies of some among them, which are to be deleted: each row whose number leaves no rest."""
    pick = random.Random(f"holes {table.name}")
    every = pick.choice([2, 3, 7, 50])
    appends, number = [], 0
    for rows in table.appends:
        stored = []
        for row in rows:
            if number % every == 0:
                stored.append(pick.choice(rows))
                number += 1
            stored.append(row)
            number += 1
        appends.append(stored)
    return replace(table, name=f"{table.name}_holes", appends=appends, junk=every)


def samples(table: Table, pick: random.Random) -> list[Sample]:
    """The columns with a few hundred of their values and the bounds of all."""
    found = []
    for column in table.columns:
        values = [final(row[column.name], column.kind) for part in table.appends for row in part
                  if row.get(column.name) is not None]  # fmt: skip
        bound = MOST
        if column.kind in ("integer", "float", "single") and all(map(math.isfinite, values)):
            bound = math.ceil(max(map(abs, values), default=0))
        few = pick.sample(values, min(len(values), 250))
        found.append(Sample(column.name, column.kind, few, bound, table.rows > 20_000, column.lookup is not None))
    return found
