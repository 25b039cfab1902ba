"""A tiny writer of shards for the tests, made from Schemas/FORMAT.md: slow, plain, and told what encoding to use."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import shard_bits as b

NONE = 0xFFFFFFFF
CHUNK = 65_536
TYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "date",
         "timestamp", "utf8", "binary", "list", "fixed"]  # fmt: skip
NUMBER = {name: i + 1 for i, name in enumerate(TYPES)}
SIGNED = {"int8", "int16", "int32", "int64", "date", "timestamp"}
SCHEMA, DATA, DICTIONARY, TEXT_DICTIONARY, DIRECTORY, COUNTS, BITMAPS, SEQUENCES, FIRSTS, FOOTER = range(1, 11)
NUMBERS = {"constant": 0, "plain": 1, "packed": 2, "delta": 3, "decimal": 4, "runs": 5, "planes": 6, "text": 7,
           "sequences": 8}  # fmt: skip


@dataclass
class Stored:
    """How the values of a node are stored: one value per row or key, None for NULL."""

    values: Sequence[Any]
    encoding: str = "plain"
    codec: int = 0
    coded: bool = False
    counts: bool = False
    bitmaps: str = ""
    text_dictionary: bytes | None = None
    block: int = 16_384
    exponent: int = 2
    width: int = 0
    pieces: Sequence[tuple[int, int, int]] = ()
    raw_text: bool = False


@dataclass
class Column:
    """A field, its values per row, and for a list how the elements are stored."""

    name: str
    type: str
    rows: Stored | None
    element: str = ""
    size: int = 0
    elements: Stored | None = None
    nullable: bool = True


@dataclass
class KeyGroup:
    """A key group: codes per row (local ones if nested), and its columns with their values per key."""

    name: str
    keys: int
    codes: Stored | None
    columns: dict[str, Stored] = field(default_factory=dict)
    parent: int | None = None
    firsts: Sequence[int] = ()
    sequences: Sequence[Sequence[int]] = ()
    row_keys: Sequence[int] = ()


def schema(columns: Sequence[Column], groups: Sequence[KeyGroup] = ()) -> dict[str, Any]:
    """The schema as JSON."""
    fields = []
    for i, c in enumerate(columns):
        kind = {"list": f"list<{c.element}>", "fixed": f"fixed_list<{c.element}, {c.size}>"}.get(c.type, c.type)
        fields.append({"id": i + 1, "name": c.name, "type": kind, "nullable": c.nullable})
    keys = [
        {"name": g.name, "key": list(g.columns)[:1], "columns": list(g.columns)}
        | ({} if g.parent is None else {"within": groups[g.parent].name})
        for g in groups
    ]
    return {"fields": fields, "key_groups": keys}


class Writer:
    """Lays out one shard."""

    def __init__(self, columns: Sequence[Column], groups: Sequence[KeyGroup] = (), rows: int | None = None) -> None:
        self.columns, self.groups = columns, groups
        first = next((c.rows for c in columns if c.rows is not None), None)
        self.rows = rows if rows is not None else len(first.values) if first else len(groups[0].row_keys)
        self.out = bytearray(64)
        self.nodes = bytearray()
        self.node_count = 0

    def segment(
        self,
        kind: int,
        payload: bytes,
        node: int = NONE,
        chunk: int = NONE,
        count: int = 0,
        nulls: int = 0,
        encoding: int = 0,
        codec: int = 0,
        validity: bool = False,
        parameter: int = 0,
    ) -> tuple[int, bytes]:
        """Append a segment; its offset and stored payload."""  # fmt: skip
        stored = b.coded(payload, codec) if codec else payload
        covered = stored[:parameter] if kind == DATA and encoding == 7 else stored
        head = struct.pack("<4sBBBBIIIIQQQQ", b"ALSG", kind, encoding, codec, validity, node, chunk, count, nulls,
                           len(stored), len(payload), parameter, b.checksum(covered))  # fmt: skip
        offset = len(self.out)
        self.out += b.pad(head + struct.pack("<Q", b.checksum(head)) + stored, 64)
        return offset, stored

    def file(self) -> bytes:
        """The finished file."""
        at_schema, _ = self.segment(SCHEMA, json.dumps(schema(self.columns, self.groups)).encode())
        for i, column in enumerate(self.columns):
            self.column(i, column)
        groups = [self.group(i, g) for i, g in enumerate(self.groups)]
        names, fields, heads = b"", b"", b""
        for i, c in enumerate(self.columns):
            name = c.name.encode()
            element = NUMBER[c.element] if c.element else 0
            fields += struct.pack(
                "<IIHBBHBB", i + 1, len(names), len(name), NUMBER[c.type], c.nullable, c.size, element, 0
            )
            names += name
        for g, (code, count, firsts, sequences) in zip(self.groups, groups, strict=True):
            name = g.name.encode()
            flags = (g.parent is not None) | (g.codes is None) << 1
            parent = NONE if g.parent is None else g.parent
            heads += struct.pack(
                "<IHHIIIIQQQ", len(names), len(name), flags, parent, g.keys, code, count, firsts, sequences, 0
            )
            names += name
        at = 64 + len(self.nodes)
        payload = struct.pack("<QIIIIIIIIIIQQ", self.rows, CHUNK, -(-self.rows // CHUNK), self.node_count,
                              len(self.groups), len(self.columns), len(names), 64, at, at + len(heads),
                              at + len(heads) + len(fields), at_schema, 0)  # fmt: skip
        payload += bytes(self.nodes) + heads + fields + names
        footer, _ = self.segment(FOOTER, payload)
        head = struct.pack("<8sHHIQQ24x", b"ALSHARD1", 1, 0, 64, 0, 0)
        self.out[:64] = head + struct.pack("<Q", b.checksum(head))
        post = struct.pack("<QQQQQHHI", footer, len(payload), b.checksum(payload), len(self.out) + 64, 0, 1, 0, 0)
        self.out += post + struct.pack("<Q8s", b.checksum(post), b"ALSHEND1")
        return bytes(self.out)

    def column(self, index: int, column: Column) -> None:
        """A field's node in the row domain, and its elements'."""
        if column.rows is None:
            self.node(0, index, 0, NONE, column.type, None, self.rows)
            return
        values = column.rows.values
        if column.element:
            lengths = [len(v) if v is not None else None for v in values]
            if column.size:
                lengths = [None if v is None else column.size for v in values]
            self.node(0, index, 0, NONE, column.type, Stored(**{**vars(column.rows), "values": lengths}), self.rows)
            fill = [None] * column.size
            parts = [[e for v in values[a : a + CHUNK] for e in (fill if v is None else v)]
                     for a in range(0, len(values), CHUNK)]  # fmt: skip
            stored = column.elements or Stored([])
            self.node(1, index, 0, self.node_count - 1, column.element, stored, 0, parts)
        else:
            self.node(0, index, 0, NONE, column.type, column.rows, self.rows)

    def group(self, index: int, group: KeyGroup) -> tuple[int, int, int, int]:
        """A group's nodes; its code node, count node, parent firsts and sequences."""
        code = self.node_count
        firsts = sequences = 0
        if group.codes is not None and group.parent is not None:
            payload = struct.pack(f"<{len(group.firsts)}I", *group.firsts)
            firsts, _ = self.segment(FIRSTS, payload, code)
        if group.sequences:
            sequences, _ = self.segment(SEQUENCES, self.sequences(group.sequences), code)
        self.node(2, index, 0, NONE, "uint32", group.codes, self.rows)
        rows = [0] * group.keys
        for key in group.row_keys:
            rows[key] += 1
        self.row_counts = rows
        self.node(3, index, index + 1, NONE, "uint32", None if group.codes is None else Stored(rows), group.keys)
        numbers = {c.name: i for i, c in enumerate(self.columns)}
        for name, stored in group.columns.items():
            kind = self.columns[numbers[name]].type
            self.node(0, numbers[name], index + 1, NONE, kind, None if group.codes is None else stored, group.keys)
        return code, code + 1, firsts, sequences

    def sequences(self, sequences: Sequence[Sequence[int]]) -> bytes:
        """The payload of a sequences segment."""
        records, words = b"", b""
        for s in sequences:
            span = s[-1] - s[0] + 1
            run = span == len(s)
            records += struct.pack("<IIIIQ", s[0], len(s), span, run, 0 if run else len(words) // 8)
            words += b"" if run else b.bits([s[0] + i in set(s) for i in range(span)])
        return struct.pack("<II", len(sequences), 0) + records + words

    def node(
        self,
        role: int,
        owner: int,
        domain: int,
        parent: int,
        kind: str,
        stored: Stored | None,
        total: int,
        parts: Sequence[Sequence[Any]] | None = None,
    ) -> None:
        """Everything of a node: data, directory, dictionary, index, and its record in the footer."""  # fmt: skip
        number, self.node_count = self.node_count, self.node_count + 1
        if stored is None:
            self.nodes += struct.pack("<IIIIBBHI40x", role, owner, domain, parent, NUMBER[kind], 2, 0, 0)
            return
        if parts is None:
            parts = [stored.values[a : a + CHUNK] for a in range(0, total, CHUNK)]
        words: list[Any] = []
        dictionary = texts = counts = bitmaps = 0
        if stored.coded:
            words = sorted({v for p in parts for v in p if v is not None})
            dictionary, _ = self.segment(DICTIONARY, self.dictionary(kind, words), number, codec=stored.codec)
            place = {v: i for i, v in enumerate(words)} | {None: len(words)}
            parts = [[place[v] for v in p] for p in parts]
        if stored.text_dictionary:
            texts, _ = self.segment(TEXT_DICTIONARY, stored.text_dictionary, number)
        records = [self.chunk(number, c, kind, stored, p, len(words)) for c, p in enumerate(parts)]
        directory, _ = self.segment(DIRECTORY, b"".join(records), number)
        if stored.counts:
            counts, _ = self.segment(COUNTS, self.counts(parts, domain), number)
        if stored.bitmaps:
            flat = [v for p in parts for v in p]
            sets = [[i for i, v in enumerate(flat) if v == code] for code in range(len(words) + 1)]
            bodies = [b.roaring(s, stored.bitmaps == "runs") if s else b"" for s in sets]
            ends = [16 + 8 * len(bodies)]
            for body in bodies:
                ends.append(ends[-1] + len(body))
            payload = struct.pack(f"<II{len(ends)}Q", len(bodies), 0, *ends) + b"".join(bodies)
            bitmaps, _ = self.segment(BITMAPS, payload, number)
        self.nodes += struct.pack("<IIIIBBHIQQQQQ", role, owner, domain, parent, NUMBER[kind], stored.coded, 0,
                                  len(words), directory, dictionary, texts, counts, bitmaps)  # fmt: skip

    def dictionary(self, kind: str, words: Sequence[Any]) -> bytes:
        """The payload of a dictionary."""
        if kind not in ("utf8", "binary"):
            return b"".join(struct.pack("<Q", int(w) & b.MASK) for w in words)
        ends = [0]
        for w in words:
            ends.append(ends[-1] + len(w))
        return b.pad(struct.pack(f"<{len(ends)}I", *ends)) + b"".join(words)

    def counts(self, parts: Sequence[Sequence[int]], domain: int) -> bytes:
        """The payload of a counts segment."""
        if domain:
            parts = [[code for p in parts for code in p]]
        weights = self.row_counts if domain else None
        ends, codes, rows = [], [], []
        for part in parts:
            for code in sorted(set(part)):
                codes.append(code)
                rows.append(sum(weights[i] if weights else 1 for i, c in enumerate(part) if c == code))
            ends.append(len(codes))
        return struct.pack(f"<II{len(ends) + 2 * len(codes)}I", len(ends), len(codes), *ends, *codes, *rows)

    def chunk(self, node: int, chunk: int, kind: str, s: Stored, values: Sequence[Any], words: int) -> bytes:
        """A data segment and its directory record."""
        code_kind = "uint32" if s.coded or kind in ("list", "fixed") else kind
        null = words if s.coded else None
        valid = [v != null for v in values]
        nulls = valid.count(False)
        live = [v for v in values if v != null]
        validity = bool(nulls) and not s.coded
        if s.encoding == "constant" and nulls == len(values) > 0 and not s.coded and kind not in ("list", "fixed"):
            payload, parameter, validity = b"", 0, False
        elif s.encoding == "text":
            filled = [v or b"" for v in values]
            bitmap = valid if validity else None
            payload, parameter = b.text(filled, bitmap, s.block, s.text_dictionary, s.raw_text)
        else:
            filler = live[0] if live and kind not in ("list",) else 0
            payload, parameter = encode(code_kind, s, [filler if v is None else v for v in values])
            payload = (b.bits(valid) if validity else b"") + payload
        number = NUMBERS[s.encoding]
        codec = 0 if s.encoding == "text" else s.codec
        offset, stored = self.segment(
            DATA, payload, node, chunk, len(values), nulls, number, codec, validity, parameter
        )
        flags, low, high = bounds(kind, s.coded, live)
        return struct.pack(
            "<QQIIIBBH16s16s", offset, len(stored), len(values), nulls, flags, number, codec, 0, low, high
        )


def encode(kind: str, s: Stored, values: Sequence[Any]) -> tuple[bytes, int]:
    """The encoded values and the parameter."""
    if kind in ("utf8", "binary"):
        return bytes(values[0]) if values else b"", 0
    if kind in ("float32", "float64"):
        if s.encoding == "constant":
            return struct.pack("<d", values[0] if values else 0), 0
        if s.encoding == "decimal":
            return b.decimal(values, s.exponent)
        letter, width = ("f", 4) if kind == "float32" else ("d", 8)
        return struct.pack(f"<{len(values)}{letter}", *values), width
    whole = [int(v) for v in values]
    if s.encoding == "plain":
        return b.plain(whole, s.width or 8, kind in SIGNED)
    if s.encoding == "planes":
        return b.planes(whole, s.width)
    if s.encoding == "sequences":
        return b.pieces(s.pieces)
    return {"constant": b.constant, "packed": b.frame, "delta": b.delta, "runs": b.runs}[s.encoding](whole)


def bounds(kind: str, coded: bool, live: Sequence[Any]) -> tuple[int, bytes, bytes]:
    """Flags, min and max of a directory record."""
    if kind in ("list", "fixed"):
        return 0, b"", b""
    nans = any(v != v for v in live)
    live = [v for v in live if v == v]
    if not live:
        return 4 * nans, b"", b""
    low, high = min(live), max(live)
    if kind in ("utf8", "binary") and not coded:
        flags = 1 | (len(high) > 16) << 1 | min(len(low), 16) << 8 | min(len(high), 16) << 16
        return flags, low[:16], high[:16]
    if kind in ("float32", "float64"):
        return 1 | nans << 2, struct.pack("<d", low), struct.pack("<d", high)
    return 1, struct.pack("<Q", int(low) & b.MASK), struct.pack("<Q", int(high) & b.MASK)
