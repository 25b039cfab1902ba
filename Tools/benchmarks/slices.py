"""Cost grows with what a query touches: slices of one wave, in a small lake and in one ten times as large."""

from __future__ import annotations

import statistics
from pathlib import Path

import duckdb

from .lake import Lake
from .queries import Query
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


def compare(small: Path, large: Path, parquet: Path, asked: list[Query], rounds: int) -> list[dict]:
    """Both lakes in turn; medians of each."""
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
            holds = medians[1] <= medians[0] * ALLOWED + NOISE_MS and len(rows) == 1
            found.append({"title": query.title, "small_ms": medians[0], "large_ms": medians[1], "holds": holds})
    finally:
        for worker in workers:
            worker.close()
    return found
