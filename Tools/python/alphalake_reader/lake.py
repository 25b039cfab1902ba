"""Lakes and tables: from a directory to the newest or any other version, its shards and their values."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from . import deletions, versions
from .errors import ReaderError, require
from .footer import CHUNK
from .schema import Schema, TableField, check_shard, schema
from .sealed import Members, read_sealed
from .shard import Shard
from .types import DTYPES, Type, Vector

DAY = 86_400_000_000
LAST_MIDNIGHT = ((1 << 63) - 1) // DAY
TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")


class Lake:
    """A directory of tables."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        members, _ = read_sealed(self.path / "alphalake.json")
        require(members.text("kind") == "lake", str(self.path), f"a {members.value['kind']}, not a lake")

    @property
    def tables(self) -> list[str]:
        """The names of the tables."""
        names = _names(self.path / "tables")
        return [n for n in sorted(names) if TABLE.fullmatch(n) and _numbers(self.path / "tables" / n / "versions")]

    def table(self, name: str, version: int | None = None) -> Table:
        """A table at its newest version, or at another."""
        require(name in self.tables, str(self.path), f"no table {name}")
        return Table(self.path / "tables" / name, version)

    def validate(self) -> None:
        """Validate every table."""
        for name in self.tables:
            with self.table(name) as table:
                table.validate()


class Table:
    """A table at a version, its version file locked until it is closed."""

    def __init__(self, path: str | Path, version: int | None = None) -> None:
        self.path = Path(path)
        self.name = self.path.name
        self._lock, newest = self._locked(version)
        try:
            self.state = self._read(newest)
        except ReaderError:
            self.close()
            raise

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _locked(self, version: int | None) -> tuple[int | None, int]:
        for _ in range(100):
            numbers = _numbers(self.path / "versions")
            require(bool(numbers), self.name, "no versions")
            number = max(numbers) if version is None else version
            path = self.path / "versions" / f"{number}.json"
            require(number in numbers, self.name, f"no version {number}")
            try:
                lock = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise ReaderError(str(path), f"cannot be opened: {error.strerror}") from error
            # A file system without locks is read without one.
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_SH)
            with suppress(OSError):
                if os.path.samestat(os.fstat(lock), path.stat()):
                    return lock, number
            os.close(lock)
        raise ReaderError(self.name, "its versions vanish as they are opened")

    def _read(self, newest: int) -> versions.State:
        """Versions down to a checkpoint or version 1, and up again."""
        directory, chain = self.path / "versions", []
        for number in range(newest, 0, -1):
            chain.append(versions.read_version(directory, number))
            if chain[-1].whole is not None:
                break
        return self._add_up(chain)

    def _add_up(self, chain: list[versions.Version]) -> versions.State:
        state = versions.first_state(chain[-1], f"{self.name}, version {chain[-1].number}")
        for version in reversed(chain[:-1]):
            state = versions.next_state(state, version, f"{self.name}, version {version.number}")
        return state

    @property
    def version(self) -> int:
        """The number of the version."""
        return self.state.version.number

    @property
    def schema(self) -> Schema:
        """Columns and key groups at the version."""
        return self.state.schema

    @property
    def shards(self) -> tuple[versions.ShardEntry, ...]:
        """The shards of the version, in the order of their rows."""
        return self.state.shards

    @property
    def row_count(self) -> int:
        """How many rows the table has."""
        return sum(s.live for s in self.shards)

    def open(self, entry: versions.ShardEntry) -> Shard:
        """One of the shards."""
        return self._open(entry, entry, f"{self.name}, shard {entry.id}")

    def _open(
        self, entry: versions.ShardEntry, stored: versions.ShardEntry | versions.CompanionEntry, where: str
    ) -> Shard:
        """A file of a shard, as long as the manifest says and with the shard's rows."""
        path = self.path / "shards" / stored.file
        require(path.is_file(), where, f"{stored.file} is not there")
        size = path.stat().st_size
        require(size == stored.bytes, where, f"{stored.file} has {size} bytes, not {stored.bytes}")
        shard = Shard(path)
        require(shard.row_count == entry.rows, where, f"{stored.file} has {shard.row_count} rows, not {entry.rows}")
        return shard

    def companion(self, entry: versions.ShardEntry, companion: versions.CompanionEntry) -> Shard:
        """A file with further columns of a shard."""
        where = f"{self.name}, a companion of shard {entry.id}"
        shard = self._open(entry, companion, where)
        require(not shard.footer.groups, where, f"{companion.file} has key groups")
        there = {f.id for f in shard.footer.fields}
        require(set(companion.fields) <= there, where, f"{companion.file} lacks a field")
        return shard

    def column(self, name: str) -> TableField:
        """A column of the table."""
        for field in self.schema.fields:
            if field.name == name:
                return field
        raise ReaderError(self.name, f"no column {name}")

    def chunks(self, column: str) -> Iterator[Vector]:
        """The values of a column as vectors of a chunk each, shard by shard, in the table's type; deleted rows too."""
        field = self.column(column)
        for entry in self.shards:
            yield from self._shard_chunks(self.open(entry), entry, field)

    def _shard_chunks(self, shard: Shard, entry: versions.ShardEntry, field: TableField) -> Iterator[Vector]:
        """All rows of a shard, deleted ones among them."""
        if all(f.id != field.id for f in shard.footer.fields):
            shard = next((self.companion(entry, c) for c in entry.companions if field.id in c.fields), shard)
        stored = next((f for f in shard.footer.fields if f.id == field.id), None)
        for chunk in range(shard.footer.chunks):
            if stored is None:
                yield _nulls(field, shard.footer.length_of(0, chunk))
            else:
                yield widen(shard.expand(shard.node_of(stored), chunk), field, self.name)

    def deleted(self, entry: versions.ShardEntry) -> frozenset[int]:
        """The rows of a shard that are deleted, counted within it."""
        if entry.deletion is None:
            return frozenset()
        path = self.path / "deletions" / entry.deletion.file
        require(path.is_file(), self.name, f"the deletions of shard {entry.id} are not there")
        rows = deletions.read(path.read_bytes(), entry.rows, path.name)
        require(path.stat().st_size == entry.deletion.bytes, path.name, "not the bytes that the version says")
        digest = xxhash.xxh3_128_hexdigest(path.read_bytes())
        require(digest == entry.deletion.digest, path.name, "the digest does not match")
        require(len(rows) == entry.deletion.rows, path.name, "not the rows that the version says")
        return frozenset(rows)

    def read(self, column: str) -> list[Any]:
        """All values of a column, None for NULL."""
        field, found = self.column(column), []
        for entry in self.shards:
            gone = self.deleted(entry)
            values = (value for chunk in self._shard_chunks(self.open(entry), entry, field) for value in chunk.to_list())
            found += [value for row, value in enumerate(values) if row not in gone]
        return found

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows as dictionaries, columns in the table's order."""
        names = [f.name for f in self.schema.fields]
        for entry in self.shards:
            shard, gone, row = self.open(entry), self.deleted(entry), 0
            columns = [self._shard_chunks(shard, entry, f) for f in self.schema.fields]
            for vectors in zip(*columns, strict=True):
                for values in zip(*(v.to_list() for v in vectors), strict=True):
                    if row not in gone:
                        yield dict(zip(names, values, strict=True))
                    row += 1

    def validate(self) -> None:
        """Verify every version that is there, and every shard of this one to the last byte."""
        self._history()
        for entry in self.shards:
            self._validate(self.open(entry), entry.digest, f"{self.name}, shard {entry.id}")
            for companion in entry.companions:
                where = f"{self.name}, a companion of shard {entry.id}"
                self._validate(self.companion(entry, companion), companion.digest, where)
            self.deleted(entry)
        self._check_surrogate_keys()

    def _check_surrogate_keys(self) -> None:
        """Every row has a surrogate key, and no other row the same."""
        name = next((f.name for f in self.schema.fields if f.surrogate_key), None)
        if name is None:
            return
        keys = self.read(name)
        given = self.state.version.next_key or 0
        require(all(k is not None and 0 <= k < given for k in keys), self.name, "a surrogate key that was never given")
        require(len(set(keys)) == len(keys), self.name, "two rows have the same surrogate key")

    def _validate(self, shard: Shard, digest: str, where: str) -> None:
        require(xxhash.xxh3_128_hexdigest(shard.file.data) == digest, where, "the digest does not match")
        shard.validate()
        own = schema(Members(shard.schema, f"{where}, schema"))
        check_shard(own, shard.footer, f"{where}, schema")
        table = {f.id: f for f in self.schema.fields}
        for field in own.fields:
            # One that the table lacks was dropped.
            known = field.id not in table or table[field.id].kind.holds(field.kind)
            require(known, where, f"field {field.name} does not fit the table's")
            require(field.id < self.state.version.next_field_id, where, f"field {field.name} has an id never given")

    def _history(self) -> None:
        """Versions from this one down, as far as there are any, add up."""
        numbers = set(_numbers(self.path / "versions"))
        chain: list[versions.Version] = []
        for number in range(self.version, 0, -1):
            if number not in numbers:
                break
            chain.append(versions.read_version(self.path / "versions", number))
        while chain[-1].whole is None and chain[-1].number > 1:
            chain.pop()
        transactions = {v.transaction for v in chain}
        require(len(transactions) == len(chain), self.name, "two versions share a transaction")
        require(self._add_up(chain) == self.state, self.name, "the history adds up to another table")


def widen(vector: Vector, field: TableField, where: str) -> Vector:
    """Values of a narrower type in the table's."""
    elements = vector.elements
    if elements is not None and field.kind.element is not None:
        return Vector(vector.type, vector.values, vector.valid, _cast(elements, field.kind.element, where))
    require(field.kind.element is None, where, f"column {field.name} is a list here and none there")
    return _cast(vector, field.kind.type, where)


def _cast(vector: Vector, type_: Type, where: str) -> Vector:
    if vector.type == type_:
        return vector
    if type_ == Type.TIMESTAMP:
        days = vector.values.astype(np.int64)
        fits = bool((np.abs(days[vector.valid]) <= LAST_MIDNIGHT).all())
        require(fits, where, "a date whose midnight is no timestamp")
        return Vector(type_, np.where(vector.valid, days, 0) * DAY, vector.valid)
    return Vector(type_, vector.values.astype(DTYPES[type_]), vector.valid)


def _nulls(field: TableField, count: int) -> Vector:
    require(0 < count <= CHUNK, field.name, f"{count} rows in a chunk")
    type_, none = field.kind.type, np.zeros(count, dtype=np.bool_)
    if field.kind.element is None:
        return Vector(type_, np.zeros(count, dtype=DTYPES[type_]), none)
    empty = Vector(field.kind.element, np.zeros(0, dtype=DTYPES[field.kind.element]), none[:0])
    return Vector(type_, np.zeros(count, dtype=np.int64), none, empty)


def _names(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ReaderError(str(directory), f"cannot be listed: {error.strerror}") from error


def _numbers(directory: Path) -> list[int]:
    """The numbers of the versions in a directory."""
    return [int(m[1]) for n in _names(directory) if (m := versions.VERSION.fullmatch(n))]
