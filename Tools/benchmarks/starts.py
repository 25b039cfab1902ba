"""What starting costs: AlphaLake's command line to its first row, and Python with a peer's library."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from .lake import Lake
from .threads import environment
from .worker import BUILDERS

FIRST_ROW_MS = 30
TIMES = 20


def first_row(lake: Lake, times: int = TIMES) -> dict:
    """From the start of a process to its first row on standard output, in milliseconds; files are in memory."""
    sql = "select question_key from responses limit 1"
    taken = []
    for _ in range(times + 1):
        start = time.perf_counter()
        process = subprocess.Popen(lake.command("query", lake.path, sql, "--format", "csv"), stdout=subprocess.PIPE)
        process.stdout.readline()  # the names of the columns
        row = process.stdout.readline()
        taken.append((time.perf_counter() - start) * 1000)
        process.communicate()
        if not row:
            raise RuntimeError("no first row")
    return {"best_ms": min(taken[1:]), "median_ms": statistics.median(taken[1:]), "n": times, "target_ms": FIRST_ROW_MS}


def script(text: str, times: int) -> float:
    """Milliseconds of a Python process that runs this, the median; files are in memory."""
    taken = []
    for _ in range(times + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", text], check=True, env=environment())
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken[1:])


def imports(engines: list[dict], times: int) -> float:
    """Adds to each peer `import_ms`, an empty script with what it imports; returns what an empty script takes."""
    for engine in engines:
        if engine.get("cold") and engine["name"] not in (Lake.name, "duckdb-cli"):
            engine["import_ms"] = script("import " + ", ".join(BUILDERS[engine["name"]].modules), times)
    return script("pass", times)
