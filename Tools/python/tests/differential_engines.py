"""AlphaLake and DuckDB, as `differential` asks them: SQL in, rows out, as Arrow columns or Python values."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from differential_tables import Table

# What DuckDB 2.0 says where a planner of its own goes wrong: greatest(ltrim(no_text), CAST(x IS NOT NULL AS VARCHAR)).
OWN_FAULT = "BindBuiltinScalarFunction did not return"
# DuckDB 2.0 takes a search in nullif(x, x), which is NULL, for x IS NOT NULL: WHERE starts_with(nullif(x, x), '').
SELF_NULL = re.compile(r"\b(?:starts_with|ends_with|contains|prefix|suffix)\(nullif\(([a-z_]\w*), \1\), ''\)")
# The first of the most frequent values there, the least of them here.
MODE = re.compile(r"\bmode\((\w+)\)")
Rows = list[tuple[Any, ...]]


class Refused(Exception):
    """An engine ended a query with an error."""


class Broken(Exception):
    """DuckDB found a mistake of its own, which says nothing about AlphaLake."""


class Answer:
    """The rows of a query: Arrow columns where the engine gave those, Python values when they are asked for."""

    def __init__(self, columns: pa.Table | None, rows: Rows | None = None) -> None:
        self.columns, self.given = columns, rows

    def __len__(self) -> int:
        return len(self.given or []) if self.columns is None else int(self.columns.num_rows)

    @cached_property
    def rows(self) -> Rows:
        """The rows as Python values; lists are tuples, moments have no time zone."""
        if self.columns is None:
            return self.given or []
        found = []
        for column in self.columns.columns:
            if pa.types.is_timestamp(column.type):
                column = column.cast(pa.timestamp("us"))
            values = column.to_pylist()
            if pa.types.is_list(column.type):
                values = [tuple(value) if isinstance(value, list) else value for value in values]
            found.append(values)
        return list(zip(*found, strict=True))


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
    if kind == "DOUBLE":
        return float(text)
    if kind == "FLOAT":
        # Written with the digits that tell float32 values apart.
        return struct.unpack("f", struct.pack("f", float(text)))[0]
    if kind == "DATE":
        return date.fromisoformat(text)
    if kind.startswith("TIMESTAMP"):
        return datetime.fromisoformat(text).replace(tzinfo=None)
    if kind.endswith("[]"):
        return tuple(json.loads(text))
    return int(text)


class AlphaLake:
    """AlphaLake's command line; a query is a process."""

    def __init__(self, binary: Path, lake: str | Path) -> None:
        self.binary, self.lake = str(binary), str(lake)

    def run(self, *arguments: object, text: str | None = None) -> str:
        """What a command writes.

        Raises:
            Refused: it failed.
        """
        return self.ran(arguments, (text or "").encode()).decode()

    def ran(self, arguments: Sequence[object], text: bytes) -> bytes:
        """The same in bytes."""
        environment = {**os.environ, "SWIFT_BACKTRACE": "enable=no"}
        done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, input=text, env=environment)
        if done.returncode != 0:
            complaint = done.stderr.decode(errors="replace").strip()[-400:]
            raise Refused(f"{'CRASH ' if done.returncode < 0 else ''}{done.returncode}: {complaint}")
        return done.stdout

    def add(self, table: Table, folder: Path) -> None:
        """Imports a table, append by append, deletes what is too much, and declares its derived columns."""
        schema = folder / f"{table.name}.json"
        schema.write_text(table.schema(), encoding="utf-8")
        options = [] if table.indexes else ["--no-indexes"]
        for number, path in enumerate(table.write(folder)):
            first = ["--schema", schema] if number == 0 else []
            self.run("import", "table", self.lake, table.name, path, *first, *options)
        # In two goes, so that the second finds what the first has left.
        for rest in (0, table.junk) if table.junk else ():
            self.run("delete", self.lake, table.name, "--where", f"rowid % {2 * table.junk} = {rest}")
        for column in table.columns:
            if column.lookup:
                self.run("derive", self.lake, table.name, column.name, *column.lookup.options())

    def ask(self, sql: str, kinds: list[str], threads: int | None = None) -> Answer:
        """The rows of a query; `kinds`: the types that DuckDB gave the columns."""
        options = ["--threads", threads] if threads else []
        text = self.run("query", self.lake, "-", "--format", "csv", *options, text=sql)
        lines = csv_cells(text)[1:]
        return Answer(
            None, [tuple(value_of(text, kind) for text, kind in zip(line, kinds, strict=True)) for line in lines]
        )

    def ask_with(self, options: Sequence[str], sql: str, kinds: list[str]) -> Answer:
        """The same with options of the command line, over an Arrow stream."""
        data = self.ran(["query", self.lake, "-", "--format", "arrow", *options], sql.encode())
        return suited(pa.ipc.open_stream(data).read_all(), kinds)


class DuckDB:
    """DuckDB in this process."""

    def __init__(self) -> None:
        self.made: list[tuple[str, pa.Table]] = []
        self.connection = self.connected()

    def connected(self) -> duckdb.DuckDBPyConnection:
        """A new database."""
        connection = duckdb.connect(config={"threads": "1"})
        # It takes date_trunc('minute', day) <> DATE '2019-02-25' for true on that day.
        connection.execute("SET disabled_optimizers = 'expression_rewriter'")
        return connection

    def add(self, table: Table) -> None:
        """Takes over all rows of a table."""
        self.keep(table.name, table.arrow())

    def keep(self, name: str, rows: pa.Table) -> None:
        """Makes a table of rows."""
        self.made.append((name, rows))
        self.connection.register("arrived", rows)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM arrived")
        self.connection.unregister("arrived")

    def ask(self, sql: str) -> tuple[Answer, list[str]]:
        """The rows of a query and the types of its columns.

        Raises:
            Refused: DuckDB ended it with an error.
            Broken: DuckDB failed inside, or is known to give other rows than SQL has.
        """
        if SELF_NULL.search(sql):
            raise Broken("DuckDB takes a search in nullif(x, x) for x IS NOT NULL")
        try:
            relation = self.connection.sql(MODE.sub(r"mode(\1 ORDER BY \1)", sql))
            return Answer(relation.to_arrow_table()), [str(kind).strip('"') for kind in relation.types]
        except (duckdb.FatalException, duckdb.InternalException) as error:
            # The database answers nothing any more.
            self.connection, made, self.made = self.connected(), self.made, []
            for name, rows in made:
                self.keep(name, rows)
            raise Broken(str(error)[:300]) from None
        except duckdb.Error as error:
            raise (Broken if OWN_FAULT in str(error) else Refused)(str(error)[:300]) from None


class InProcess(AlphaLake):
    """Queries through the Python package, in this process."""

    def __init__(self, binary: Path, lake: str | Path) -> None:
        super().__init__(binary, lake)
        import alphalake

        self.refusal = alphalake.AlphaLakeError
        self.opened = {threads: alphalake.open(self.lake, threads=threads) for threads in (1, 2)}

    def ask(self, sql: str, kinds: list[str], threads: int | None = None) -> Answer:
        """The rows of a query; `kinds`: the types that DuckDB gave the columns."""
        try:
            table = self.opened[threads or 2].sql(sql).to_arrow()
        except self.refusal as error:
            raise Refused(str(error)[:400]) from None
        return suited(table, kinds)


def suited(table: pa.Table, kinds: list[str]) -> Answer:
    """Rows whose columns are of the families of DuckDB's types; an error where they are not."""
    for number, (column, kind) in enumerate(zip(table.columns, kinds, strict=True)):
        if family(column.type) != family_of(kind):
            raise ValueError(f"column {number + 1} is {column.type}, DuckDB has {kind}")
    return Answer(table)


def family(kind: pa.DataType) -> str:
    """What a value of an Arrow type is, whatever its width."""
    if pa.types.is_dictionary(kind):
        return family(kind.value_type)
    for name, test in (("whole", pa.types.is_integer), ("whole", pa.types.is_decimal), ("float", pa.types.is_floating),
                       ("bool", pa.types.is_boolean), ("date", pa.types.is_date), ("time", pa.types.is_timestamp),
                       ("list", pa.types.is_list)):  # fmt: skip
        if test(kind):
            return name
    return "text"


def family_of(kind: str) -> str:
    """The same for the name of a type of DuckDB."""
    if kind.endswith("[]"):
        return "list"
    families = {
        "BOOLEAN": "bool",
        "DOUBLE": "float",
        "FLOAT": "float",
        "DATE": "date",
        "VARCHAR": "text",
        "NULL": "text",
    }
    return "time" if kind.startswith("TIMESTAMP") else families.get(kind, "whole")


def engine(binary: Path, lake: str, through: str = "package") -> AlphaLake:
    """AlphaLake as it is to be asked."""
    return InProcess(binary, lake) if through == "package" else AlphaLake(binary, lake)
