"""AlphaLake's side: everything the bench asks of it goes through its command line."""

from __future__ import annotations

import csv as csvlines
import io
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv

from .machine import measured
from .peers import folder_bytes
from .queries import Query
from .results import summary


class LakeFailure(Exception):
    """The command ended with an error; the text is what it said."""


class Lake:
    name, title = "alphalake", "AlphaLake"

    def __init__(self, binary: Path, path: Path) -> None:
        self.binary, self.path = binary, path

    def command(self, *arguments: str) -> list[str]:
        return [str(self.binary), *map(str, arguments)]

    def version(self) -> str:
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
        if figures["status"]:
            raise LakeFailure(f"status {figures['status']}: {figures['err'].strip()[-500:]}")
        return figures

    def size(self, table: str = "responses") -> int:
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
        return self.parse(self.rows(sql)[0], types)

    def rows(self, sql: str, *timing: str) -> tuple[bytes, str]:
        with tempfile.TemporaryFile() as out:
            done = subprocess.run(
                self.command("query", self.path, sql, "--format", "csv", *timing), stdout=out, stderr=subprocess.PIPE
            )
            error = done.stderr.decode(errors="replace")
            if done.returncode not in (0, 2):  # 2: nothing matched
                raise LakeFailure(f"status {done.returncode}: {error.strip()[-500:]}")
            out.seek(0)
            return out.read(), error

    @staticmethod
    def parse(text: bytes, types: dict[str, pa.DataType] | None = None) -> pa.Table:
        """`types` by column name, or by position where names are numbers in text ("0", "1" ...)."""
        options = csv.ConvertOptions(
            column_types=types or {}, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True
        )
        parsing = csv.ParseOptions(newlines_in_values=True)
        return csv.read_csv(io.BytesIO(text), parse_options=parsing, convert_options=options)

    def ask(self, query: Query, repeat: int, want: bool) -> dict:
        """Times of `repeat` runs in one process, in ms, as the engine itself measures them."""
        try:
            if query.kind == "take":
                return self.take(query, repeat, want)
            text, error = self.rows(query.sql(names=False), "--repeat", str(repeat), "--timing")
        except LakeFailure as failure:
            return {"error": str(failure)[:300]}
        line = json.loads(error.strip().splitlines()[-1])
        out = {"ms": line["ms"], "rows": line["rows"]}
        if want:
            out["result"] = summary(self.parse(text, types_of(query, text)), query.kind)
        return out

    def take(self, query: Query, repeat: int, want: bool) -> dict:
        """Single rows by position; a thousand in one call is not a thing SQL here can say."""
        if query.name != "row":
            return {"ms": None}
        select = f"select {', '.join(query.columns)} from responses"
        times, tables = [], []
        for position in query.positions[: max(3, repeat)] if not want else query.positions:
            text, error = self.rows(f"{select} limit 1 offset {position}", "--repeat", "3", "--timing")
            times.append(min(json.loads(error.strip().splitlines()[-1])["ms"]))
            tables.append(self.parse(text, types_of(query, text)))
        out = {"ms": times, "rows": 1}
        if want:
            out["result"] = summary(pa.concat_tables(tables), query.kind)
        return out


def types_of(query: Query, text: bytes) -> dict[str, pa.DataType]:
    """The types that the query's columns must be read as, under the names the header gives them."""
    header = next(csvlines.reader([text.split(b"\n", 1)[0].decode().strip()]))
    kinds = [
        pa.int64() if name == "n" else pa.float64() if name in ("w", "weight") else pa.string()
        for name in query.outputs()
    ]
    return dict(zip(header, kinds, strict=True))


def find_binary(root: Path, *builds: str) -> Path | None:
    """The program of the first of these builds (`release` unless said), or the one that ALPHALAKE_BINARY names."""
    named = os.environ.get("ALPHALAKE_BINARY")
    candidates = [root / ".build" / build / "alphalake" for build in builds or ("release",)]
    for path in [Path(named)] if named else candidates:
        if path.exists() and os.access(path, os.X_OK):
            return path.resolve()
    return None
