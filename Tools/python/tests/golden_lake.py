"""Makes the golden lakes in Schemas/golden/v1/table: lakes of this format that every later program must read.

    python Tools/python/tests/golden_lake.py --binary .build/release/alphalake FOLDER

Beside each lake stand the rows of every version and tag, as the model below has them: nobody asked the lake. Ids and times
differ from run to run, rows do not. Lakes that FOLDER has stay as they are; a new feature gets a lake of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
from pathlib import Path
from typing import Any

FIELDS = [
    ("id", "int64"), ("person", "int32"), ("age", "utf8"), ("town", "utf8"), ("score", "float64"),
    ("words", "list<utf8>"), ("kind", "int32"),
]  # fmt: skip
LABELS = {0: "none", 1: "one", 2: "two"}
AGES = ["18-29", "30-49", "50-64", "65+"]

Row = dict[str, Any]


class Maker:
    """Does things to a lake, and to a model of it."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.binary, self.folder = binary, folder
        self.lake = str(folder / "lake")
        self.draw = random.Random(64)
        self.rows: dict[int, Row] = {}
        self.columns = [name for name, _ in FIELDS]
        self.derived: list[str] = []
        self.version = 0
        self.held: dict[str, list[Row]] = {}
        self.taken: list[Row] = []

    def run(self, *arguments: str, text: str = "") -> str:
        done = subprocess.run([self.binary, *arguments], input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{arguments} ended with {done.returncode}: {done.stderr}")
        return done.stderr

    def keep(self) -> None:
        """One more version."""
        self.version += 1
        self.held[str(self.version)] = [self.seen(row) for row in self.rows.values()]

    def seen(self, row: Row) -> Row:
        row = {name: row.get(name) for name in self.columns}
        return row | {name: LABELS.get(row["kind"]) for name in self.derived}

    def make(self, count: int) -> list[Row]:
        """New rows; what a person is does not change."""
        made = []
        for _ in range(count):
            id = 1 + max([*self.rows, *(row["id"] for row in self.taken), *(row["id"] for row in made)], default=0)
            person = self.draw.randrange(12)
            row: Row = {
                "id": id,
                "person": person,
                "age": AGES[person % 4],
                "town": None if person == 7 else f"town {person % 5}",
                "score": self.draw.choice([None, 0.5, -1.25, 1e300, self.draw.random()]),
                "words": self.draw.choice([None, [], ["a"], ["a", None, "ä \u2028"]]),
                "kind": self.draw.choice([None, 0, 1, 2, 3]),
            }
            if "note" in self.columns:
                row["note"] = self.draw.choice([None, f"note on {id}"])
            made.append(row)
        return made

    def bring(self, rows: list[Row], *options: str) -> None:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        self.number(rows)
        self.run("import", "table", self.lake, "visits", "-", "--format", "jsonl", *options, text=text)
        for row in rows:
            old = self.rows.get(row["id"])
            if old is not None and old != row:
                self.taken.append(old)
            self.rows.pop(row["id"], None)
            self.rows[row["id"]] = row
        self.keep()

    def number(self, rows: list[Row]) -> None:
        """Gives new rows what the table gives them."""

    def delete(self, condition: str, chosen: Any) -> None:
        self.run("delete", self.lake, "visits", "--where", condition)
        for row in [row for row in self.rows.values() if chosen(row)]:
            self.taken.append(self.rows.pop(row["id"]))
        self.keep()

    def tag(self, name: str, version: int) -> None:
        self.run("tag", self.lake, name, "--table", "visits", "--at", str(version), "--message", f"version {version}")
        self.held[f"tag:{name}"] = self.held[str(version)]

    def vacuum(self) -> None:
        """All versions go but the newest, which stands for itself then."""
        self.run("vacuum", self.lake, "visits", "--older-than", "0h", "--execute")
        for version in range(1, self.version):
            self.held.pop(str(version), None)

    def purge(self) -> None:
        """What was deleted goes from all versions and tags."""
        self.run("purge", self.lake, "visits")
        gone = {row["id"]: row for row in self.taken if self.rows.get(row["id"]) != row}
        for name, rows in self.held.items():
            self.held[name] = [
                row for row in rows if row["id"] not in gone or row["id"] in self.rows and self.same(row, row["id"])
            ]
        self.keep()

    def same(self, row: Row, id: int) -> bool:
        """Whether a row of an earlier version says what the newest says, as far as its columns go."""
        return all(self.rows[id].get(name) == value for name, value in row.items() if name not in self.derived)

    def go(self) -> None:
        self.folder.mkdir(parents=True)
        self.run("init", self.lake)
        names = "".join(json.dumps({"kind": kind, "label": label}) + "\n" for kind, label in LABELS.items())
        self.run("import", "table", self.lake, "names", "-", "--format", "jsonl", text=names)
        schema = self.folder / "schema.json"
        schema.write_text(
            json.dumps(
                {
                    "fields": [{"name": n, "type": t, "nullable": n != "id"} for n, t in FIELDS],
                    "key_groups": [{"name": "people", "key": ["person"], "columns": ["person", "age", "town"]}],
                }
            )
        )
        self.keep()
        self.bring(self.make(40), "--schema", str(schema))
        schema.unlink()
        self.columns.append("note")
        self.bring(self.make(30))
        lookup = ["--from", "names", "--key", "kind", "--value", "label", "--at", "2"]
        self.run("derive", self.lake, "visits", "label", *lookup)
        self.derived.append("label")
        self.keep()
        self.delete("id % 9 = 0", lambda row: row["id"] % 9 == 0)
        self.tag("early", 3)
        self.bring([self.make(1)[0] | {"id": id} for id in (5, 6, 50, 200)], "--upsert", "id")
        self.vacuum()
        self.bring(self.make(20))
        self.delete("id = 11 OR id = 201", lambda row: row["id"] in (11, 201))
        self.tag("late", self.version)
        self.purge()
        self.bring([self.make(1)[0] | {"id": id} for id in (8, 300)], "--upsert", "id")
        self.delete("person = 3", lambda row: row["person"] == 3)
        self.run("restore", self.lake, "visits", "8")
        self.rows = {row["id"]: {k: v for k, v in row.items() if k not in self.derived} for row in self.held["8"]}
        self.keep()
        self.delete("id = 12", lambda row: row["id"] == 12)
        self.tag("last", self.version)
        self.run("validate", self.lake)
        self.write()

    def write(self) -> None:
        folder = self.folder / "rows" / "visits"
        folder.mkdir(parents=True)
        for name, rows in self.held.items():
            lines = [json.dumps(row) + "\n" for row in sorted(rows, key=lambda row: row["id"])]
            (folder / f"{name.replace(':', '-')}.jsonl").write_text("".join(lines), encoding="utf-8")


class KeyMaker(Maker):
    """A table with a surrogate key."""

    def __init__(self, binary: str, folder: Path) -> None:
        super().__init__(binary, folder)
        self.columns.insert(0, "key")
        self.next_key = 0

    def number(self, rows: list[Row]) -> None:
        for row in rows:
            known = self.rows.get(row["id"])
            row["key"] = self.next_key if known is None else known["key"]
            self.next_key += known is None

    def go(self) -> None:
        self.folder.mkdir(parents=True)
        self.run("init", self.lake)
        self.keep()
        self.bring(self.make(20), "--surrogate-key", "key")
        self.bring(self.make(10))
        self.tag("early", 3)
        self.bring([self.make(1)[0] | {"id": id} for id in (5, 31, 7, 6)], "--upsert", "id")
        self.delete("id = 8 OR id = 31", lambda row: row["id"] in (8, 31))
        self.run("compact", self.lake, "--deleted-share", "0")
        self.keep()
        self.bring(self.make(5))
        self.run("validate", self.lake, "--deep")
        self.write()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, maker in (("changes", Maker), ("keys", KeyMaker)):
        if not (options.folder / name).exists():
            maker(options.binary, options.folder / name).go()


if __name__ == "__main__":
    main()
