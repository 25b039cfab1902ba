"""DuckDB's own command line, as whole commands only: it has no start of Python and no import."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

from .peers import Peer
from .queries import Query
from .threads import THREADS


class DuckDBCommand(Peer):
    """The command line over its own file: it is older than the library and does not read the library's."""

    name, title = "duckdb-cli", "DuckDB's command line"

    @staticmethod
    def binary() -> Path | None:
        """The program that the package `duckdb-cli` brings."""
        found = importlib.util.find_spec("duckdb_cli")
        path = Path(found.origin).with_name("duckdb") if found and found.origin else None
        return path if path and path.exists() else None

    def command(self, *statements: str, write: bool = False) -> list[str]:
        """A command that runs statements and throws their rows away unprinted, which favours it."""
        out = [
            str(self.binary()),
            *([] if write else ["-readonly"]),
            str(self.path),
            "-cmd",
            f"set threads = {THREADS}",
        ]
        return [*out, "-cmd", ".mode trash", *(part for text in statements for part in ("-c", text))]

    def build(self) -> None:
        """As DuckDB's library builds its own."""
        table = f"create table responses as select * from read_parquet('{self.parquet}')"
        self.binary().chmod(0o755)
        subprocess.run(self.command(table, "checkpoint", write=True), check=True)

    def query(self, query: Query) -> list[str]:
        """The command that asks a query."""
        sql = query.sql()
        if query.positions:
            sql += f" where rowid in ({', '.join(map(str, query.positions))})"
        if query.sample:
            sql += f" using sample reservoir({query.sample} rows)"
        return self.command(sql)

    def version(self) -> str:
        """What the program calls itself."""
        told = subprocess.run([str(self.binary()), "--version"], capture_output=True, text=True)
        return told.stdout.split()[0].removeprefix("v")
