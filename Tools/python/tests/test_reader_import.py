"""What the engine imports (ALPHALAKE_BINARY), read back by the independent reader, value for value."""

from __future__ import annotations

import json
import os
import random
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alphalake_reader import Lake, Type
from alphalake_reader.canonical import exact, iso_date

BIN = os.environ.get("ALPHALAKE_BINARY", "")
pytestmark = pytest.mark.skipif(not BIN, reason="ALPHALAKE_BINARY names no alphalake to import with")
ROWS = 70_000


def engine(*arguments: object) -> None:
    """Run the engine's command line."""
    command = [str(Path(BIN).resolve()), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def rows(seed: int, count: int) -> list[dict[str, Any]]:
    """Rows of all types that JSON shows, with NULLs, clustered, rare, few and many values."""
    pick = random.Random(seed)
    words = ["".join(pick.choices("abcdefghij éß日", k=pick.randint(1, 9))) for _ in range(2_000)]
    out = []
    for number in range(count):
        row: dict[str, Any] = {
            "id": number,
            "small": pick.randint(-100, 100),
            "big": pick.randint(-(1 << 62), 1 << 62),
            "price": pick.randint(-(10**6), 10**6) / 100,
            "real": (pick.random() - 0.5) * 10.0 ** pick.randint(-5, 20),
            "flag": pick.random() < 0.5,
            "rare": "hit" if pick.random() < 0.0005 else "no",
            "run": f"c{number // 9_000 % 3}",
            "few": pick.choice(words[:30]),
            "many": pick.choice(words),
            "text": " ".join(pick.choices(words, k=pick.randint(0, 40))),
            "day": (date(1900, 1, 1) + timedelta(pick.randint(0, 60_000))).isoformat(),
            "when": datetime.fromtimestamp(pick.randint(0, 1 << 31), UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            "list": [pick.randint(0, 9) for _ in range(pick.randint(0, 4))],
            "tags": [pick.choice(words[:9]) for _ in range(pick.randint(0, 3))],
            "vector": [pick.random() for _ in range(3)],
        }
        out.append({k: None if k != "id" and pick.random() < 0.05 else v for k, v in row.items()})
    return out


def write(path: Path, found: list[dict[str, Any]]) -> Path:
    """Rows as JSON lines."""
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in found), encoding="utf-8")
    return path


def read(lake: Path) -> list[dict[str, Any]]:
    """All rows of the table, dates and timestamps as they are written in JSON."""
    out = []
    with Lake(lake).table("t") as table:
        table.validate()
        kinds = {f.name: f.kind.type for f in table.schema.fields}
        for row in table.rows():
            for name, value in row.items():
                if value is not None and kinds[name] == Type.DATE:
                    row[name] = iso_date(value)
                elif value is not None and kinds[name] == Type.TIMESTAMP:
                    moment = datetime(1970, 1, 1) + timedelta(microseconds=value)
                    row[name] = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            out.append(row)
    return out


def same(found: list[dict[str, Any]], want: list[dict[str, Any]]) -> None:
    """Require that rows are equal to the last bit."""
    assert len(found) == len(want)
    for number, (a, b) in enumerate(zip(found, want, strict=True)):
        assert exact(a) == exact(b), f"row {number}"


def test_import(tmp_path: Path) -> None:
    want = rows(1, ROWS)
    engine("init", tmp_path / "lake")
    engine("import", "table", tmp_path / "lake", "t", write(tmp_path / "a.jsonl", want))
    same(read(tmp_path / "lake"), want)


def test_append_wider(tmp_path: Path) -> None:
    narrow: list[dict[str, Any]] = [{"a": 1, "b": "x"}, {"a": None, "b": "y"}, {"a": -3, "b": None}]
    wide: list[dict[str, Any]] = [{"a": 0.5, "b": "z", "c": [True, None]}, {"a": 2.0, "b": "", "c": None}]
    engine("init", tmp_path / "lake")
    schema = {"fields": [{"id": 1, "name": "a", "type": "int16"}, {"id": 2, "name": "b", "type": "utf8"}]}
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    first = write(tmp_path / "a.jsonl", narrow)
    engine("import", "table", tmp_path / "lake", "t", first, "--schema", tmp_path / "schema.json")
    engine("import", "table", tmp_path / "lake", "t", write(tmp_path / "b.jsonl", wide))
    widened = [{"a": None if r["a"] is None else float(r["a"]), "b": r["b"], "c": None} for r in narrow]
    same(read(tmp_path / "lake"), widened + wide)


def test_key_groups(tmp_path: Path) -> None:
    """Persons with two columns, turns nested in persons, items on their own; and a shard without keys to share."""
    pick = random.Random(3)
    people = [(f"p{i}", pick.choice([None, i % 90]), pick.choice(["de", "fr", None])) for i in range(900)]
    items = [(i, f"item {i} " * 9) for i in range(40)]
    want: list[dict[str, Any]] = []
    for person, age, country in people:
        for item, wording in pick.sample(items, 30) if person != "p7" else items:
            turn = item % 3
            row = {"person": person, "age": age, "country": country, "turn": turn, "round": f"{person}/{turn}",
                   "item": item, "wording": wording, "score": pick.randint(1, 5)}  # fmt: skip
            want.append(row)
    types = {"age": "int8", "turn": "int8", "item": "int32", "score": "float32"}
    fields = [{"id": i + 1, "name": n, "type": types.get(n, "utf8")} for i, n in enumerate(want[0])]
    groups = [
        {"name": "person", "key": ["person"], "columns": ["person", "age", "country"]},
        {"name": "item", "key": ["item"], "columns": ["item", "wording"]},
        {"name": "turn", "key": ["turn"], "columns": ["turn", "round"], "within": "person"},
    ]
    (tmp_path / "schema.json").write_text(json.dumps({"fields": fields, "key_groups": groups}))
    engine("init", tmp_path / "lake")
    first = write(tmp_path / "a.jsonl", want)
    engine("import", "table", tmp_path / "lake", "t", first, "--schema", tmp_path / "schema.json")
    more = [{**r, "person": f"{r['person']}-{i}", "age": i % 7} for i, r in enumerate(want[:100])]
    engine("import", "table", tmp_path / "lake", "t", write(tmp_path / "b.jsonl", more))
    same(read(tmp_path / "lake"), [{**r, "score": float(r["score"])} for r in want + more])
