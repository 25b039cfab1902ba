"""Kills commands at random moments while others write and read, and looks for what was acknowledged.

Two writers import batches of known rows and delete some of them again, by transaction; two readers ask for all batches. What a
command said before it died counts: an acknowledged import is there once, an acknowledged delete stays. A killed import is there as
a whole or not at all; a killed delete is repeated under its name and done once. Run by Tools/kill-loop.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROWS = 40
# Commands that work on the lake beside the others, where the program has them. Nothing of the rows may change by them.
COMPANIONS = [
    ["compact", "{lake}", "rows"],
    ["vacuum", "{lake}", "--older-than", "0s", "--execute"],
    ["purge", "{lake}", "rows"],
]


@dataclass
class Batch:
    """Rows that one import brings, and what has become of them."""

    name: str
    first: int
    # In this order: unborn, begun, there; then deleting, deleted.
    state: str = "unborn"
    # Which rows are kept when others are deleted: all, the odd ones, none.
    kept: list[int] = field(default_factory=list)

    @property
    def ids(self) -> list[int]:
        return list(range(self.first, self.first + ROWS))

    def possible(self, earlier: str, later: str) -> list[list[int]]:
        """What a query may find that began in one state and ended in another."""
        order = ["unborn", "begun", "there", "deleting", "deleted"]
        found = []
        for state in order[order.index(earlier) : order.index(later) + 1]:
            found += {
                "unborn": [[]],
                "begun": [[], self.ids],
                "there": [self.ids],
                "deleting": [self.ids, self.kept],
                "deleted": [self.kept],
            }[state]
        return found


class Loop:
    """One lake, and those who work on it."""

    def __init__(self, binary: str, folder: Path, seed: int, kills: int, counts: Counter) -> None:
        self.binary = binary
        self.lake = str(folder / "lake")
        self.seed = seed
        self.kills = kills
        self.counts = counts
        self.lock = threading.Lock()
        self.batches: dict[str, Batch] = {}
        self.killed = 0
        self.failures: list[str] = []
        self.times: dict[str, float] = {}

    def fail(self, message: str) -> None:
        with self.lock:
            self.failures.append(message)

    @property
    def is_over(self) -> bool:
        return self.killed >= self.kills or bool(self.failures)

    def run(self, kind: str, arguments: list[str], draw: random.Random, text: str = "", mortal: float = 0.0):
        """Runs a command, and kills it at a random moment with the probability `mortal`.

        Returns the exit status (-9 when it was killed), standard output and standard error as far as they came.
        """
        usual = self.times.get(kind, 0.05)
        limit = draw.uniform(0, 1.2 * usual) if draw.random() < mortal else None
        started = time.monotonic()
        process = subprocess.Popen(
            [self.binary, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        timer = threading.Timer(limit, process.kill) if limit is not None else None
        if timer:
            timer.start()
        try:
            output, errors = process.communicate(text)
        except BrokenPipeError:
            output, errors = process.communicate()
        if timer:
            timer.cancel()
        status = process.returncode
        with self.lock:
            self.counts[f"{kind} commands"] += 1
            if status == -9:
                self.killed += 1
                self.counts[f"{kind} killed"] += 1
            else:
                self.times[kind] = 0.8 * usual + 0.2 * (time.monotonic() - started)
        return status, output, errors

    def move(self, batch: Batch, state: str) -> None:
        with self.lock:
            batch.state = state

    # Writers

    def write(self, number: int) -> None:
        draw = random.Random(self.seed * 1000 + number)
        mine: list[Batch] = []
        while not self.is_over:
            there = [batch for batch in mine if batch.state == "there"]
            if there and draw.random() < 0.4:
                self.delete(draw.choice(there), draw)
                continue
            batch = Batch(f"w{number}b{len(mine)}", (number * 100_000 + len(mine)) * ROWS)
            with self.lock:
                self.batches[batch.name] = batch
            mine.append(batch)
            self.bring(batch, draw)

    def bring(self, batch: Batch, draw: random.Random) -> None:
        """Imports a batch: again where it was killed and nothing of it is there."""
        lines = [json.dumps({"id": id, "batch": batch.name, "text": f"text of {id}"}) for id in batch.ids]
        while batch.state in ("unborn", "begun"):
            self.move(batch, "begun")
            arguments = ["import", "table", self.lake, "rows", "-", "--format", "jsonl"]
            status, output, errors = self.run("import", arguments, draw, "\n".join(lines) + "\n", 0.7)
            if status == 0 or "into 'rows' in" in errors:
                self.move(batch, "there")
                self.counts["imports acknowledged"] += 1
            elif status == -9:
                found = self.ask(f"SELECT count(*) AS n FROM rows WHERE batch = '{batch.name}'", draw)
                if found is None:
                    return
                if found[0]["n"] == ROWS:
                    self.move(batch, "there")
                    self.counts["imports killed after the commit"] += 1
                elif found[0]["n"] != 0:
                    return self.fail(f"{found[0]['n']} of {ROWS} rows of the killed import {batch.name} are there")
                elif self.is_over:
                    return
            elif status != 75:
                return self.fail(f"import {batch.name} ended with {status}: {errors}")

    def delete(self, batch: Batch, draw: random.Random) -> None:
        """Deletes a part of a batch under a name, until it is acknowledged."""
        condition = f"batch = '{batch.name}'"
        kept: list[int] = []
        if draw.random() < 0.6:
            condition += " AND id % 2 = 0"
            kept = [id for id in batch.ids if id % 2]
        batch.kept = kept
        self.move(batch, "deleting")
        while batch.state == "deleting":
            arguments = ["delete", self.lake, "rows", "--where", condition, "--transaction", f"delete {batch.name}"]
            status, output, errors = self.run("delete", arguments, draw, mortal=0.7)
            if status == 0 or "deleted" in errors or "nothing to d" in errors:
                self.move(batch, "deleted")
                self.counts["deletes acknowledged"] += 1
            elif status not in (-9, 75):
                return self.fail(f"delete from {batch.name} ended with {status}: {errors}")
            elif self.is_over:
                return

    # Readers

    def ask(self, sql: str, draw: random.Random, mortal: float = 0.0):
        """The rows of a query; None when it was killed or failed, which is noted."""
        status, output, errors = self.run("query", ["query", self.lake, sql, "--format", "jsonl"], draw, mortal=mortal)
        if status == -9:
            return None
        if status != 0:
            self.fail(f"{sql} ended with {status}: {errors}")
            return None
        return [json.loads(line) for line in output.splitlines()]

    def read(self, number: int) -> None:
        draw = random.Random(self.seed * 1000 + 500 + number)
        while not self.is_over:
            self.check(draw, 0.15)

    def check(self, draw: random.Random, mortal: float) -> None:
        """One query over everything, held against what was acknowledged before it began and begun before it ended."""
        with self.lock:
            before = {name: batch.state for name, batch in self.batches.items()}
        found = self.ask("SELECT batch, id, text FROM rows", draw, mortal)
        if found is None:
            return
        ids: dict[str, list[int]] = {}
        for row in found:
            ids.setdefault(row["batch"], []).append(row["id"])
            if row["text"] != f"text of {row['id']}":
                self.fail(f"row {row['id']} has the text {row['text']}")
        with self.lock:
            batches = dict(self.batches)
            after = {name: batch.state for name, batch in batches.items()}
        self.counts["rows read and checked"] += len(found)
        for name in ids.keys() - batches.keys() - {"first"}:
            self.fail(f"rows of {name}, which nobody wrote")
        for name, batch in batches.items():
            possible = batch.possible(before.get(name, "unborn"), after[name])
            if sorted(ids.get(name, [])) not in possible:
                self.fail(
                    f"{len(ids.get(name, []))} rows of {name}, which was {before.get(name)} before the query and "
                    f"{after[name]} after it"
                )

    # Those who work beside

    def accompany(self, command: list[str]) -> None:
        draw = random.Random(self.seed * 1000 + 900)
        while not self.is_over:
            arguments = [part.format(lake=self.lake) for part in command]
            status, output, errors = self.run(command[0], arguments, draw, mortal=0.5)
            # A purge begins where the next vacuum has taken what a killed one left.
            if status not in (0, -9, 75) and "an interrupted vacuum left" not in errors:
                self.fail(f"{' '.join(arguments)} ended with {status}: {errors}")
            time.sleep(draw.uniform(0, 0.2))

    def go(self, companions: list[list[str]]) -> None:
        draw = random.Random(self.seed)
        first = json.dumps({"id": -1, "batch": "first", "text": "text of -1"}) + "\n"
        for arguments, text in [
            (["init", self.lake], ""),
            (["import", "table", self.lake, "rows", "-", "--format", "jsonl"], first),
        ]:
            status, _, errors = self.run("beginning", arguments, draw, text)
            if status != 0:
                return self.fail(errors)
        bodies = [lambda number=number: self.write(number) for number in (1, 2)]
        bodies += [lambda number=number: self.read(number) for number in (1, 2)]
        bodies += [lambda command=command: self.accompany(command) for command in companions]
        threads = [threading.Thread(target=self.guard, args=(body,)) for body in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # What was killed on its way is to be run again.
        for command in companions:
            arguments = [part.format(lake=self.lake) for part in command]
            status, output, errors = self.run(command[0], arguments, draw)
            if status != 0:
                self.fail(f"{' '.join(arguments)} in the end ended with {status}: {errors}")
        self.check(draw, 0)
        status, output, errors = self.run("validate", ["validate", self.lake, "--deep", "--format", "jsonl"], draw)
        lines = output.splitlines()
        wrong = [line for line in lines if json.loads(line)["severity"] not in ("note", "summary")]
        if status != 0 or wrong:
            self.fail(f"validate ended with {status}: {wrong} {errors}")
        self.counts["left by killed writers, harmless"] += sum(json.loads(line)["severity"] == "note" for line in lines)

    def guard(self, body) -> None:
        try:
            body()
        except Exception as error:  # noqa: BLE001  What ends a thread must end the run.
            self.fail(f"{type(error).__name__}: {error}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="Tools/kill-loop", description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--kills", type=int, default=2000, help="how many processes to kill (2000)")
    parser.add_argument("--seed", type=int, default=1, help="where the random numbers begin (1)")
    parser.add_argument("--per-lake", type=int, default=100, help="kills until a new lake is begun (100)")
    parser.add_argument("--seconds", type=float, default=1e9, help="when to begin no more lakes")
    parser.add_argument("--folder", help="where lakes are made; TMPDIR or /tmp by default")
    options = parser.parse_args()
    has = [c for c in COMPANIONS if subprocess.run([options.binary, c[0], "--help"], capture_output=True).returncode == 0]
    counts: Counter = Counter()
    killed, seed, started = 0, options.seed, time.monotonic()
    failures = []
    while killed < options.kills and not failures and time.monotonic() - started < options.seconds:
        folder = Path(tempfile.mkdtemp(prefix="alphalake-kills-", dir=options.folder))
        loop = Loop(options.binary, folder, seed, min(options.per_lake, options.kills - killed), counts)
        loop.go(has)
        killed += loop.killed
        counts["lakes"] += 1
        if loop.failures:
            failures = loop.failures
            print(f"the lake is left at {loop.lake}", file=sys.stderr)
        else:
            shutil.rmtree(folder)
        seed += 1
    width = max(len(name) for name in counts)
    print(f"kill -9: seed {options.seed}, {time.monotonic() - started:.0f} s, beside: {[c[0] for c in has] or 'nobody'}")
    for name, count in sorted(counts.items()):
        print(f"{name:<{width}}  {count:>9}")
    print(f"{'all killed':<{width}}  {killed:>9}\n{'failures':<{width}}  {len(failures):>9}")
    for failure in failures[:20]:
        print(f"failed: {failure}\n  again: Tools/kill-loop --seed {seed - 1} --kills {options.per_lake}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
