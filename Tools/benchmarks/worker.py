"""One engine in a process of its own: builds its table, or answers queries that come as JSON lines.

python -m benchmarks.worker build|serve PEER HOME PARQUET
python -m benchmarks.worker once PEER HOME PARQUET QUERY     one query, given as JSON, and an end
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from .lake import AlphaLake
from .machine import THREADS, pin
from .peers import PEERS, Peer
from .queries import Query
from .results import summary

ENGINES: dict[str, type[Peer]] = {AlphaLake.name: AlphaLake, **PEERS}


def build(name: str, home: Path, parquet: Path) -> None:
    peer = ENGINES[name](home, parquet)
    peer.clear()
    peer.build()


def serve(name: str, home: Path, parquet: Path) -> None:
    """First line out: version and size. Then per line in: a query, how often, and whether its rows are wanted."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not mix with the answers
    peer = ENGINES[name](home, parquet)
    peer.open()
    print(json.dumps({"version": peer.version(), "bytes": peer.size()}), file=channel, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        query = thawed(order["query"])
        try:
            print(json.dumps(answer(peer, query, order)), file=channel, flush=True)
        except Exception as error:  # an engine's own error is a result: the others go on
            print(json.dumps({"error": f"{type(error).__name__}: {error}"[:300]}), file=channel, flush=True)


def once(name: str, home: Path, parquet: Path, text: str) -> None:
    """What a command that asks one query does; exit status 3: the engine has no such query."""
    peer = ENGINES[name](home, parquet)
    peer.open()
    query = thawed(json.loads(text))
    if peer.run(one_position(query, 0) if query.name == "row" else query) is None:
        sys.exit(3)


def thawed(members: dict) -> Query:
    return Query(**{key: freeze(value) for key, value in members.items()})


def freeze(value):
    return tuple(freeze(item) for item in value) if isinstance(value, list) else value


def answer(peer, query: Query, order: dict) -> dict:
    times, table = [], None
    single = query.name == "row"
    for turn in range(order["repeat"]):
        asked = one_position(query, turn) if single else query
        start = time.perf_counter()
        table = peer.run(asked)
        times.append((time.perf_counter() - start) * 1000)
        if table is None:
            return {"ms": None}
        if sum(times) > order["limit_ms"]:
            break
    out = {"ms": times, "rows": table.num_rows, "result_bytes": table.nbytes}
    if order["want"]:
        out["result"] = summary(peer.run(query) if single else table, query.kind)
    return out


def one_position(query: Query, turn: int) -> Query:
    return dataclasses.replace(query, positions=(query.positions[turn % len(query.positions)],))


class Worker:
    """The other end: a running peer."""

    def __init__(self, name: str, home: Path, parquet: Path) -> None:
        self.name, self.title = name, ENGINES[name].title
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", "serve", name, home, parquet],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        self.about = self.read()

    def read(self) -> dict:
        """What the process answers."""
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": f"ended with status {self.process.wait()}"}

    def ask(self, query: Query, repeat: int, limit_ms: float, want: bool) -> dict:
        """Runs a query there so many times, or as often as the limit allows."""
        if self.process.poll() is not None:
            return {"error": f"ended with status {self.process.returncode}"}
        order = {"query": dataclasses.asdict(query), "repeat": repeat, "limit_ms": limit_ms, "want": want}
        print(json.dumps(order), file=self.process.stdin, flush=True)
        return self.read()

    def close(self) -> None:
        """Ends the process."""
        self.process.stdin.close()
        self.process.wait()


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


if __name__ == "__main__":
    pin()
    mode, peer_name, home_path, parquet_path = sys.argv[1:5]
    if mode == "once":
        once(peer_name, Path(home_path), Path(parquet_path), sys.argv[5])
    else:
        (build if mode == "build" else serve)(peer_name, Path(home_path), Path(parquet_path))
