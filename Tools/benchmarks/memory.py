"""AlphaLake's anonymous memory: one command per query, and one long-lived process that is asked them all."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from . import machine
from .cold import EVERY, Cold
from .lake import Lake
from .queries import Query
from .threads import environment
from .worker import MEMORY, SECONDS, Worker


def held(engine: dict, queries: list[Query], home: Path, parquet: Path, lake: Lake) -> dict:
    """Peaks in bytes: `commands` by query, `process` the long-lived one's during each, `opened` before any."""
    asked = [query for query in queries if query.name in engine.get("queries", {})]
    worker = Worker(Lake.name, home, parquet)
    opened = machine.anonymous(worker.process.pid)
    process: dict[str, int] = {}
    for query in asked:
        got = worker.ask(query, 2, 1000, want=False, every=EVERY)
        if "error" in got:
            break
        process[query.name] = worker.peak
    worker.close()
    commands = {}
    for query in asked:
        if query.name in engine.get("cold", {}):
            commands[query.name] = engine["cold"][query.name]["peak_bytes"]
            continue
        single = dataclasses.replace(query, positions=query.positions[:1]) if query.name == "row" else query
        command = Cold(Lake.name, home, parquet, lake).command(single)
        done = machine.measured(command, environment(), EVERY, discard=True, memory=MEMORY, limit=SECONDS)
        if done["status"] in (0, 2):
            commands[query.name] = done["peak_bytes"]
    return {"opened": opened, "process": process, "commands": commands}
