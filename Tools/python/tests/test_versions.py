"""Earlier versions of tables, as `open` takes them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest
from test_arrow_stream import pytestmark  # noqa: F401

import alphalake as al

BIN = os.environ.get("ALPHALAKE_BINARY", "")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A lake whose table has no row in version 1, one in 2, three in 3; 2 is tagged."""
    if not BIN:
        pytest.skip("ALPHALAKE_BINARY names no alphalake to make a lake with")
    path = tmp_path / "lake"
    subprocess.run([BIN, "init", path], capture_output=True, check=True)
    with al.open(path) as lake:
        lake.append("t", pa.table({"a": [1]}))
        lake.append("t", pa.table({"a": [2, 3], "b": ["x", "y"]}))
    subprocess.run([BIN, "tag", path, "paper", "--at", "2"], capture_output=True, check=True)
    return path


@pytest.mark.parametrize(("version", "rows"), [("1", 0), ("2", 1), ("3", 3), ("tag:paper", 1), ("2999-01-01T12:00Z", 3)])
def test_versions(path: Path, version: str, rows: int) -> None:
    with al.open(f"{path}@{version}") as lake:
        assert lake.tables == ["t"]
        assert lake.sql("SELECT a FROM t").to_arrow().num_rows == rows
        assert lake.schema("t").names == (["a", "b"] if rows == 3 else ["a"])
        with pytest.raises(al.UsageError, match="earlier version"):
            lake.append("t", pa.table({"a": [4]}))
    assert al.open(path).sql("SELECT a FROM t").to_arrow().num_rows == 3


def test_a_version_stays_while_others_come(path: Path) -> None:
    with al.open(f"{path}@2") as early, al.open(f"{path}@2999-01-01") as latest, al.open(path) as lake:
        for rows in (3, 4, 5):
            assert early.sql("SELECT a FROM t").to_arrow().num_rows == 1
            assert latest.sql("SELECT a FROM t").to_arrow().num_rows == rows
            lake.append("t", pa.table({"a": [4]}))


def test_a_tag_that_is_moved_is_followed(path: Path) -> None:
    with al.open(f"{path}@tag:paper") as lake:
        assert lake.sql("SELECT a FROM t").to_arrow().num_rows == 1
        subprocess.run([BIN, "tag", path, "paper", "--move"], capture_output=True, check=True)
        assert lake.sql("SELECT a FROM t").to_arrow().num_rows == 3


@pytest.mark.parametrize("version", ["0", "x", "", "tag:", "tag:.x", "2026-02-30"])
def test_no_version(path: Path, version: str) -> None:
    with pytest.raises(al.UsageError):
        al.open(f"{path}@{version}")


@pytest.mark.parametrize("version", ["4", "tag:none", "1999-01-01"])
def test_a_version_that_is_not_there(path: Path, version: str) -> None:
    with al.open(f"{path}@{version}") as lake:
        with pytest.raises(al.MissingError):
            lake.sql("SELECT a FROM t")
        with pytest.raises(al.MissingError):
            lake.schema("t")
