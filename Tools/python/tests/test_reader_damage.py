"""Damage: a ReaderError, never another exception, never other values."""

from __future__ import annotations

import struct
from typing import Any

import pytest
import shard_bits as b
from shard_writer import Column, KeyGroup, Stored, Writer

from alphalake_reader import ReaderError, Shard
from alphalake_reader.canonical import exact

ROWS = 9
INTEGERS = [3, None, 5, 1 << 40, -7, 0, 3, 3, 9]
FLOATS = [0.25, None, 1.5, -3.0, 0.1, float("nan"), 2.0, 2.0, 7.75]
TEXTS = [b"some", b"", None, b"text " * 30, b"and", b"more", b"of", b"it", b"!"]
LISTS: list[Any] = [[1, 2], None, [], [3, None], [4], [], [], [5, 6, 7], [8]]
KEYS = [0, 1, 2, 0, 2, 1, 1, 2, 0]
OUTER = [0, 0, 1, 0, 1, 0, 0, 1, 0]
LOCAL = [0, 1, 0, 0, 0, 1, 1, 0, 0]


def shards() -> dict[str, bytes]:
    """Small shards that have everything between them."""
    columns = [
        Column("a", "int64", Stored(INTEGERS, "packed")),
        Column("b", "float64", Stored(FLOATS, "decimal")),
        Column("c", "utf8", Stored(TEXTS, "text", block=64)),
        Column("d", "list", Stored(LISTS, "runs"), "int8", 0, Stored([], "plain", width=1)),
        Column("e", "utf8", Stored(TEXTS, "planes", 1, coded=True, counts=True, bitmaps="arrays", width=4)),
        Column("f", "int32", Stored([i * i for i in range(ROWS)], "delta", 2)),
        Column("g", "bool", Stored([True] * ROWS, "constant")),
    ]
    names = Stored([b"x", None, b"z"], "packed", coded=True, counts=True)
    pieces = Stored(KEYS, "sequences", pieces=[(0, 0, 3), (1, 0, 2), (0, 1, 1), (0, 1, 2), (1, 0, 1)])
    group = KeyGroup("k", 3, pieces, {"n": names}, sequences=[(0, 1, 2), (0, 2)], row_keys=KEYS)
    outer = KeyGroup("o", 2, Stored(OUTER, "runs"), {"p": Stored([7, None], "plain", width=1)}, row_keys=OUTER)
    parts = {"m": Stored([10, 20, 30], "packed")}
    inner = KeyGroup("i", 3, Stored(LOCAL, "plain", width=1), parts, 0, (0, 2, 3), row_keys=KEYS)
    return {
        "columns": Writer(columns).file(),
        "group": Writer([columns[6], Column("n", "utf8", None)], [group]).file(),
        "nested": Writer([Column("p", "int8", None), Column("m", "int16", None)], [outer, inner]).file(),
    }


SHARDS = shards()


def values(data: bytes) -> Any:
    """Everything in a shard."""
    return exact(list(Shard(data).rows()))


def outcome(data: bytes) -> Any:
    """What reading and validating gives: the values, or the error."""
    try:
        shard = Shard(data)
        read = exact(list(shard.rows()))
        shard.validate()
    except ReaderError as error:
        return error
    return read


@pytest.mark.parametrize("name", SHARDS)
def test_whole(name: str) -> None:
    assert outcome(SHARDS[name]) == values(SHARDS[name])


@pytest.mark.parametrize("name", SHARDS)
def test_every_byte(name: str) -> None:
    data = bytearray(SHARDS[name])
    for at in range(len(data)):
        for flip in (0x01, 0x80, 0xFF):
            data[at] ^= flip
            assert isinstance(outcome(bytes(data)), ReaderError), f"byte {at} ^ {flip:#x} is not noticed"
            data[at] ^= flip


@pytest.mark.parametrize("name", SHARDS)
def test_every_length(name: str) -> None:
    data = SHARDS[name]
    for size in range(len(data)):
        assert isinstance(outcome(data[:size]), ReaderError)
    assert isinstance(outcome(data + bytes(64)), ReaderError)


def seal(data: bytearray, offset: int) -> bytes:
    """The file with the checksums of the segment at ``offset`` made to fit, of the footer also the postscript's."""
    (stored,) = struct.unpack_from("<Q", data, offset + 24)
    (parameter,) = struct.unpack_from("<Q", data, offset + 40)
    covered = parameter if data[offset + 4] == 2 and data[offset + 5] == 7 else stored
    payload = bytes(data[offset + 64 : offset + 64 + min(covered, len(data))])
    struct.pack_into("<Q", data, offset + 48, b.checksum(payload))
    struct.pack_into("<Q", data, offset + 56, b.checksum(bytes(data[offset : offset + 56])))
    if data[offset + 4] == 10:
        struct.pack_into("<QQ", data, len(data) - 56, stored, b.checksum(payload))
        struct.pack_into("<Q", data, len(data) - 16, b.checksum(bytes(data[-64:-16])))
    return bytes(data)


def segments(data: bytes) -> list[tuple[int, int]]:
    """Offset and stored length of each segment."""
    out, at = [], 64
    while at < len(data) - 64:
        (stored,) = struct.unpack_from("<Q", data, at + 24)
        out.append((at, stored))
        at += -(-(64 + stored) // 64) * 64
    return out


@pytest.mark.parametrize("name", SHARDS)
def test_every_byte_with_checksums_that_fit(name: str) -> None:
    """Behind good checksums a changed byte may give other values, but nothing else than values or a ReaderError."""
    data = SHARDS[name]
    refused = changed = 0
    for offset, stored in segments(data):
        for at in [*range(offset, offset + 48), *range(offset + 64, offset + 64 + stored)]:
            for flip in (0x01, 0x04, 0x80, 0xFF):
                copy = bytearray(data)
                copy[at] ^= flip
                got = outcome(seal(copy, offset))
                refused += isinstance(got, ReaderError)
                changed += not isinstance(got, ReaderError)
    assert refused > changed


def test_names_the_feature() -> None:
    data = bytearray(SHARDS["columns"])
    data[17] = 4
    struct.pack_into("<Q", data, 56, b.checksum(bytes(data[:56])))
    with pytest.raises(ReaderError, match="feature 10"):
        Shard(bytes(data))


def test_minor_version_and_optional_features() -> None:
    data = bytearray(SHARDS["columns"])
    data[10], data[24] = 3, 0xFF
    struct.pack_into("<Q", data, 56, b.checksum(bytes(data[:56])))
    assert values(bytes(data)) == values(SHARDS["columns"])


def test_files_that_are_not_shards(tmp_path: Any) -> None:
    for content in (b"", b"\0" * 192, b"ALSHARD1" * 32):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(ReaderError):
            Shard(tmp_path / "x")
    with pytest.raises(ReaderError, match="cannot be opened"):
        Shard(tmp_path / "nothing")
