"""The parts of a shard file: its segments, found from the footer, verified when first touched, and kept."""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import zstandard

from . import index
from .encodings import Sequence
from .errors import ReaderError, require
from .footer import Field, Footer, Group, Node, Role, read_footer
from .segment import NONE, Encoding, Kind, SegmentHeader, read_header, read_payload
from .span import Span, bitmap_size
from .text import text_dictionary
from .types import Vector

T = TypeVar("T")


class Parts:
    """Header, footer, schema, and every segment beside the data decoded on demand."""

    def __init__(self, source: str | Path | bytes) -> None:
        if isinstance(source, bytes):
            self.name, data = "shard", memoryview(source)
        else:
            self.name, data = Path(source).name, map_file(Path(source))
        self.file = Span(data, self.name)
        self.footer: Footer = read_footer(self.file)
        self.limit = self.footer.header.offset
        self._kept: dict[tuple[str, int], Any] = {}
        header = self.header(self.footer.schema, Kind.SCHEMA, (NONE,), NONE, f"{self.name}, schema")
        require(header.offset == 64, self.name, "the schema is not the first segment")
        try:
            self.schema: Any = json.loads(bytes(read_payload(self.file, header, f"{self.name}, schema").data))
        except (ValueError, RecursionError) as error:
            raise ReaderError(f"{self.name}, schema", f"not JSON: {error}") from error

    def spot(self, node: Node, chunk: int) -> str:
        """How errors name a node's data."""
        owners: tuple[Field, ...] | tuple[Group, ...]
        owners = self.footer.fields if node.role < Role.CODES else self.footer.groups
        what = ("column", "elements of", "codes of group", "row counts of group")[node.role]
        domain = "" if node.domain == 0 else f" in domain {node.domain}"
        return f"{self.name}, {what} {owners[node.owner].name}{domain}, chunk {chunk}"

    def header(self, offset: int, kind: Kind, nodes: tuple[int, ...], chunk: int, where: str) -> SegmentHeader:
        """The header of a segment, which must be of the kind, node and chunk that it is pointed to as."""
        header = read_header(self.file, offset, self.limit)
        require(header.kind == kind, where, f"the segment at {offset} is a {header.kind.name.lower()}")
        require(header.node in nodes, where, f"the segment at {offset} is of node {header.node}")
        require(header.chunk == chunk, where, f"the segment at {offset} is of chunk {header.chunk}")
        return header

    def _keep(self, what: str, number: int, make: Callable[[], T]) -> T:
        key = (what, number)
        if key not in self._kept:
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept

    def _payload(self, kind: Kind, offset: int, nodes: tuple[int, ...]) -> Span:
        name = kind.name.lower().replace("_", " ")
        where = f"{self.name}, {name} of node {nodes[-1]}"
        return read_payload(self.file, self.header(offset, kind, nodes, NONE, where), where)

    def data(self, node: Node, chunk: int, length: int) -> tuple[SegmentHeader, Span, int]:
        """Header and raw payload of a data segment of ``length`` values, and where the validity bitmap ends in it."""
        where = self.spot(node, chunk)
        require(not node.absent, where, "the node is absent")
        record = self.directory(node)[chunk]
        header = self.header(record.offset, Kind.DATA, (node.index,), chunk, where)
        said = (header.stored, header.count, header.nulls, header.encoding, header.codec)
        want = (record.stored, record.count, record.nulls, record.encoding, record.codec)
        require(said == want, where, "the segment's header disagrees with the directory")
        require(header.count == length, where, f"{header.count} values where there are {length}")
        require(not (node.coded and header.validity), where, "a validity bitmap in a dictionary-coded node")
        null = header.encoding == Encoding.CONSTANT and header.nulls == header.count > 0
        bare = not (header.validity or node.coded or null)
        require(not bare or header.nulls == 0, where, f"{header.nulls} NULLs without a validity bitmap")
        return header, read_payload(self.file, header, where), bitmap_size(header.count) if header.validity else 0

    def directory(self, node: Node) -> tuple[index.Record, ...]:
        """The records of a node's chunks."""
        chunks = self.footer.chunks_of(node)
        return self._keep(
            "directory",
            node.index,
            lambda: index.directory(self._payload(Kind.DIRECTORY, node.directory, (node.index,)), node, chunks),
        )

    def dictionary(self, node: Node) -> Vector:
        """The values of a node's dictionary, and a NULL behind them."""
        return self._keep(
            "dictionary",
            node.index,
            lambda: index.dictionary(self._payload(Kind.DICTIONARY, node.dictionary, (node.index,)), node),
        )

    def text_dictionary(self, node: Node) -> zstandard.ZstdCompressionDict | None:
        """The zstd dictionary of a node's text blocks."""
        if node.text_dictionary == 0:
            return None
        return self._keep(
            "text dictionary",
            node.index,
            lambda: text_dictionary(self._payload(Kind.TEXT_DICTIONARY, node.text_dictionary, (node.index,))),
        )

    def counts(self, node: Node) -> index.Counts | None:
        """The counts of a node's values."""
        if node.counts == 0:
            return None
        parts = self.footer.chunks if node.domain == 0 else 1
        return index.counts(self._payload(Kind.COUNTS, node.counts, (node.index,)), node, parts)

    def bitmaps(self, node: Node) -> list[npt.NDArray[np.uint32]] | None:
        """The row positions per value of a node."""
        if node.bitmaps == 0:
            return None
        return index.bitmaps(self._payload(Kind.BITMAPS, node.bitmaps, (node.index,)), node, self.footer.rows)

    def sequences(self, group: Group) -> tuple[Sequence, ...]:
        """The sequences of a group's key codes."""
        if group.sequences == 0:
            return ()
        nodes = (group.code_node,)
        return self._keep(
            "sequences",
            group.index,
            lambda: index.sequences(self._payload(Kind.SEQUENCES, group.sequences, nodes), group.keys),
        )

    def firsts(self, group: Group) -> npt.NDArray[np.int64]:
        """The first key of each parent of a nested group."""
        parents = self.footer.groups[group.parent or 0].keys
        nodes = (group.code_node,)
        return self._keep(
            "firsts",
            group.index,
            lambda: index.parent_firsts(self._payload(Kind.PARENT_FIRSTS, group.firsts, nodes), parents, group.keys),
        )


def map_file(path: Path) -> memoryview:
    """A file's bytes, mapped."""
    try:
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                return memoryview(b"")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise ReaderError(str(path), f"cannot be opened: {error.strerror}") from error
