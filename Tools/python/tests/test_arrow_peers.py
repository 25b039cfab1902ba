"""DuckDB, Polars and pandas read AlphaLake's streams, and see what pyarrow sees."""

from __future__ import annotations

import pytest
from test_arrow_stream import ROWS, lake, made, pytestmark  # noqa: F401

import alphalake as al


def test_duckdb(lake: al.Lake) -> None:  # noqa: F811
    duckdb = pytest.importorskip("duckdb")
    # DuckDB finds it by its name.
    result = lake.sql("SELECT id, few, long, half, flag, day, list FROM t")  # noqa: F841
    found = duckdb.sql(
        "SELECT few, count(*), sum(id), count(long), sum(half), bool_or(flag) FROM result "
        "GROUP BY few ORDER BY few NULLS FIRST"
    )
    want = {}
    for row in map(made, range(ROWS)):
        group = want.setdefault(row["few"], [0, 0, 0, 0.0])
        group[0] += 1
        group[1] += row["id"]
        group[2] += row["long"] is not None
        group[3] += row["half"] or 0
    assert [tuple(row[:5]) for row in found.fetchall()] == [
        (few, *want[few]) for few in sorted(want, key=lambda w: (w is not None, w))
    ]
    assert duckdb.sql("SELECT count(*) FROM result WHERE list[1] = 7").fetchall() == [(1,)]
    some = duckdb.sql("SELECT * FROM result WHERE id IN (0, 11, 13, 190_000)").fetchall()
    assert [row[:5] for row in some] == [tuple(made(row[0]).values())[:5] for row in some]
    assert len(some) == 4


def test_polars(lake: al.Lake) -> None:  # noqa: F811
    polars = pytest.importorskip("polars")
    result = lake.sql("SELECT * FROM t")
    for frame in (result.to_polars(), polars.DataFrame(result)):
        assert frame.height == ROWS
        for row in range(0, ROWS, 4_999):
            found = frame.row(row, named=True)
            assert {**found, "day": found["day"].isoformat()} == made(row)
        assert frame["few"].null_count() == sum(made(r)["few"] is None for r in range(ROWS))
        counts = dict(frame.group_by("few").len().iter_rows())
        assert counts["word 3"] == sum(r % 7 == 3 and r % 11 != 0 for r in range(ROWS))


def test_pandas(lake: al.Lake) -> None:  # noqa: F811
    pytest.importorskip("pandas")
    frame = lake.sql("SELECT id, few, half FROM t ORDER BY id").to_pandas()
    assert str(frame["few"].dtype) == "category"
    assert frame["few"].isna().sum() == sum(r % 11 == 0 for r in range(ROWS))
    assert frame["few"].iloc[10] == "word 3"
    assert frame["half"].iloc[9] == 4.5
