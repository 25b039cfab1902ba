"""The chain of a table's versions: what each says, and what they add up to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import ReaderError, require
from .schema import Schema, follows, schema
from .sealed import Members, read_sealed

CHECKPOINT = 64
MAX_ROWS = 4_194_304
DIGEST = re.compile(r"[0-9a-f]{32}")
VERSION = re.compile(r"([1-9][0-9]{0,14})\.json")
FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")


@dataclass(frozen=True)
class DeletionEntry:
    """A file that says which rows of a shard are deleted."""

    file: str
    rows: int
    bytes: int
    digest: str


@dataclass(frozen=True)
class CompanionEntry:
    """A file with further columns for the rows of a shard."""

    file: str
    bytes: int
    digest: str
    fields: tuple[int, ...]


@dataclass(frozen=True)
class ShardEntry:
    """A shard of a table."""

    id: int
    file: str
    rows: int
    bytes: int
    digest: str
    tags: dict[str, str]
    deletion: DeletionEntry | None = None
    companions: tuple[CompanionEntry, ...] = ()

    @property
    def stored(self) -> int:
        """Bytes of all its files."""
        return self.bytes + sum(c.bytes for c in self.companions)

    @property
    def live(self) -> int:
        """Rows that are not deleted."""
        return self.rows - (self.deletion.rows if self.deletion else 0)


@dataclass(frozen=True)
class Version:
    """What one version file says; ``whole`` is the table as a checkpoint holds it."""

    number: int
    digest: str
    table_id: str
    parent: str | None
    transaction: str
    operation: str
    timestamp: int
    schema: Schema | None
    added: tuple[ShardEntry, ...]
    removed: tuple[int, ...]
    deletions: dict[int, DeletionEntry]
    companions: dict[int, CompanionEntry]
    next_shard_id: int
    next_field_id: int
    next_key: int | None
    summary: dict[str, int]
    whole: tuple[Schema, tuple[ShardEntry, ...]] | None
    replaces: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """A table at a version."""

    version: Version
    schema: Schema
    shards: tuple[ShardEntry, ...]


SUMMARY = ("rows", "bytes", "shards", "rows_added", "shards_added", "rows_removed", "shards_removed")


def _shard(m: Members) -> ShardEntry:
    file = m.text("file")
    require(FILE.fullmatch(file) is not None, m.where, f"{file!r} is no name of a shard")
    tags = m.strings("tags")
    sizes = [(len(_utf8(k)), len(_utf8(v))) for k, v in tags.items()]
    require(len(tags) <= 64 and all(k <= 256 and v <= 65_536 for k, v in sizes), m.where, "tags past the limits")
    companions = tuple(_companion(c) for c in m.objects("companions"))
    ids = [i for c in companions for i in c.fields]
    require(len(set(ids)) == len(ids), m.where, "two companions have the same field")
    rows = m.integer("rows", 1, MAX_ROWS)
    deletion = _deletion(m.object("deletion"), rows) if m.has("deletion") else None
    return ShardEntry(m.integer("id", 1), file, rows, m.integer("bytes"), m.id("digest"), tags, deletion, companions)


def _companion(m: Members) -> CompanionEntry:
    file = m.text("file")
    require(FILE.fullmatch(file) is not None, m.where, f"{file!r} is no name of a companion")
    fields = m.array("fields", int)
    require(bool(fields) and fields[0] >= 1 and sorted(set(fields)) == fields, m.where, "fields that do not ascend")
    return CompanionEntry(file, m.integer("bytes", 1), m.id("digest"), tuple(fields))


def _companions(m: Members) -> dict[int, CompanionEntry]:
    found: dict[int, CompanionEntry] = {}
    for entry in m.objects("companions") if m.has("companions") else []:
        shard = entry.integer("shard", 1)
        require(shard > max(found, default=0), m.where, "the shards with companions do not ascend")
        found[shard] = _companion(entry.object("companion"))
    return found


def _deletion(m: Members, rows: int) -> DeletionEntry:
    file = m.text("file")
    require(FILE.fullmatch(file) is not None, m.where, f"{file!r} is no name of a file of deletions")
    return DeletionEntry(file, m.integer("rows", 1, rows - 1), m.integer("bytes", 1), m.id("digest"))


def _deletions(m: Members) -> dict[int, DeletionEntry]:
    found: dict[int, DeletionEntry] = {}
    for entry in m.objects("deletions") if m.has("deletions") else []:
        shard = entry.integer("shard", 1)
        require(shard > max(found, default=0), m.where, "the shards with deletions do not ascend")
        found[shard] = _deletion(entry.object("deletion"), MAX_ROWS)
    return found


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _shards(entries: list[Members], where: str) -> tuple[ShardEntry, ...]:
    shards = tuple(_shard(e) for e in entries)
    ids = [s.id for s in shards]
    require(sorted(set(ids)) == ids, where, "the shards' ids do not ascend")
    _distinct(shards, where)
    return shards


def _distinct(shards: tuple[ShardEntry, ...], where: str) -> None:
    files = [name for s in shards for name in (s.file, *(c.file for c in s.companions))]
    require(len(set(files)) == len(files), where, "two shards share a file")


def read_version(directory: Path, number: int) -> Version:
    """Version ``number`` from its file, checked against itself."""
    m, digest = read_sealed(directory / f"{number}.json")
    where = f"{directory.parent.name}, version {number}"
    m.where = where
    require(m.has("required_features"), where, "no member required_features")
    require(m.integer("version", 1) == number, where, f"the file says that it is version {m.value['version']}")
    require(m.has("parent") == (number > 1), where, "a parent in version 1, or none in a later one")
    require(m.has("schema") or number > 1, where, "version 1 without a schema")
    require(m.has("checkpoint") or number % CHECKPOINT != 0, where, "no checkpoint where one has to be")
    replaces = tuple(m.array("replaces", str)) if m.has("replaces") else ()
    require(all(DIGEST.fullmatch(d) for d in replaces), where, "a digest that is not 32 hexadecimal digits")
    require(m.has("checkpoint") if replaces else not m.has("replaces"), where, "took the place of another, and no checkpoint")
    m.strings("details")
    whole = None
    if m.has("checkpoint"):
        c = m.object("checkpoint")
        whole = (schema(c.object("schema")), _shards(c.objects("shards"), c.where))
    summary = m.object("summary")
    removed = tuple(m.array("removed", int))
    require(len(set(removed)) == len(removed), where, "a shard is removed twice")
    version = Version(
        number,
        digest,
        m.id("table_id"),
        m.id("parent") if number > 1 else None,
        m.id("transaction"),
        m.text("operation"),
        m.integer("timestamp"),
        schema(m.object("schema")) if m.has("schema") else None,
        _shards(m.objects("added"), where),
        removed,
        _deletions(m),
        _companions(m),
        m.integer("next_shard_id"),
        m.integer("next_field_id", 0, 1 << 31),
        m.integer("next_key") if m.has("next_key") else None,
        {name: summary.integer(name) for name in SUMMARY},
        whole,
        replaces,
    )
    _counters(version, where)
    listed = version.added + (whole[1] if whole else ())
    deletes = bool(version.deletions) or any(s.deletion for s in listed)
    features = m.array("required_features", str)
    require("deletions" in features or not deletes, where, "deletions that readers are not required to know")
    further = bool(version.companions) or any(s.companions for s in listed)
    require("companions" in features or not further, where, "companions that readers are not required to know")
    gives = version.next_key is not None
    require("surrogate-keys" in features or not gives, where, "surrogate keys that readers are not required to know")
    return version


def _counters(v: Version, where: str) -> None:
    """What a version says about itself alone."""
    shards = v.added if v.whole is None else v.added + v.whole[1]
    require(all(s.id < v.next_shard_id for s in shards), where, "a shard's id is not below next_shard_id")
    schemas = [s for s in (v.schema, v.whole[0] if v.whole else None) if s]
    ids = [f.id for s in schemas for f in s.fields]
    ids += [i for c in v.companions.values() for i in c.fields]
    require(all(i < v.next_field_id for i in ids), where, "a field's id is not below next_field_id")
    keyed = any(f.surrogate_key for s in schemas for f in s.fields)
    require(v.next_key is not None or not keyed, where, "a surrogate key without next_key")
    said = (v.summary["shards_added"], v.summary["shards_removed"], v.summary["rows_added"])
    want = (len(v.added), len(v.removed), sum(s.live for s in v.added))
    require(said == want, where, "the summary is not what the version adds and removes")


def first_state(version: Version, where: str) -> State:
    """The table at a checkpoint, as it says, or at version 1."""
    if version.whole is not None:
        state = State(version, *version.whole)
        by_id = {s.id: s for s in state.shards}
        require(all(by_id.get(s.id) == s for s in version.added), where, "an added shard is not in the checkpoint")
        require(not by_id.keys() & set(version.removed), where, "a removed shard is in the checkpoint")
        same = all(i in by_id and by_id[i].deletion == d for i, d in version.deletions.items())
        require(same, where, "a shard's deletions are not those in the checkpoint")
        same = all(i in by_id and c in by_id[i].companions for i, c in version.companions.items())
        require(same, where, "a shard's companion is not in the checkpoint")
        require(version.schema in (None, state.schema), where, "the checkpoint has another schema")
    else:
        if version.number != 1 or version.schema is None:
            raise ReaderError(where, "neither a checkpoint nor version 1")
        require(not version.removed and not version.summary["rows_removed"], where, "version 1 removes shards")
        state = State(version, version.schema, version.added)
    _totals(state, where)
    return state


def _totals(state: State, where: str) -> None:
    said = tuple(state.version.summary[n] for n in ("rows", "bytes", "shards"))
    want = (sum(s.live for s in state.shards), sum(s.stored for s in state.shards), len(state.shards))
    require(said == want, where, f"the summary says {said}, the shards add up to {want}")


def next_state(before: State, version: Version, where: str) -> State:
    """The table after a version."""
    old = before.version
    require(version.number == old.number + 1, where, "a gap")
    require(version.parent in (old.digest, *old.replaces), where, "the parent is not the version before")
    require(version.table_id == old.table_id, where, "another table's version")
    require(version.transaction != old.transaction, where, "the transaction of the version before")
    require(version.timestamp >= old.timestamp, where, "older than the version before")
    require(version.next_shard_id >= old.next_shard_id, where, "next_shard_id falls")
    require(version.next_field_id >= old.next_field_id, where, "next_field_id falls")
    falls = old.next_key is not None and (version.next_key is None or version.next_key < old.next_key)
    require(not falls, where, "next_key falls")
    if version.whole is not None and (version.replaces or old.replaces):
        return first_state(version, where)
    require(all(s.id >= old.next_shard_id for s in version.added), where, "an added shard has an id of before")
    there = {s.id: s for s in before.shards}
    require(set(version.removed) <= there.keys(), where, "removes a shard that is not there")
    rows = sum(there[i].live for i in version.removed)
    gone = set(version.removed)
    for i, deletion in version.deletions.items():
        require(i in there and i not in gone, where, f"deletes rows of shard {i}, which is not there")
        require(deletion.rows < there[i].rows, where, f"deletes all rows of shard {i}")
        after = replace(there[i], deletion=deletion)
        require(after.live < there[i].live, where, f"brings rows of shard {i} back")
        rows += there[i].live - after.live
        there[i] = after
    require(rows == version.summary["rows_removed"], where, "the summary is not what the version removes")
    for i, companion in version.companions.items():
        require(i in there and i not in gone, where, f"gives columns to shard {i}, which is not there")
        require(companion.fields[0] >= old.next_field_id, where, f"a companion of shard {i} has a field of before")
        companions = (*there[i].companions, companion)
        ids = [n for c in companions for n in c.fields]
        require(len(set(ids)) == len(ids), where, f"two companions of shard {i} have the same field")
        there[i] = replace(there[i], companions=companions)
    if version.schema is not None:
        restores = version.operation == "restore"
        fits = follows(version.schema, before.schema, restores=restores)
        require(fits, where, "the schema does not follow from the one before")
        known = {f.id for f in before.schema.fields}
        new = [f for f in version.schema.fields if f.id not in known]
        require(restores or all(f.id >= old.next_field_id for f in new), where, "a new field has an id of before")
        staying = [s for s in there.values() if s.id not in gone]
        for field in (f for f in new if not f.nullable and f.id >= old.next_field_id):
            filled = all(any(field.id in c.fields for c in s.companions) for s in staying)
            require(filled, where, f"the new column {field.name} needs values that a shard lacks")
    shards = (*(there[s.id] for s in before.shards if s.id not in gone), *version.added)
    _distinct(shards, where)
    state = State(version, version.schema or before.schema, shards)
    require(version.whole in (None, (state.schema, shards)), where, "the checkpoint is not what the versions add up to")
    _totals(state, where)
    return state
