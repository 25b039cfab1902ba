"""The file's frame: header, postscript, and the footer's fields, groups and nodes."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from .errors import ReaderError, require
from .segment import HEADER, NONE, Kind, SegmentHeader, read_header, read_payload
from .span import Span, align, checksum
from .types import BYTES, FLOATS, LISTS, Type

CHUNK = 65_536
POSTSCRIPT = 64
MAX_CHUNKS = 64
MAX_KEYS = 4_194_304
MAX_FIELDS = 16_384
MAX_GROUPS = 16
MAX_DICTIONARY = 1_048_576


class Role(enum.IntEnum):
    """What a node's values are."""

    VALUES = 0
    ELEMENTS = 1
    CODES = 2
    ROW_COUNTS = 3


@dataclass(frozen=True)
class Field:
    """A column of the table."""

    index: int
    id: int
    name: str
    type: Type
    nullable: bool
    size: int
    element: Type | None


@dataclass(frozen=True)
class Group:
    """A key group as the shard stores it."""

    index: int
    name: str
    absent: bool
    parent: int | None
    keys: int
    code_node: int
    count_node: int
    firsts: int
    sequences: int


@dataclass(frozen=True)
class Node:
    """A column as stored; offsets are of segments, 0 where there is none."""

    index: int
    role: Role
    owner: int
    domain: int
    list_node: int | None
    type: Type
    coded: bool
    absent: bool
    dictionary_size: int
    directory: int
    dictionary: int
    text_dictionary: int
    counts: int
    bitmaps: int


@dataclass(frozen=True)
class Footer:
    """Everything the footer says."""

    rows: int
    chunks: int
    schema: int
    fields: tuple[Field, ...]
    groups: tuple[Group, ...]
    nodes: tuple[Node, ...]
    header: SegmentHeader

    def chunks_of(self, node: Node) -> int:
        """How many chunks a node has."""
        return self.chunks if node.domain == 0 else -(-self.groups[node.domain - 1].keys // CHUNK)

    def length_of(self, domain: int, chunk: int) -> int:
        """How many values chunk ``chunk`` of a domain has; not for elements."""
        total = self.rows if domain == 0 else self.groups[domain - 1].keys
        return min(CHUNK, total - chunk * CHUNK)


def read_footer(file: Span) -> Footer:
    """Header, postscript and footer of a shard, verified."""
    size = len(file)
    where = file.where
    require(size >= 192, where, f"{size} bytes are too short for a shard")
    require(size % 64 == 0, where, f"{size} bytes are not a multiple of 64")
    features = _check_header(file.part(0, HEADER, f"{where}, header"))
    post = file.part(size - POSTSCRIPT, POSTSCRIPT, f"{where}, postscript")
    offset, length, check, total, again, major, _minor, zero, own, magic = post.unpack("QQQQQHHIQ8s", 0)
    require(magic == b"ALSHEND1", post.where, f"magic {magic!r} is not ALSHEND1")
    require(checksum(post.data[:48]) == own, post.where, "the checksum does not match")
    require(total == size, post.where, f"the file has {size} bytes, the postscript says {total}")
    require(major == 1, post.where, f"major version {major} is not 1")
    require(zero == 0, post.where, "bytes 44 to 48 are not zero")
    require(again == features, post.where, "the required features are not the header's")
    header = read_header(file, offset, size - POSTSCRIPT)
    spot = f"{where}, footer"
    require(header.kind == Kind.FOOTER, spot, f"the segment is a {header.kind.name.lower()}")
    require(header.node == NONE and header.chunk == NONE, spot, "the segment names a node or a chunk")
    require(header.stored == length and header.payload_checksum == check, spot, "the postscript disagrees with it")
    require(align(header.end, 64) == size - POSTSCRIPT, spot, "the footer is not the last segment")
    file.part(0, size, spot).zero(header.end, size - POSTSCRIPT)
    return _Parser(read_payload(file, header, spot), header).footer()


def _check_header(head: Span) -> int:
    magic, major, _minor, length, required, _optional, zero, own = head.unpack("8sHHIQQ24sQ", 0)
    require(magic == b"ALSHARD1", head.where, f"magic {magic!r} is not ALSHARD1")
    require(checksum(head.data[:56]) == own, head.where, "the checksum does not match")
    require(major == 1, head.where, f"major version {major} is not 1")
    require(length == HEADER, head.where, f"the header's length is {length}, not 64")
    for bit in range(64):
        require(not required >> bit & 1, head.where, f"the file requires feature {bit}, which is unknown")
    require(not any(zero), head.where, "bytes 32 to 56 are not zero")
    return int(required)


class _Parser:
    """Reads the footer's payload and checks what it says against itself."""

    def __init__(self, span: Span, header: SegmentHeader) -> None:
        self.span = span
        self.header = header
        self.rows, chunk, self.chunks = span.unpack("QII", 0)
        self.node_count, self.group_count, self.field_count, self.names_length = span.unpack("IIII", 16)
        self.nodes_at, self.groups_at, self.fields_at, self.names_at = span.unpack("IIII", 32)
        self.schema, zero = span.unpack("QQ", 48)
        self.check(chunk == CHUNK, f"chunks of {chunk} rows")
        self.check(self.chunks <= MAX_CHUNKS, f"{self.chunks} chunks")
        self.check(self.chunks == -(-self.rows // CHUNK), f"{self.chunks} chunks do not make {self.rows} rows")
        self.check(1 <= self.field_count <= MAX_FIELDS, f"{self.field_count} fields")
        self.check(self.group_count <= MAX_GROUPS, f"{self.group_count} groups")
        self.check(zero == 0, "bytes 56 to 64 are not zero")
        # The tables must lie in the payload before a count from it sizes anything.
        for at, size in (
            (self.nodes_at, 64 * self.node_count),
            (self.groups_at, 48 * self.group_count),
            (self.fields_at, 16 * self.field_count),
        ):
            self.check(at >= 64, "a table overlaps the footer's head")
            span.part(at, size)
        self.names = span.part(self.names_at, self.names_length, f"{span.where}, names")

    def check(self, condition: bool, what: str) -> None:
        require(condition, self.span.where, what)

    def name(self, at: int, size: int) -> str:
        try:
            return self.names.bytes(at, size).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ReaderError(self.names.where, "a name is not UTF-8") from error

    def footer(self) -> Footer:
        fields = tuple(self.field(i) for i in range(self.field_count))
        self.check(len({f.name for f in fields}) == len(fields), "two fields have the same name")
        self.check(len({f.id for f in fields}) == len(fields), "two fields have the same id")
        groups = tuple(self.group(i) for i in range(self.group_count))
        nodes = tuple(self.node(i, fields, groups) for i in range(self.node_count))
        self.nodes_follow_schema(fields, groups, nodes)
        return Footer(self.rows, self.chunks, self.schema, fields, groups, nodes, self.header)

    def field(self, index: int) -> Field:
        id_, at, length, type_, flags, size, element, zero = self.span.unpack("IIHBBHBB", self.fields_at + 16 * index)
        name = self.name(at, length)
        spot = f"field {index} ({name})"
        self.check(1 <= type_ <= 17, f"{spot}: unknown type {type_}")
        self.check(flags <= 1 and zero == 0, f"{spot}: unknown flags {flags:#x}")
        nested = Type(type_) in LISTS
        self.check(1 <= element <= 15 if nested else element == 0, f"{spot}: element type {element}")
        self.check((size > 0) == (type_ == Type.FIXED_LIST), f"{spot}: size {size}")
        return Field(index, id_, name, Type(type_), flags == 1, size, Type(element) if nested else None)

    def group(self, index: int) -> Group:
        at, length, flags, parent, keys, code, count, firsts, sequences, zero = self.span.unpack(
            "IHHIIIIQQQ", self.groups_at + 48 * index
        )
        spot = f"group {index} ({self.name(at, length)})"
        nested, absent = bool(flags & 1), bool(flags & 2)
        self.check(flags <= 3 and zero == 0, f"{spot}: unknown flags {flags:#x}")
        self.check(nested == (parent != NONE), f"{spot}: nested without a parent, or the other way round")
        self.check(not nested or parent < index, f"{spot}: no earlier parent group {parent}")
        self.check(keys <= MAX_KEYS, f"{spot}: {keys} keys")
        self.check(keys <= self.rows, f"{spot}: more keys, {keys}, than rows, {self.rows}")
        self.check(absent or keys > 0 or self.rows == 0, f"{spot}: rows without keys")
        self.check(not absent or keys == 0, f"{spot}: absent, but with keys")
        self.check(code < self.node_count and count < self.node_count, f"{spot}: no such node")
        self.check(absent or nested == (firsts != 0), f"{spot}: parent firsts at {firsts}")
        self.check(not absent or firsts == sequences == 0, f"{spot}: absent, but with segments")
        self.check(not nested or sequences == 0, f"{spot}: sequences of a nested group")
        name = self.name(at, length)
        return Group(index, name, absent, parent if nested else None, keys, code, count, firsts, sequences)

    def node(self, index: int, fields: tuple[Field, ...], groups: tuple[Group, ...]) -> Node:
        spot = f"node {index}"
        role, owner, domain, parent, type_, flags, zero, size, *offsets = self.span.unpack(
            "IIIIBBHIQQQQQ", self.nodes_at + 64 * index
        )
        self.check(role <= 3, f"{spot}: unknown role {role}")
        self.check(1 <= type_ <= 17, f"{spot}: unknown type {type_}")
        self.check(flags <= 3 and zero == 0, f"{spot}: unknown flags {flags:#x}")
        self.check(owner < (len(fields) if role < 2 else len(groups)), f"{spot}: no such field or group {owner}")
        self.check(domain <= len(groups), f"{spot}: no such domain {domain}")
        self.check((role == Role.ELEMENTS) == (parent != NONE), f"{spot}: the list node is {parent}")
        coded, absent = bool(flags & 1), bool(flags & 2)
        directory, dictionary, text, counts, bitmaps = offsets
        value_type = Type(type_)
        self.check(not absent or not any(offsets), f"{spot}: absent, but with segments")
        self.check(absent or directory != 0, f"{spot}: no directory")
        self.check(not coded or role <= Role.ELEMENTS, f"{spot}: a dictionary of codes or row counts")
        self.check(not coded or value_type not in FLOATS | LISTS, f"{spot}: a dictionary of {value_type.name.lower()}")
        self.check(absent or coded == (dictionary != 0), f"{spot}: dictionary at {dictionary}")
        self.check(coded or counts == bitmaps == 0, f"{spot}: an index without a dictionary")
        self.check(coded or absent or size == 0, f"{spot}: {size} dictionary values without a dictionary")
        self.check(size <= MAX_DICTIONARY, f"{spot}: {size} dictionary values")
        self.check(text == 0 or value_type in BYTES, f"{spot}: a text dictionary without text")
        self.check(counts == 0 or role == Role.VALUES, f"{spot}: counts of what are not a field's values")
        self.check(bitmaps == 0 or (domain == 0 and role == Role.VALUES), f"{spot}: bitmaps outside of the row domain")
        list_node = parent if role == Role.ELEMENTS else None
        return Node(index, Role(role), owner, domain, list_node, value_type, coded, absent, size, *offsets)

    def nodes_follow_schema(
        self, fields: tuple[Field, ...], groups: tuple[Group, ...], nodes: tuple[Node, ...]
    ) -> None:
        """Nodes are numbered as the schema says: fields with their elements, then each group and its columns."""
        at = 0

        def expect(role: Role, owner: int, domain: int, type_: Type, list_node: int | None = None) -> None:
            nonlocal at
            self.check(at < len(nodes), "there are fewer nodes than the schema asks for")
            node = nodes[at]
            found = (node.role, node.owner, node.domain, node.type, node.list_node)
            want = (role, owner, domain, type_, list_node)
            self.check(found == want, f"node {at} is not the one that the schema puts there")
            at += 1

        for field in fields:
            expect(Role.VALUES, field.index, 0, field.type)
            if field.element is not None:
                expect(Role.ELEMENTS, field.index, 0, field.element, at - 1)
                self.check(nodes[at - 1].absent == nodes[at - 2].absent, f"node {at - 1}: absent without its list")
        for group in groups:
            expect(Role.CODES, group.index, 0, Type.UINT32)
            expect(Role.ROW_COUNTS, group.index, group.index + 1, Type.UINT32)
            self.check((group.code_node, group.count_node) == (at - 2, at - 1), f"group {group.index}: wrong nodes")
            columns: set[int] = set()
            while at < len(nodes) and nodes[at].role == Role.VALUES:
                owner = nodes[at].owner
                self.check(owner not in columns, f"node {at}: field {owner} is twice in group {group.index}")
                self.check(fields[owner].element is None, f"node {at}: a list in a group")
                columns.add(owner)
                expect(Role.VALUES, owner, group.index + 1, fields[owner].type)
            first = group.code_node
            for node in nodes[first:at]:
                self.check(node.absent == group.absent, f"node {node.index}: stored, but not its group, or the reverse")
            parent = group.parent
            if parent is not None and not group.absent:
                self.check(not groups[parent].absent, f"group {group.index}: its parent is absent")
        self.check(at == len(nodes), "there are more nodes than the schema asks for")
        present = {n.owner for n in nodes if n.role == Role.VALUES and not n.absent}
        for field in fields:
            self.check(field.index in present, f"field {field.name} has no node with values")
