"""Columns added, dropped, renamed and widened, read back by the independent reader, row for row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_reader_deletions import BIN, Engine, rows

from alphalake_reader import Lake
from alphalake_reader.errors import ReaderError

pytestmark = pytest.mark.skipif(not BIN, reason="ALPHALAKE_BINARY names no alphalake to import with")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A new lake."""
    yield Engine(tmp_path)


def test_columns_come_and_go(engine: Engine) -> None:
    all_rows = rows(1, 0, 70_000)
    engine.add(all_rows)
    engine.run("column", "add", engine.lake, "t", "double", "int64", "--as", "id * 2")
    engine.run("column", "add", engine.lake, "t", "source", "utf8", "--default", "old", "--required")
    engine.run("column", "add", engine.lake, "t", "note", "list<utf8>")
    added = [{**row, "double": row["id"] * 2, "source": "old", "note": None} for row in all_rows]
    engine.check(added)
    engine.delete("id % 3 = 1")
    left = [row for row in added if row["id"] % 3 != 1]
    engine.run("column", "add", engine.lake, "t", "upper", "utf8", "--as", "upper(text)")
    left = [{**row, "upper": row["text"] and row["text"].upper()} for row in left]
    engine.check(left)
    fresh = [{**row, "double": 7, "source": "new", "note": None, "upper": None} for row in rows(2, 80_000, 100)]
    engine.add(fresh)
    engine.check(left + fresh)
    engine.run("column", "rename", engine.lake, "t", "double", "twice")
    engine.run("column", "drop", engine.lake, "t", "group", "note")

    def changed(row: dict[str, object]) -> dict[str, object]:
        names = {"double": "twice"}
        return {names.get(k, k): v for k, v in row.items() if k not in ("group", "note")}

    now = [changed(row) for row in left + fresh]
    engine.check(now)
    engine.run("compact", engine.lake, "--deleted-share", 0)
    engine.check(now)
    engine.check(all_rows, version=2)
    engine.check(added, version=5)
    engine.run("column", "drop", engine.lake, "t", "source")
    engine.run("restore", engine.lake, "t", 5)
    with Lake(engine.lake).table("t") as table:
        table.validate()
        assert sorted(table.read("id")) == [row["id"] for row in all_rows]
        assert set(table.read("source")) == {"old"}
        assert sorted(table.read("group")) == sorted(row["group"] for row in all_rows)


def test_every_changed_byte_of_a_companion_is_found(engine: Engine) -> None:
    engine.add(rows(3, 0, 300))
    before = set((engine.lake / "tables/t/shards").iterdir())
    engine.run("column", "add", engine.lake, "t", "double", "int64", "--as", "id * 2")
    (path,) = set((engine.lake / "tables/t/shards").iterdir()) - before
    data = path.read_bytes()
    for place in range(0, len(data), 5):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        with Lake(engine.lake).table("t") as table, pytest.raises(ReaderError):
            table.validate()
    path.write_bytes(data[:-64])
    with Lake(engine.lake).table("t") as table, pytest.raises(ReaderError):
        table.read("double")
    path.unlink()
    with Lake(engine.lake).table("t") as table, pytest.raises(ReaderError):
        table.read("double")
    with Lake(engine.lake).table("t") as table:
        assert sorted(table.read("id")) == list(range(300))
