"""Segments: the 64-byte header, the checks before a payload is touched, and the block codec."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import lz4.block  # type: ignore[import-untyped]
import numpy as np
import zstandard

from .errors import ReaderError, require
from .span import U32, Span, checksum

NONE = 0xFFFFFFFF
HEADER = 64


class Kind(enum.IntEnum):
    """What a segment holds."""

    SCHEMA = 1
    DATA = 2
    DICTIONARY = 3
    TEXT_DICTIONARY = 4
    DIRECTORY = 5
    COUNTS = 6
    BITMAPS = 7
    SEQUENCES = 8
    PARENT_FIRSTS = 9
    FOOTER = 10


class Encoding(enum.IntEnum):
    """How the values of a data segment are laid out."""

    CONSTANT = 0
    PLAIN = 1
    PACKED = 2
    DELTA = 3
    DECIMAL = 4
    RUNS = 5
    PLANES = 6
    TEXT = 7
    SEQUENCES = 8


#: Kinds that are never compressed by a codec.
UNCODED = {Kind.SCHEMA, Kind.TEXT_DICTIONARY, Kind.DIRECTORY, Kind.BITMAPS, Kind.FOOTER}


@dataclass(frozen=True)
class SegmentHeader:
    """The header of a segment, verified against its own checksum."""

    offset: int
    kind: Kind
    encoding: Encoding
    codec: int
    validity: bool
    node: int
    chunk: int
    count: int
    nulls: int
    stored: int
    raw: int
    parameter: int
    payload_checksum: int

    @property
    def end(self) -> int:
        """The offset in the file behind the payload."""
        return self.offset + HEADER + self.stored


def read_header(file: Span, offset: int, limit: int) -> SegmentHeader:
    """The segment header at ``offset``; the segment must end at or before ``limit``, the postscript's offset."""
    where = f"{file.where}, segment at {offset}"
    require(offset >= HEADER and offset % 64 == 0, where, "a segment starts at a multiple of 64 behind the file header")
    require(offset + HEADER <= limit, where, "the segment reaches past the postscript")
    span = file.part(offset, HEADER, where)
    magic, kind, encoding, codec, flags, node, chunk, count, nulls, stored, raw, parameter, check, own = span.unpack(
        "4sBBBBIIIIQQQQQ", 0
    )
    require(magic == b"ALSG", where, f"magic {magic!r} is not ALSG")
    require(checksum(span.data[:56]) == own, where, "the header's checksum does not match")
    require(1 <= kind <= 10, where, f"unknown kind {kind}")
    kind = Kind(kind)
    where = f"{where} ({kind.name.lower()})"
    require(kind == Kind.DATA or encoding == 0, where, f"encoding {encoding} in a segment without data")
    require(encoding <= 8, where, f"unknown encoding {encoding}")
    require(codec <= 2, where, f"unknown codec {codec}")
    require(flags <= 1, where, f"unknown flags {flags:#x}")
    require(kind == Kind.DATA or flags == 0, where, "a validity bitmap in a segment without data")
    uncoded = kind in UNCODED or (kind == Kind.DATA and encoding == Encoding.TEXT)
    require(codec == 0 or not uncoded, where, f"codec {codec} where there is none")
    require(codec != 0 or stored == raw, where, f"raw length {raw} is not the stored length {stored}")
    require(raw < 1 << 32, where, f"raw length {raw} is too large")
    require(nulls <= count, where, f"{nulls} NULLs in {count} values")
    require(offset + HEADER + stored <= limit, where, "the segment reaches past the postscript")
    return SegmentHeader(
        offset, kind, Encoding(encoding), codec, flags == 1, node, chunk, count, nulls, stored, raw, parameter, check
    )


def read_payload(file: Span, header: SegmentHeader, where: str) -> Span:
    """The payload of a segment, its checksum verified and its codec undone. Of text the checksum covers the head."""
    stored = file.part(header.offset + HEADER, header.stored, where)
    covered = stored
    if header.kind == Kind.DATA and header.encoding == Encoding.TEXT:
        covered = stored.part(0, header.parameter)
    require(checksum(covered.data) == header.payload_checksum, where, "the payload's checksum does not match")
    return stored if header.codec == 0 else decode_blocks(stored, header.codec, header.raw)


def decode_blocks(stored: Span, codec: int, raw: int) -> Span:
    """The payload behind a block table: ``u32 block size, u32 block count, u32 ends[]`` and the blocks."""
    size, count = stored.unpack("II", 0)
    require(64 <= size <= 1 << 20, stored.where, f"block size {size} is not between 64 and 1048576")
    require(count == -(-raw // size), stored.where, f"{count} blocks of {size} do not make {raw} bytes")
    ends = stored.array(U32, 8, count).astype(np.int64)
    start = 8 + 4 * count
    bounds = np.concatenate((np.zeros(1, dtype=np.int64), ends))
    require(bool((np.diff(bounds) > 0).all()), stored.where, "the block ends do not ascend")
    require(int(bounds[-1]) == len(stored) - start, stored.where, "the block ends do not add up to the stored length")
    out = bytearray()
    for index in range(count):
        block = stored.data[start + int(bounds[index]) : start + int(bounds[index + 1])]
        want = min(size, raw - index * size)
        out += decompress(block, codec == 2, want, f"{stored.where}, block {index}", None)
    return Span(memoryview(bytes(out)), stored.where)


def decompress(
    block: memoryview, zstd: bool, size: int, where: str, dictionary: zstandard.ZstdCompressionDict | None
) -> bytes:
    """One lz4 block or one zstd frame, which must give exactly ``size`` bytes."""
    try:
        if not zstd:
            out = lz4.block.decompress(block, uncompressed_size=size)
        else:
            content = zstandard.frame_content_size(block)
            require(content in (-1, size), where, f"a frame of {content} bytes where {size} are stated")
            engine = zstandard.ZstdDecompressor(dict_data=dictionary)
            out = engine.decompress(block, max_output_size=max(size, 1), allow_extra_data=False)
    except (lz4.block.LZ4BlockError, zstandard.ZstdError, ValueError, MemoryError) as error:
        raise ReaderError(where, f"does not decompress: {error}") from error
    require(len(out) == size, where, f"decompresses to {len(out)} bytes, not {size}")
    return bytes(out)
