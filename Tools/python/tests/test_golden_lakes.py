"""Golden lakes: every version and tag in Schemas/golden/v1/table has the rows that stand beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alphalake_reader.lake import Lake

TABLES = Path(__file__).resolve().parents[3] / "Schemas" / "golden" / "v1" / "table"
ROWS = sorted(TABLES.glob("*/rows/*/*.jsonl"))


def test_there_are_golden_lakes() -> None:
    assert ROWS


@pytest.mark.parametrize("lake", sorted(TABLES.glob("*/lake")), ids=lambda path: path.parent.name)
def test_it_is_sound(lake: Path) -> None:
    Lake(lake).validate()


@pytest.mark.parametrize("path", [p for p in ROWS if p.stem.isdigit()], ids=lambda p: f"{p.parts[-4]}-{p.stem}")
def test_a_version_has_its_rows(path: Path) -> None:
    expected = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    with Lake(path.parents[2] / "lake").table(path.parent.name, int(path.stem)) as table:
        stored = [field.name for field in table.schema.fields]
        found = sorted(table.rows(), key=lambda row: row["id"])
    # This reader knows nothing of derived columns.
    assert found == [{name: row[name] for name in stored} for row in expected]


@pytest.mark.parametrize("path", ROWS, ids=lambda p: f"{p.parts[-4]}-{p.stem}")
def test_a_query_has_its_rows(path: Path) -> None:
    lakes = pytest.importorskip("alphalake")
    expected = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    address = str(path.parents[2] / "lake") + "@" + path.stem.replace("tag-", "tag:")
    columns = ", ".join(f'"{name}"' for name in expected[0]) if expected else "*"
    table = path.parent.name
    with lakes.open(address) as lake:
        found = lake.sql(f"SELECT {columns} FROM {table} ORDER BY id").to_arrow().to_pylist()
    assert found == expected
