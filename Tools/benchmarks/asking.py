"""Puts the queries to all engines in turn, hot and in process, and compares their rows."""

from __future__ import annotations

from pathlib import Path

from . import report
from .lake import Lake
from .prepare import note
from .queries import Query
from .results import same
from .worker import ENGINES, Worker

# Runs per turn, the first of them to warm up; no more once they took this long together.
RUNS, LIMIT_MS = 6, 2500
# An engine that took this long for a query has no further turn with it.
ENOUGH_MS = 20_000


def start(engines: list[dict], home: Path, parquet: Path) -> dict[str, Worker]:
    """The engines' processes; one that does not start is marked as left out."""
    workers: dict[str, Worker] = {}
    for engine in engines:
        if engine["name"] in ENGINES and "left_out" not in engine:
            worker = Worker(engine["name"], home, parquet)
            if "error" in worker.about:
                engine["left_out"] = worker.about["error"]
            else:
                workers[engine["name"]] = worker
                engine.setdefault("bytes", worker.about["bytes"])
                engine.setdefault("version", worker.about["version"])
    return workers


def ask_all(engines: list[dict], queries: list[Query], home: Path, parquet: Path, rounds: int) -> list[dict]:
    """Every engine in turn, query by query, round by round; returns what is known of each query."""
    workers = start(engines, home, parquet)
    known = []
    for query in queries:
        note(query.title)
        known.append(ask_rounds(query, [engine for engine in engines if engine["name"] in workers], workers, rounds))
    for worker in workers.values():
        worker.close()
    return known


def ask_rounds(query: Query, engines: list[dict], workers: dict[str, Worker], rounds: int) -> dict:
    """One query to every engine, `rounds` times in turn; in the first round their rows are compared."""
    about = {"name": query.name, "title": query.title, "target": query.target}
    about["sql"] = None if query.positions or query.sample else query.sql()
    times: dict[str, list[float]] = {}
    flat: list[float] = []
    spent: dict[str, float] = {}
    expected = None
    for turn in range(rounds):
        # Nobody always comes after the same neighbour.
        for engine in engines if turn % 2 == 0 else reversed(engines):
            name = engine["name"]
            if turn and (name not in times or spent[name] > ENOUGH_MS):
                continue
            worker = workers[name]
            got = worker.ask(query, RUNS, LIMIT_MS, want=turn == 0 and not query.streamed)
            if turn == 0 and query.streamed and got.get("ms"):
                # Run once more for its digest, apart, so that its time is known even if that comes to nothing.
                again = worker.ask(query, 0, LIMIT_MS, want=True)
                got.update({key: again[key] for key in ("result", "error") if key in again})
            if got.get("error"):
                note(f"{engine['title']}, {query.title}: {got['error']}")
                engine.setdefault("errors", {})[query.name] = got["error"]
            if got.get("ms") is None:
                worker.settle()
                continue
            spent[name] = spent.get(name, 0) + sum(got["ms"])
            times.setdefault(name, []).extend(got["ms"][1:] or got["ms"])
            if turn == 0 and "result" not in got:
                about.setdefault("not_compared", []).append(name)
            elif turn == 0 and expected is None:
                expected = (engine["title"], got["result"])
                about.update({key: got[key] for key in ("rows", "result_bytes") if key in got})
            elif turn == 0 and (difference := same(expected[1], got["result"])):
                note(f"{query.title}: {expected[0]} and {engine['title']} differ: {difference}")
                about.setdefault("differ", []).append(name)
            worker.settle()
            if name == Lake.name and (query.columns or query.group) and spent[name] <= ENOUGH_MS:
                plain = worker.ask(query, RUNS, LIMIT_MS, want=False, flat=True).get("ms") or []
                flat.extend(plain[1:] or plain)
            worker.settle()
    for engine in engines:
        if engine["name"] in times:
            engine.setdefault("queries", {})[query.name] = report.figures(times[engine["name"]])
        if engine["name"] == Lake.name and flat:
            engine.setdefault("flat", {})[query.name] = report.figures(flat)
    return about
