"""One engine in a process of its own: builds its table, or answers queries that come as JSON lines.

python -m benchmarks.worker build|serve PEER HOME PARQUET
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa

from .command import DuckDBCommand
from .lake import AlphaLake
from .machine import GIB, Watch, anonymous
from .peers import PEERS, Peer
from .queries import Query, one_position
from .threads import environment, pin

ENGINES: dict[str, type[Peer]] = {AlphaLake.name: AlphaLake, **PEERS}
BUILDERS: dict[str, type[Peer]] = {**ENGINES, DuckDBCommand.name: DuckDBCommand}
# A process is ended past these; one that holds more than `HELD` after a query begins anew.
MEMORY, SECONDS, HELD = 16 * GIB, 600, 2 * GIB


def build(name: str, home: Path, parquet: Path) -> None:
    peer = BUILDERS[name](home, parquet)
    peer.clear()
    peer.build()


def serve(name: str, home: Path, parquet: Path) -> None:
    """First line out: version and size. Then per line in: a query, how often, and whether its rows are wanted."""
    from .queries import thawed

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


def flattened(batch: pa.RecordBatch | pa.Table) -> pa.RecordBatch | pa.Table:
    """The same rows with plain strings where there were dictionaries of them."""
    kinds = [field.type.value_type if pa.types.is_dictionary(field.type) else field.type for field in batch.schema]
    return batch.cast(pa.schema([pa.field(name, kind) for name, kind in zip(batch.schema.names, kinds, strict=True)]))


def answer(peer: Peer, query: Query, order: dict) -> dict:
    """Runs a query as often as it is wanted. `flat`: to plain strings, within the time."""
    times: list[float] = []
    seen: dict = {}
    for turn in range(order["repeat"]):
        asked = one_position(query, turn) if query.name == "row" else query
        start = time.perf_counter()
        found = one_run(peer, asked, order.get("flat", False))
        times.append((time.perf_counter() - start) * 1000)
        if found is None:
            return {"ms": None}
        seen = found
        if sum(times) > order["limit_ms"]:
            break
    table = seen.pop("table", None)
    out = {"ms": times, **seen}
    if order["want"]:
        from .results import streamed, summary

        if query.streamed:
            out["result"] = streamed(peer.batches(query), query.order)
        else:
            out["result"] = summary(peer.run(query) if query.name == "row" else table, query.kind)
    return out


def one_run(peer: Peer, query: Query, flat: bool) -> dict | None:
    """What came of it: the table, or of a stream only how many rows it had."""
    if query.streamed:
        batches = peer.batches(query)
        if batches is None:
            return None
        return {"rows": sum((flattened(batch) if flat else batch).num_rows for batch in batches)}
    table = peer.run(query)
    if table is None:
        return None
    table = flattened(table) if flat else table
    return {"table": table, "rows": table.num_rows, "result_bytes": table.nbytes}


class Worker:
    """The other end: a running peer."""

    def __init__(self, name: str, home: Path, parquet: Path) -> None:
        self.name, self.title, self.home, self.parquet = name, ENGINES[name].title, home, parquet
        self.start()

    def start(self) -> None:
        """A process for it."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", "serve", self.name, self.home, self.parquet],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        self.about = self.read()

    def read(self, every: float = 0.25) -> dict:
        """What the process answers."""
        with Watch(self.process.pid, every, MEMORY, SECONDS) as watch:
            line = self.process.stdout.readline()
        self.peak = max(watch.peak, anonymous(self.process.pid))
        return json.loads(line) if line else {"error": watch.reason or f"ended with status {self.process.wait()}"}

    def ask(
        self, query: Query, repeat: int, limit_ms: float, want: bool, flat: bool = False, every: float = 0.25
    ) -> dict:
        """Runs a query there so many times, or as often as the limit allows; `peak`: memory, looked at so often."""
        order = {"query": dataclasses.asdict(query), "repeat": repeat, "limit_ms": limit_ms, "want": want, "flat": flat}
        print(json.dumps(order), file=self.process.stdin, flush=True)
        return self.read(every)

    def settle(self) -> None:
        """Begins anew where the process has ended, or holds memory that the others may need."""
        if self.process.poll() is not None or anonymous(self.process.pid) > HELD:
            self.close()
            self.start()

    def close(self) -> None:
        """Ends the process."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


if __name__ == "__main__":
    pin()
    mode, peer_name, home_path, parquet_path = sys.argv[1:5]
    (build if mode == "build" else serve)(peer_name, Path(home_path), Path(parquet_path))
