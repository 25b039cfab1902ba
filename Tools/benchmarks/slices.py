"""Cost grows with what a query touches: slices of one wave, in a small lake and in one ten times as large.

Compared hot, as the first and the second run of a fresh process (where indexes of values are made), and as whole
commands with the files in memory.
"""

from __future__ import annotations

import statistics
from pathlib import Path

import duckdb

from . import machine
from .lake import AlphaLake, Lake
from .queries import Query
from .threads import THREADS, environment
from .worker import Worker

TIMES = 10
# How much longer the larger lake may take, and a difference in milliseconds that is nobody's loss.
ALLOWED, NOISE_MS = 1.2, 0.05


def chosen(parquet: Path, files: list[Path], waves_of: dict[str, Path], wave: str) -> list[Path]:
    """Files with about a tenth of all rows, among them the wave's."""
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select wave, count(*) from read_parquet('{parquet}') group by 1 order by 2"
        ).fetchall()
    counts = dict(found)
    wanted = sum(counts.values()) / TIMES
    names, rows = [wave], counts[wave]
    for name, count in found:
        if name != wave and name in waves_of and abs(rows + count - wanted) < abs(rows - wanted):
            names.append(name)
            rows += count
    return [waves_of[name] for name in names]


def queries(among: list[Query]) -> list[Query]:
    """Those that ask for one wave, and all rows of the wave in one group."""
    found = [query for query in among if any(condition[0] == "wave" for condition in query.where)]
    wave = next(condition for condition in found[0].where if condition[0] == "wave")
    columns = ("question_key", "question", "answer", "weight")
    return [
        *found,
        Query("wave_count", "count, one wave and two conditions", (wave, ("age", "18-29"), ("sex", "Female"))),
        Query(
            "wave_stream",
            "stream one wave's group, 4 columns",
            (wave, ("age", "18-29"), ("sex", "Female")),
            columns=columns,
        ),
    ]


def within(small: float, large: float) -> bool:
    """Whether the larger lake takes no longer than it may."""
    return large <= small * ALLOWED + NOISE_MS


def compare(small: Lake, large: Lake, parquet: Path, asked: list[Query], rounds: int) -> list[dict]:
    """Both lakes in turn; medians of each. `holds` is the hot one's; of the others each says it for itself."""
    found = hot(small.path.parent, large.path.parent, parquet, asked, rounds)
    for query, about in zip(asked, found, strict=True):
        taken: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in ("first", "second", "command")}
        for _ in range(max(rounds, 2) + 1):
            for side, lake in enumerate((small, large)):
                for name, value in fresh(lake, parquet, query).items():
                    taken[name][side].append(value)
        for name, (left, right) in taken.items():
            medians = statistics.median(left), statistics.median(right)
            about[name] = {"small_ms": medians[0], "large_ms": medians[1], "holds": within(*medians)}
    return found


def fresh(lake: Lake, parquet: Path, query: Query) -> dict[str, float]:
    """Milliseconds of a new process's first and second run, and of a whole command."""
    worker = Worker(Lake.name, lake.path.parent, parquet)
    try:
        times = worker.ask(query, 2, 60_000, want=False)["ms"]
    finally:
        worker.close()
    sql = AlphaLake(lake.path.parent, parquet).sql(query)
    command = lake.command("query", lake.path, sql, "--format", "arrow", "--threads", THREADS)
    done = machine.measured(command, environment(), discard=True)
    return {"first": times[0], "second": times[1], "command": done["seconds"] * 1000}


def hot(small: Path, large: Path, parquet: Path, asked: list[Query], rounds: int) -> list[dict]:
    """Medians of both lakes, asked in turn in processes that have warmed up."""
    workers = [Worker(Lake.name, home, parquet) for home in (small, large)]
    found = []
    try:
        for query in asked:
            times: list[list[float]] = [[], []]
            rows = set()
            for _ in range(rounds):
                for taken, worker in zip(times, workers, strict=True):
                    got = worker.ask(query, 12, 1000, want=False)
                    if got.get("ms") is None:
                        raise RuntimeError(f"{query.title}: {got.get('error')}")
                    taken.extend(got["ms"][2:] or got["ms"])
                    rows.add(got["rows"])
            medians = [statistics.median(taken) for taken in times]
            holds = within(*medians) and len(rows) == 1
            found.append({"title": query.title, "small_ms": medians[0], "large_ms": medians[1], "holds": holds})
    finally:
        for worker in workers:
            worker.close()
    return found
