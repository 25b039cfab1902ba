"""The segments beside the data: directory, dictionary, counts, bitmaps, sequences and parent firsts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .encodings import Sequence
from .errors import require
from .footer import Node
from .roaring import roaring
from .segment import Encoding
from .span import U32, U64, Mask, Span, bitmap, bitmap_size
from .text import split
from .types import BYTES, FLOATS, LISTS, Type, Vector, from_patterns

Bound = int | float | bytes


@dataclass(frozen=True)
class Record:
    """What the directory says of one chunk of a node. Bounds are codes for dictionary-coded nodes."""

    offset: int
    stored: int
    count: int
    nulls: int
    bounded: bool
    cut: bool
    nans: bool
    encoding: Encoding
    codec: int
    low: Bound
    high: Bound


def directory(span: Span, node: Node, chunks: int) -> tuple[Record, ...]:
    """The records of a node's directory."""
    span.ends(64 * chunks)
    return tuple(_record(span.part(64 * c, 64, f"{span.where}, record {c}"), node) for c in range(chunks))


def _record(span: Span, node: Node) -> Record:
    offset, stored, count, nulls, flags, encoding, codec, zero = span.unpack("QQIIIBBH", 0)
    bounded, cut, nans = bool(flags & 1), bool(flags & 2), bool(flags & 4)
    low_size, high_size = flags >> 8 & 31, flags >> 16 & 31
    require(flags & ~0x001F1F07 == 0 and zero == 0, span.where, f"unknown flags {flags:#x}")
    require(encoding <= 8 and codec <= 2, span.where, f"unknown encoding {encoding} or codec {codec}")
    require(nulls <= count, span.where, f"{nulls} NULLs in {count} values")
    bytes_ = node.type in BYTES and not node.coded
    require(low_size <= 16 and high_size <= 16, span.where, "a bound of more than 16 bytes")
    require(bytes_ or low_size == high_size == 0, span.where, "lengths of bounds that are not bytes")
    require(bytes_ or not cut, span.where, "a cut maximum that is not bytes")
    require(not nans or node.type in FLOATS, span.where, "NaNs of a type without them")
    require(not bounded or node.type not in LISTS, span.where, "bounds of lists")
    low: Bound
    high: Bound
    if bytes_:
        low, high = span.bytes(32, low_size), span.bytes(48, high_size)
        span.zero(32 + low_size, 48)
        span.zero(48 + high_size, 64)
    else:
        kind = "d" if node.type in FLOATS else "Q" if node.coded or node.type == Type.UINT64 else "q"
        low, high = span.unpack(kind, 32)[0], span.unpack(kind, 48)[0]
        span.zero(40, 48)
        span.zero(56, 64)
    if not bounded:
        span.zero(32, 64)
        require(not cut and low_size == high_size == 0, span.where, "lengths of bounds that are not given")
    else:
        require(low <= high, span.where, f"the minimum {low!r} is above the maximum {high!r}")  # type: ignore[operator]
    return Record(offset, stored, count, nulls, bounded, cut, nans, Encoding(encoding), codec, low, high)


def dictionary(span: Span, node: Node) -> Vector:
    """The values of a node's dictionary, ascending; one NULL behind them, for the code n."""
    size = node.dictionary_size
    valid = np.ones(size + 1, dtype=np.bool_)
    valid[size] = False
    if node.type not in BYTES:
        span.ends(8 * size)
        values = from_patterns(
            span.array(U64, 0, size).astype(np.uint64), node.type, np.ones(size, dtype=np.bool_), span.where
        )
        require(bool((values[1:] > values[:-1]).all()), span.where, "the dictionary is out of order")
        return Vector(node.type, np.append(values, np.zeros(1, dtype=values.dtype)), valid)
    offsets = span.array(U32, 0, size + 1).astype(np.int64)
    at = span.pad8(4 * (size + 1))
    lengths = np.diff(offsets)
    require(int(offsets[0]) == 0 and bool((lengths >= 0).all()), span.where, "the offsets do not ascend from 0")
    span.ends(at + int(offsets[-1]))
    texts = split(span.bytes(at, int(offsets[-1])), np.append(lengths, 0))
    for a, b in pairwise(texts[:-1]):
        require(a < b, span.where, "the dictionary is out of order")
    return Vector(node.type, texts, valid)


@dataclass(frozen=True)
class Counts:
    """Per part (chunk, or the whole of a key domain): the codes that occur, ascending, and their rows."""

    parts: tuple[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], ...]


def counts(span: Span, node: Node, parts: int) -> Counts:
    """The counts segment of a node that has ``parts`` parts."""
    found, pairs = span.unpack("II", 0)
    require(found == parts, span.where, f"{found} parts where there are {parts}")
    span.ends(8 + 4 * parts + 8 * pairs)
    ends = span.array(U32, 8, parts).astype(np.int64)
    codes = span.array(U32, 8 + 4 * parts, pairs).astype(np.int64)
    rows = span.array(U32, 8 + 4 * parts + 4 * pairs, pairs).astype(np.int64)
    bounds = [0, *ends.tolist()]
    require(bounds[-1] == pairs and sorted(bounds) == bounds, span.where, f"the ends do not ascend to {pairs}")
    require(not pairs or int(codes.max()) <= node.dictionary_size, span.where, "a code above the number of values")
    require(bool((rows > 0).all()), span.where, "a count of zero")
    out = []
    for start, end in pairwise(bounds):
        part = codes[start:end]
        require(bool((np.diff(part) > 0).all()), span.where, "the codes of a part do not ascend")
        out.append((part, rows[start:end]))
    return Counts(tuple(out))


def bitmaps(span: Span, node: Node, rows: int) -> list[npt.NDArray[np.uint32]]:
    """The row positions per dictionary value, and last those of NULL."""
    values, zero = span.unpack("II", 0)
    require(zero == 0, span.where, "bytes 4 to 8 are not zero")
    require(values == node.dictionary_size + 1, span.where, f"{values} bitmaps for {node.dictionary_size} values")
    offsets = span.array(U64, 8, values + 1).astype(object).tolist()
    start = 8 + 8 * (values + 1)
    require(offsets[0] == start, span.where, f"the first bitmap is at {offsets[0]}, not {start}")
    require(offsets[-1] == len(span), span.where, "the offsets do not add up to the payload")
    require(sorted(offsets) == offsets, span.where, "the offsets do not ascend")
    out = []
    for value in range(values):
        size = offsets[value + 1] - offsets[value]
        members = np.zeros(0, dtype=np.uint32)
        if size:
            members = roaring(span.part(offsets[value], size, f"{span.where}, value {value}"))
            require(len(members) > 0 and int(members[-1]) < rows, span.where, f"value {value}: rows past the last")
        out.append(members)
    return out


def sequences(span: Span, keys: int) -> tuple[Sequence, ...]:
    """The sequences of a group of ``keys`` keys."""
    count, zero = span.unpack("II", 0)
    require(zero == 0, span.where, "bytes 4 to 8 are not zero")
    words = 8 + 24 * count
    span.part(0, words)
    out, end = [], words
    for index in range(count):
        first, codes, bits, flags, offset = span.unpack("IIIIQ", 8 + 24 * index)
        where = f"{span.where}, sequence {index}"
        require(flags <= 1, where, f"unknown flags {flags:#x}")
        require(codes > 0, where, "no codes")
        require(first + bits <= keys, where, f"codes up to {first + bits} of {keys} keys")
        if flags & 1:
            require(bits == codes, where, f"a run of {codes} codes spans {bits}")
            out.append(Sequence(first, codes, None))
            continue
        at = words + 8 * offset
        mask: Mask = bitmap(span.part(0, len(span), where), at, bits)
        members = np.flatnonzero(mask).astype(np.int64) + first
        require(len(members) == codes, where, f"{len(members)} bits are set, not {codes}")
        end = max(end, at + bitmap_size(bits))
        out.append(Sequence(first, codes, members))
    span.ends(end)
    return tuple(out)


def parent_firsts(span: Span, parents: int, keys: int) -> npt.NDArray[np.int64]:
    """The first key of each parent, and behind them the number of keys."""
    span.ends(4 * (parents + 1))
    firsts = span.array(U32, 0, parents + 1).astype(np.int64)
    require(int(firsts[0]) == 0 and int(firsts[-1]) == keys, span.where, f"the firsts do not run from 0 to {keys}")
    require(bool((np.diff(firsts) >= 0).all()), span.where, "the firsts do not ascend")
    return firsts


__all__ = [
    "Counts",
    "Record",
    "bitmaps",
    "counts",
    "dictionary",
    "directory",
    "parent_firsts",
    "sequences",
]
