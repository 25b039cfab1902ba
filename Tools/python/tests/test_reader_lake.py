"""A real lake (ALPHALAKE_TEST_LAKE) validated, and its sums and groups against the engine's (ALPHALAKE_BINARY)."""

from __future__ import annotations

import json
import math
import os
import subprocess
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alphalake_reader import Lake, Table, Type
from alphalake_reader.canonical import canonical
from alphalake_reader.types import BYTES, FLOATS, LISTS

ROOT = Path(__file__).resolve().parents[3]
SCORES = Path(os.environ.get("ALPHALAKE_DATA", ROOT.parent / "shared" / "data")) / "atp" / "reference_scores.json"
LAKE = os.environ.get("ALPHALAKE_TEST_LAKE", "")
BIN = os.environ.get("ALPHALAKE_BINARY", "")
TABLES = Lake(LAKE).tables if LAKE else []
#: A column of more distinct values (a text of its own in every row) is not grouped by, its NULLs are counted.
MOST_GROUPS = 500_000

needs_engine = pytest.mark.skipif(not BIN, reason="ALPHALAKE_BINARY names no alphalake to compare with")


def test_a_lake_is_named() -> None:
    if not LAKE:
        pytest.skip("ALPHALAKE_TEST_LAKE names no lake")
    assert TABLES


@pytest.mark.parametrize("name", TABLES)
def test_valid(name: str) -> None:
    with Lake(LAKE).table(name) as table:
        table.validate()


def query(sql: str) -> list[dict[str, Any]]:
    """What the engine answers."""
    command = [str(Path(BIN).resolve()), "query", LAKE, sql, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 2), f"{sql}: {done.stderr}"
    found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return found


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def columns(without: frozenset[Type]) -> list[tuple[str, str]]:
    """Tables and columns of types."""
    out = []
    for name in TABLES:
        with Lake(LAKE).table(name) as table:
            out += [(name, f.name) for f in table.schema.fields if f.kind.type not in without]
    return out


def reader_sum(table: Table, column: str) -> tuple[int, Fraction | float, int]:
    """How many values are not NULL, their exact sum (not finite: a float), and the largest size of an integer."""
    count, total, odd, top = 0, Fraction(0), 0.0, 0
    for chunk in table.chunks(column):
        live = chunk.values[chunk.valid]
        count += len(live)
        if chunk.type in FLOATS:
            finite = np.isfinite(live)
            odd += float(live[~finite].sum())
            values, times = np.unique(live[finite].astype(np.float64), return_counts=True)
            total += sum((Fraction(v) * t for v, t in zip(values.tolist(), times.tolist(), strict=True)), Fraction(0))
        elif len(live):
            top = max(top, abs(int(live.min())), abs(int(live.max())))
            total += sum(live.tolist())
    return count, total if odd == 0 else odd, top


@needs_engine
@pytest.mark.parametrize(("name", "column"), columns(LISTS | BYTES | {Type.DATE, Type.TIMESTAMP, Type.BOOL}))
def test_sums(name: str, column: str) -> None:
    with Lake(LAKE).table(name) as table:
        count, total, top = reader_sum(table, column)
        rows = table.row_count
    (nulls,) = query(f"SELECT count(*) AS n FROM {quoted(name)} WHERE {quoted(column)} IS NULL")
    assert nulls["n"] == rows - count
    # The engine refuses an integer sum that overflows on its way.
    value = quoted(column) if top * count < 1 << 63 else f"CAST({quoted(column)} AS DOUBLE)"
    (answer,) = query(f"SELECT count(*) AS n, sum({value}) AS s FROM {quoted(name)}")
    assert answer["n"] == rows
    if count == 0:
        assert answer["s"] is None
    elif isinstance(answer["s"], float):
        assert math.isclose(answer["s"], float(total), rel_tol=1e-12)
    else:
        assert answer["s"] == total


@needs_engine
@pytest.mark.parametrize(("name", "column"), columns(LISTS | FLOATS))
def test_groups(name: str, column: str) -> None:
    want: Counter[Any] = Counter()
    with Lake(LAKE).table(name) as table:
        type_ = table.column(column).kind.type
        for chunk in table.chunks(column):
            want[None] += chunk.nulls
            if len(want) <= MOST_GROUPS:
                want.update(chunk.values[chunk.valid].tolist())
    if len(want) > MOST_GROUPS:
        (nulls,) = query(f"SELECT count(*) AS n FROM {quoted(name)} WHERE {quoted(column)} IS NULL")
        assert nulls["n"] == want[None]
        return
    plain = {canonical(k.decode() if type_ == Type.UTF8 and k is not None else k, type_): n for k, n in want.items()}
    rows = query(f"SELECT {quoted(column)} AS v, count(*) AS n FROM {quoted(name)} GROUP BY {quoted(column)}")
    got = {row["v"]: row["n"] for row in rows}
    if type_ not in (Type.TIMESTAMP, Type.BINARY):
        assert got == {k: n for k, n in plain.items() if n}
    else:
        assert sorted(got.values()) == sorted(n for n in plain.values() if n)


@pytest.mark.skipif("responses" not in TABLES, reason="ALPHALAKE_TEST_LAKE names no lake of survey responses")
@pytest.mark.skipif(not SCORES.exists(), reason="no reference scores in ALPHALAKE_DATA")
def test_reference_scores() -> None:
    """Counts and weighted shares per question, without the engine, for the waves that the lake has."""
    cells: defaultdict[tuple[bytes, bytes, bytes | None], list[float]] = defaultdict(lambda: [0, 0.0])
    with Lake(LAKE).table("responses") as table:
        chunks = [table.chunks(c) for c in ("wave", "question_key", "answer", "weight")]
        for wave, key, answer, weight in zip(*chunks, strict=True):
            answers = [a if ok else None for a, ok in zip(answer.values, answer.valid, strict=True)]
            weights = np.where(weight.valid, weight.values, 0.0).tolist()
            for *cell, w in zip(wave.values.tolist(), key.values.tolist(), answers, weights, strict=True):
                found = cells[cell[0], cell[1], cell[2]]
                found[0] += 1
                found[1] += w
    waves = {wave.decode() for wave, _, _ in cells}
    compared = 0
    for question in json.loads(SCORES.read_text(encoding="utf-8"))["questions"]:
        if question["wave"] in waves:
            place = (question["wave"].encode(), question["column"].encode())
            got = [cells.get((*place, option.encode()), [0, 0.0]) for option in question["options"]]
            assert [count for count, _ in got] == question["counts"], place
            total = sum(weight for _, weight in got)
            shares = [weight / total if total else 0.0 for _, weight in got]
            assert question["weighted_shares"] is None or shares == pytest.approx(question["weighted_shares"], abs=1e-9)
            compared += 1
    assert compared > 0 or not waves
