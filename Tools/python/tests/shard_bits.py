"""The bit layouts and encodings of the format, written out plainly for the tests: shares nothing with the reader."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise

import lz4.block  # type: ignore[import-untyped]
import xxhash
import zstandard

MASK = (1 << 64) - 1


def checksum(data: bytes) -> int:
    """XXH3-64 with seed 0."""
    return xxhash.xxh3_64_intdigest(data)


def pad(data: bytes, unit: int = 8) -> bytes:
    """Zero bytes behind data up to a multiple of unit."""
    return data + bytes(-len(data) % unit)


def bits(flags: Sequence[bool]) -> bytes:
    """A bitmap."""
    total = sum(1 << i for i, flag in enumerate(flags) if flag)
    return total.to_bytes(-(-len(flags) // 64) * 8, "little")


def packed(values: Sequence[int], width: int) -> bytes:
    """Packed(n, width), its zero word included."""
    total = 0
    for i, value in enumerate(values):
        assert value < 1 << width or width == value == 0
        total |= value << (i * width)
    return total.to_bytes(-(-len(values) * width // 64) * 8 + 8, "little")


def width_of(values: Sequence[int]) -> int:
    """Bits of the largest value."""
    return max((v.bit_length() for v in values), default=0)


def constant(values: Sequence[int]) -> tuple[bytes, int]:
    """Encoding 0 of integers, and its parameter."""
    return struct.pack("<Q", values[0] & MASK if values else 0), 0


def plain(values: Sequence[int], width: int, signed: bool) -> tuple[bytes, int]:
    """Encoding 1 of integers."""
    return b"".join(v.to_bytes(width, "little", signed=signed) for v in values), width


def frame(values: Sequence[int]) -> tuple[bytes, int]:
    """Encoding 2."""
    base = min(values, default=0)
    width = width_of([v - base for v in values])
    return struct.pack("<Q", base & MASK) + packed([v - base for v in values], width), width


def delta(values: Sequence[int]) -> tuple[bytes, int]:
    """Encoding 3."""
    steps = [b - a for a, b in pairwise(values)]
    base = min(steps, default=0)
    rest = [(s - base) & MASK for s in steps]
    width = width_of(rest)
    return struct.pack("<QQ", values[0] & MASK, base & MASK) + packed(rest, width), width


def decimal(values: Sequence[float], exponent: int) -> tuple[bytes, int]:
    """Encoding 4: values that do not survive the scaling are exceptions."""
    whole: list[int | None] = []
    exceptions: list[tuple[int, float]] = []
    for i, value in enumerate(values):
        scaled = round(value * 10**exponent) if value == value and abs(value) < 1e9 else None
        if scaled is None or float(scaled) / 10**exponent != value or str(value) == "-0.0":
            exceptions.append((i, value))
            whole.append(None)
        else:
            whole.append(scaled)
    base = min((w for w in whole if w is not None), default=0)
    rest = [0 if w is None else w - base for w in whole]
    width = width_of(rest)
    body = struct.pack("<QII", base & MASK, len(exceptions), 0) + packed(rest, width)
    body = pad(body + b"".join(struct.pack("<I", i) for i, _ in exceptions))
    return body + b"".join(struct.pack("<d", v) for _, v in exceptions), width + 256 * exponent


def runs(values: Sequence[int]) -> tuple[bytes, int]:
    """Encoding 5."""
    ends: list[int] = []
    kinds: list[int] = []
    for i, value in enumerate(values):
        if kinds and kinds[-1] == value:
            ends[-1] = i + 1
        else:
            kinds.append(value)
            ends.append(i + 1)
    base = min(kinds, default=0)
    rest = [k - base for k in kinds]
    width = width_of(rest)
    head = struct.pack("<IIQ", len(ends), width, base & MASK) + b"".join(struct.pack("<I", e) for e in ends)
    return pad(head) + packed(rest, width), 0


def planes(values: Sequence[int], width: int) -> tuple[bytes, int]:
    """Encoding 6."""
    return b"".join(bits([bool(v >> b & 1) for v in values]) for b in range(width)), width


def pieces(parts: Sequence[tuple[int, int, int]]) -> tuple[bytes, int]:
    """Encoding 8 from (sequence, skip, rows)."""
    columns = zip(*parts, strict=True)
    return struct.pack("<II", len(parts), 0) + b"".join(struct.pack(f"<{len(parts)}I", *c) for c in columns), 0


def text(
    values: Sequence[bytes], valid: Sequence[bool] | None, block: int, dictionary: bytes | None, stored: bool = False
) -> tuple[bytes, int]:
    """Encoding 7, validity bitmap included."""
    cuts, size = [0], 0
    for i, value in enumerate(values):
        if size and size + len(value) > block:
            cuts.append(i)
            size = 0
        size += len(value)
    if not any(values):
        cuts = []
    options = {"dict_data": zstandard.ZstdCompressionDict(dictionary)} if dictionary else {}
    engine = zstandard.ZstdCompressor(**options)  # type: ignore[arg-type]
    records, blocks = b"", b""
    for a, b in zip(cuts, [*cuts[1:], len(values)], strict=False):
        raw = b"".join(values[a:b])
        out = raw if stored else engine.compress(raw)
        records += struct.pack("<IIIIQ", a, len(out), len(raw), 0 if stored else 1, checksum(out))
        blocks += out
    lengths = [len(v) for v in values]
    width = width_of(lengths)
    head = bits(valid) if valid is not None else b""
    head += struct.pack("<IIQ", len(cuts), width, sum(lengths)) + packed(lengths, width) + records
    return head + blocks, len(head)


def coded(raw: bytes, codec: int, size: int = 1 << 16) -> bytes:
    """A payload under a codec."""
    parts = [raw[i : i + size] for i in range(0, len(raw), size)]
    if codec == 1:
        blocks = [lz4.block.compress(p, store_size=False) for p in parts]
    else:
        blocks = [zstandard.ZstdCompressor().compress(p) for p in parts]
    ends, total = [], 0
    for b in blocks:
        total += len(b)
        ends.append(total)
    return struct.pack(f"<II{len(ends)}I", size, len(ends), *ends) + b"".join(blocks)


def roaring(members: Sequence[int], run: bool = False) -> bytes:
    """A Roaring bitmap in the portable serialisation, with run containers on demand."""
    containers: dict[int, list[int]] = {}
    for m in sorted(members):
        containers.setdefault(m >> 16, []).append(m & 0xFFFF)
    bodies = []
    for low in containers.values():
        if run:
            spans: list[list[int]] = []
            for v in low:
                if spans and spans[-1][1] + 1 == v:
                    spans[-1][1] = v
                else:
                    spans.append([v, v])
            pairs = b"".join(struct.pack("<HH", a, b - a) for a, b in spans)
            bodies.append(struct.pack("<H", len(spans)) + pairs)
        elif len(low) <= 4096:
            bodies.append(struct.pack(f"<{len(low)}H", *low))
        else:
            bodies.append(sum(1 << v for v in low).to_bytes(8192, "little"))
    count = len(containers)
    head = struct.pack("<II", 12346, count)
    if run:
        head = struct.pack("<I", 12347 | (count - 1) << 16) + ((1 << count) - 1).to_bytes(-(-count // 8), "little")
    head += b"".join(struct.pack("<HH", k, len(low) - 1) for k, low in containers.items())
    if not run or count >= 4:
        at = len(head) + 4 * count
        for body in bodies:
            head += struct.pack("<I", at)
            at += len(body)
    return head + b"".join(bodies)
