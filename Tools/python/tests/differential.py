"""Asks AlphaLake and DuckDB the same random questions about the same random tables.

    differential.py [--seed N] [--queries N] [--tables NAME,...] [--long-rows N] [--survey-parquet FILE --lake LAKE]

Prints every difference with its query, and at the end how many queries were asked, had rows, and failed on both sides.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
from differential_queries import Query, Sample, Writer
from differential_tables import Table, final, plain, tables

Rows = list[tuple[Any, ...]]
KIND_OF_TYPE = {"BOOLEAN": "bool", "BIGINT": "integer", "DOUBLE": "float", "VARCHAR": "text", "DATE": "date"}


class Refused(Exception):
    """An engine ended a query with an error."""


def csv_cells(text: str) -> list[list[str | None]]:
    """RFC 4180 where an empty cell is NULL and "" an empty string."""
    rows: list[list[str | None]] = []
    row: list[str | None] = []
    at, end = 0, len(text)
    while at < end:
        if text[at] == '"':
            parts = []
            at += 1
            while True:
                close = text.index('"', at)
                parts.append(text[at:close])
                at = close + 1
                if at < end and text[at] == '"':
                    parts.append('"')
                    at += 1
                else:
                    break
            row.append("".join(parts))
        else:
            stop = at
            while text[stop] not in ",\n":
                stop += 1
            row.append(text[at:stop] or None)
            at = stop
        if text[at] == "\n":
            rows.append(row)
            row = []
        at += 1
        # A comma at the very end of a line is followed by one more empty cell, which the next turn reads.
    return rows


def value_of(text: str | None, kind: str) -> Any:
    """A cell in the type that DuckDB gave the column."""
    if text is None:
        return None
    if kind in ("VARCHAR", "NULL"):
        return text
    if kind == "BOOLEAN":
        return {"true": True, "false": False}[text]
    if kind in ("DOUBLE", "FLOAT"):
        return float(text)
    if kind == "DATE":
        return date.fromisoformat(text)
    if kind.startswith("TIMESTAMP"):
        return datetime.fromisoformat(text).replace(tzinfo=None)
    if kind.endswith("[]"):
        return tuple(json.loads(text))
    return int(text)


class AlphaLake:
    def __init__(self, binary: Path, lake: Path) -> None:
        self.binary, self.lake = str(binary), str(lake)

    def run(self, *arguments: object, text: str | None = None) -> str:
        environment = {**os.environ, "SWIFT_BACKTRACE": "enable=no"}
        done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, input=text, encoding="utf-8",
                              env=environment)  # fmt: skip
        if done.returncode != 0:
            raise Refused(f"{'CRASH ' if done.returncode < 0 else ''}{done.returncode}: {done.stderr.strip()[:400]}")
        return done.stdout

    def add(self, table: Table, folder: Path) -> None:
        schema = folder / f"{table.name}.json"
        schema.write_text(table.schema(), encoding="utf-8")
        for number, path in enumerate(table.write(folder)):
            self.run("import", "table", self.lake, table.name, path, *(["--schema", schema] if number == 0 else []))

    def ask(self, sql: str, kinds: list[str]) -> Rows:
        lines = csv_cells(self.run("query", self.lake, "-", "--format", "csv", text=sql))[1:]
        return [tuple(value_of(text, kind) for text, kind in zip(line, kinds, strict=True)) for line in lines]


class DuckDB:
    def __init__(self) -> None:
        # Division by zero is NULL in AlphaLake, as it was in DuckDB before 1.2.
        settings = {"ieee_floating_point_ops": "false", "error_on_division_by_zero": "false"}
        self.connection = duckdb.connect(config=settings)

    def add(self, table: Table) -> None:
        arrow = table.arrow()
        self.connection.register("arrived", arrow)
        self.connection.execute(f"CREATE TABLE {table.name} AS SELECT * FROM arrived")
        self.connection.unregister("arrived")

    def ask(self, sql: str) -> tuple[Rows, list[str]]:
        try:
            result = self.connection.execute(sql)
            kinds = [str(column[1]) for column in result.description]
            rows = result.fetchall()
        except duckdb.Error as error:
            raise Refused(str(error)[:300]) from None
        return [tuple(tuple(v) if isinstance(v, list) else v for v in row) for row in rows], kinds


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
    if query.ordered and faults(ours, theirs) and all(map(near, ours, theirs)):
        # Sums that differ in their last bits may change places where they should be equal.
        query = Query(query.sql)
    if not query.ordered:
        ours, theirs = sorted(ours, key=rank), sorted(theirs, key=rank)
    return faults(ours, theirs)


def faults(ours: Rows, theirs: Rows) -> str | None:
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if not all(map(same, a, b)):
            return f"row {number}: {a!r}, DuckDB has {b!r}"
    return None


def near(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Whether rows have floats and none that differ, or are the same."""
    floats = [(x, y) for x, y in zip(a, b, strict=True) if isinstance(x, float) or isinstance(y, float)]
    return all(same(x, y) for x, y in floats) if floats else a == b


@dataclass
class Tally:
    asked: int = 0
    with_rows: int = 0
    refused_by_both: int = 0
    findings: list[str] = field(default_factory=list)


class Differential:
    """Both engines, holding the same tables."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.folder = folder
        self.ours, self.theirs = AlphaLake(binary, folder / "lake"), DuckDB()
        self.ours.run("init", folder / "lake")
        self.columns: dict[str, list[Sample]] = {}
        self.twins: dict[str, str] = {}
        # Tables whose rows would take too long to compare; only groups of them are asked for.
        self.large: set[str] = set()

    def add(self, table: Table, pick: random.Random) -> None:
        self.ours.add(table, self.folder)
        self.theirs.add(table)
        rows = [row for part in table.appends for row in pick.sample(part, min(len(part), 100))]
        self.columns[table.name] = [
            Sample(c.name, c.kind, [final(row[c.name], c.kind) for row in rows if row.get(c.name) is not None])
            for c in table.columns
        ]
        if table.groups:
            self.ours.add(plain(table), self.folder)
            self.twins[table.name] = plain(table).name

    def add_parquet(self, name: str, path: Path) -> None:
        """A table that the lake has already."""
        self.theirs.connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
        if self.theirs.ask(f"SELECT count(*) FROM {name}")[0][0][0] > 1_000_000:
            self.large.add(name)
        some, kinds = self.theirs.ask(f"SELECT * FROM {name} USING SAMPLE 200 ROWS (reservoir, 1)")
        names = [column[0] for column in self.theirs.connection.description]
        self.columns[name] = [
            Sample(column, KIND_OF_TYPE[kind], [row[n] for row in some if row[n] is not None])
            for n, (column, kind) in enumerate(zip(names, kinds, strict=True))
        ]

    def check(self, table: str, query: Query, tally: Tally) -> None:
        tally.asked += 1
        theirs: Rows | None = None
        everything: Rows | None = None
        kinds: list[str] = []
        refusal = ""
        try:
            theirs, kinds = self.theirs.ask(query.sql)
            if query.unlimited:
                everything = self.theirs.ask(query.unlimited)[0]
        except Refused as error:
            refusal = str(error)
        finding = self.compared(query, query.sql, kinds, theirs, everything, refusal)
        if finding is None and table in self.twins and theirs is not None:
            twin = query.sql.replace(f"FROM {table}", f"FROM {self.twins[table]}")
            finding = self.compared(query, twin, kinds, theirs, everything, refusal)
            finding = f"without key groups: {finding}" if finding else None
        if finding:
            tally.findings.append(f"{query.sql}\n    {finding}")
        elif theirs is None:
            tally.refused_by_both += 1
        elif theirs:
            tally.with_rows += 1

    def compared(
        self, query: Query, sql: str, kinds: list[str], theirs: Rows | None, everything: Rows | None, refusal: str
    ) -> str | None:
        try:
            ours = self.ours.ask(sql, kinds)
        except Refused as error:
            crashed = str(error).startswith("CRASH")
            return None if theirs is None and not crashed else f"refused here: {error}"
        except (ValueError, KeyError) as error:
            return f"refused by DuckDB: {refusal}" if theirs is None else f"a cell that is no {kinds}: {error}"
        if theirs is None:
            return f"refused by DuckDB: {refusal}"
        return difference(query, ours, theirs, everything)

    def ask(self, table: str, queries: int, pick: random.Random, tally: Tally) -> None:
        writer = Writer(table, self.columns[table], pick)
        for _ in range(queries):
            self.check(table, writer.groups() if table in self.large else writer.query(), tally)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--queries", type=int, default=2000, help="over all tables together")
    parser.add_argument("--tables", default="", help="only these, with commas between")
    parser.add_argument("--long-rows", type=int, default=150_000)
    parser.add_argument("--lake", type=Path, help="a lake with the table responses")
    parser.add_argument("--survey-parquet", type=Path, help="the same rows, from survey_oracle.py")
    parser.add_argument("--show", type=int, default=30, help="how many findings to print")
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    started, total = time.monotonic(), Tally()
    with tempfile.TemporaryDirectory() as name:
        both = Differential(options.binary, Path(name))
        if options.lake:
            both.ours = AlphaLake(options.binary, options.lake)
            both.add_parquet("responses", options.survey_parquet)
            shares = {"responses": 1}
        else:
            wanted = set(filter(None, options.tables.split(",")))
            made = [t for t in tables(options.seed, options.long_rows) if not wanted or t.name in wanted]
            for table in made:
                both.add(table, random.Random(options.seed))
            shares = {t.name: {"empty": 1, "one": 1, "long": 3}.get(t.name, 8) for t in made}
        for table, share in shares.items():
            tally = Tally()
            both.ask(table, math.ceil(options.queries * share / sum(shares.values())), random.Random(options.seed), tally)
            print(f"{table}: {tally.asked} queries, {tally.with_rows} with rows, {tally.refused_by_both} refused by "
                  f"both, {len(tally.findings)} findings; {time.monotonic() - started:.0f} s", flush=True)  # fmt: skip
            total.asked += tally.asked
            total.with_rows += tally.with_rows
            total.refused_by_both += tally.refused_by_both
            total.findings += tally.findings
    for finding in total.findings[: options.show]:
        print(finding)
    print(f"{total.asked} queries, {total.with_rows} with rows, {total.refused_by_both} refused by both, "
          f"{len(total.findings)} findings")  # fmt: skip
    return 1 if total.findings else 0


if __name__ == "__main__":
    sys.exit(main())
