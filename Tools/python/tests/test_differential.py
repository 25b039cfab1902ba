"""A short run of `differential.py`, with the program that ALPHALAKE_BINARY names. Longer runs: Tools/differential."""

from __future__ import annotations

import argparse
import os
import random
from pathlib import Path

import pytest

pytest.importorskip("duckdb")

from differential import Differential, Tally, features, fill
from differential_corners import tables
from differential_engines import AlphaLake, engine
from differential_queries import Query
from differential_values import FEATURES

BIN = os.environ.get("ALPHALAKE_BINARY", "")
pytestmark = pytest.mark.skipif(not BIN, reason="ALPHALAKE_BINARY names no alphalake to ask")
SEED = 20241123
QUERIES = {"everything": 330, "places": 310, "grown": 200, "long": 20, "sparse": 200, "odd_floats": 200, "ends": 180,
           "texts": 150, "slivers": 120, "people": 40, "letters": 200, "empty": 20, "one": 30}  # fmt: skip
# How many more of each table are asked of the command line, which writes CSV.
COMMANDS = 8
# Each of these was answered wrongly once.
ONCE_WRONG = [
    ("everything", "SELECT id FROM everything ORDER BY 1"),
    ("everything", "SELECT id FROM everything ORDER BY 1 LIMIT 9223372036854775807 OFFSET 3"),
    ("everything", "SELECT id FROM everything ORDER BY 1 LIMIT 9000000000000000000"),
    ("everything", "SELECT count(*) FROM everything WHERE wild > -9223372036854775808"),
    ("everything", "SELECT count(*) FROM everything WHERE id IS DISTINCT FROM NULL"),
    ("everything", "SELECT CAST(day AS VARCHAR), CAST(day AS TIMESTAMP), CAST(moment AS DATE) FROM everything"),
    ("everything", "SELECT CAST(moment AS VARCHAR), CAST(flag AS DOUBLE), CAST(0.3e0 AS BOOLEAN) FROM everything"),
    ("everything", "SELECT CAST(tame / 7 AS REAL) = tame / 7e0, CAST(top AS UBIGINT) FROM everything"),
    ("everything", "SELECT CAST(digits AS INTEGER), count(*) FROM everything WHERE digits < '5' GROUP BY 1"),
    ("everything", "SELECT CAST(word AS INTEGER), count(*) FROM everything WHERE word IN ('1', '01') GROUP BY 1"),
    ("everything", "SELECT CAST(small AS DOUBLE), small, count(*) FROM everything GROUP BY 1, 2"),
    ("grown", "SELECT fraction, count(fraction), min(fraction), sum(fraction) FROM grown GROUP BY fraction"),
    ("places", "SELECT weight, grade, score, count(*) FROM places GROUP BY weight, grade, score"),
]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Differential:
    folder = tmp_path_factory.mktemp("differential")
    made = tables(SEED, long_rows=70_000)
    fill(AlphaLake(Path(BIN).resolve(), folder / "lake"), made, folder)
    found = Differential(engine(Path(BIN).resolve(), str(folder / "lake")))
    for table in made:
        found.add(table, random.Random(f"{SEED} {table.name}"))
    return found


def test_there_are_enough() -> None:
    assert sum(QUERIES.values()) == 2000


@pytest.mark.parametrize("table", QUERIES)
def test_random_queries(both: Differential, table: str) -> None:
    tally = Tally()
    both.ask(table, range(QUERIES[table]), SEED, tally)
    assert not tally.findings, f"{tally}\n" + "\n".join(tally.findings[:5])
    assert tally.asked == QUERIES[table]
    if table not in ("empty", "one"):
        assert tally.with_rows > 0.7 * tally.asked


@pytest.mark.parametrize("table", QUERIES)
def test_random_commands(both: Differential, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally()
    monkeypatch.setattr(both, "ours", AlphaLake(Path(BIN).resolve(), both.ours.lake))
    both.ask(table, range(10_000, 10_000 + COMMANDS), SEED, tally)
    assert not tally.findings, f"{tally}\n" + "\n".join(tally.findings[:5])


@pytest.mark.parametrize(("table", "sql"), ONCE_WRONG)
def test_once_wrong(both: Differential, table: str, sql: str) -> None:
    tally = Tally()
    both.check(table, Query(sql, order=[0] if "ORDER BY" in sql else []), tally)
    assert tally.findings == []
    assert tally.with_rows == 1


def test_features_are_named() -> None:
    assert features("all") == frozenset(FEATURES)
    assert features("-case") == frozenset(FEATURES) - {"case"}
    assert features("case,regex") == {"case", "regex"}
    with pytest.raises(argparse.ArgumentTypeError, match="no feature cases"):
        features("cases")
