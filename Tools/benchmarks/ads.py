"""Ads and the samples made of them: generating, importing, building, what they take, and how fast prompts are rendered."""

from __future__ import annotations

import json
import random
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ADS = 1_500_000
RENDERED = 2_000_000
UNIT, UNITS = 1_024, 64
SCATTERED = 20_000
# How often the file of real ads is repeated for its import to be timed.
COPIES = 12


def run(binary: Path, home: Path, real: Path | None, count: int, rounds: int) -> dict:
    """All of it; `real` is a JSONL file of the ad library's API."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    try:
        lake = home / "lake"
        command(binary, "init", lake)
        found: dict = {"ads": count}
        found["generate"] = timed(binary, "generate", "ads", lake, "--count", count, "--seed", 7)
        found["build"] = timed(binary, "build", "samples", lake)
        tables = json.loads(command(binary, "tables", lake, "--format", "json"))
        found["tables"] = {t["table"]: {"rows": t["rows"], "bytes": t["bytes"]} for t in tables}
        found["distinct"] = distinct(binary, lake)
        found["parquet"] = parquet(binary, lake, home)
        found["rendering"] = rendering(binary, lake, rounds, found["tables"]["samples"]["rows"])
        if real:
            found["real"] = imported(binary, home, real)
        return found
    finally:
        shutil.rmtree(home, ignore_errors=True)


def command(binary: Path, *words: object, text: str | None = None) -> str:
    done = subprocess.run([binary, *map(str, words)], capture_output=True, text=True, input=text)
    if done.returncode:
        sys.exit(f"alphalake {words[0]}: {done.stderr}")
    return done.stdout


def timed(binary: Path, *words: object) -> dict:
    """Wall and processor seconds of a command, and the most memory that it had."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen([binary, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident(process.pid))
        time.sleep(0.05)
    seconds = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"alphalake {words[0]}: {process.stderr.read().decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": cpu, "peak": peak}


def resident(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return max((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), default=0)


def distinct(binary: Path, lake: Path) -> int:
    """Samples of two tasks counted by all that tells them apart: as many as there are, when none is there twice."""
    some = "FROM samples WHERE task IN ('TC-G', 'TS-E')"
    total = int(command(binary, "query", lake, f"SELECT count(*) {some}", "--format", "csv").split()[1])
    columns = "task, ad, target_ad, source_group, target_group"
    rows = command(binary, "query", lake, f"SELECT {columns} {some}", "--format", "csv").splitlines()[1:]
    if len(set(rows)) != total:
        sys.exit(f"{total - len(set(rows))} samples are there twice")
    return total


def parquet(binary: Path, lake: Path, home: Path) -> dict:
    """The first four million samples as they are, references and slice columns, in Parquet."""
    sql = "SELECT * FROM samples LIMIT 4000000"
    ipc = home / "samples.arrow"
    with ipc.open("wb") as file:
        subprocess.run([binary, "query", lake, sql, "--format", "arrow"], stdout=file, check=True)
    with pa.memory_map(str(ipc)) as source:
        table = pa.ipc.open_stream(source).read_all()
        pq.write_table(table, home / "samples.parquet", compression="zstd")
        found = {"rows": table.num_rows, "bytes": (home / "samples.parquet").stat().st_size}
    ipc.unlink()
    return found


def times(binary: Path, lake: Path, sql: str, rounds: int) -> tuple[int, list[float]]:
    """Rows, and the seconds of each round of one thread, the first of which opens everything."""
    words = [binary, "query", lake, "-", "--format", "arrow", "--threads", "1", "--timing", "--repeat", str(rounds)]
    done = subprocess.run(words, input=sql.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    told = json.loads(done.stderr.splitlines()[-1])
    return told["rows"], [ms / 1000 for ms in told["ms"]]


def rendering(binary: Path, lake: Path, rounds: int, rows: int) -> dict:
    """Prompts and responses a second, of one thread, in three orders; and how soon a slice starts."""
    dice = random.Random(7)
    found = {}
    # As the table is stored, from its middle on, so that all tasks are among them.
    first = rows // 2
    storage = f"SELECT prompt, response FROM samples WHERE rowid >= {first} AND rowid < {first + min(RENDERED, rows // 2)}"
    starts = [dice.randrange(rows // UNIT) * UNIT for _ in range(UNITS)]
    ranges = " OR ".join(f"rowid BETWEEN {start} AND {start + UNIT - 1}" for start in starts)
    window = f"SELECT prompt, response FROM samples WHERE {ranges}"
    numbers = ", ".join(str(number) for number in dice.sample(range(rows), SCATTERED))
    scattered = f"SELECT prompt, response FROM samples WHERE rowid IN ({numbers})"
    for name, sql in (("storage", storage), ("windows", window), ("scattered", scattered)):
        count, seconds = times(binary, lake, sql, rounds)
        found[name] = {"rows": count, "seconds": seconds, "per_second": count / min(seconds)}
    slice_ = "SELECT prompt, response FROM samples WHERE task = 'TC-A' AND age = '35-44' AND region = 'Ohio' LIMIT 1"
    found["slice"] = {"seconds": times(binary, lake, slice_, max(rounds, 5))[1]}
    found["bytes"] = rendered_bytes(binary, lake, rows)
    return found


def rendered_bytes(binary: Path, lake: Path, rows: int) -> float:
    """Bytes of a sample as a line of JSON with prompt and completion, on the average of a sample of them."""
    sql = "SELECT prompt, response FROM samples TABLESAMPLE rows(20000) REPEATABLE (7)"
    lines = command(binary, "query", lake, sql, "--format", "jsonl")
    return len(lines.encode()) / max(lines.count("\n"), 1)


def imported(binary: Path, home: Path, real: Path) -> dict:
    """Real ads with ids of their own, several times over."""
    file = home / "real.jsonl"
    with file.open("w") as out:
        for copy in range(COPIES):
            for line in real.read_text().splitlines():
                ad = json.loads(line)
                ad["id"] = str(int(ad["id"]) + copy)
                out.write(json.dumps(ad, ensure_ascii=False) + "\n")
    lake = home / "real"
    command(binary, "init", lake)
    taken = timed(binary, "import", "ads", lake, file)
    once = home / "once"
    command(binary, "init", once)
    command(binary, "import", "ads", once, real)
    stored = json.loads(command(binary, "tables", once, "--format", "json"))[0]
    return taken | {"bytes": file.stat().st_size, "raw": real.stat().st_size, "stored": stored["bytes"]}


def lines(record: dict) -> list[str]:
    """What is printed."""
    generate, build, tables = record["generate"], record["build"], record["tables"]
    samples, ads, rendering_ = tables["samples"], tables["ads"], record["rendering"]
    total = generate["seconds"]
    jsonl = rendering_["bytes"] * samples["rows"]
    out = [
        f"{record['ads']:,} ads generated and imported: {total:.0f} s (wanted: under 180), peak {generate['peak'] / 1e9:.2f} GB",
        f"{samples['rows']:,} samples built of them: {build['seconds']:.0f} s (wanted: under 600), "
        f"peak {build['peak'] / 2**30:.2f} GiB (wanted: under 4)",
        f"samples: {samples['bytes'] / samples['rows']:.2f} bytes per row, indexes included (wanted: 8 at most); "
        f"Parquet with zstd: {record['parquet']['bytes'] / record['parquet']['rows']:.2f}",
        f"rendered they would be {jsonl / 1e9:.0f} GB of JSONL: {jsonl / (samples['bytes'] + ads['bytes']):.0f} times "
        f"what samples and ads take together ({(samples['bytes'] + ads['bytes']) / 1e6:.0f} MB)",
    ]
    for name, title, wanted in (
        ("storage", "in the order of storage", 300_000),
        ("windows", f"of {UNITS} windows of {UNIT} rows", 100_000),
        ("scattered", f"{SCATTERED:,} at random", 20_000),
    ):
        rate = rendering_[name]["per_second"]
        out.append(f"prompt and response rendered {title}, one thread: {rate:,.0f} a second (wanted: {wanted:,})")
    slice_ = rendering_["slice"]["seconds"]
    out.append(
        f"a slice by task, age and state has its first row after {slice_[0] * 1000:.0f} ms, then {min(slice_) * 1000:.1f} ms "
        "(wanted: under 50)"
    )
    if real := record.get("real"):
        out.append(
            f"real ads: {real['bytes'] / real['cpu'] / 1e6:.0f} MB per second of a core (wanted: 50); the table takes "
            f"{real['stored'] / real['raw']:.3f} of the file"
        )
    return out
