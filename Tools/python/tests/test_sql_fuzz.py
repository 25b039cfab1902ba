"""A short run of `sql_fuzz.py`, with the program that ALPHALAKE_BINARY names. Longer runs: Tools/fuzz --sql."""

from __future__ import annotations

import os
import random

import pytest

pytest.importorskip("duckdb")

import sql_fuzz
from differential_corners import tables
from sql_mutations import MUTATIONS, tokens

BIN = os.environ.get("ALPHALAKE_BINARY", "")


@pytest.mark.skipif(not BIN, reason="ALPHALAKE_BINARY names no alphalake to ask")
def test_damaged_queries_end_in_rows_or_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    status = sql_fuzz.main(["--binary", BIN, "--seed", "20241123", "--queries", "400"])
    assert status == 0, capsys.readouterr().out


def test_a_query_follows_from_its_number() -> None:
    first, second = (sql_fuzz.Queries(3, [t for t in tables(7, 100) if t.name == "grown"]) for _ in range(2))
    assert [first[number] for number in range(20)] == [second[number] for number in reversed(range(20))][::-1]


def test_mutations_change_queries() -> None:
    sql = b"SELECT a, 'it''s' FROM t WHERE b >= 1.5e3 -- end"
    assert b"".join(tokens(sql)) == sql
    for _, mutation in MUTATIONS:
        made = [mutation(sql, random.Random(number), [b"SELECT 1 FROM u"]) for number in range(20)]
        assert sum(m != sql for m in made) > 10
