"""Validation: every segment touched, and everything that a shard says twice held against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .errors import require
from .footer import Group, Node, Role
from .index import Record
from .segment import Encoding, Kind, SegmentHeader, read_header, read_payload
from .span import align
from .types import BYTES, FLOATS, LISTS, Type, Vector, decode_utf8

if TYPE_CHECKING:
    from .shard import Shard


def validate(shard: Shard) -> None:
    """Raise a ReaderError where the shard does not follow the format or contradicts itself."""
    _walk(shard)
    for group in shard.footer.groups:
        if not group.absent:
            _group(shard, group)
    for node in shard.footer.nodes:
        if not node.absent:
            _node(shard, node)
    for field in shard.footer.fields:
        nodes = shard.nodes_of(field)
        for chunk in range(shard.footer.chunks if nodes else 0):
            first = shard.expand(nodes[0], chunk)
            spot = shard.spot(nodes[0], chunk)
            require(field.nullable or first.nulls == 0, spot, "NULLs in a column without NULLs")
            for other in nodes[1:]:
                require(same(first, shard.expand(other, chunk)), spot, f"node {other.index} has other values")


def _walk(shard: Shard) -> None:
    """Segments lie one behind the other from the header to the footer, with zero padding between them."""
    offset, end = 64, shard.footer.header.offset
    while offset < end:
        header = read_header(shard.file, offset, end)
        where = f"{shard.name}, segment at {offset}"
        require(header.kind != Kind.FOOTER, where, "a footer before the footer")
        require(header.kind != Kind.SCHEMA or offset == 64, where, "a second schema")
        _spare(header, where)
        read_payload(shard.file, header, where)
        offset = align(header.end, 64)
        shard.file.zero(header.end, offset)
    require(offset == end, shard.name, "the footer does not lie behind the segments")


def _spare(header: SegmentHeader, where: str) -> None:
    """What a header has no use for is zero."""
    data, counted = header.kind == Kind.DATA, header.kind in (Kind.DATA, Kind.DICTIONARY, Kind.DIRECTORY)
    require(counted or header.count == 0, where, f"a count of {header.count}")
    require(data or header.nulls == 0, where, f"{header.nulls} NULLs outside of data")
    has_parameter = data and header.encoding not in (Encoding.CONSTANT, Encoding.RUNS, Encoding.SEQUENCES)
    require(has_parameter or header.parameter == 0, where, f"a parameter of {header.parameter}")


def _group(shard: Shard, group: Group) -> None:
    """Row counts are those of the key codes, and every key has rows."""
    where = f"{shard.name}, group {group.name}"
    rows = np.zeros(group.keys, dtype=np.int64)
    for chunk in range(shard.footer.chunks):
        rows += np.bincount(shard.row_keys(group.index, chunk), minlength=group.keys)
    said = shard.keyed(shard.footer.nodes[group.count_node])
    require(said.nulls == 0, where, "a row count is NULL")
    require(bool((said.values == rows).all()), where, "the row counts are not those of the key codes")
    require(bool((rows > 0).all()), where, "a key without rows")
    sequences = shard.sequences(group)
    distinct = {(s.first, s.codes, None if s.members is None else s.members.tobytes()) for s in sequences}
    require(len(distinct) == len(sequences), where, "a sequence is there twice")


def _node(shard: Shard, node: Node) -> None:
    chunks = shard.footer.chunks_of(node)
    tallies = [_chunk(shard, node, chunk) for chunk in range(chunks)]
    if not node.coded:
        return
    where = f"{shard.name}, node {node.index}"
    _texts(shard.dictionary(node), where)
    seen = np.zeros(node.dictionary_size + 1, dtype=np.bool_)
    for codes in tallies:
        seen[codes] = True
    require(bool(seen[:-1].all()), where, "a dictionary value does not occur")
    counts = shard.counts(node)
    if counts is not None:
        if node.domain == 0:
            want = [np.unique(codes, return_counts=True) for codes in tallies]
        else:
            keys = shard.keyed(shard.footer.nodes[shard.footer.groups[node.domain - 1].count_node])
            codes = np.concatenate(tallies) if tallies else np.zeros(0, dtype=np.int64)
            sums = np.bincount(codes, weights=keys.values.astype(np.float64), minlength=len(seen)).astype(np.int64)
            want = [(np.flatnonzero(sums), sums[sums > 0])]
        for part, ((codes, rows), (real, tally)) in enumerate(zip(counts.parts, want, strict=True)):
            agree = np.array_equal(codes, real) and np.array_equal(rows, tally)
            require(agree, where, f"part {part} of the counts is not that of the data")
    bitmaps = shard.bitmaps(node)
    if bitmaps is not None:
        all_codes = np.concatenate(tallies) if tallies else np.zeros(0, dtype=np.int64)
        order = np.argsort(all_codes, kind="stable")
        bounds = np.searchsorted(all_codes[order], np.arange(len(bitmaps) + 1))
        for value, members in enumerate(bitmaps):
            real = order[bounds[value] : bounds[value + 1]]
            require(np.array_equal(members, real), where, f"bitmap {value} is not that of the data")


def _chunk(shard: Shard, node: Node, chunk: int) -> npt.NDArray[np.int64]:
    """Check a chunk's statistics against its values; of a dictionary-coded node, its codes are given back."""
    where = shard.spot(node, chunk)
    record = shard.directory(node)[chunk]
    vector = shard.vector(node, chunk)
    if node.coded:
        codes = shard.codes(node, chunk)
        _bounds(record, codes[codes < node.dictionary_size], where)
        return codes
    _texts(vector, where)
    live = vector.values[vector.valid]
    if node.role == Role.CODES:
        shard.row_keys(node.owner, chunk)
    if node.type in LISTS:
        return np.zeros(0, dtype=np.int64)
    if node.type in FLOATS:
        nans = np.isnan(live)
        require(record.nans == bool(nans.any()), where, "the directory is wrong about NaNs")
        live = live[~nans]
    if node.type in BYTES:
        _byte_bounds(record, list(live), where)
    else:
        _bounds(record, live, where)
    return np.zeros(0, dtype=np.int64)


def _bounds(record: Record, live: npt.NDArray[np.generic], where: str) -> None:
    require(not record.bounded or live.size > 0, where, "bounds of no values")
    if record.bounded:
        low, high = live.min().item(), live.max().item()
        require((low, high) == (record.low, record.high), where, f"bounds {record.low!r} and {record.high!r}, not "
                f"{low!r} and {high!r}")  # fmt: skip


def _byte_bounds(record: Record, live: list[bytes], where: str) -> None:
    require(not record.bounded or bool(live), where, "bounds of no values")
    if record.bounded:
        low, high = min(live), max(live)
        require(record.low == low[:16], where, f"minimum {record.low!r}, not {low!r}")
        require(record.high == high[:16] and record.cut == (len(high) > 16), where, f"maximum {record.high!r}")


def _texts(vector: Vector, where: str) -> None:
    """Values of type utf8 are valid UTF-8."""
    values = vector.values if vector.elements is None else vector.elements.values
    type_ = vector.type if vector.elements is None else vector.elements.type
    if type_ == Type.UTF8:
        for value in values:
            decode_utf8(value)


def same(a: Vector, b: Vector) -> bool:
    """Whether two vectors without lists hold the same values, a NaN being equal to a NaN."""
    if not np.array_equal(a.valid, b.valid):
        return False
    left, right = a.values[a.valid], b.values[b.valid]
    if a.type in FLOATS:
        return bool(((left == right) | (np.isnan(left) & np.isnan(right))).all())
    return bool(np.array_equal(left, right))
