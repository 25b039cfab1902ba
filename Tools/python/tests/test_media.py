"""Commands on disks that are full or read-only, and under a limit on the size of files: they say so, and the lake is as it was."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from pathlib import Path

import pytest

BINARY = os.environ.get("ALPHALAKE_BINARY", "")
pytestmark = pytest.mark.skipif(not BINARY, reason="ALPHALAKE_BINARY names no program")


def run(arguments: list[str], text: str = "", limit: int | None = None) -> subprocess.CompletedProcess:
    def prepare() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run([BINARY, *arguments], input=text, capture_output=True, text=True, preexec_fn=prepare)


def batch(number: int, rows: int) -> str:
    ids = range(number * rows, (number + 1) * rows)
    return "".join(json.dumps({"id": id, "text": os.urandom(60).hex()}) + "\n" for id in ids)


def load(lake: str, number: int, rows: int, limit: int | None = None) -> subprocess.CompletedProcess:
    return run(["import", "table", lake, "rows", "-", "--format", "jsonl"], batch(number, rows), limit)


def rows_of(lake: str) -> int:
    result = run(["query", lake, "SELECT count(*) AS n, count(DISTINCT id) AS d FROM rows", "--format", "jsonl"])
    assert result.returncode == 0, result.stderr
    counts = json.loads(result.stdout)
    assert counts["n"] == counts["d"]
    return counts["n"]


def is_sound(lake: str) -> bool:
    return run(["validate", lake, "--deep"]).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of 600 kB in memory."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(path)], capture_output=True, text=True)
    if mount.returncode != 0:
        pytest.skip(f"mounting a file system needs the rights of the administrator: {mount.stderr.strip()}")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_full_disk_keeps_what_was_acknowledged(small_disk: Path) -> None:
    lake = str(small_disk / "lake")
    assert run(["init", lake]).returncode == 0
    acknowledged = 0
    for number in range(200):
        result = load(lake, number, 200)
        if result.returncode != 0:
            break
        acknowledged += 200
    assert acknowledged > 0
    assert result.returncode == 74 and "No space left on device" in result.stderr and "the disk is full" in result.stderr
    assert rows_of(lake) == acknowledged and is_sound(lake)
    # Deleting takes little space: it works, or says that there is none.
    deleted = run(["delete", lake, "rows", "--where", "id < 100", "--transaction", "first"])
    assert deleted.returncode in (0, 74), deleted.stderr
    assert rows_of(lake) == acknowledged - (100 if deleted.returncode == 0 else 0) and is_sound(lake)
    # With more space the same goes on.
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    assert run(["delete", lake, "rows", "--where", "id < 100", "--transaction", "first"]).returncode == 0
    assert load(lake, 1000, 200).returncode == 0
    assert rows_of(lake) == acknowledged + 100 and is_sound(lake)


def test_a_read_only_disk_is_read(small_disk: Path) -> None:
    lake = str(small_disk / "lake")
    assert run(["init", lake]).returncode == 0
    assert load(lake, 0, 50).returncode == 0
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert rows_of(lake) == 50 and is_sound(lake)
    for arguments, text in [
        (["import", "table", lake, "rows", "-", "--format", "jsonl"], batch(1, 10)),
        (["delete", lake, "rows", "--where", "id < 10"], ""),
        (["init", str(small_disk / "other")], ""),
    ]:
        result = run(arguments, text)
        assert result.returncode == 74 and "read-only" in result.stderr, (arguments, result.stderr)
    assert rows_of(lake) == 50


def test_a_limit_on_the_size_of_files_is_an_error(tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    assert run(["init", lake]).returncode == 0
    assert load(lake, 0, 50).returncode == 0
    failures = 0
    for limit in [0, 1, 100, 500, 1000, 2000, 5000, 10_000, 50_000]:
        before = rows_of(lake)
        result = load(lake, limit + 1, 200, limit)
        if result.returncode == 0:
            assert rows_of(lake) == before + 200
            continue
        failures += 1
        assert result.returncode == 74 and "File too large" in result.stderr, result.stderr
        assert rows_of(lake) == before and is_sound(lake)
    assert failures > 3
