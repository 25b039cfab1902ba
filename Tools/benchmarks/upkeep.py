"""Keeping a table in order: compaction beside Lance's, commits and opening behind a long history, validation beside reading."""

from __future__ import annotations

import json
import mmap
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash
from lake_writer import LakeWriter

from . import machine
from .lake import Lake
from .threads import THREADS

PIECES = 200
ROWS = 4_000_000
VERSIONS, SHARDS = 10_000, 1_000
COMMITS = 40


def run(lake: Lake, parquet: Path, home: Path, rounds: int, quick: bool) -> dict:
    """All of it."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    try:
        rows = ROWS // 10 if quick else ROWS
        found = {
            "compaction": compaction(lake, parquet, home, rows, rounds),
            "history": history(lake, home, VERSIONS // 10 if quick else VERSIONS, SHARDS // 10 if quick else SHARDS),
            "validation": validation(lake, home, (1 << 28) if quick else (1 << 30), rounds),
        }
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return found


def pieces(parquet: Path, rows: int) -> list[pa.Table]:
    """The first rows, in as many pieces as there are appends."""
    batches, left = [], rows
    for batch in pq.ParquetFile(parquet).iter_batches(batch_size=1 << 16):
        batches.append(batch.slice(0, min(left, batch.num_rows)))
        left -= batches[-1].num_rows
        if left <= 0:
            break
    table = pa.Table.from_batches(batches)
    size = -(-table.num_rows // PIECES)
    return [table.slice(start, size) for start in range(0, table.num_rows, size)]


def compaction(lake: Lake, parquet: Path, home: Path, rows: int, rounds: int) -> dict:
    """The same appends into both; each compacts a copy of what came of them, in turns."""
    import alphalake
    import lance

    parts = pieces(parquet, rows)
    ours, theirs = home / "pieces", home / "pieces.lance"
    subprocess.run(lake.command("init", ours), check=True, capture_output=True)
    with alphalake.open(ours, threads=THREADS) as opened:
        for part in parts:
            opened.append("t", part)
    for part in parts:
        lance.write_dataset(part, theirs, mode="append" if theirs.exists() else "create")
    times: dict[str, list[float]] = {"alphalake": [], "lance": [], "decode": [], "encode": []}
    for round_ in range(rounds):
        copy = home / f"copy-{round_}"
        shutil.copytree(ours, copy)
        start = time.perf_counter()
        subprocess.run(lake.command("compact", copy, "t", "--threads", THREADS), check=True, capture_output=True)
        times["alphalake"].append(time.perf_counter() - start)
        shutil.rmtree(copy)
        shutil.copytree(theirs, copy)
        code = (
            "import lance, sys, time; d = lance.dataset(sys.argv[1]); s = time.perf_counter(); "
            f"d.optimize.compact_files(num_threads={THREADS}); print(time.perf_counter() - s)"
        )
        done = subprocess.run([sys.executable, "-c", code, copy], check=True, capture_output=True, text=True)
        times["lance"].append(float(done.stdout.split()[-1]))
        shutil.rmtree(copy)
        decoding, encoding = through_arrow(lake, ours, home / f"again-{round_}")
        times["decode"].append(decoding)
        times["encode"].append(encoding)
    peaks = {}
    for memory in ("64M", "1G"):
        copy = home / f"copy-{memory}"
        shutil.copytree(ours, copy)
        done = machine.measured(lake.command("compact", copy, "t", "--threads", THREADS, "--memory", memory), discard=True)
        peaks[memory] = done["peak_bytes"]
        shutil.rmtree(copy)
    return {"rows": sum(part.num_rows for part in parts), "pieces": len(parts), "peak_bytes": peaks} | {
        name: [round(value * 1e3, 3) for value in values] for name, values in times.items()
    }


def through_arrow(lake: Lake, source: Path, target: Path) -> tuple[float, float]:
    """The same rows read into memory as Arrow, and written from there into one table of another lake: seconds of each."""
    import alphalake

    with alphalake.open(source, threads=THREADS) as opened:
        start = time.perf_counter()
        table = opened.sql("select * from t").to_arrow()
        decoding = time.perf_counter() - start
    subprocess.run(lake.command("init", target), check=True, capture_output=True)
    with alphalake.open(target, threads=THREADS) as opened:
        start = time.perf_counter()
        opened.append("t", table)
        encoding = time.perf_counter() - start
    shutil.rmtree(target)
    return decoding, encoding


def history(lake: Lake, home: Path, versions: int, shards: int) -> dict:
    """A table of many versions and shards: how long it takes to open it, and to append a row."""
    import alphalake

    row = pa.table({"id": pa.array([1], pa.int64()), "text": ["a"]})
    seed = home / "seed"
    subprocess.run(lake.command("init", seed), check=True, capture_output=True)
    with alphalake.open(seed) as opened:
        opened.append("t", row)
    folder = seed / "tables" / "t"
    shard = next((folder / "shards").iterdir()).read_bytes()
    schema = json.loads((folder / "versions" / "1.json").read_bytes())["schema"]
    long = home / "long"
    writer = LakeWriter(long, schema)
    writer.commit()
    for version in range(2, versions + 1):
        writer.commit([(1, shard)] if version <= shards + 1 else [])
    opening, whole, appending = [], [], []
    for _ in range(COMMITS):
        start = time.perf_counter()
        with alphalake.open(long) as opened:
            opened.schema("t")
        opening.append(time.perf_counter() - start)
        start = time.perf_counter()
        subprocess.run(lake.command("schema", long, "t"), check=True, capture_output=True)
        whole.append(time.perf_counter() - start)
    with alphalake.open(long) as opened:
        for _ in range(COMMITS):
            start = time.perf_counter()
            opened.append("t", row)
            appending.append(time.perf_counter() - start)
    syncing = [synced(home / "synced", len(shard)) for _ in range(COMMITS)]
    return {
        "versions": versions,
        "shards": shards,
        "open_ms": median(opening),
        "command_ms": median(whole),
        "append_ms": median(appending),
        "first_append_ms": round(appending[0] * 1e3, 3),
        "sync_ms": median(syncing),
    }


def median(values: list[float]) -> float:
    return round(statistics.median(values) * 1e3, 3)


def synced(folder: Path, size: int) -> float:
    """What a commit asks of the disk and nothing else: a shard and a version written and synced, and both directories."""
    (folder / "shards").mkdir(parents=True, exist_ok=True)
    (folder / "versions").mkdir(exist_ok=True)
    spent = 0.0
    for place, count in (("shards", size), ("versions", 1000)):
        path = folder / place / f"{time.monotonic_ns()}"
        with path.open("wb") as file:
            file.write(os.urandom(count))
            file.flush()
            start = time.perf_counter()
            os.fsync(file.fileno())
            spent += time.perf_counter() - start
        descriptor = os.open(path.parent, os.O_RDONLY)
        start = time.perf_counter()
        os.fsync(descriptor)
        spent += time.perf_counter() - start
        os.close(descriptor)
    return spent


def validation(lake: Lake, home: Path, size: int, rounds: int) -> dict:
    """Whole-file checksums of shards that do not compress, beside reading the same files and XXH3-128 over memory."""
    import alphalake

    path = home / "bytes"
    subprocess.run(lake.command("init", path), check=True, capture_output=True)
    with alphalake.open(path, threads=THREADS) as opened:
        for _ in range(8):
            rows = [os.urandom(1 << 16) for _ in range(size >> 19)]
            opened.append("t", pa.table({"bytes": pa.array(rows, pa.binary())}))
    files = sorted((path / "tables" / "t" / "shards").iterdir())
    total = sum(file.stat().st_size for file in files)
    validating, reading, hashing = [], [], []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run(lake.command("validate", path, "--threads", THREADS), check=True, capture_output=True)
        validating.append(total / (time.perf_counter() - start))
        start = time.perf_counter()
        subprocess.run(["cat", *files], check=True, stdout=subprocess.DEVNULL)
        reading.append(total / (time.perf_counter() - start))
        start = time.perf_counter()
        for file in files:
            with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as view:
                xxhash.xxh3_128_intdigest(view)
        hashing.append(total / (time.perf_counter() - start))
    return {"bytes": total, "validate": max(validating), "read": max(reading), "hash": max(hashing)}


def lines(found: dict) -> list[str]:
    """What came of it, for people."""
    parts, past, bytes_ = found["compaction"], found["history"], found["validation"]
    ours, theirs = min(parts["alphalake"]), min(parts["lance"])
    through = min(parts["decode"]) + min(parts["encode"])
    floor = min(bytes_["read"], bytes_["hash"])
    return [
        f"compact: {parts['rows']:,} rows in {parts['pieces']} shards: {ours:,.0f} ms (a whole command); "
        f"Lance's compact_files {theirs:,.0f} ms ({theirs / ours:.2f} times that; wanted 2); read into Arrow "
        f"{min(parts['decode']):,.0f} ms and written from there {min(parts['encode']):,.0f} ms: "
        f"{through / ours:.2f} of their speed (wanted 0.6); peak anonymous memory "
        + ", ".join(f"{peak / 1048576:.0f} MiB with --memory {memory}" for memory, peak in parts["peak_bytes"].items()),
        f"history: {past['versions']:,} versions, {past['shards']:,} shards: opened in {past['open_ms']:.1f} ms in process, "
        f"{past['command_ms']:.1f} as a command (wanted 20); a row appended in {past['append_ms']:.1f} ms, "
        f"of which {past['sync_ms']:.1f} are fsync (wanted 10 besides); the first one in {past['first_append_ms']:.1f}",
        f"validate: {bytes_['bytes'] / 1e9:.2f} GB at {bytes_['validate'] / 1e9:.2f} GB/s; cat reads {bytes_['read'] / 1e9:.2f}, "
        f"one thread's XXH3-128 does {bytes_['hash'] / 1e9:.2f}: {bytes_['validate'] / floor:.2f} of the lower (wanted 0.7)",
    ]
