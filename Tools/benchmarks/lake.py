"""AlphaLake's side: its command line builds and inspects lakes, its Python package asks in process."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from .machine import measured
from .peers import Peer, folder_bytes
from .queries import Query
from .threads import THREADS


class LakeFailure(Exception):
    """The command ended with an error; the text is what it said."""


class AlphaLake(Peer):
    """Queries in process, from the SQL to the last batch as Arrow, as every peer is asked."""

    name, title = "alphalake", "AlphaLake"

    def __init__(self, home: Path, parquet: Path) -> None:
        super().__init__(home, parquet)
        self.path = home / "lake"

    def open(self) -> None:
        """Opens the lake."""
        import alphalake

        self.lake = alphalake.open(self.path, threads=THREADS)

    def version(self) -> str:
        """Nothing: the command line says it."""
        return ""

    def sql(self, query: Query) -> str:
        """The query as AlphaLake has it."""
        # The sample is part of what FROM names.
        sql = query.sql(f"responses tablesample rows({query.sample})" if query.sample else "responses")
        if query.positions:
            sql += f" where rowid in ({', '.join(map(str, query.positions))})"
        return sql

    def run(self, query: Query) -> pa.Table | None:
        """The rows of a query."""
        return self.lake.sql(self.sql(query)).to_arrow()

    def batches(self, query: Query) -> Iterable[pa.RecordBatch] | None:
        """The rows of a query as they come."""
        return iter(self.lake.sql(self.sql(query)))


class Lake:
    """A lake and the command line."""

    name, title = "alphalake", "AlphaLake"

    def __init__(self, binary: Path, path: Path) -> None:
        self.binary, self.path = binary, path

    def command(self, *arguments: str) -> list[str]:
        """A command with its arguments."""
        return [str(self.binary), *map(str, arguments)]

    def version(self) -> str:
        """What the program calls itself."""
        found = subprocess.run(self.command("--version"), capture_output=True, text=True)
        return found.stdout.strip() or "unknown"

    def build(self, sources: list[Path], catalog: Path | None, waves: Path | None) -> dict:
        """Makes the lake from the survey files: seconds and peak memory of the import."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.expect(measured(self.command("init", self.path)))
        options = (["--catalog", catalog] if catalog else []) + (["--waves", waves] if waves else [])
        figures = self.expect(measured(self.command("import", "survey", self.path, *sources, *options)))
        return {"seconds": figures["seconds"], "peak_bytes": figures["peak_bytes"]}

    @staticmethod
    def expect(figures: dict) -> dict:
        """What a command that worked took; a failure where it did not."""
        if figures["status"]:
            raise LakeFailure(f"status {figures['status']}: {figures['err'].strip()[-500:]}")
        return figures

    def size(self, table: str = "responses") -> int:
        """How many bytes a table takes."""
        inside = self.path / "tables" / table
        return folder_bytes(inside if inside.exists() else self.path)

    def columns(self, table: str = "responses") -> list[dict]:
        """Where the bytes go, as `inspect` says it: one entry per column and where it is stored."""
        done = subprocess.run(self.command("inspect", self.path, table, "--format", "json"), capture_output=True)
        if done.returncode:
            raise LakeFailure(f"inspect: {done.stderr.decode(errors='replace').strip()[-300:]}")
        return json.loads(done.stdout)

    def table(self, sql: str, types: dict[str, pa.DataType] | None = None) -> pa.Table:
        """The rows of a query, read from its CSV."""
        return self.parse(self.rows(sql), types)

    def rows(self, sql: str) -> bytes:
        """The rows of a query as CSV."""
        done = subprocess.run(self.command("query", self.path, sql, "--format", "csv"), capture_output=True)
        if done.returncode not in (0, 2):  # 2: nothing matched
            raise LakeFailure(f"status {done.returncode}: {done.stderr.decode(errors='replace').strip()[-500:]}")
        return done.stdout

    @staticmethod
    def parse(text: bytes, types: dict[str, pa.DataType] | None = None) -> pa.Table:
        """`types` by column name, or by position where names are numbers in text ("0", "1" ...)."""
        import pyarrow.csv as csv

        options = csv.ConvertOptions(
            column_types=types or {}, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True
        )
        parsing = csv.ParseOptions(newlines_in_values=True)
        return csv.read_csv(io.BytesIO(text), parse_options=parsing, convert_options=options)


def find_binary(root: Path, *builds: str) -> Path | None:
    """The program of the first of these builds (`release` unless said), or the one that ALPHALAKE_BINARY names."""
    named = os.environ.get("ALPHALAKE_BINARY")
    candidates = [root / ".build" / build / "alphalake" for build in builds or ("release",)]
    for path in [Path(named)] if named else candidates:
        if path.exists() and os.access(path, os.X_OK):
            return path.resolve()
    return None
