"""The JSON Schemas in Schemas hold for the manifests that there are, and for nothing that they should not hold for."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from lake_writer import LakeWriter
from referencing import Registry, Resource
from shard_writer import Column, Stored, Writer

from alphalake_reader import Lake, Shard

SCHEMAS = Path(__file__).resolve().parents[3] / "Schemas"
LAKE = os.environ.get("ALPHALAKE_TEST_LAKE", "")
BINARY = os.environ.get("ALPHALAKE_BINARY", "")


def validator(name: str) -> Draft202012Validator:
    """A validator that knows the other schemas too."""
    loaded = {p.name: json.loads(p.read_text(encoding="utf-8")) for p in SCHEMAS.glob("*.schema.json")}
    for each in loaded.values():
        Draft202012Validator.check_schema(each)
    registry: Registry[Any] = Registry().with_resources((n, Resource.from_contents(s)) for n, s in loaded.items())
    return Draft202012Validator(loaded[f"{name}.schema.json"], registry=registry)


def check(lake: Path) -> int:
    """Every manifest of a lake and the schema of every shard; how many versions there were."""
    validator("lake").validate(json.loads((lake / "alphalake.json").read_bytes()))
    versions = sorted(lake.glob("tables/*/versions/*.json"))
    for path in versions:
        validator("version").validate(json.loads(path.read_bytes()))
    for path in lake.glob("tables/*/tags/*.json"):
        validator("tag").validate(json.loads(path.read_bytes()))
    for path in lake.glob("tables/*/shards/*.shard"):
        validator("schema").validate(Shard(path).schema)
    return len(versions)


def written(path: Path, commits: int) -> dict[str, Any]:
    """The last version of a lake that the tests' own writer makes."""
    writer = LakeWriter(path, {"fields": [{"id": 1, "name": "x", "type": "fixed_list<int8, 3>"}]})
    for _ in range(commits):
        writer.commit()
    check(path)
    found: dict[str, Any] = json.loads((path / "tables" / "t" / "versions" / f"{commits}.json").read_bytes())
    return found


@pytest.mark.skipif(not LAKE, reason="ALPHALAKE_TEST_LAKE names no lake")
def test_a_real_lake() -> None:
    assert check(Path(LAKE)) > 0


@pytest.mark.skipif(not BINARY, reason="ALPHALAKE_BINARY names no alphalake")
def test_a_lake_from_the_command_line(tmp_path: Path) -> None:
    rows, lake = tmp_path / "rows.jsonl", tmp_path / "lake"
    rows.write_text('{"a": 1, "b": ["x"]}\n{"a": 2.5, "b": []}\n', encoding="utf-8")
    tagging = ["tag", str(lake), "paper", "--message", "as submitted"]
    for arguments in (["init", str(lake)], ["import", "table", str(lake), "t", str(rows)], tagging):
        done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(done.stderr)
    assert check(lake) > 0
    path = lake / "tables" / "t" / "tags" / "paper.json"
    for place, value in (("kind", "version"), ("name", "-x"), ("name", "a/b"), ("version", 0), ("state/schema", None),
                         ("version_digest", "x"), ("required_features", ["more"]), ("created", 1.5)):
        tag = json.loads(path.read_bytes())
        put(place, value)(tag)
        assert not validator("tag").is_valid(tag), place


@pytest.mark.parametrize("commits", [1, 2, 65])
def test_the_lakes_of_the_tests(tmp_path: Path, commits: int) -> None:
    written(tmp_path, commits)


def test_derived_columns_are_ignored_by_readers_that_do_without(tmp_path: Path) -> None:
    writer = LakeWriter(tmp_path, {"fields": [{"id": 1, "name": "x", "type": "int8"}]})
    writer.commit([(2, Writer([Column("x", "int8", Stored([1, 2], "packed"))]).file())])
    lookup = {"kind": "lookup", "table": "t", "version": 1, "key": [{"column": "x", "references": "x"}], "value": "x"}
    writer.commit(schema={**writer.schema, "derived": [{"name": "again", "type": "int8", **lookup}]})
    assert check(tmp_path) == 2
    with Lake(tmp_path).table("t") as table:
        assert [field.name for field in table.schema.fields] == ["x"]
        assert table.row_count == 2


def put(place: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change of the member at a path with slashes; without a value it is taken away."""

    def change(version: dict[str, Any]) -> None:
        *path, last = [int(p) if p.isdigit() else p for p in place.split("/")]
        found: Any = version
        for step in path:
            found = found[step]
        if value is None:
            del found[last]
        else:
            found[last] = value

    return change


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("format", 2),
        ("required_features", ["unheard-of"]),
        ("digest", "F" * 32),
        ("version", 64),
        ("version", 2),
        ("timestamp", 1.5),
        ("timestamp", 1 << 53),
        ("schema", None),
        ("summary/rows", None),
        ("details", {"a": 1}),
        ("removed", [1, 1]),
        ("schema/fields/0/type", "list<list<int8>>"),
        ("schema/fields/0/type", "fixed_list<int8, 0>"),
        ("schema/fields/0/id", 0),
        ("schema/fields/0/name", ""),
        ("schema/key_groups", [{"name": "g", "key": [], "columns": ["x"]}]),
        ("schema/derived", [{"name": "d", "type": "utf8", "kind": "model", "table": "t", "key": [], "value": "x"}]),
        ("added", [{"id": 1, "file": ".x", "rows": 1, "bytes": 192, "digest": "0" * 32, "tags": {}, "companions": []}]),
    ],
)
def test_refused(tmp_path: Path, place: str, value: Any) -> None:
    version = written(tmp_path, 1)
    assert validator("version").is_valid(version)
    put(place, value)(version)
    assert not validator("version").is_valid(version)


def test_a_shards_schema(tmp_path: Path) -> None:
    path = tmp_path / "x.shard"
    path.write_bytes(Writer([Column("x", "int8", Stored([1, 2], "packed"))]).file())
    validator("schema").validate(Shard(path).schema)
