"""Arrow data into tables (`Lake.append`), read back by the independent reader and by ourselves."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from arrow_lakes import check
from test_arrow_stream import live, pytestmark  # noqa: F401

import alphalake as al
from alphalake_reader import Lake as Reader

BIN = os.environ.get("ALPHALAKE_BINARY", "")


@pytest.fixture
def lake(tmp_path: Path) -> al.Lake:
    """An empty lake."""
    if not BIN:
        pytest.skip("ALPHALAKE_BINARY names no alphalake to make a lake with")
    subprocess.run([BIN, "init", tmp_path / "lake"], capture_output=True, check=True)
    return al.open(tmp_path / "lake")


def everything(count: int) -> pa.Table:
    """A column of every type that is taken over, as it is or as a table has it in the end."""
    rows = range(count)

    def some(value: Any) -> list[Any]:
        return [None if row % 5 == 3 else value(row) for row in rows]

    day = date(2024, 2, 28)
    columns: dict[str, pa.Array] = {
        "bool": pa.array(some(lambda r: r % 3 == 0)),
        **{f"{s}int{w}": pa.array(some(lambda r, w=w: r % 100), getattr(pa, f"{s}int{w}")())
           for s in ("", "u") for w in (8, 16, 32, 64)},
        "float": pa.array(some(lambda r: r / 4), pa.float32()),
        "double": pa.array(some(lambda r: r / 3)),
        "date": pa.array(some(lambda r: day), pa.date32()),
        "date64": pa.array(some(lambda r: day), pa.date64()),
        **{f"when_{u}": pa.array(some(lambda r: datetime(2020, 1, 1 + r % 28, tzinfo=UTC)), pa.timestamp(u, "UTC"))
           for u in ("s", "ms", "us", "ns")},
        "naive": pa.array(some(lambda r: datetime(1950, 1, 1)), pa.timestamp("us")),
        "utf8": pa.array(some(lambda r: f"é{r}")),
        "large": pa.array(some(lambda r: f"é{r}" * (r % 4)), pa.large_string()),
        "view": pa.array(some(lambda r: "short" if r % 2 else f"longer than twelve bytes {r}"), pa.string_view()),
        "binary": pa.array(some(lambda r: bytes([255, r % 7])), pa.binary()),
        "large_binary": pa.array(some(lambda r: bytes([r % 7])), pa.large_binary()),
        "binary_view": pa.array(some(lambda r: bytes(r % 20)), pa.binary_view()),
        "fixed": pa.array(some(lambda r: b"abc"), pa.binary(3)),
        "coded": pa.array(some(lambda r: f"w{r % 4}")).dictionary_encode(),
        "coded8": pa.DictionaryArray.from_arrays(pa.array(some(lambda r: r % 3), pa.int8()), pa.array(["a", None,
                                                                                                       "c"])),
        "coded_number": pa.array(some(lambda r: r % 4 * 10)).dictionary_encode(),
        "list": pa.array(some(lambda r: [r, None][: r % 3]), pa.list_(pa.int32())),
        "large_list": pa.array(some(lambda r: ["x"] * (r % 3)), pa.large_list(pa.string())),
        "fixed_list": pa.array(some(lambda r: [r, 0.5]), pa.list_(pa.float64(), 2)),
    }  # fmt: skip
    return pa.table(columns)


def plain(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as Python values, moments without zones."""

    def value(found: Any) -> Any:
        if isinstance(found, datetime):
            return found.replace(tzinfo=None)
        return found.to_pydatetime().replace(tzinfo=None) if hasattr(found, "to_pydatetime") else found

    return [{name: value(found) for name, found in row.items()} for row in table.to_pylist()]


@pytest.mark.parametrize("count", [0, 1, 1_000])
def test_every_type(lake: al.Lake, count: int) -> None:
    # Arrow gives columns without rows no type of their own: a part of a table has them.
    table = everything(max(count, 3)).slice(0, count)
    assert lake.append("t", table) == count
    found = lake.sql("SELECT * FROM t").to_arrow()
    check(found.to_batches())
    assert plain(found) == plain(table)
    del found
    with Reader(Path(lake.path)).table("t") as reader:
        reader.validate()
        assert sum(1 for _ in reader.rows()) == count
    assert live() == 0


def test_slices_and_batches(lake: al.Lake) -> None:
    table = everything(1_000)
    parts = [table.slice(3, 500), table.slice(0, 0), table.slice(503, 1), table.slice(700)]
    reader = pa.RecordBatchReader.from_batches(table.schema, [b for part in parts for b in part.to_batches()])
    assert lake.append("t", reader) == 801
    assert plain(lake.sql("SELECT * FROM t").to_arrow()) == [row for part in parts for row in plain(part)]


def test_a_long_batch(lake: al.Lake) -> None:
    numbers = pa.array(np.arange(300_000))
    assert (
        lake.append(
            "t", pa.table({"n": numbers, "w": pa.array(["a", "b", None]).take(pa.array(np.arange(300_000) % 3))})
        )
        == 300_000
    )
    assert lake.sql("SELECT count(*), sum(n), count(w) FROM t").to_arrow().to_pylist()[0] == dict(
        zip(
            lake.sql("SELECT count(*), sum(n), count(w) FROM t").schema.names,
            [300_000, 44_999_850_000, 200_000],
            strict=True,
        )
    )


def test_tables_grow(lake: al.Lake) -> None:
    lake.append(
        "t", pa.table({"a": pa.array([1], pa.int16()), "d": [date(2024, 1, 2)], "x": pa.array([3], pa.int32())})
    )
    lake.append("t", pa.table({"b": ["new"], "a": [1 << 40], "d": [datetime(2024, 1, 1, 12)], "x": [0.5]}))
    lake.append("t", pa.table({"a": pa.nulls(2), "x": pa.array([7, 8], pa.int32()), "d": [date(1999, 9, 9)] * 2}))
    found = plain(lake.sql("SELECT a, b, d, x FROM t").to_arrow())
    assert found == [
        {"a": 1, "b": None, "d": datetime(2024, 1, 2), "x": 3.0},
        {"a": 1 << 40, "b": "new", "d": datetime(2024, 1, 1, 12), "x": 0.5},
        {"a": None, "b": None, "d": datetime(1999, 9, 9), "x": 7.0},
        {"a": None, "b": None, "d": datetime(1999, 9, 9), "x": 8.0},
    ]


def test_results_and_peers_are_data(lake: al.Lake) -> None:
    lake.append("t", everything(100))
    assert lake.append("u", lake.sql("SELECT utf8, coded, list FROM t WHERE int64 > 50")) == 39
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"w": ["a long text of some bytes", None, "b"], "n": [1, 2, None]})
    assert lake.append("p", frame) == 3
    assert lake.sql("SELECT w, n FROM p").to_arrow().to_pylist() == frame.to_dicts()
    pandas = pytest.importorskip("pandas")
    assert lake.append("p", pa.table(pandas.DataFrame({"w": ["c"], "n": [4]}))) == 1


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.array([Decimal("1.5")]), "decimals"),
        (pa.array([{"a": 1}]), "structs"),
        (pa.array([[[1]]]), "inside"),
        (pa.array([np.float16(1)]), "half-precision"),
        (pa.array([1], pa.duration("s")), "durations"),
        (pa.array([1], pa.time64("us")), "times of day"),
        (pa.nulls(1), "no type"),
        (pa.array([1], pa.timestamp("ns")), "fit timestamp"),
        (pa.array([1 << 60], pa.timestamp("s")), "fit timestamp"),
        (pa.array([pa.scalar(7, pa.date64())]).cast(pa.int64()).view(pa.date64()), "fit date"),
        (
            pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]),
            "UTF-8",
        ),
    ],
)
def test_what_does_not_fit(lake: al.Lake, column: pa.Array, message: str) -> None:
    with pytest.raises(al.AlphaLakeError, match=message):
        lake.append("t", pa.table({"c": column}))
    assert live() == 0
    assert "t" not in lake.tables or lake.sql("SELECT count(*) AS n FROM t").to_arrow().to_pylist() == [{"n": 0}]


def test_all_or_nothing(lake: al.Lake) -> None:
    lake.append("t", pa.table({"a": [1]}))

    def batches() -> Any:
        yield pa.record_batch({"a": [2]})
        raise ValueError("no more of this")

    reader = pa.RecordBatchReader.from_batches(pa.schema({"a": pa.int64()}), batches())
    with pytest.raises(al.FailedError, match="no more of this"):
        lake.append("t", reader)
    with pytest.raises(al.UsageError, match="cannot become"):
        lake.append("t", pa.table({"a": ["text"]}))
    assert lake.sql("SELECT a FROM t").to_arrow().to_pylist() == [{"a": 1}]
    shards = list(Path(lake.path, "tables", "t", "shards").iterdir())
    assert len(shards) == 1


def test_surrogate_keys(lake: al.Lake) -> None:
    load = [BIN, "import", "table", lake.path, "t", "-", "--surrogate-key", "key"]
    subprocess.run(load, input=b'{"a": 5}', capture_output=True, check=True)
    assert lake.append("t", pa.table({"a": [6, 7]})) == 2
    # Somebody else comes in between.
    subprocess.run(load[:6], input=b'{"a": 8}', capture_output=True, check=True)
    assert lake.append("t", pa.table({"a": [9], "b": ["new"]})) == 1
    found = lake.sql("SELECT key, a FROM t ORDER BY key").to_arrow().to_pylist()
    assert found == [{"key": key, "a": key + 5} for key in range(5)]
    with pytest.raises(al.UsageError, match="surrogate key"):
        lake.append("t", pa.table({"a": [1], "key": [1]}))
    Reader(Path(lake.path)).validate()


def test_bad_names(lake: al.Lake) -> None:
    for name in ("", "../t", "a/b", "x" * 300):
        with pytest.raises(al.UsageError):
            lake.append(name, pa.table({"a": [1]}))
    with pytest.raises(TypeError):
        lake.append("t", 7)  # type: ignore[arg-type]
    with pytest.raises(al.UsageError, match="twice"):
        lake.append("t", pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]))
