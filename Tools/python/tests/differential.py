"""Asks AlphaLake and DuckDB the same random questions about the same random tables.

Every query follows from the seed, its table and its number alone, and each difference is printed with all three, so
that `--seed S --tables NAME --only N` asks it again. Each query goes to the table as it is and to a twin of it: the
same rows without key groups, without indexes, in one shard or in many; one of them on one thread, the other on two.
At the end: how many queries were asked, had rows (or, of queries that always have one, a value other than NULL and
0), and failed on both sides. Rounds have fresh tables each.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from differential_corners import tables
from differential_engines import AlphaLake, Answer, Broken, DuckDB, Refused, engine
from differential_queries import Query
from differential_rows import difference
from differential_surveys import SEEDS, Writer, hashes
from differential_tables import Table, samples, twins
from differential_values import ANSWERED, FEATURES, Sample

KIND_OF_TYPE = {"BOOLEAN": "bool", "BIGINT": "integer", "DOUBLE": "float", "VARCHAR": "text", "DATE": "date"}
# How many of the queries a table gets; the others get 8.
SHARES = {"empty": 1, "one": 1, "people": 1, "long": 1, "slivers": 4}
# How often a query is asked once more with little memory, and explained first.
SPILLED, SPILLED_LONG, EXPLAINED = 0.005, 0.2, 0.02
# What is refused for want of memory instead of being written to a file, and what is in a query that may meet it; SQL.md
# says so.
TOO_LARGE = {
    "a sample of so many rows does not fit the memory budget of 16M": re.compile("TABLESAMPLE"),
    "the groups of this query do not fit the memory budget of 16M": re.compile(
        r"\(DISTINCT|quantile|percentile|median|mode|wasserstein"
    ),
}
# What depends on the numbers of rows.
NUMBERED = re.compile(r"\browid\b|TABLESAMPLE")
FAR = re.compile(r"LIMIT 9223372036854775807 OFFSET [1-9]")
# How many queries that said nothing are kept to be looked at.
REFUSED = 10
# The types of what EXPLAIN says: step, what, shards, chunks, rows, bytes, milliseconds.
EXPLANATION = ["VARCHAR", "VARCHAR", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "DOUBLE"]


Way = Callable[[str, list[str]], Answer]


@dataclass
class Tally:
    """How queries ended."""

    asked: int = 0
    with_rows: int = 0
    refused_by_both: int = 0
    refused: list[str] = field(default_factory=list)
    """The first few that both refused."""
    broken: list[str] = field(default_factory=list)
    """What broke DuckDB, or it cannot answer without LIMIT: not counted as asked."""
    findings: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Adds the counts of another process or table."""
        self.asked += other.asked
        self.with_rows += other.with_rows
        self.refused_by_both += other.refused_by_both
        self.refused = [*self.refused, *other.refused][:REFUSED]
        self.broken += other.broken
        self.findings += other.findings

    def __str__(self) -> str:
        return (f"{self.asked} queries, {self.with_rows} with rows ({self.with_rows / max(self.asked, 1):.1%}), "
                f"{self.refused_by_both} refused by both, {len(self.broken)} not counted, "
                f"{len(self.findings)} differ")  # fmt: skip


class Differential:
    """Both engines, holding the same tables."""

    def __init__(self, ours: AlphaLake, features: frozenset[str] = ANSWERED) -> None:
        self.ours, self.theirs, self.features = ours, DuckDB(), features
        self.columns: dict[str, list[Sample]] = {}
        self.twins: dict[str, list[str]] = {}
        # Tables whose rows would take too long to compare; only groups of them are asked for.
        self.large: set[str] = set()
        # Rows that there are hashes for, which samples are drawn by.
        self.hashed = 0

    def add(self, table: Table, pick: random.Random) -> None:
        """A table that the lake has already, with its twins."""
        self.theirs.add(table)
        self.columns[table.name] = samples(table, pick)
        self.twins[table.name] = [twin.name for twin in twins(table)]
        if table.rows > self.hashed:
            self.hashed = table.rows
            for seed in SEEDS:
                self.theirs.keep(f"hashes_{seed}", hashes(seed, self.hashed))

    def add_parquet(self, name: str, path: Path) -> None:
        """A table that the lake has already, from elsewhere."""
        self.theirs.connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
        if self.theirs.ask(f"SELECT count(*) FROM {name}")[0].rows[0][0] > 1_000_000:
            self.large.add(name)
        some, kinds = self.theirs.ask(f"SELECT * FROM {name} USING SAMPLE 200 ROWS (reservoir, 1)")
        assert some.columns is not None
        names = some.columns.column_names
        self.columns[name] = [
            Sample(column, KIND_OF_TYPE[kind], [row[n] for row in some.rows if row[n] is not None])
            for n, (column, kind) in enumerate(zip(names, kinds, strict=True))
        ]

    def check(
        self, table: str, query: Query, tally: Tally, twins: list[str] | None = None, about: str = "",
        pick: random.Random | None = None,
    ) -> None:  # fmt: skip
        """Asks a query of the table and of some of its twins (all, when nothing else is said)."""
        theirs: Answer | None = None
        kinds: list[str] = []
        refusal = ""
        try:
            theirs, kinds = self.theirs.ask(query.theirs or query.sql)
        except Refused as error:
            refusal = str(error)
        except Broken as error:
            tally.broken.append(f"{about}{query.sql}\n    {error}")
            return
        tally.asked += 1
        stored = [table, *(self.twins.get(table, []) if twins is None else twins)]
        if NUMBERED.search(query.sql):
            # Its rows have other numbers.
            stored = [name for name in stored if not name.endswith("_holes")]
        finding = None
        for number, name in enumerate(stored if theirs is not None else stored[:1]):
            sql = query.sql if name == table else query.sql.replace(f"FROM {table}", f"FROM {name}")
            for way, options in self.ways(table, query, 1 + (tally.asked + number) % 2, pick):
                try:
                    finding = self.compared(query, sql, kinds, theirs, refusal, options)
                except Broken as error:
                    tally.asked -= 1
                    tally.broken.append(f"{about}{query.sql}\n    {error}")
                    return
                if finding:
                    finding = (f"as {name}: " if name != table else "") + (f"{way}: " if way else "") + finding
                    break
            if finding:
                break
        if finding:
            tally.findings.append(f"{about}{query.sql}\n    {finding}")
        elif theirs is None:
            tally.refused_by_both += 1
            tally.refused = [*tally.refused, f"{about}{query.sql}\n    {refusal}"][:REFUSED]
        elif any(value for row in theirs.rows for value in row) if query.single else len(theirs) > 0:
            tally.with_rows += 1

    def ways(self, table: str, query: Query, threads: int, pick: random.Random | None) -> list[tuple[str, Way]]:
        """How a query is asked, each way with a name: once, as a rule."""
        sql_ways: list[tuple[str, Way]] = []
        if query.options:
            return [(" ".join(query.options), lambda sql, kinds: self.ours.ask_with(query.options, sql, kinds))]
        near = "far" in self.features or not FAR.search(query.sql)
        if pick and "explain" in self.features and pick.random() < EXPLAINED and near:
            word = pick.choice(["EXPLAIN", "EXPLAIN ANALYZE"])
            sql_ways.append((word, lambda sql, kinds: self.explained(word, sql, kinds, threads)))
        else:
            sql_ways.append(("", lambda sql, kinds: self.ours.ask(sql, kinds, threads)))
        share = SPILLED_LONG if any(column.long for column in self.columns[table]) else SPILLED
        if pick and "spill" in self.features and pick.random() < share:
            options = ["--memory", "16M", "--threads", "2"]
            sql_ways.append((" ".join(options), lambda sql, kinds: self.ours.ask_with(options, sql, kinds)))
        return sql_ways

    def explained(self, word: str, sql: str, kinds: list[str], threads: int) -> Answer:
        """The rows of a query that was explained before."""
        if not len(self.ours.ask(f"{word} {sql}", EXPLANATION, threads)):
            raise Refused(f"{word} says nothing")
        return self.ours.ask(sql, kinds, threads)

    def compared(
        self, query: Query, sql: str, kinds: list[str], theirs: Answer | None, refusal: str, way: Way
    ) -> str | None:
        """What is wrong with the rows of a query that is asked in some way."""
        try:
            ours = way(sql, kinds)
        except Refused as error:
            crashed = str(error).startswith("CRASH")
            if any(message in str(error) and query.search(sql) for message, query in TOO_LARGE.items()):
                return None
            return None if theirs is None and not crashed else f"refused here: {error}"
        except (ValueError, KeyError) as error:
            return f"refused by DuckDB: {refusal}" if theirs is None else f"a cell that is no {kinds}: {error}"
        if theirs is None:
            return f"refused by DuckDB: {refusal}"
        return difference(query, ours, theirs, self.all_rows)

    def all_rows(self, sql: str) -> Answer:
        """Rows without LIMIT, for comparison. They may hold what the rows within it do not: a failure."""
        try:
            return self.theirs.ask(sql)[0]
        except Refused as error:
            raise Broken(f"without LIMIT: {error}") from None

    def ask(self, table: str, numbers: range, seed: int, tally: Tally, note: Path | None = None) -> None:
        """Queries by number. `note` is a file that names the query being asked, should it end this process."""
        for number in numbers:
            if note:
                note.write_text(f"--seed {seed} --tables {table} --only {number}")
            pick = random.Random(f"{seed} {table} {number}")
            writer = Writer(table, self.columns[table], pick, self.features)
            query = writer.groups() if table in self.large else writer.query()
            twin = pick.sample(self.twins.get(table, []), 1 if self.twins.get(table) else 0)
            self.check(table, query, tally, twin, f"--seed {seed} --tables {table} --only {number}: ", pick)


def fill(ours: AlphaLake, made: list[Table], folder: Path) -> None:
    """Imports tables and their twins into a new lake."""
    ours.run("init", ours.lake)
    for table in made:
        for stored in [table, *twins(table)]:
            ours.add(stored, folder)


def part(options: argparse.Namespace, lake: str, number: int) -> dict[str, Tally]:
    """One process's share of the queries; every process makes the same tables."""
    both = Differential(engine(options.binary, lake, options.through), options.features)
    if options.survey_parquet:
        both.add_parquet("responses", options.survey_parquet)
        # Rows of a file have no numbers in DuckDB.
        both.features -= {"rowid", "sample"}
        shares = {"responses": 1}
    else:
        made = chosen(options)
        for stored in made:
            both.add(stored, random.Random(f"{options.seed} {stored.name}"))
        shares = {stored.name: SHARES.get(stored.name, 8) for stored in made}
    found: dict[str, Tally] = {}
    for table, share in shares.items():
        found[table] = Tally()
        count = math.ceil(options.queries * share / sum(shares.values()))
        numbers = range(number, count, options.jobs) if options.only is None else range(options.only, options.only + 1)
        both.ask(table, numbers, options.seed, found[table], Path(f"{lake}.{number}.asking"))
    return found


def chosen(options: argparse.Namespace) -> list[Table]:
    """The tables that are asked for, and those that they look things up in."""
    wanted, made = set(filter(None, options.tables.split(","))), tables(options.seed, options.long_rows)
    for table in made:
        if table.name in wanted:
            wanted |= {column.lookup.table for column in table.columns if column.lookup}
    return [table for table in made if not wanted or table.name in wanted]


def features(text: str) -> frozenset[str]:
    """`all`, `none`, or names with commas between; a name after a - is left out of all."""
    if text == "none":
        return frozenset()
    names = [name for name in text.split(",") if name and name != "all"]
    for name in names:
        if name.removeprefix("-") not in FEATURES:
            raise argparse.ArgumentTypeError(f"no feature {name}; features are {', '.join(FEATURES)}")
    without = {name[1:] for name in names if name.startswith("-")}
    only = {name for name in names if not name.startswith("-")}
    return frozenset((only or set(FEATURES)) - without)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Tools/differential", description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--queries", type=int, default=2000, help="over all tables of a round together")
    parser.add_argument("--rounds", type=int, default=1, help="so often, with tables and queries of the next seed each")
    parser.add_argument("--tables", default="", help="only these, with commas between")
    parser.add_argument("--only", type=int, help="only the query of this number")
    parser.add_argument(
        "--features", type=features, default=ANSWERED, help="all, none, NAME,NAME or -NAME: " + ", ".join(FEATURES)
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes that ask")
    parser.add_argument("--through", choices=["package", "command"], default="package",
                        help="the Python package in process, or a command per query")  # fmt: skip
    parser.add_argument("--long-rows", type=int, default=150_000)
    parser.add_argument("--lake", type=Path, help="a lake with the table responses")
    parser.add_argument("--survey-parquet", type=Path, help="the same rows, from survey_oracle.py")
    parser.add_argument("--show-refused", action="store_true", help="print some of the queries that both refused")
    parser.add_argument("--show", type=int, default=30, help="how many differences to print")
    return parser.parse_args(arguments)


def asked(options: argparse.Namespace) -> dict[str, Tally]:
    """Makes tables and asks for all of them, in several processes."""
    per_table: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory() as name:
        lake = str(options.lake or Path(name) / "lake")
        if not options.lake:
            fill(AlphaLake(options.binary, lake), chosen(options), Path(name))
        parts = [(options, lake, number) for number in range(options.jobs)]
        try:
            with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
                for found in pool.map(part, *zip(*parts, strict=True)):
                    for table, tally in found.items():
                        per_table.setdefault(table, Tally()).add(tally)
        except BrokenProcessPool:
            asking = [path.read_text() for path in sorted(Path(lake).parent.glob("lake.*.asking"))]
            per_table["crash"] = Tally(findings=["CRASH at one of:\n    " + "\n    ".join(asking)])
    return per_table


def main(arguments: list[str] | None = None) -> int:
    options = parsed(arguments)
    if options.only is not None:
        options.jobs = 1
    print(f"seed {options.seed}", flush=True)
    started, total = time.monotonic(), Tally()
    per_table: dict[str, Tally] = {}
    first, shown = options.seed, 0
    for seed in range(first, first + options.rounds):
        options.seed = seed
        for table, tally in asked(options).items():
            per_table.setdefault(table, Tally()).add(tally)
            total.add(tally)
        if options.rounds > 1:
            seconds = time.monotonic() - started
            print(f"seed {seed}: {total}; {seconds:.0f} s, {total.asked / seconds:.0f} per s", flush=True)
            for finding in total.findings[shown : options.show]:
                print(finding, flush=True)
            shown = len(total.findings)
    for table, tally in per_table.items():
        print(f"{table}: {tally}")
    for finding in total.findings[shown : options.show]:
        print(finding)
    for query in total.broken[:REFUSED]:
        print(f"broke DuckDB: {query}")
    if options.show_refused:
        print("\n".join(["refused by both:", *total.refused]))
    print(f"{total}; {time.monotonic() - started:.0f} s")
    return 1 if total.findings else 0


if __name__ == "__main__":
    sys.exit(main())
