"""Bounds-checked views of bytes, and the two bit layouts of the format: bitmaps and packed integers."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from .errors import ReaderError, require

Words = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

#: The dtypes an array of a span is read with.
U32 = np.dtype("<u4")
U64 = np.dtype("<u8")
I64 = np.dtype("<i8")
F64 = np.dtype("<f8")


def align(n: int, unit: int) -> int:
    """The next multiple of unit at or above n."""
    return -(-n // unit) * unit


def checksum(data: memoryview | bytes) -> int:
    """XXH3-64 with seed 0."""
    return xxhash.xxh3_64_intdigest(data)


class Span:
    """A run of bytes that knows what it is part of; a read past its end is a ReaderError."""

    def __init__(self, data: memoryview, where: str) -> None:
        self.data = data
        self.where = where

    def __len__(self) -> int:
        return len(self.data)

    def part(self, at: int, size: int, where: str | None = None) -> Span:
        """The bytes ``at ..< at + size`` as a span of its own."""
        if at < 0 or size < 0 or at + size > len(self.data):
            raise ReaderError(self.where, f"{size} bytes at {at} reach past the end, {len(self.data)}")
        return Span(self.data[at : at + size], where or self.where)

    def bytes(self, at: int, size: int) -> bytes:
        """A copy of the bytes ``at ..< at + size``."""
        return bytes(self.part(at, size).data)

    def unpack(self, layout: str, at: int) -> tuple[Any, ...]:
        """Values of a ``struct`` layout, little-endian without padding."""
        return struct.unpack("<" + layout, self.part(at, struct.calcsize("<" + layout)).data)

    def u8(self, at: int) -> int:
        """The byte at ``at``."""
        return int(self.unpack("B", at)[0])

    def u32(self, at: int) -> int:
        """The u32 at ``at``."""
        return int(self.unpack("I", at)[0])

    def u64(self, at: int) -> int:
        """The u64 at ``at``."""
        return int(self.unpack("Q", at)[0])

    def array(self, dtype: np.dtype[Any], at: int, count: int) -> npt.NDArray[Any]:
        """``count`` values of dtype from ``at`` on (a view, read-only)."""
        return np.frombuffer(self.part(at, count * dtype.itemsize).data, dtype=dtype)

    def zero(self, start: int, end: int) -> None:
        """Require that the bytes ``start ..< end`` are zero."""
        require(not any(self.part(start, end - start).data), self.where, f"bytes {start} to {end} are not zero")

    def pad8(self, at: int) -> int:
        """The next multiple of 8, after requiring that the bytes up to it are zero."""
        end = align(at, 8)
        self.zero(at, end)
        return end

    def ends(self, size: int) -> None:
        """Require that the span is exactly ``size`` bytes long."""
        require(len(self) == size, self.where, f"{len(self)} bytes where the content takes {size}")


def bitmap_size(bits: int) -> int:
    """Bytes of a bitmap of ``bits`` bits."""
    return align(bits, 64) // 8


def bitmap(span: Span, at: int, bits: int) -> Mask:
    """The bits of a bitmap; bits past the last must be zero."""
    raw = np.frombuffer(span.part(at, bitmap_size(bits)).data, dtype=np.uint8)
    unpacked = np.unpackbits(raw, bitorder="little")
    require(not unpacked[bits:].any(), span.where, f"bitmap at {at}: bits past {bits} are set")
    return unpacked[:bits].astype(np.bool_)


def packed_size(count: int, width: int) -> int:
    """Bytes of Packed(count, width), its zero word included."""
    return align(count * width, 64) // 8 + 8


def packed(span: Span, at: int, count: int, width: int) -> Words:
    """The values of Packed(count, width)."""
    require(0 <= width <= 64, span.where, f"packed width {width} is above 64")
    size = packed_size(count, width)
    words = span.array(U64, at, size // 8).astype(np.uint64)
    require(int(words[-1]) == 0, span.where, f"packed values at {at}: the word behind them is not zero")
    rest = count * width % 64
    if rest:
        require(int(words[-2]) >> rest == 0, span.where, f"packed values at {at}: bits past the last are set")
    if width == 0 or count == 0:
        return np.zeros(count, dtype=np.uint64)
    first = np.arange(count, dtype=np.uint64) * np.uint64(width)
    index = (first >> np.uint64(6)).astype(np.int64)
    shift = first & np.uint64(63)
    low = words[index] >> shift
    # A shift by 64 is undefined, so the high part is shifted twice.
    high = (words[index + 1] << np.uint64(1)) << (np.uint64(63) - shift)
    mask = np.uint64((1 << width) - 1)
    return np.bitwise_and(np.bitwise_or(low, high), mask)
