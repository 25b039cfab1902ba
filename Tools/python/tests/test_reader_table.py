"""Tables: the chain of versions, what they add up to, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lake_writer import LakeWriter, seal
from shard_writer import Column, Stored, Writer, schema

from alphalake_reader import Lake, ReaderError, Table
from alphalake_reader.canonical import exact


def columns(kind: str, values: list[Any], *names: str) -> list[Column]:
    """A column x, and more that hold the same."""
    return [Column(n, kind, Stored(values, "packed")) for n in ("x", *names)]


def shard(values: list[Any], kind: str = "int16") -> tuple[int, bytes]:
    """A shard of one column, x."""
    return len(values), Writer(columns(kind, values)).file()


def lake(path: Path, versions: int = 3) -> LakeWriter:
    """A lake whose version n adds the row n."""
    writer = LakeWriter(path, schema(columns("int16", [0])))
    writer.commit()
    for number in range(2, versions + 1):
        writer.commit([shard([number])])
    return writer


def refuse(path: Path, match: str) -> None:
    """Opening or validating the table is refused."""
    with pytest.raises(ReaderError, match=match):
        Lake(path).validate()


def test_append_and_remove(tmp_path: Path) -> None:
    writer = lake(tmp_path, 4)
    writer.commit([shard([50, None])], removed=[2])
    found = Lake(tmp_path)
    found.validate()
    assert found.tables == ["t"]
    with found.table("t") as table:
        assert (table.version, table.row_count, table.read("x")) == (5, 4, [2, 4, 50, None])
        assert list(table.rows()) == [{"x": 2}, {"x": 4}, {"x": 50}, {"x": None}]
    with found.table("t", 3) as table:
        assert table.read("x") == [2, 3]
    with found.table("t", 1) as table:
        assert table.read("x") == []
    with pytest.raises(ReaderError, match="no version 6"):
        found.table("t", 6)
    with pytest.raises(ReaderError, match="no table u"):
        found.table("u")


def test_checkpoints(tmp_path: Path) -> None:
    lake(tmp_path, 130)
    Lake(tmp_path).validate()
    for version in (63, 64, 65, 127, 128, 130):
        with Lake(tmp_path).table("t", version) as table:
            assert table.read("x") == list(range(2, version + 1))
    # Below the checkpoint that reading begins with nothing is needed.
    for version in range(1, 128):
        (tmp_path / "tables" / "t" / "versions" / f"{version}.json").unlink()
    Lake(tmp_path).validate()
    (tmp_path / "tables" / "t" / "versions" / "129.json").unlink()
    refuse(tmp_path, "129.json: cannot be read")


def test_wider_schema(tmp_path: Path) -> None:
    writer = lake(tmp_path, 2)
    wide = columns("float32", [0], "y")
    writer.commit(schema=schema(wide))
    lists = schema(wide)
    lists["fields"].append({"id": 9, "name": "z", "type": "fixed_list<utf8, 3>"})
    lists["fields"][0]["name"] = "renamed"
    writer.commit([(1, Writer(columns("int8", [7], "y")).file())], schema=lists)
    Lake(tmp_path).validate()
    with Lake(tmp_path).table("t") as table:
        rows = list(table.rows())
    want: list[dict[str, Any]] = [{"renamed": 2.0, "y": None, "z": None}, {"renamed": 7.0, "y": 7.0, "z": None}]
    assert exact(rows) == exact(want)
    days = LakeWriter(tmp_path / "days", schema(columns("date", [0])))
    days.commit([shard([0, -1, None, 19_000], "date")])
    days.commit([shard([5], "timestamp")], schema=schema(columns("timestamp", [0])))
    Lake(tmp_path / "days").validate()
    with Lake(tmp_path / "days").table("t") as table:
        assert table.read("x") == [0, -86_400_000_000, None, 19_000 * 86_400_000_000, 5]
    old = schema(columns("int8", [0]))
    reused = LakeWriter(tmp_path / "reused", old)
    reused.next_field = 9
    reused.commit()
    reused.commit(schema={"fields": [*old["fields"], {"id": 8, "name": "z", "type": "bool"}]})
    refuse(tmp_path / "reused", "an id of before")
    for kind in ("int8", "utf8"):
        other = LakeWriter(tmp_path / kind, schema(columns("int16", [0])))
        other.commit()
        other.commit(schema=schema(columns(kind, [0])))
        refuse(tmp_path / kind, "does not follow")


def test_names_that_are_ignored(tmp_path: Path) -> None:
    lake(tmp_path)
    (tmp_path / "tables" / "9x" / "versions").mkdir(parents=True)
    (tmp_path / "tables" / "empty" / "versions").mkdir(parents=True)
    for name in (".tmp-1", "04.json", "4.json.old", "0.json", "x.json"):
        (tmp_path / "tables" / "t" / "versions" / name).write_bytes(b"?")
    assert Lake(tmp_path).tables == ["t"]
    Lake(tmp_path).validate()


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("is not between|says that it is", {"version": 2}),
    ("parent is not", {"parent": "f" * 32}),
    ("a parent in version 1", {"parent": None}),
    ("another table", {"table_id": "1" * 32}),
    ("transaction", {"transaction": f"{2:032x}"}),
    ("older", {"timestamp": 5}),
    ("next_shard_id", {"next_shard_id": 2}),
    ("next_field_id falls", {"next_field_id": 1}),
    ("summary", {"removed": [7]}),
    ("removed twice", {"removed": [1, 1]}),
    ("is not 1", {"format": 2}),
    ("unknown feature unheard-of", {"required_features": ["unheard-of"]}),
    ("no member added", {"added": None}),
    ("is a bool", {"timestamp": True}),
    ("is a float", {"timestamp": 1e18}),
    ("is not between", {"timestamp": 1 << 53}),
    ("not in the checkpoint", {"checkpoint": {"schema": {"fields": []}, "shards": []}}),
    ("no checkpoint", {"replaces": ["0" * 32]}),
    ("32 hexadecimal", {"transaction": "F" * 32}),
    ("other than strings", {"details": {"a": 1}}),
]


@pytest.mark.parametrize(("match", "change"), CHANGES)
def test_refused(tmp_path: Path, match: str, change: dict[str, Any]) -> None:
    writer = lake(tmp_path, 2)
    writer.commit([shard([3])], change=lambda members: members.update(change))
    refuse(tmp_path, match)


def test_removes_what_is_not_there(tmp_path: Path) -> None:
    writer = lake(tmp_path, 2)
    writer.commit(removed=[7], change=lambda members: members["summary"].update(shards_removed=1))
    refuse(tmp_path, "removes a shard that is not there")


@pytest.mark.parametrize("name", ["rows", "bytes", "shards", "rows_added", "shards_added", "rows_removed"])
def test_wrong_summary(tmp_path: Path, name: str) -> None:
    writer = lake(tmp_path, 2)
    writer.commit([shard([3])], change=lambda members: members["summary"].update({name: 9}))
    refuse(tmp_path, "summary")


def test_wrong_checkpoint(tmp_path: Path) -> None:
    writer = lake(tmp_path, 63)
    writer.commit(change=lambda members: members["checkpoint"]["shards"].pop())
    refuse(tmp_path, "summary|add up")


@pytest.mark.parametrize("change", [{"rows": 2}, {"bytes": 64}, {"digest": "0" * 32}, {"file": "none.shard"}])
def test_wrong_shard(tmp_path: Path, change: dict[str, Any]) -> None:
    def apply(members: dict[str, Any]) -> None:
        members["added"][0].update(change)
        for key in ("rows", "bytes"):
            members["summary"][key] = members["added"][0][key]
        members["summary"]["rows_added"] = members["added"][0]["rows"]

    writer = lake(tmp_path, 1)
    writer.commit([shard([3])], change=apply)
    refuse(tmp_path, "rows, not|bytes, not|digest|is not there")


def test_every_byte_of_a_version(tmp_path: Path) -> None:
    lake(tmp_path, 2)
    for path in (tmp_path / "tables" / "t" / "versions" / "2.json", tmp_path / "alphalake.json"):
        data = bytearray(path.read_bytes())
        for at in range(len(data)):
            for flip in (1, 0x20, 0x80):
                data[at] ^= flip
                path.write_bytes(data)
                refuse(tmp_path, ".")
                data[at] ^= flip
        for size in range(len(data)):
            path.write_bytes(data[:size])
            refuse(tmp_path, ".")
        path.write_bytes(data + b"\n")
        refuse(tmp_path, "digest")
        path.write_bytes(data)
    Lake(tmp_path).validate()


def test_every_member_of_a_version(tmp_path: Path) -> None:
    """Behind a digest that fits, a member of another type or value is refused or read, and nothing else."""
    lake(tmp_path, 2)
    path = tmp_path / "tables" / "t" / "versions" / "2.json"
    members = json.loads(path.read_bytes())
    del members["digest"]

    def each(value: Any) -> None:
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            before = value[key]
            for other in (None, -1, 1 << 60, 0.5, "x", "\ud800", [], [1], ["x"], {}, {"x": 1}, True):
                value[key] = other
                path.write_bytes(seal(members))
                try:
                    with Table(tmp_path / "tables" / "t") as table:
                        table.validate()
                except ReaderError:
                    pass
            value[key] = before
            if isinstance(before, dict | list):
                each(before)

    each(members)


def test_not_a_lake(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="cannot be read"):
        Lake(tmp_path)
    (tmp_path / "alphalake.json").write_bytes(seal({"format": 1, "kind": "pond"}))
    with pytest.raises(ReaderError, match="not a lake"):
        Lake(tmp_path)


def keyed(path: Path, keys: list[int], *, next_key: int | None = 9, flag: dict[str, Any] | None = None) -> None:
    """A lake whose column x says that it is a surrogate key."""
    found = schema([Column("x", "int64", Stored([0], "packed"), nullable=False)])
    said = json.loads(json.dumps(found))
    said["fields"][0] |= flag if flag is not None else {"surrogate_key": True}
    features = ["surrogate-keys"] if next_key is not None else []
    give = {"next_key": next_key, "required_features": features}
    writer = LakeWriter(path, said)
    writer.commit(change=lambda members: members.update(give))
    column = Column("x", "int64", Stored(keys, "packed"), nullable=False)
    writer.commit([(len(keys), Writer([column]).file())], change=lambda members: members.update(give))


def test_surrogate_keys(tmp_path: Path) -> None:
    keyed(tmp_path / "right", [0, 7, 3])
    Lake(tmp_path / "right").validate()
    for name, match, keys, options in [
        ("twice", "two rows", [1, 1], {}),
        ("never", "never given", [0, 9], {}),
        ("uncounted", "without next_key", [0], {"next_key": None}),
        ("nullable", "no surrogate key", [0], {"flag": {"surrogate_key": True, "nullable": True}}),
        ("narrow", "no surrogate key", [0], {"flag": {"surrogate_key": True, "type": "int32"}}),
    ]:
        keyed(tmp_path / name, keys, **options)  # type: ignore[arg-type]
        refuse(tmp_path / name, match)
    writer = lake(tmp_path / "falls", 0)
    for key in (5, 4):
        give = {"next_key": key, "required_features": ["surrogate-keys"]}
        writer.commit(change=lambda members, give=give: members.update(give))  # type: ignore[misc]
    refuse(tmp_path / "falls", "next_key falls")
    lake(tmp_path / "unknown", 1).commit(change=lambda members: members.update({"next_key": 1}))
    refuse(tmp_path / "unknown", "surrogate keys that readers are not required to know")
