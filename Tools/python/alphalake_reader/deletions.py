"""Files of deletions: which rows of a shard are gone."""

from __future__ import annotations

import xxhash

from .errors import require
from .roaring import roaring
from .span import Span

HEAD = 24
MAGIC = b"EKALDEL1"


def read(data: bytes, rows: int, where: str) -> list[int]:
    """The deleted rows of a shard of ``rows`` rows, ascending."""
    require(len(data) >= HEAD + 16, where, "cut short")
    body, seal = data[:-16], data[-16:]
    digest = xxhash.xxh3_128_intdigest(body)
    require(int.from_bytes(seal, "little") == digest, where, "the digest does not match")
    span = Span(memoryview(body), where)
    require(body[:8] == MAGIC, where, "not a file of deletions")
    require(span.u32(8) == rows, where, f"of a shard of {span.u32(8)} rows, not {rows}")
    require(span.u64(16) == len(body) - HEAD, where, "its length is not the one stated")
    found = [int(row) for row in roaring(span.part(HEAD, len(body) - HEAD))]
    require(bool(found) and found[-1] < rows, where, "a row that the shard does not have, or none")
    require(len(found) == span.u32(12), where, f"{len(found)} rows, not {span.u32(12)}")
    return found
