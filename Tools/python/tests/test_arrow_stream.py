"""What ``libalphalake.so`` streams, seen by pyarrow: every type, value for value, valid, and released exactly once."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from arrow_lakes import SHARDS, arrow_type, check, golden_rows, lake_of, rows_of

import alphalake as al
from alphalake._library import library
from alphalake_reader import Shard

BIN = os.environ.get("ALPHALAKE_BINARY", "")


def _has_library() -> bool:
    try:
        library()
    except al.AlphaLakeError:
        return False
    return True


pytestmark = pytest.mark.skipif(not _has_library(), reason="no libalphalake.so is built (ALPHALAKE_LIBRARY)")
ROWS = 200_000


def live() -> int:
    """Structs that are handed out and not released."""
    return library().plain("live_exports")


def resident() -> int:
    """Anonymous memory of this process in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) << 10
    return 0


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> al.Lake:
    """A table ``t`` of several chunks with coded text, long text, numbers, lists and NULLs."""
    if not BIN:
        pytest.skip("ALPHALAKE_BINARY names no alphalake to import with")
    folder = tmp_path_factory.mktemp("arrow")
    with (folder / "t.jsonl").open("w") as file:
        for row in range(ROWS):
            file.write(json.dumps(made(row)) + "\n")
    path = folder / "lake"
    for arguments in (["init", path], ["import", "table", path, "t", folder / "t.jsonl"]):
        done = subprocess.run([BIN, *map(str, arguments)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return al.open(path)


def made(row: int) -> dict[str, Any]:
    """Row ``row`` of the table."""
    return {
        "id": row,
        "few": None if row % 11 == 0 else f"word {row % 7}",
        "long": None if row % 13 == 0 else f"text {row * 7919 % 1_000_003} " * (row % 5),
        "half": None if row % 17 == 0 else row / 2,
        "flag": None if row % 3 == 0 else row % 2 == 0,
        "day": f"{2000 + row % 20}-01-{row % 28 + 1:02}",
        "list": None if row % 19 == 0 else [row, None, -row][: row % 4],
    }


@pytest.mark.parametrize("path", SHARDS, ids=lambda p: p.stem)
def test_golden(path: Path, tmp_path: Path) -> None:
    shard = Shard(path)
    fields = shard.footer.fields
    result = al.open(lake_of(path, tmp_path / "lake")).sql("SELECT * FROM t")
    table = result.to_arrow()
    check(table.to_batches())
    assert table.schema == result.schema
    assert table.schema.names == [f.name for f in fields]
    for field in fields:
        found = table.schema.field(field.name).type
        assert (found.value_type if pa.types.is_dictionary(found) else found) == arrow_type(field)
    assert rows_of(table, fields) == golden_rows(path)


@pytest.mark.parametrize("path", SHARDS, ids=lambda p: p.stem)
def test_golden_slices(path: Path, tmp_path: Path) -> None:
    """Other batches: what a sort, an offset and no row at all leave."""
    shard = Shard(path)
    lake = al.open(lake_of(path, tmp_path / "lake"))
    want = golden_rows(path)
    for window in ("OFFSET 3", "LIMIT 5", "LIMIT 0", "LIMIT 100 OFFSET 7"):
        table = lake.sql(f"SELECT * FROM t {window}").to_arrow()
        check(table.to_batches())
        first = int(window.split()[-1]) if "OFFSET" in window else 0
        count = int(window.split()[1]) if "LIMIT" in window else len(want)
        assert rows_of(table, shard.footer.fields) == want[first : first + count]


def test_values(lake: al.Lake) -> None:
    table = lake.sql("SELECT * FROM t").to_arrow()
    check(table.to_batches())
    assert table.num_rows == ROWS
    assert pa.types.is_dictionary(table.schema.field("few").type)
    assert table.schema.field("long").type == pa.string()
    for row in range(0, ROWS, 977):
        found = table.slice(row, 1).to_pylist()[0]
        found["day"] = found["day"].isoformat()
        assert found == made(row)


def test_conditions_sort_and_groups(lake: al.Lake) -> None:
    table = lake.sql("SELECT id, few, long FROM t WHERE few = 'word 3' AND id % 5 = 1 ORDER BY id DESC").to_arrow()
    check(table.to_batches())
    want = [r for r in range(ROWS) if r % 7 == 3 and r % 11 and r % 5 == 1][::-1]
    assert table.column("id").to_pylist() == want
    assert pa.types.is_dictionary(table.schema.field("few").type)
    assert set(table.column("few").to_pylist()) == {"word 3"}
    counts = lake.sql("SELECT few, count(*) AS n FROM t GROUP BY few ORDER BY few").to_arrow()
    check(counts.to_batches())
    assert sum(counts.column("n").to_pylist()) == ROWS
    assert counts.num_rows == 8


def test_one_schema_for_no_rows(lake: al.Lake) -> None:
    some = lake.sql("SELECT * FROM t").schema
    none = lake.sql("SELECT * FROM t WHERE id < 0")
    assert none.schema == some
    table = none.to_arrow()
    assert table.num_rows == 0
    assert table.schema == some


def test_dictionaries_are_shared(lake: al.Lake) -> None:
    batches = list(lake.sql("SELECT few FROM t"))
    places = {batch.column(0).dictionary.buffers()[2].address for batch in batches}
    assert len(batches) > 2
    assert len(places) == 1


def test_buffers_are_borrowed(lake: al.Lake) -> None:
    before = pa.total_allocated_bytes()
    table = lake.sql("SELECT id, half, few FROM t").to_arrow()
    assert table.nbytes > 3_000_000
    assert pa.total_allocated_bytes() - before < 100_000


def test_errors_say_what_and_where(lake: al.Lake, tmp_path: Path) -> None:
    with pytest.raises(al.UsageError, match=r"no column 'hal'[\s\S]*\^") as failure:
        lake.sql("SELECT hal FROM t")
    assert failure.value.code == 64
    assert failure.value.hint is not None
    with pytest.raises(al.MissingError, match="no table 'u'"):
        lake.sql("SELECT 1 FROM u")
    with pytest.raises(al.MissingError):
        lake.schema("u")
    with pytest.raises(al.MissingError):
        al.open(tmp_path)
    with pytest.raises(al.UsageError, match="zero character"):
        lake.sql("SELECT id FROM t\0")
    with pytest.raises(al.UsageError, match="UTF-8"):
        lake.sql("SELECT '\ud800' FROM t")
    with pytest.raises(al.UsageError, match="threads"):
        al.open(lake.path, threads=-1)


def test_errors_while_it_runs(lake: al.Lake) -> None:
    result = lake.sql("SELECT CAST(few AS INTEGER) FROM t")
    with pytest.raises(al.AlphaLakeError) as failure:
        result.to_arrow()
    assert "word" in str(failure.value)
    reader = result.to_reader()
    for _ in range(2):
        with pytest.raises((pa.ArrowException, OSError), match="word"):
            reader.read_next_batch()
    reader.close()
    gc.collect()
    assert live() == 0


def test_nothing_leaks(lake: al.Lake) -> None:
    def round_trip(number: int) -> None:
        result = lake.sql(f"SELECT id, few, long, half, list FROM t WHERE id % 50 = {number % 50} LIMIT 4000")
        if number % 4 == 0:
            for _ in result:
                break
        elif number % 4 == 1:
            result.to_reader()
        else:
            result.to_arrow()

    for number in range(100):
        round_trip(number)
    gc.collect()
    start = resident()
    for number in range(1_000):
        round_trip(number)
    gc.collect()
    assert live() == 0
    assert resident() - start < 48 << 20


def test_released_elsewhere(lake: al.Lake) -> None:
    """Batches outlive stream, result and lake, and go on other threads than they came on."""
    with al.open(lake.path) as other:
        result = other.sql("SELECT * FROM t")
        reader = result.to_reader()
        batches = [reader.read_next_batch(), reader.read_next_batch()]
        column = batches[0].column("list")
        del result
    assert live() > 0
    end = threading.Thread(target=reader.close)
    end.start()
    end.join()
    del reader
    check(batches)
    assert column.slice(5, 2).to_pylist() == [made(5)["list"], made(6)["list"]]
    clear = threading.Thread(target=batches.clear)
    clear.start()
    clear.join()
    assert live() > 0
    del column
    gc.collect()
    assert live() == 0


def test_streams_side_by_side(lake: al.Lake) -> None:
    result = lake.sql("SELECT id, few FROM t")
    for a, b in zip(result, result, strict=True):
        assert a.equals(b)
    sums: list[int] = []
    threads = [
        threading.Thread(target=lambda: sums.append(sum(sum(b.column(0).to_pylist()) for b in result)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sums == [ROWS * (ROWS - 1) // 2] * 4


def test_interrupted(lake: al.Lake) -> None:
    """Ctrl-C ends a query whose next batch does not come."""
    script = (
        "import sys, _thread, threading, alphalake as al\n"
        f"result = al.open({str(lake.path)!r}).sql('SELECT id, long FROM t ORDER BY long, id')\n"
        "threading.Timer(0.05, _thread.interrupt_main).start()\n"
        "try:\n"
        "    while True: result.to_arrow()\n"
        "except KeyboardInterrupt: print('interrupted')\n"
    )
    done = subprocess.run(["python3", "-c", "pass"], check=False)
    assert done.returncode == 0
    import sys

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "interrupted\n", done.stderr


def test_forked(lake: al.Lake) -> None:
    """A child runs queries of its own; a stream that its parent began is refused there, not waited for."""
    result = lake.sql("SELECT id FROM t")
    reader = result.to_reader()
    reader.read_next_batch()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            reader.read_next_batch()
        except (pa.ArrowException, OSError) as failure:
            if "fork" in str(failure) and result.to_arrow().num_rows == ROWS:
                status = 0
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sum(batch.num_rows for batch in reader) > 0


def test_bad_handles(lake: al.Lake) -> None:
    functions = library()
    for name, arguments in {
        "tables": (0, None), "table_schema": (99, None, None), "prepare": (1 << 63, b"SELECT 1", None),
        "query_schema": (0, None), "stream": (12345, None, None), "open": (None, 0, 0, None),
    }.items():  # fmt: skip
        with pytest.raises(al.UsageError):
            functions.call(name, *arguments)
    assert functions.plain("wait", 77, 5) == -1
    assert functions.plain("rows", 77) == -1
    assert functions.plain("cancel", 77) == 64
    assert functions.plain("close", 77) == 64
    for memory in (-1, 1 << 20):
        with pytest.raises(al.UsageError):
            al.open(lake.path, memory=memory)
    for threads in (-1, 1025, 1 << 32):
        with pytest.raises(al.UsageError, match="threads"):
            al.open(lake.path, threads=threads)
    al.open(lake.path, memory=16 << 20).close()
    closed = al.open(lake.path)
    closed.close()
    closed.close()
    with pytest.raises(al.UsageError, match="no open lake"):
        closed.sql("SELECT id FROM t")
