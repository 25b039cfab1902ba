"""Asks AlphaLake damaged queries: each must end in rows or in an error that says what is wrong, never in a crash or a
hang.

Every query follows from the seed and its number; a failure is printed with both, so that `--seed S --only N` asks it
again.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from differential_corners import tables
from differential_engines import AlphaLake
from differential_surveys import Writer
from differential_tables import Table, samples
from sql_mutations import damaged

# Rows, a failure, nothing matched, what is wrong with the query, and no such table.
ALLOWED = {0, 1, 2, 64, 66}
LONGEST = 20.0
MEMORY = 8 << 30


class Queries:
    """Damaged queries by number."""

    def __init__(self, seed: int, made: list[Table]) -> None:
        self.seed = seed
        self.columns = {table.name: samples(table, random.Random(seed)) for table in made}

    def __getitem__(self, number: int) -> bytes:
        pick = random.Random(f"{self.seed} {number}")
        name = pick.choice(list(self.columns))
        writer = Writer(name, self.columns[name], pick)
        return damaged(writer.query().sql, pick, [writer.query().sql for _ in range(2)])


def limits() -> None:
    """No more addresses than a query may ask for, and no core files."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def asked(binary: Path, lake: str, sql: bytes) -> tuple[str, str | None]:
    """How a query ended in a process of its own, and what is wrong with that, if anything."""
    environment = {**os.environ, "SWIFT_BACKTRACE": "enable=no"}
    try:
        done = subprocess.run([binary, "query", lake, "-", "--format", "csv"], input=sql, timeout=LONGEST,
                              preexec_fn=limits,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)  # fmt: skip
    except subprocess.TimeoutExpired:
        return "hang", f"no end after {LONGEST:.0f} s"
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode < 0:
        return "crash", f"signal {-done.returncode}: {said[-400:]}"
    if done.returncode not in ALLOWED:
        return f"exit {done.returncode}", f"exit status {done.returncode}: {said[-400:]}"
    if done.returncode == 64 and not said.strip():
        return "exit 64", "an error without a word"
    if len(said) > 10_000:
        return f"exit {done.returncode}", f"an error of {len(said)} characters: {said[:200]} ..."
    return f"exit {done.returncode}", None


def shown(sql: bytes) -> str:
    text = repr(sql)
    return text if len(text) < 1500 else f"{text[:700]} ... {text[-300:]} ({len(sql)} bytes)"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="Tools/fuzz --sql", description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--queries", type=int, default=5000)
    parser.add_argument("--only", type=int, help="only the query of this number")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    made = [table for table in tables(7, 3000) if table.name in ("everything", "places", "grown")]
    started, outcomes, failures = time.monotonic(), Counter[str](), 0
    with tempfile.TemporaryDirectory() as name:
        lake = AlphaLake(options.binary, Path(name) / "lake")
        lake.run("init", lake.lake)
        for table in made:
            lake.add(table, Path(name))
        queries = Queries(options.seed, made)

        def one(number: int) -> tuple[int, str, str | None]:
            return number, *asked(options.binary.resolve(), lake.lake, queries[number])

        numbers = range(options.queries) if options.only is None else [options.only]
        with ThreadPoolExecutor(options.jobs) as pool:
            for number, outcome, fault in pool.map(one, numbers):
                outcomes[outcome] += 1
                if fault:
                    failures += 1
                    print(f"--seed {options.seed} --only {number}: {fault}\n    {shown(queries[number])}", flush=True)
    print(f"{sum(outcomes.values())} queries, {failures} failed; {dict(outcomes)}; {time.monotonic() - started:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
