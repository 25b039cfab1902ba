"""The table's schema as JSON, and how a shard fits it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import require
from .footer import MAX_FIELDS, MAX_GROUPS, Footer, Role
from .sealed import Members
from .types import LISTS, Type

_LIST = re.compile(r"list<([a-z0-9]+)>|fixed_list<([a-z0-9]+), ?([1-9][0-9]{0,4})>")
_SCALARS = {t.name.lower(): t for t in Type if t not in LISTS}
_SIGNED = [Type.INT8, Type.INT16, Type.INT32, Type.INT64]
_UNSIGNED = [Type.UINT8, Type.UINT16, Type.UINT32, Type.UINT64]


@dataclass(frozen=True)
class Kind:
    """A type as the schema writes it."""

    type: Type
    element: Type | None = None
    size: int = 0

    def holds(self, narrow: Kind) -> bool:
        """Whether all values of a type are values of this one, unchanged."""
        if self.element is None or narrow.element is None:
            return self.element is narrow.element and _holds(self.type, narrow.type)
        return (self.type, self.size) == (narrow.type, narrow.size) and _holds(self.element, narrow.element)


def _holds(wide: Type, narrow: Type) -> bool:
    if wide == narrow:
        return True
    bits = {t: 8 << i for family in (_SIGNED, _UNSIGNED) for i, t in enumerate(family)}
    if narrow in bits and wide in bits:
        return bits[wide] > bits[narrow] and not (narrow in _SIGNED and wide in _UNSIGNED)
    if narrow in bits:
        return (wide == Type.FLOAT32 and bits[narrow] <= 16) or (wide == Type.FLOAT64 and bits[narrow] <= 32)
    return (narrow, wide) in ((Type.FLOAT32, Type.FLOAT64), (Type.DATE, Type.TIMESTAMP))


@dataclass(frozen=True)
class TableField:
    """A column of the table."""

    id: int
    name: str
    kind: Kind
    nullable: bool
    surrogate_key: bool = False


@dataclass(frozen=True)
class KeyGroup:
    """A key group of the schema."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    within: str | None


@dataclass(frozen=True)
class Schema:
    """Columns and key groups."""

    fields: tuple[TableField, ...]
    groups: tuple[KeyGroup, ...]


def _kind(text: str, where: str) -> Kind:
    if text in _SCALARS:
        return Kind(_SCALARS[text])
    match = _LIST.fullmatch(text)
    require(match is not None, where, f"unknown type {text}")
    assert match is not None
    element = _SCALARS.get(match[1] or match[2])
    require(element is not None, where, f"unknown type {text}")
    size = int(match[3] or 0)
    require(size <= 65_535, where, f"fixed lists of {size}")
    return Kind(Type.FIXED_LIST if size else Type.LIST, element, size)


def schema(members: Members) -> Schema:
    """A schema from its JSON."""
    where = members.where
    fields = []
    for entry in members.objects("fields"):
        name = entry.text("name")
        require(1 <= len(name.encode("utf-8", "surrogatepass")) <= 1024, entry.where, "a name of a wrong length")
        kind = _kind(entry.text("type"), entry.where)
        field = TableField(
            entry.integer("id", 1), name, kind, entry.flag("nullable", True), entry.flag("surrogate_key", False)
        )
        if field.surrogate_key:
            require(kind == _kind("int64", entry.where) and not field.nullable, entry.where, "no surrogate key")
        fields.append(field)
    require(sum(f.surrogate_key for f in fields) <= 1, where, "two surrogate keys")
    require(len(fields) <= MAX_FIELDS, where, f"{len(fields)} fields")
    by_name = {f.name: f for f in fields}
    require(len(by_name) == len(fields) == len({f.id for f in fields}), where, "a name or an id is there twice")
    groups: list[KeyGroup] = []
    for entry in members.objects("key_groups") if members.has("key_groups") else []:
        key, columns = tuple(entry.array("key", str)), tuple(entry.array("columns", str))
        within = entry.text("within") if entry.has("within") else None
        require(bool(key) and len(set(key)) == len(key), entry.where, "a key of no columns, or a column twice")
        require(len(set(columns)) == len(columns), entry.where, "a column is there twice")
        require(set(key) <= set(columns) <= set(by_name), entry.where, "columns that are not there")
        require(all(by_name[c].kind.element is None for c in columns), entry.where, "a list in a key group")
        require(not any(by_name[c].surrogate_key for c in columns), entry.where, "a surrogate key in a key group")
        require(within is None or within in {g.name for g in groups}, entry.where, f"no earlier group {within}")
        groups.append(KeyGroup(entry.text("name"), key, columns, within))
    require(len({g.name for g in groups}) == len(groups), where, "a group is there twice")
    require(len(groups) <= MAX_GROUPS, where, f"{len(groups)} groups")
    return Schema(tuple(fields), tuple(groups))


def follows(later: Schema, before: Schema, *, restores: bool) -> bool:
    """Whether a schema may come after another one: values of every column that stays are kept as they are."""
    there = {f.id: f for f in later.fields}
    for field in before.fields:
        found = there.get(field.id)
        if found and (not found.kind.holds(field.kind) or (field.nullable and not found.nullable)):
            return False
        if found and found.surrogate_key != field.surrogate_key:
            return False
    kept = {f.id for f in before.fields} & there.keys()
    return _groups(before, kept) == _groups(later, kept if restores else set(there))


def _groups(found: Schema, kept: set[int]) -> list[tuple[str, list[int], list[int], str | None]]:
    """Key groups by the ids of their columns, which keep them when they are renamed, as far as these are kept."""
    ids = {f.name: f.id for f in found.fields}
    return [
        (g.name, [ids[c] for c in g.key], [ids[c] for c in g.columns if ids[c] in kept], g.within)
        for g in found.groups
    ]


def check_shard(found: Schema, footer: Footer, where: str) -> None:
    """A shard's own schema says what its footer says."""
    require(len(found.fields) == len(footer.fields), where, "the footer has another number of fields")
    for field, stored in zip(found.fields, footer.fields, strict=True):
        said = (field.id, field.name, field.kind, field.nullable)
        want = (stored.id, stored.name, Kind(stored.type, stored.element, stored.size), stored.nullable)
        require(said == want, where, f"field {field.name} is not that of the footer")
    require(len(found.groups) == len(footer.groups), where, "the footer has another number of groups")
    for group, entry in zip(found.groups, footer.groups, strict=True):
        parent = None if entry.parent is None else footer.groups[entry.parent].name
        require((group.name, group.within) == (entry.name, parent), where, f"group {group.name} is not the footer's")
        columns = [n for n in footer.nodes if n.role == Role.VALUES and n.domain == entry.index + 1]
        names = tuple(footer.fields[n.owner].name for n in columns)
        require(names == group.columns, where, f"the columns of group {group.name} are not the footer's")
