"""Every encoding, written by the tests' own writer and read back."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import shard_writer
from shard_writer import Column, Stored, Writer

from alphalake_reader import ReaderError, Shard
from alphalake_reader.canonical import exact

RANDOM = random.Random(7)
LIMITS = {
    "bool": (0, 1),
    "int8": (-128, 127),
    "int16": (-(1 << 15), (1 << 15) - 1),
    "int32": (-(1 << 31), (1 << 31) - 1),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "uint8": (0, 255),
    "uint16": (0, (1 << 16) - 1),
    "uint32": (0, (1 << 32) - 1),
    "uint64": (0, (1 << 64) - 1),
    "date": (-(1 << 31), (1 << 31) - 1),
    "timestamp": (-(1 << 63), (1 << 63) - 1),
}
WIDTHS = {"bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "date": 4}


def integers(kind: str, count: int, nulls: bool) -> list[Any]:
    """Random values of a type, its limits among them."""
    low, high = LIMITS[kind]
    values: list[Any] = [low, high, *(RANDOM.randint(low, high) for _ in range(count - 2))]
    if kind == "bool":
        values = [bool(v) for v in values]
    return [None if nulls and RANDOM.random() < 0.3 else v for v in values]


def back(column: Column) -> list[Any]:
    """What the reader makes of a shard with this one column."""
    shard = Shard(Writer([column]).file())
    shard.validate()
    return shard.read(column.name)


@pytest.mark.parametrize("nulls", [False, True])
@pytest.mark.parametrize("codec", [0, 1, 2])
@pytest.mark.parametrize("encoding", ["plain", "packed", "delta", "runs"])
@pytest.mark.parametrize("kind", LIMITS)
def test_integers(kind: str, encoding: str, codec: int, nulls: bool) -> None:
    values = integers(kind, 131, nulls)
    stored = Stored(values, encoding, codec, width=WIDTHS.get(kind, 8))
    assert back(Column("x", kind, stored)) == values


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65])
@pytest.mark.parametrize("width", range(65))
def test_packed_widths(width: int, count: int) -> None:
    values = [0, *(RANDOM.getrandbits(width) if width else 0 for _ in range(count - 1))]
    values[-1] = (1 << width) - 1
    assert back(Column("x", "uint64", Stored(values, "packed"))) == values


@pytest.mark.parametrize("kind", ["bool", "int8", "uint64", "timestamp"])
def test_constant(kind: str) -> None:
    high = LIMITS[kind][1]
    assert back(Column("x", kind, Stored([high] * 70, "constant"))) == [high] * 70
    some = [high, None] * 35
    assert back(Column("x", kind, Stored(some, "constant"))) == some
    assert back(Column("x", kind, Stored([None] * 5, "constant"))) == [None] * 5


def test_constant_of_others() -> None:
    for kind, value in (("float32", 0.5), ("float64", 0.1), ("utf8", b"\xc3\xa9t\xc3\xa9"), ("binary", b"\0\xff")):
        want = value.decode() if kind == "utf8" and isinstance(value, bytes) else value
        assert back(Column("x", kind, Stored([value] * 3, "constant"))) == [want] * 3
        assert back(Column("x", kind, Stored([None, value], "constant"))) == [None, want]
        assert back(Column("x", kind, Stored([None] * 3, "constant"))) == [None] * 3


FLOATS = [0.0, -0.0, 1.5, -2.25, 1e300, 3.0, 0.01, 12345.67, -0.07, math.inf, -math.inf, math.nan, 5e-324]


@pytest.mark.parametrize("codec", [0, 2])
@pytest.mark.parametrize("encoding", ["plain", "decimal"])
def test_float64(encoding: str, codec: int) -> None:
    values = [*FLOATS, None, *(RANDOM.randint(-9999, 9999) / 100 for _ in range(90))]
    assert exact(back(Column("x", "float64", Stored(values, encoding, codec)))) == exact(values)


def test_decimal_exponents() -> None:
    for exponent in range(19):
        values = [k / 10**exponent for k in range(-40, 40)]
        assert exact(back(Column("x", "float64", Stored(values, "decimal", exponent=exponent)))) == exact(values)


def test_float32() -> None:
    values = [0.5, -1.25, 3.0, None, math.inf, 0.75]
    for encoding in ("plain", "decimal"):
        assert back(Column("x", "float32", Stored(values, encoding))) == values


@pytest.mark.parametrize("encoding", ["plain", "packed", "delta", "runs", "planes"])
@pytest.mark.parametrize("kind", ["int32", "uint64", "bool", "utf8", "binary", "timestamp"])
def test_dictionary_coded(kind: str, encoding: str) -> None:
    words: list[Any]
    if kind in ("utf8", "binary"):
        words = [b"", b"a", b"ab", b"b", "ß".encode(), "日本".encode()]
    else:
        words = sorted(set(integers(kind, 9, False)))
    values = [None, *words, *(RANDOM.choice([None, *words]) for _ in range(200))]
    stored = Stored(values, encoding, coded=True, counts=True, bitmaps="arrays", width=4)
    want = [v.decode() if kind == "utf8" and v is not None else v for v in values]
    assert back(Column("x", kind, stored)) == want


def test_dictionary_coded_without_values() -> None:
    stored = Stored([None] * 4, "constant", coded=True, counts=True)
    assert back(Column("x", "utf8", stored)) == [None] * 4


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("nulls", [False, True])
def test_text(nulls: bool, raw: bool) -> None:
    values: list[Any] = [b"", b"x" * 20_000, b"\xe2\x82\xac", *(b"text %d " % i * (i % 7) for i in range(400)), b""]
    if nulls:
        values = [v if i % 5 else None for i, v in enumerate(values)]
    want = [None if v is None else v.decode() for v in values]
    assert back(Column("x", "utf8", Stored(values, "text", block=1000, raw_text=raw))) == want


def test_text_all_empty() -> None:
    assert back(Column("x", "binary", Stored([b"", None, b""], "text"))) == [b"", None, b""]


def test_text_dictionary() -> None:
    words = b"a text dictionary is what the blocks have in common, so that each is smaller"
    values = [words[i : i + 30] for i in range(40)]
    stored = Stored(values, "text", block=64, text_dictionary=words)
    assert back(Column("x", "binary", stored)) == values


@pytest.mark.parametrize(("kind", "size"), [("list", 0), ("fixed", 3)])
@pytest.mark.parametrize("element", ["int16", "float64", "utf8", "bool"])
def test_lists(element: str, kind: str, size: int) -> None:
    pools: dict[str, list[Any]] = {
        "int16": [-5, 7, None],
        "float64": [0.5, -1.0, None],
        "utf8": [b"a", b"bc", None],
        "bool": [True, False, None],
    }
    pool = pools[element]
    values: list[Any] = [[RANDOM.choice(pool) for _ in range(size or RANDOM.randint(0, 4))] for _ in range(50)]
    values[3] = None
    elements = Stored([], "text" if element == "utf8" else "plain", width=2)
    got = back(Column("x", kind, Stored(values, "plain"), element, size, elements))
    assert got == [None if v is None else [e.decode() if isinstance(e, bytes) else e for e in v] for v in values]


def test_lists_without_elements() -> None:
    values: list[Any] = [[], None, []]
    elements = Stored([], "constant")
    assert back(Column("x", "list", Stored(values, "packed"), "int64", 0, elements)) == values


@pytest.mark.parametrize("encoding", ["constant", "plain", "packed", "runs"])
def test_lists_that_are_all_null(encoding: str) -> None:
    values = [None, None, None]
    assert back(Column("x", "list", Stored(values, encoding, width=4), "int64", 0, Stored([], "constant"))) == values


def test_null_lists_own_no_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    encode = shard_writer.encode
    monkeypatch.setattr(shard_writer, "encode", lambda kind, s, values: encode(kind, s, [v or 1 for v in values]))
    with pytest.raises(ReaderError, match="a NULL list has a length"):
        back(Column("x", "list", Stored([None, [1]], "plain"), "int64", 0, Stored([], "plain", width=8)))


@pytest.mark.parametrize(
    ("encoding", "values"), [("constant", [0.1, 0.1]), ("decimal", [1.0] * 20 + [1e-9, 0.1 + 1e-15])]
)
def test_whole_values_of_float32_are_float32(encoding: str, values: list[float]) -> None:
    stored = Stored(values, encoding)
    assert back(Column("x", "float64", stored)) == values
    with pytest.raises(ReaderError, match="no float32"):
        back(Column("x", "float32", stored))


def test_dictionary_coded_elements() -> None:
    values: list[Any] = [[b"b", b"a"], None, [], [None, b"b"]]
    elements = Stored([], "planes", coded=True, width=2)
    want = [["b", "a"], None, [], [None, "b"]]
    assert back(Column("x", "list", Stored(values, "packed"), "utf8", 0, elements)) == want


def test_chunks() -> None:
    values = [(i * 7919) % 1000 - 500 for i in range(140_000)]
    few = [None if v < 0 else v % 5 for v in values]
    columns = [
        Column("x", "int32", Stored(values, "packed", 2)),
        Column("y", "int8", Stored(few, "packed", coded=True, counts=True, bitmaps="runs")),
        Column("z", "int8", Stored(few, "plain", coded=True, counts=True, bitmaps="arrays", width=1)),
    ]
    shard = Shard(Writer(columns).file())
    shard.validate()
    assert shard.read("x") == values
    assert shard.read("y") == few
    assert shard.read("z") == few
    assert [len(c) for c in shard.chunks("x")] == [65_536, 65_536, 8_928]
    rows = list(shard.rows(65_534, 65_539))
    assert rows == [{"x": values[i], "y": few[i], "z": few[i]} for i in range(65_534, 65_539)]


def test_out_of_range() -> None:
    for kind, value in (("int8", 128), ("bool", 2), ("uint32", 1 << 32)):
        shard = Shard(Writer([Column("x", kind, Stored([0, value], "packed"))]).file())
        with pytest.raises(ReaderError, match="out of"):
            shard.read("x")


def test_utf8_that_is_not() -> None:
    shard = Shard(Writer([Column("x", "utf8", Stored([b"\xff"], "text"))]).file())
    with pytest.raises(ReaderError, match="UTF-8"):
        shard.validate()


def test_no_rows() -> None:
    shard = Shard(Writer([Column("x", "int64", Stored([]))]).file())
    shard.validate()
    assert shard.read("x") == []
