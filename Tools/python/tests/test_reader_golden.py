"""Golden shards: what is in Schemas/golden/v1 reads as the lines beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alphalake_reader import Shard
from alphalake_reader.canonical import exact, lines

GOLDEN = Path(__file__).resolve().parents[3] / "Schemas" / "golden" / "v1"
SHARDS = sorted(GOLDEN.glob("*.shard"))


def test_there_are_golden_shards() -> None:
    if not SHARDS:
        pytest.skip(f"no golden shards in {GOLDEN.name}")
    assert all(path.with_suffix(".jsonl").exists() for path in SHARDS)


@pytest.mark.parametrize("path", SHARDS, ids=lambda p: p.stem)
def test_golden(path: Path) -> None:
    shard = Shard(path)
    shard.validate()
    expected = path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
    got = list(lines(shard))
    assert len(got) == len(expected)
    for number, (line, want) in enumerate(zip(got, expected, strict=True)):
        assert exact(json.loads(line)) == exact(json.loads(want)), f"row {number}"
