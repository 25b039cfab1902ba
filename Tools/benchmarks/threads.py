"""What every engine is held to: two threads on two cores. Imports nothing heavy, for commands that are timed whole."""

from __future__ import annotations

import os

THREADS = 2


def pin() -> None:
    """Holds this process and its children to two cores, so that two threads are what every side has."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])


def environment() -> dict:
    """Two threads for every engine that reads a variable for it."""
    names = (
        "POLARS_MAX_THREADS",
        "LANCE_CPU_THREADS",
        "LANCE_IO_THREADS",
        "TOKIO_WORKER_THREADS",
        "RAYON_NUM_THREADS",
        "OMP_NUM_THREADS",
        "ARROW_NUM_THREADS",
    )
    return {**os.environ, **{name: str(THREADS) for name in names}}
