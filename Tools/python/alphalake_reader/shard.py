"""A shard: its columns, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .encodings import floats, integers
from .errors import ReaderError, require
from .footer import CHUNK, Field, Node, Role
from .parts import Parts
from .segment import Encoding
from .span import Mask, bitmap
from .text import split, texts
from .types import BYTES, DTYPES, FLOATS, LISTS, SIGNED, Type, Vector, from_patterns


class Shard(Parts):
    """One shard file, open for reading.

    Opening verifies header, postscript, footer and schema; every other segment is verified when it is first touched,
    and ``validate`` touches them all. Everything that does not follow the format is a ReaderError.
    """

    def __init__(self, source: str | Path | bytes) -> None:
        super().__init__(source)
        self.columns: dict[str, Field] = {f.name: f for f in self.footer.fields}
        self._elements: dict[int, tuple[int, int]] = {}
        self._keyed: dict[int, Vector] = {}

    @property
    def row_count(self) -> int:
        """How many rows the shard has."""
        return self.footer.rows

    def read(self, column: str, domain: int | None = None) -> list[Any]:
        """All values of a column, None for NULL.

        Without ``domain`` one value per row, from whichever node has them; with it the values of the column's node in
        that domain: 0 per row, g + 1 per key of group g.
        """
        return [value for chunk in self.chunks(column, domain) for value in chunk.to_list()]

    def chunks(self, column: str, domain: int | None = None) -> Iterator[Vector]:
        """The values of a column as vectors of a chunk each."""
        node = self.node_of(self.field(column), domain)
        if domain is None:
            for chunk in range(self.footer.chunks):
                yield self.expand(node, chunk)
        else:
            for chunk in range(self.footer.chunks_of(node)):
                yield self.vector(node, chunk)

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[dict[str, Any]]:
        """The rows ``start ..< stop`` as dictionaries, columns in the table's order."""
        stop = self.row_count if stop is None else min(stop, self.row_count)
        for chunk in range(start // CHUNK, -(-stop // CHUNK)):
            base = chunk * CHUNK
            values = [self.expand(self.node_of(f), chunk).to_list() for f in self.footer.fields]
            for at in range(max(start - base, 0), min(stop - base, self.footer.length_of(0, chunk))):
                yield {name: column[at] for name, column in zip(self.columns, values, strict=True)}

    def validate(self) -> None:
        """Verify everything in the file, and everything it says twice against each other."""
        from .validation import validate

        validate(self)

    # Nodes

    def field(self, column: str) -> Field:
        """The field of a name."""
        if column not in self.columns:
            raise ReaderError(self.name, f"no column {column}")
        return self.columns[column]

    def nodes_of(self, field: Field) -> list[Node]:
        """The nodes that hold the values of a field, the row domain's first."""
        return [n for n in self.footer.nodes if n.role == Role.VALUES and n.owner == field.index and not n.absent]

    def node_of(self, field: Field, domain: int | None = None) -> Node:
        """The first node of a field, or the one of a domain."""
        for node in self.nodes_of(field):
            if domain is None or node.domain == domain:
                return node
        raise ReaderError(self.name, f"column {field.name} has no values in domain {domain}")

    def expand(self, node: Node, chunk: int) -> Vector:
        """The values of a node in the rows of a chunk: those of keys repeated for every row of the key."""
        if node.domain == 0:
            return self.vector(node, chunk)
        return self.keyed(node).take(self.row_keys(node.domain - 1, chunk))

    def keyed(self, node: Node) -> Vector:
        """All values of a node in a key domain; kept."""
        if node.index not in self._keyed:
            parts = [self.vector(node, c) for c in range(self.footer.chunks_of(node))]
            values = [np.zeros(0, dtype=DTYPES[node.type]), *(p.values for p in parts)]
            valid = [np.zeros(0, dtype=np.bool_), *(p.valid for p in parts)]
            self._keyed[node.index] = Vector(node.type, np.concatenate(values), np.concatenate(valid))
        return self._keyed[node.index]

    def row_keys(self, group: int, chunk: int) -> npt.NDArray[np.int64]:
        """The keys of a group in the rows of a chunk, nested groups made absolute."""
        entry = self.footer.groups[group]
        where = f"{self.name}, group {entry.name}, chunk {chunk}"
        require(not entry.absent, where, "the group is absent")
        vector = self.vector(self.footer.nodes[entry.code_node], chunk)
        require(vector.nulls == 0, where, "a key code is NULL")
        keys = vector.values.astype(np.int64)
        if entry.parent is not None:
            parents = self.row_keys(entry.parent, chunk)
            firsts = self.firsts(entry)
            keys = keys + firsts[parents]
            require(bool((keys < firsts[parents + 1]).all()), where, "a local code past the keys of its parent")
        require(not keys.size or int(keys.max()) < entry.keys, where, f"a key code not below {entry.keys}")
        return keys

    def codes(self, node: Node, chunk: int) -> npt.NDArray[np.int64]:
        """The dictionary codes of a dictionary-coded node in a chunk."""
        header, span, _ = self.data(node, chunk, self._length(node, chunk))
        patterns = integers(span, header, False, True, None)
        top = int(patterns.max()) if patterns.size else 0
        require(top <= node.dictionary_size, span.where, f"code {top} above {node.dictionary_size} values")
        return patterns.view(np.int64)

    def vector(self, node: Node, chunk: int) -> Vector:
        """The values of a node in a chunk of its domain."""
        vector = self.dictionary(node).take(self.codes(node, chunk)) if node.coded else self._decode(node, chunk)
        nulls = self.directory(node)[chunk].nulls
        require(vector.nulls == nulls, self.spot(node, chunk), f"{vector.nulls} NULLs, not {nulls}")
        return vector

    def _length(self, node: Node, chunk: int) -> int:
        if node.list_node is None:
            return self.footer.length_of(node.domain, chunk)
        kept = self._elements.get(node.index)
        if kept is None or kept[0] != chunk:
            self.vector(self.footer.nodes[node.list_node], chunk)
            kept = self._elements[node.index]
        return kept[1]

    def _decode(self, node: Node, chunk: int) -> Vector:
        header, span, at = self.data(node, chunk, self._length(node, chunk))
        count, type_ = header.count, node.type
        valid: Mask = bitmap(span, 0, count) if header.validity else np.ones(count, dtype=np.bool_)
        if header.encoding == Encoding.TEXT:
            require(type_ in BYTES, span.where, f"encoding text of {type_.name.lower()}")
            return Vector(type_, texts(span, header, at, valid, self.text_dictionary(node)), valid)
        body = span.part(at, len(span) - at)
        none = header.encoding == Encoding.CONSTANT and header.nulls == count > 0 and not header.validity
        if none:
            require(type_ not in LISTS, span.where, "lists that are all NULL, without a validity bitmap")
            body.ends(0)
            valid = np.zeros(count, dtype=np.bool_)
        require(count > 0 or header.encoding == Encoding.CONSTANT, span.where, "no values, but not constant")
        if type_ in BYTES:
            require(header.encoding == Encoding.CONSTANT, span.where, f"encoding {header.encoding.name} of bytes")
            require(count > 0 or len(body) == 0, span.where, "bytes of no value")
            return Vector(type_, np.repeat(split(bytes(body.data), np.full(1, len(body))), count), valid)
        if type_ in FLOATS:
            wide = np.zeros(count) if none else floats(body, header, type_)
            return Vector(type_, wide.astype(DTYPES[type_]), valid)
        if none:
            patterns = np.zeros(count, dtype=np.uint64)
        else:
            flat = node.role == Role.CODES and self.footer.groups[node.owner].parent is None
            sequences = self.sequences(self.footer.groups[node.owner]) if flat else None
            patterns = integers(body, header, type_ in SIGNED, False, sequences)
        if type_ in LISTS:
            return self._lists(node, chunk, patterns, valid)
        return Vector(type_, from_patterns(patterns, type_, valid, span.where), valid)

    def _lists(self, node: Node, chunk: int, patterns: npt.NDArray[np.uint64], valid: Mask) -> Vector:
        size, where = self.footer.fields[node.owner].size, self.spot(node, chunk)
        if node.type == Type.FIXED_LIST:
            require(bool((patterns == size).all()), where, f"a fixed list is not of {size}")
        else:
            require(not patterns[~valid].any(), where, "a NULL list has a length")
        require(not (patterns >> np.uint64(31)).any(), where, "a list of more than 2^31 - 1 elements")
        lengths = patterns.astype(np.int64)
        total = int(lengths.sum())
        require(total < 1 << 31, where, "more than 2^31 - 1 elements in a chunk")
        elements = self.footer.nodes[node.index + 1]
        self._elements[elements.index] = (chunk, total)
        return Vector(node.type, lengths, valid, self.vector(elements, chunk))
