"""The command line, and the canonical form that it prints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from lake_writer import LakeWriter
from shard_writer import Column, Stored, Writer, schema

HERE = Path(__file__).resolve().parent

COLUMNS = [
    Column("flag", "bool", Stored([True, None, False], "plain", width=1)),
    Column("big", "uint64", Stored([(1 << 64) - 1, 0, None], "plain")),
    Column("small", "float32", Stored([0.10000000149011612, -0.0, 1e10], "plain")),
    Column("real", "float64", Stored([float("nan"), float("inf"), 1e16], "plain")),
    Column("day", "date", Stored([0, -719529, 2932897], "plain", width=4)),
    Column("when", "timestamp", Stored([-1, 1_700_000_000_000_000, None], "plain")),
    Column("text", "utf8", Stored(["ä\n".encode(), b"", None], "text")),
    Column("raw", "binary", Stored([b"\x00\xff", b"", None], "text")),
    Column("list", "list", Stored([[b"a", None], [], None], "plain"), "binary", 0, Stored([], "text")),
]


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit status, output and errors of the command."""
    command = [sys.executable, "-m", "alphalake_reader", *map(str, arguments)]
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_dump(tmp_path: Path) -> None:
    (tmp_path / "x.shard").write_bytes(Writer(COLUMNS).file())
    status, out, _ = run("dump", tmp_path / "x.shard", "--jsonl")
    want: list[dict[str, Any]] = [
        {"flag": True, "big": (1 << 64) - 1, "small": 0.10000000149011612, "real": "nan", "day": "1970-01-01",
         "when": -1, "text": "ä\n", "raw": "00ff", "list": ["61", None]},
        {"flag": None, "big": 0, "small": -0.0, "real": "inf", "day": "-0001-12-31",
         "when": 1_700_000_000_000_000, "text": "", "raw": "", "list": []},
        {"flag": False, "big": None, "small": 1e10, "real": 1e16, "day": "10000-01-01",
         "when": None, "text": None, "raw": None, "list": None},
    ]  # fmt: skip
    assert status == 0
    assert out.splitlines() == [json.dumps(w, ensure_ascii=False, separators=(",", ":")) for w in want]
    assert run("dump", tmp_path / "x.shard", "--start", 1, "--stop", 2)[1] == out.splitlines()[1] + "\n"


def test_info(tmp_path: Path) -> None:
    (tmp_path / "x.shard").write_bytes(Writer(COLUMNS).file())
    status, out, _ = run("info", tmp_path / "x.shard")
    assert status == 0
    assert "field 9 list: list of binary nullable" in out
    assert "footer" in out


def test_validate(tmp_path: Path) -> None:
    data = Writer(COLUMNS).file()
    lake = LakeWriter(tmp_path / "lake", schema(COLUMNS))
    lake.commit([(3, data)])
    (tmp_path / "x.shard").write_bytes(data)
    status, out, errors = run("validate", tmp_path / "x.shard", tmp_path / "lake")
    assert (status, errors) == (0, "")
    assert "t: valid, 3 rows in 1 shards" in out
    (tmp_path / "y.shard").write_bytes(data[:-1])
    status, out, errors = run("validate", tmp_path / "y.shard", tmp_path / "x.shard")
    assert status == 1
    assert errors.startswith("y.shard")
    assert "x.shard: valid" in out
