"""Whole commands from a cold start: from the start of the process to its end, the data not in memory.

AlphaLake is its command line, writing an Arrow stream to nowhere; a peer is a Python process (`once`) that imports
what the peer needs, opens its table and asks, so that its time holds the start of Python and of the peer's library,
which `starts` measures alone. DuckDB is asked by its own command line too, which throws its rows away unprinted. In
such a process an engine's memory is its own: the peak of anonymous memory is measured here too.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

from . import machine
from .command import DuckDBCommand
from .lake import AlphaLake, Lake
from .prepare import note
from .queries import Query
from .threads import THREADS, environment
from .worker import BUILDERS, MEMORY, SECONDS

# How often memory is looked at, in seconds.
EVERY = 0.001
# What takes longer hot is asked once; what takes longer than `NEVER_MS` not at all.
ONCE_MS, NEVER_MS = 2500, 60_000


class Cold:
    """One engine, asked by command."""

    def __init__(self, name: str, home: Path, parquet: Path, lake: Lake | None) -> None:
        self.name, self.home, self.parquet, self.lake = name, home, parquet, lake
        engine = BUILDERS[name](home, parquet)
        # Polars reads the Parquet file that DuckDB reads.
        self.path = home / "parquet" if name == "polars" else engine.path

    def command(self, query: Query) -> list[str]:
        """The command that asks a query."""
        if self.name == Lake.name and self.lake is not None:
            sql = AlphaLake(self.home, self.parquet).sql(query)
            return self.lake.command("query", self.lake.path, sql, "--format", "arrow", "--threads", THREADS)
        if self.name == DuckDBCommand.name:
            return DuckDBCommand(self.home, self.parquet).query(query)
        text = json.dumps(dataclasses.asdict(query))
        return [sys.executable, "-m", "benchmarks.once", self.name, str(self.home), str(self.parquet), text]

    def ask(self, query: Query) -> dict:
        """Milliseconds and peak anonymous memory; `error` where the engine cannot."""
        machine.forget(self.path)
        done = machine.measured(self.command(query), environment(), EVERY, discard=True, memory=MEMORY, limit=SECONDS)
        if done["status"] == 3:
            return {}
        if done["status"] not in (0, 2):
            return {"error": done["reason"] or done["err"].strip()[-300:]}
        return {"ms": done["seconds"] * 1000, "peak_bytes": done["peak_bytes"]}


def hot_ms(engine: dict, engines: list[dict], query: Query) -> float | None:
    """What a query took hot; None: it was not answered. The command line is taken for its library."""
    name = "duckdb" if engine["name"] == DuckDBCommand.name else engine["name"]
    asked = [each for each in engines if each["name"] == name] or engines
    return min((each["queries"][query.name]["best_ms"] for each in asked if query.name in each.get("queries", {})),
               default=None)  # fmt: skip


def ask_all(
    engines: list[dict], queries: list[Query], home: Path, parquet: Path, lake: Lake | None, rounds: int
) -> None:
    """Adds to each engine, by query, the best and the median of its commands and the largest peak."""
    for query in queries:
        note(f"{query.title}, cold")
        if query.name == "row":
            query = dataclasses.replace(query, positions=query.positions[:1])
        times: dict[str, list[float]] = {}
        peaks: dict[str, int] = {}
        for turn in range(rounds):
            for engine in engines:
                hot = hot_ms(engine, engines, query)
                if "left_out" in engine or hot is None or hot > (ONCE_MS if turn else NEVER_MS):
                    continue
                got = Cold(engine["name"], home, parquet, lake).ask(query)
                if "error" in got:
                    engine.setdefault("errors", {})[f"{query.name}, cold"] = got["error"]
                elif got:
                    times.setdefault(engine["name"], []).append(got["ms"])
                    peaks[engine["name"]] = max(peaks.get(engine["name"], 0), got["peak_bytes"])
        for engine in engines:
            if engine["name"] in times:
                taken = sorted(times[engine["name"]])
                engine.setdefault("cold", {})[query.name] = {
                    "best_ms": taken[0],
                    "median_ms": taken[len(taken) // 2],
                    "n": len(taken),
                    "peak_bytes": peaks[engine["name"]],
                }
