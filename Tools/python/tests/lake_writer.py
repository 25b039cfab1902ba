"""A tiny writer of lakes for the tests, made from Schemas/FORMAT.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xxhash


def seal(members: dict[str, Any]) -> bytes:
    """Sealed JSON of members."""
    rest = json.dumps(members)[1:].encode() + b"\n"
    return b'{"digest":"' + xxhash.xxh3_128_hexdigest(rest).encode() + b'",' + rest


Change = Callable[[dict[str, Any]], None]


class LakeWriter:
    """One lake with one table, ``t``."""

    def __init__(self, path: Path, schema: dict[str, Any]) -> None:
        self.path, self.schema = path, schema
        self.table = path / "tables" / "t"
        (self.table / "versions").mkdir(parents=True)
        (self.table / "shards").mkdir()
        (path / "alphalake.json").write_bytes(seal({"format": 1, "kind": "lake", "required_features": []}))
        self.shards: list[dict[str, Any]] = []
        self.number = 0
        self.next_shard = 1
        self.next_field = 1
        self.parent: str | None = None

    def commit(
        self,
        added: list[tuple[int, bytes]] | None = None,
        removed: list[int] | None = None,
        schema: dict[str, Any] | None = None,
        change: Change = lambda _: None,
    ) -> None:
        """Write the next version: shards as rows and bytes, ids that leave, a new schema, a last change of members."""
        self.number += 1
        entries: list[dict[str, Any]] = []
        for rows, data in added or []:
            name = f"{self.next_shard:032x}.shard"
            (self.table / "shards" / name).write_bytes(data)
            digest = xxhash.xxh3_128_hexdigest(data)
            entries.append({"id": self.next_shard, "file": name, "rows": rows, "bytes": len(data), "digest": digest,
                            "tags": {}, "companions": []})  # fmt: skip
            self.next_shard += 1
        gone = [s for s in self.shards if s["id"] in (removed or [])]
        self.shards = [s for s in self.shards if s not in gone] + entries
        if schema is not None or self.number == 1:
            self.schema = schema or self.schema
        self.next_field = max(self.next_field, *(f["id"] + 1 for f in self.schema["fields"]))
        members: dict[str, Any] = {
            "format": 1,
            "required_features": [],
            "table_id": "0" * 32,
            "version": self.number,
            "parent": self.parent,
            "transaction": f"{self.number:032x}",
            "operation": "append",
            "timestamp": 1_700_000_000_000_000 + self.number,
            "details": {},
            "schema": self.schema if schema is not None or self.number == 1 else None,
            "added": entries,
            "removed": removed or [],
            "next_shard_id": self.next_shard,
            "next_field_id": self.next_field,
            "summary": {
                "rows": sum(s["rows"] for s in self.shards),
                "bytes": sum(s["bytes"] for s in self.shards),
                "shards": len(self.shards),
                "rows_added": sum(s["rows"] for s in entries),
                "shards_added": len(entries),
                "rows_removed": sum(s["rows"] for s in gone),
                "shards_removed": len(gone),
            },
        }
        if self.number % 64 == 0:
            members["checkpoint"] = {"schema": self.schema, "shards": self.shards}
        change(members)
        data = seal(members)
        self.parent = data[11:43].decode()
        (self.table / "versions" / f"{self.number}.json").write_bytes(data)
