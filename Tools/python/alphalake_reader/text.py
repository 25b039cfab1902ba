"""Encoding text: values end to end in blocks that are compressed apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import zstandard

from .errors import ReaderError, require
from .segment import SegmentHeader, decompress
from .span import Mask, Span, checksum, packed, packed_size

RECORD = 24


def text_dictionary(span: Span) -> zstandard.ZstdCompressionDict:
    """A zstd dictionary from its segment."""
    try:
        return zstandard.ZstdCompressionDict(span.bytes(0, len(span)))
    except (zstandard.ZstdError, ValueError) as error:
        raise ReaderError(span.where, f"not a zstd dictionary: {error}") from error


def texts(
    span: Span, header: SegmentHeader, at: int, valid: Mask, dictionary: zstandard.ZstdCompressionDict | None
) -> npt.NDArray[np.object_]:
    """The values of a segment in encoding text, as bytes; ``at`` is where the validity bitmap ends."""
    blocks, width, total = span.unpack("IIQ", at)
    require(width <= 64, span.where, f"packed width {width} is above 64")
    records = at + 16 + packed_size(header.count, width)
    start = records + RECORD * blocks
    require(header.parameter == start, span.where, f"the head has {start} bytes, the parameter says {header.parameter}")
    wide = packed(span, at + 16, header.count, width)
    require(not (wide >> np.uint64(31)).any(), span.where, "a value of more than 2^31 - 1 bytes")
    lengths = wide.astype(np.int64)
    require(not lengths[~valid].any(), span.where, "a NULL has a length")
    require(int(lengths.sum()) == total, span.where, f"the lengths do not add up to {total} bytes")
    require(blocks > 0 or total == 0, span.where, "values, but no block")
    firsts, out, position = [], bytearray(), start
    raws = []
    for index in range(blocks):
        first, stored, raw, flags, check = span.unpack("IIIIQ", records + RECORD * index)
        where = f"{span.where}, block {index}"
        require(flags <= 1, where, f"unknown flags {flags:#x}")
        require(first < header.count, where, f"first value {first} of {header.count}")
        block = span.part(position, stored, where)
        require(checksum(block.data) == check, where, "the checksum does not match")
        if flags & 1:
            out += decompress(block.data, True, raw, where, dictionary)
        else:
            require(stored == raw, where, f"{stored} bytes stored as they are, but {raw} raw")
            out += block.data
        firsts.append(first)
        raws.append(raw)
        position += stored
    span.ends(position)
    _check_blocks(span, lengths, firsts, raws)
    return split(bytes(out), lengths)


def _check_blocks(span: Span, lengths: npt.NDArray[np.int64], firsts: list[int], raws: list[int]) -> None:
    """First values ascend strictly from 0, and a block is as long as its values."""
    if not firsts:
        return
    bounds = np.array([*firsts, len(lengths)], dtype=np.int64)
    require(firsts[0] == 0, span.where, "the first block does not start with value 0")
    require(bool((np.diff(bounds) > 0).all()), span.where, "the blocks' first values do not ascend")
    sums = np.add.reduceat(lengths, bounds[:-1])
    require(sums.tolist() == raws, span.where, "a block is not as long as its values")
    largest = np.maximum.reduceat(lengths, bounds[:-1])
    shared = (largest > 16_384) & (sums != largest)
    require(not shared.any(), span.where, "a value longer than 16 KiB shares its block")


def split(data: bytes, lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """``data`` cut into values of the given lengths."""
    out = np.empty(len(lengths), dtype=np.object_)
    position = 0
    for index, length in enumerate(lengths.tolist()):
        out[index] = data[position : position + length]
        position += length
    return out
