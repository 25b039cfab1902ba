"""``query --format arrow`` (ALPHALAKE_BINARY), read back by pyarrow."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest
from arrow_lakes import SHARDS, arrow_type, check, golden_rows, lake_of, rows_of

from alphalake_reader import Shard

BIN = os.environ.get("ALPHALAKE_BINARY", "")
pytestmark = pytest.mark.skipif(not BIN, reason="ALPHALAKE_BINARY names no alphalake to ask")


def query(lake: Path, sql: str, *more: str) -> pa.Table:
    """The rows of a query, every batch valid."""
    done = subprocess.run([BIN, "query", str(lake), sql, "--format", "arrow", *more], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    with pa.ipc.open_stream(done.stdout) as reader:
        batches = list(reader)
        check(batches)
        return pa.Table.from_batches(batches, reader.schema)


def lake(folder: Path, rows: list[dict[str, object]]) -> Path:
    """A lake with a table ``t``."""
    path = folder / "lake"
    (folder / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for arguments in (["init", path], ["import", "table", path, "t", folder / "t.jsonl"]):
        subprocess.run([BIN, *map(str, arguments)], capture_output=True, check=True)
    return path


@pytest.mark.parametrize("path", SHARDS, ids=lambda p: p.stem)
def test_golden(path: Path, tmp_path: Path) -> None:
    fields = Shard(path).footer.fields
    table = query(lake_of(path, tmp_path / "lake"), "SELECT * FROM t")
    for field in fields:
        found = table.schema.field(field.name).type
        assert (found.value_type if pa.types.is_dictionary(found) else found) == arrow_type(field)
    assert rows_of(table, fields) == golden_rows(path)


def test_no_rows(tmp_path: Path) -> None:
    path = lake(tmp_path, [{"a": "x", "b": [1]}] * 3)
    table = query(path, "SELECT a, b, 1.5 AS c FROM t WHERE a = 'y'")
    assert table.num_rows == 0
    assert table.schema.names == ["a", "b", "c"]
    assert table.schema.field("b").type == pa.list_(pa.field("item", pa.int64()))


def test_columns_of_one_name(tmp_path: Path) -> None:
    table = query(lake(tmp_path, [{"a": "x"}]), "SELECT a, a, count(*), count(a) FROM t GROUP BY a")
    assert [column.to_pylist() for column in table.columns] == [["x"], ["x"], [1], [1]]


def test_many_batches_share_a_dictionary(tmp_path: Path) -> None:
    path = lake(tmp_path, [{"a": f"w{row % 5}", "n": row} for row in range(150_000)])
    table = query(path, "SELECT a, n FROM t", "--repeat", "2")
    assert table.column("n").to_pylist() == list(range(150_000))
    assert table.column("a").num_chunks > 1
    assert len({chunk.dictionary.buffers()[2].address for chunk in table.column("a").chunks}) == 1
    assert table.column("a")[77_777].as_py() == "w2"


def test_other_dictionaries_replace(tmp_path: Path) -> None:
    path = lake(tmp_path, [{"a": f"w{row % 5}"} for row in range(9_000)])
    (tmp_path / "more.jsonl").write_text("".join(json.dumps({"a": f"v{row % 7}"}) + "\n" for row in range(9_000)))
    subprocess.run([BIN, "import", "table", path, "t", tmp_path / "more.jsonl"], capture_output=True, check=True)
    found = query(path, "SELECT a FROM t").column("a").to_pylist()
    assert found == [f"w{row % 5}" for row in range(9_000)] + [f"v{row % 7}" for row in range(9_000)]


def test_terminals_are_refused(tmp_path: Path) -> None:
    path = lake(tmp_path, [{"a": 1}])
    ours, theirs = pty.openpty()
    command = [BIN, "query", str(path), "SELECT a FROM t", "--format", "arrow"]
    done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 64
    assert b"not for a terminal" in done.stderr
    assert b"hint" in done.stderr
