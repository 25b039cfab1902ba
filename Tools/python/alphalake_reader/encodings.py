"""The encodings of data segments, all but text: raw payload behind the validity bitmap to 64-bit patterns or floats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .errors import ReaderError, require
from .segment import Encoding, SegmentHeader
from .span import F64, U32, Span, Words, bitmap, bitmap_size, packed, packed_size
from .types import Type

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sequence:
    """Key codes that occur in this order: ``codes`` of them, the first one ``first``.

    ``members`` lists the codes; of a run (first, first + 1, ...) it is None.
    """

    first: int
    codes: int
    members: npt.NDArray[np.int64] | None

    def piece(self, skip: int, rows: int) -> npt.NDArray[np.int64]:
        """``rows`` codes from code number ``skip`` on."""
        if self.members is None:
            return np.arange(self.first + skip, self.first + skip + rows, dtype=np.int64)
        return self.members[skip : skip + rows]


def integers(
    span: Span, header: SegmentHeader, signed: bool, codes: bool, sequences: tuple[Sequence, ...] | None
) -> Words:
    """The 64-bit patterns of integers.

    ``signed`` says how plain values are extended, ``codes`` that they are codes of a dictionary, and ``sequences`` are
    those of the group whose key codes they are, None for anything else.
    """
    count, encoding = header.count, header.encoding
    if encoding == Encoding.CONSTANT:
        span.ends(8)
        return np.full(count, span.u64(0), dtype=np.uint64)
    if encoding == Encoding.PLAIN:
        return _plain(span, count, header.parameter, signed)
    if encoding == Encoding.PACKED:
        span.ends(8 + packed_size(count, _width(span, header.parameter)))
        return packed(span, 8, count, header.parameter) + np.uint64(span.u64(0))
    if encoding == Encoding.DELTA:
        return _delta(span, count, _width(span, header.parameter))
    if encoding == Encoding.RUNS:
        return _runs(span, count)
    if encoding == Encoding.PLANES:
        require(codes, span.where, "planes of values that are not codes")
        return _planes(span, count, header.parameter)
    if encoding == Encoding.SEQUENCES:
        require(sequences is not None, span.where, "sequences of values that are not key codes of a flat group")
        return _pieces(span, count, sequences or ())
    raise ReaderError(span.where, f"encoding {encoding.name.lower()} of integers")


def _width(span: Span, width: int) -> int:
    require(width <= 64, span.where, f"packed width {width} is above 64")
    return width


def _plain(span: Span, count: int, width: int, signed: bool) -> Words:
    require(width in (1, 2, 4, 8), span.where, f"plain values of {width} bytes")
    span.ends(count * width)
    values = span.array(np.dtype(f"<{'i' if signed else 'u'}{width}"), 0, count)
    return values.astype(np.int64).view(np.uint64) if signed else values.astype(np.uint64)


def _delta(span: Span, count: int, width: int) -> Words:
    require(count > 0, span.where, "delta of no values")
    span.ends(16 + packed_size(count - 1, width))
    steps = np.empty(count, dtype=np.uint64)
    steps[0] = span.u64(0)
    steps[1:] = packed(span, 16, count - 1, width) + np.uint64(span.u64(8))
    return np.cumsum(steps, dtype=np.uint64)


def _runs(span: Span, count: int) -> Words:
    runs, width, base = span.unpack("IIQ", 0)
    _width(span, width)
    ends = span.array(U32, 16, runs).astype(np.int64)
    at = span.pad8(16 + 4 * runs)
    span.ends(at + packed_size(runs, width))
    lengths = np.diff(ends, prepend=0)
    require(bool((lengths > 0).all()), span.where, "the ends of the runs do not ascend")
    require(int(lengths.sum()) == count, span.where, f"the runs do not add up to {count}")
    return np.repeat(packed(span, at, runs, width) + np.uint64(base), lengths)


def _planes(span: Span, count: int, width: int) -> Words:
    require(width <= 16, span.where, f"{width} planes are more than 16")
    size = bitmap_size(count)
    span.ends(width * size)
    values = np.zeros(count, dtype=np.uint64)
    for bit in range(width):
        values |= bitmap(span, bit * size, count).astype(np.uint64) << np.uint64(bit)
    return values


def _pieces(span: Span, count: int, sequences: tuple[Sequence, ...]) -> Words:
    pieces, zero = span.unpack("II", 0)
    require(zero == 0, span.where, "bytes 4 to 8 are not zero")
    span.ends(8 + 12 * pieces)
    which = span.array(U32, 8, pieces).tolist()
    skips = span.array(U32, 8 + 4 * pieces, pieces).tolist()
    rows = span.array(U32, 8 + 8 * pieces, pieces).tolist()
    require(sum(rows) == count, span.where, f"the pieces do not add up to {count}")
    out = np.empty(count, dtype=np.int64)
    at = 0
    for number, skip, length in zip(which, skips, rows, strict=True):
        require(number < len(sequences), span.where, f"no sequence {number}")
        sequence = sequences[number]
        require(length > 0 and skip + length <= sequence.codes, span.where, f"a piece past sequence {number}")
        out[at : at + length] = sequence.piece(skip, length)
        at += length
    return out.view(np.uint64)


def floats(span: Span, header: SegmentHeader, type_: Type) -> Floats:
    """The values of floats, float32 widened."""
    count, narrow = header.count, type_ == Type.FLOAT32
    if header.encoding == Encoding.CONSTANT:
        span.ends(8)
        values: Floats = np.full(count, _exact(span.array(F64, 0, 1), narrow, span)[0], dtype=np.float64)
    elif header.encoding == Encoding.PLAIN:
        width = 4 if narrow else 8
        require(header.parameter == width, span.where, f"plain floats of {header.parameter} bytes")
        span.ends(count * width)
        values = span.array(np.dtype(f"<f{width}"), 0, count).astype(np.float64)
    elif header.encoding == Encoding.DECIMAL:
        values = _decimal(span, count, header.parameter, narrow)
    else:
        raise ReaderError(span.where, f"encoding {header.encoding.name.lower()} of floats")
    if narrow:
        with np.errstate(over="ignore"):
            values = values.astype(np.float32).astype(np.float64)
    return values


def _exact(values: Floats, narrow: bool, span: Span) -> Floats:
    """Values that are stored whole: those of float32 are float32 values."""
    with np.errstate(over="ignore", invalid="ignore"):
        same = values.astype(np.float32) == values
    require(not narrow or bool((same | np.isnan(values)).all()), span.where, "a value that is no float32")
    return values


def _decimal(span: Span, count: int, parameter: int, narrow: bool) -> Floats:
    width, exponent = parameter & 0xFF, parameter >> 8
    require(exponent <= 18, span.where, f"decimal exponent {exponent} is above 18")
    _width(span, width)
    base, exceptions, zero = span.unpack("QII", 0)
    require(zero == 0, span.where, "bytes 12 to 16 are not zero")
    require(exceptions <= count, span.where, f"{exceptions} exceptions in {count} values")
    at = 16 + packed_size(count, width)
    positions = span.array(U32, at, exceptions).astype(np.int64)
    after = span.pad8(at + 4 * exceptions)
    span.ends(after + 8 * exceptions)
    whole = (packed(span, 16, count, width) + np.uint64(base)).view(np.int64)
    values: Floats = whole.astype(np.float64) / np.float64(10**exponent)
    if exceptions:
        require(bool((np.diff(positions) > 0).all()), span.where, "the exceptions do not ascend")
        require(int(positions[-1]) < count, span.where, "an exception past the last value")
        values[positions] = _exact(span.array(F64, after, exceptions), narrow, span)
    return values
