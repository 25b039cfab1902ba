"""Builds the peers' tables, each in a process of its own that is ended past a limit: a run goes on without it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from . import machine
from .command import DuckDBCommand
from .peers import PEERS
from .prepare import note
from .threads import environment
from .worker import BUILDERS

# What a build may take.
MEMORY, SECONDS = 16 * machine.GIB, 15 * 60


def mark_of(name: str, parquet: Path) -> str:
    """What a table was made of, and how."""
    recipe = BUILDERS[name].recipe if name in BUILDERS else 1
    return parquet.name if recipe == 1 else f"{parquet.name} {recipe}"


def is_of(home: Path, name: str, parquet: Path) -> bool:
    """Whether a table is there already and was made of these rows, in the way that it is made now."""
    mark = home / f"{name}.from"
    return mark.exists() and mark.read_text() == mark_of(name, parquet)


def figures_of(home: Path, name: str) -> dict | None:
    """What the last build of a table took."""
    kept = home / f"{name}.build.json"
    return json.loads(kept.read_text()) if kept.exists() else None


def built(home: Path, name: str, parquet: Path, figures: dict) -> None:
    (home / f"{name}.build.json").write_text(json.dumps(figures))
    (home / f"{name}.from").write_text(mark_of(name, parquet))


def build(name: str, home: Path, parquet: Path) -> str | None:
    """Builds one table; why it could not, where it could not."""
    for ending in ("from", "build.json"):
        (home / f"{name}.{ending}").unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.worker", "build", name, str(home), str(parquet)]
    # What the largest process may hold without the machine running out.
    memory = min(MEMORY, machine.memory() * 3 // 4)
    figures = machine.measured(command, environment(), memory=memory, limit=SECONDS)
    if not figures["status"]:
        built(home, name, parquet, {key: figures[key] for key in ("seconds", "peak_bytes")})
        return None
    shutil.rmtree(home / name, ignore_errors=True)
    if figures["reason"]:
        return f"its build was {figures['reason']}"
    said = figures["err"].strip().splitlines()
    return f"its build ended with status {figures['status']}" + (f": {said[-1][:200]}" if said else "")


def build_peers(names: list[str], home: Path, parquet: Path, reuse: bool) -> list[dict]:
    """The engines, built where they are not there yet; one that cannot be is left out by name, with the reason."""
    engines = []
    for name in names:
        engine: dict = {"name": name, "title": PEERS[name].title}
        if name == "polars":
            # It reads DuckDB's Parquet file, which may not have been asked for.
            needed, made = "parquet", is_of(home, "parquet", parquet)
            made = made and (reuse or "parquet" in names)
        else:
            needed, made = name, reuse and is_of(home, name, parquet)
        if not made:
            note(f"building {PEERS[needed].title}")
            if reason := build(needed, home, parquet):
                note(f"  left out: {reason}")
                engine["left_out"] = reason
        if "left_out" not in engine and name != "polars" and (figures := figures_of(home, name)):
            engine["build"] = figures
        engines.append(engine)
    return engines


def build_command(home: Path, parquet: Path, reuse: bool) -> dict:
    """DuckDB's command line as an engine that is asked by whole commands only."""
    name = DuckDBCommand.name
    engine: dict = {"name": name, "title": DuckDBCommand.title}
    if DuckDBCommand.binary() is None:
        return {**engine, "left_out": "the package duckdb-cli is not installed"}
    engine["version"] = DuckDBCommand(home, parquet).version()
    if not (reuse and is_of(home, name, parquet)):
        note(f"building {engine['title']}")
        if reason := build(name, home, parquet):
            engine["left_out"] = reason
    return engine
