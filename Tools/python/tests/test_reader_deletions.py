"""Deleted rows, replaced rows and compaction, read back by the independent reader, row for row."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alphalake_reader import Lake
from alphalake_reader.errors import ReaderError

BIN = os.environ.get("ALPHALAKE_BINARY", "")
pytestmark = pytest.mark.skipif(not BIN, reason="ALPHALAKE_BINARY names no alphalake to import with")
Row = dict[str, Any]


class Engine:
    """A lake with the table ``t``, as the command line sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lake = folder, folder / "lake"
        self.run("init", self.lake)

    def run(self, *arguments: object) -> str:
        """What a command prints."""
        done = subprocess.run([BIN, *map(str, arguments)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def add(self, rows: list[Row], *options: str) -> None:
        """Import rows."""
        path = self.folder / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        self.run("import", "table", self.lake, "t", path, *options)

    def delete(self, condition: str) -> None:
        """Delete rows."""
        self.run("delete", self.lake, "t", "--where", condition)

    def check(self, expected: list[Row], version: int | None = None) -> None:
        """The reader and SQL have these rows, in any order."""
        wanted = sorted(json.dumps(row, sort_keys=True) for row in expected)
        with Lake(self.lake).table("t", version) as table:
            table.validate()
            assert table.row_count == len(expected)
            assert sorted(json.dumps(row, sort_keys=True) for row in table.rows()) == wanted
            column = sorted(row["id"] for row in expected)
            assert sorted(table.read("id")) == column
        at = f"{self.lake}@{version}" if version else self.lake
        lines = self.run("query", at, "SELECT * FROM t", "--format", "jsonl").splitlines()
        assert sorted(json.dumps(json.loads(line), sort_keys=True) for line in lines) == wanted


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A new lake."""
    yield Engine(tmp_path)


def rows(seed: int, first: int, count: int) -> list[Row]:
    """Rows with ids from ``first`` on."""
    pick = random.Random(seed)
    return [
        {"id": first + number, "group": pick.choice("abc"), "text": pick.choice([None, "x", "some longer text"])}
        for number in range(count)
    ]


def test_changes_are_what_a_list_of_rows_says(engine: Engine) -> None:
    # More than a chunk, so that positions need more than 16 bits.
    all_rows = rows(1, 0, 70_000)
    engine.add(all_rows)
    engine.check(all_rows)
    left = [row for row in all_rows if row["id"] % 3 != 1]
    engine.delete("id % 3 = 1")
    engine.check(left)
    left = [row for row in left if not (row["group"] == "a" and 60_000 < row["id"])]
    engine.delete("\"group\" = 'a' AND id > 60000")
    engine.check(left)
    fresh = rows(2, 69_000, 2_000)
    engine.add(fresh, "--upsert", "id")
    left = [row for row in left if row["id"] < 69_000] + fresh
    engine.check(left)
    engine.run("compact", engine.lake, "--deleted-share", 0)
    engine.check(left)
    assert not list((engine.lake / "tables/t/shards").glob(".*"))
    engine.check(all_rows, version=2)
    engine.delete("id >= 0")
    engine.check([])


def test_every_changed_byte_of_a_deletion_is_found(engine: Engine) -> None:
    engine.add(rows(3, 0, 300))
    engine.delete("id % 7 = 2")
    (path,) = (engine.lake / "tables/t/deletions").iterdir()
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        with Lake(engine.lake).table("t") as table, pytest.raises(ReaderError):
            list(table.rows())
    path.write_bytes(data)
    path.unlink()
    with Lake(engine.lake).table("t") as table, pytest.raises(ReaderError):
        table.validate()
