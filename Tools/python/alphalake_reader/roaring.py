"""Roaring bitmaps in the portable serialisation, as RoaringFormatSpec describes it (32-bit sets)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .errors import require
from .span import Span

NO_RUNS = 12_346
WITH_RUNS = 12_347
OFFSETS_FROM = 4
ARRAY_MAX = 4_096

_U16 = np.dtype("<u2")


def roaring(span: Span) -> npt.NDArray[np.uint32]:
    """The members of the set, ascending; the span must hold exactly one bitmap."""
    cookie = span.u32(0)
    if cookie == NO_RUNS:
        containers, at = span.u32(4), 8
        runs = np.zeros(containers if containers <= 65_536 else 0, dtype=np.bool_)
    else:
        require(cookie & 0xFFFF == WITH_RUNS, span.where, f"cookie {cookie} is not a Roaring bitmap's")
        containers = (cookie >> 16) + 1
        size = -(-containers // 8)
        raw = np.frombuffer(span.part(4, size).data, dtype=np.uint8)
        flags = np.unpackbits(raw, bitorder="little")
        require(not flags[containers:].any(), span.where, "run flags past the last container")
        runs, at = flags[:containers].astype(np.bool_), 4 + size
    require(containers <= 65_536, span.where, f"{containers} containers")
    heads = span.array(_U16, at, 2 * containers).astype(np.int64)
    keys, sizes = heads[0::2], heads[1::2] + 1
    require(bool((np.diff(keys) > 0).all()), span.where, "the containers' keys do not ascend")
    at += 4 * containers
    offsets: list[int] | None = None
    if cookie == NO_RUNS or containers >= OFFSETS_FROM:
        offsets = span.array(np.dtype("<u4"), at, containers).tolist()
        at += 4 * containers
    parts = []
    for index in range(containers):
        require(offsets is None or offsets[index] == at, span.where, f"container {index} is not at its offset")
        low, at = _container(span, at, bool(runs[index]), int(sizes[index]))
        require(len(low) == sizes[index], span.where, f"container {index} has {len(low)} members, not {sizes[index]}")
        parts.append(low.astype(np.uint32) | np.uint32(int(keys[index]) << 16))
    span.ends(at)
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint32)


def _container(span: Span, at: int, run: bool, size: int) -> tuple[npt.NDArray[np.int64], int]:
    """The low halves in a container at ``at``, and where it ends."""
    if run:
        count = int(span.unpack("H", at)[0])
        pairs = span.array(_U16, at + 2, 2 * count).astype(np.int64)
        starts, ends = pairs[0::2], pairs[0::2] + pairs[1::2]
        ascends = bool((starts[1:] > ends[:-1]).all()) and bool((ends <= 0xFFFF).all())
        require(count > 0 and ascends, span.where, f"run container at {at}: the runs do not ascend")
        lengths = ends - starts + 1
        before = np.cumsum(lengths) - lengths
        members = np.arange(int(lengths.sum()), dtype=np.int64) + np.repeat(starts - before, lengths)
        return members, at + 2 + 4 * count
    if size <= ARRAY_MAX:
        low = span.array(_U16, at, size).astype(np.int64)
        require(bool((np.diff(low) > 0).all()), span.where, f"array container at {at} does not ascend")
        return low, at + 2 * size
    raw = np.frombuffer(span.part(at, 8_192).data, dtype=np.uint8)
    return np.flatnonzero(np.unpackbits(raw, bitorder="little")), at + 8_192
