"""Roaring bitmaps: the containers by hand, and against another implementation where there is one."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from shard_bits import roaring as written

from alphalake_reader import ReaderError
from alphalake_reader.roaring import roaring
from alphalake_reader.span import Span

RANDOM = random.Random(3)
SETS: dict[str, list[int]] = {
    "one": [5],
    "array": sorted(RANDOM.sample(range(60_000), 4096)),
    "bitmap": sorted(RANDOM.sample(range(65_536), 4097)),
    "full": list(range(65_536)),
    "gap": [1, 65_535, 65_536, 300_000, 4_194_303],
    "runs": [*range(10, 500), *range(700, 70_000), *range(200_000, 200_002)],
    "many": sorted(RANDOM.sample(range(4_194_304), 3000)),
}


def members(data: bytes) -> list[int]:
    """What the reader makes of a bitmap."""
    out: list[int] = roaring(Span(memoryview(data), "bitmap")).tolist()
    return out


@pytest.mark.parametrize("run", [False, True])
@pytest.mark.parametrize("name", SETS)
def test_containers(name: str, run: bool) -> None:
    assert members(written(SETS[name], run)) == SETS[name]


@pytest.mark.parametrize("name", SETS)
def test_another_implementation(name: str) -> None:
    pyroaring = pytest.importorskip("pyroaring", reason="no pyroaring to compare with")
    bitmap = pyroaring.BitMap(SETS[name])
    assert members(bitmap.serialize()) == SETS[name]
    bitmap.run_optimize()
    assert members(bitmap.serialize()) == SETS[name]
    assert list(pyroaring.BitMap.deserialize(written(SETS[name], False))) == SETS[name]


@pytest.mark.parametrize("run", [False, True])
def test_damage(run: bool) -> None:
    data = bytearray(written([1, 2, 3, 9, 65_540, 200_000], run))
    for size in range(len(data)):
        with pytest.raises(ReaderError):
            members(bytes(data[:size]))
    for at in range(len(data)):
        for flip in (1, 0x80, 0xFF):
            data[at] ^= flip
            with suppress(ReaderError):
                members(bytes(data))
            data[at] ^= flip
