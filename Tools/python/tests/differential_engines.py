"""AlphaLake and DuckDB, as `differential` asks them: SQL in, rows as Python values out."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from differential_tables import Table

Rows = list[tuple[Any, ...]]


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
    def __init__(self, binary: Path, lake: str | Path) -> None:
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
        options = [] if table.indexes else ["--no-indexes"]
        for number, path in enumerate(table.write(folder)):
            first = ["--schema", schema] if number == 0 else []
            self.run("import", "table", self.lake, table.name, path, *first, *options)

    def ask(self, sql: str, kinds: list[str]) -> Rows:
        """The rows of a query; `kinds`: the types that DuckDB gave the columns."""
        lines = csv_cells(self.run("query", self.lake, "-", "--format", "csv", text=sql))[1:]
        return [tuple(value_of(text, kind) for text, kind in zip(line, kinds, strict=True)) for line in lines]


class DuckDB:
    def __init__(self) -> None:
        self.connection = duckdb.connect(config={"threads": "1"})
        # It takes date_trunc('minute', day) <> DATE '2019-02-25' for true on that day.
        self.connection.execute("SET disabled_optimizers = 'expression_rewriter'")

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


class InProcess(AlphaLake):
    """Queries through the Python package, in this process."""

    def __init__(self, binary: Path, lake: str | Path) -> None:
        super().__init__(binary, lake)
        import alphalake

        self.refusal = alphalake.AlphaLakeError
        self.opened = alphalake.open(self.lake)

    def ask(self, sql: str, kinds: list[str]) -> Rows:
        try:
            table = self.opened.sql(sql).to_arrow()
        except self.refusal as error:
            raise Refused(str(error)[:400]) from None
        columns = []
        for number, (column, kind) in enumerate(zip(table.columns, kinds, strict=True)):
            if family(column.type) != family_of(kind):
                raise ValueError(f"column {number + 1} is {column.type}, DuckDB has {kind}")
            if pa.types.is_timestamp(column.type):
                column = column.cast(pa.timestamp("us"))
            values = column.to_pylist()
            columns.append([tuple(v) if isinstance(v, list) else v for v in values] if kind.endswith("[]") else values)
        return list(zip(*columns, strict=True))


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
