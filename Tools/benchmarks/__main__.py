"""`Tools/bench`: builds the same table in every engine, asks each the same queries, and prints what came of it."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq
import survey_rules

from . import ads, asking, check, cold, machine, memory, prepare, readme, report, slices, starts, upkeep
from .building import build_command, build_peers, built, figures_of, is_of
from .lake import Lake, LakeFailure, find_binary
from .peers import PEERS
from .prepare import ROOT, note
from .queries import choose, many_groups
from .threads import THREADS, pin

RESULTS = ROOT / "Tools" / "benchmarks" / "results"


def say(text: str = "") -> None:
    print(text, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Tools/bench", description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="a lake, or a folder of .sav files (default: ../shared/data/atp, else generated)"
    )
    parser.add_argument("--catalog", type=Path, help="opinionqa-xl.json (default: beside the data)")
    parser.add_argument("--waves", type=Path, help="survey-details.json (default: beside the data)")
    parser.add_argument("--quick", action="store_true", help="few generated rows and few rounds: under three minutes")
    parser.add_argument("--rows", type=int, help="at least so many rows: the waves repeated with fresh respondents")
    parser.add_argument("--check", action="store_true", help="only compare the lake with the oracle, column by column")
    parser.add_argument("--build", action="store_true", help="only build what is not there yet")
    parser.add_argument("--engines", help="comma-separated, of: alphalake," + ",".join(PEERS))
    parser.add_argument("--no-groups", action="store_true", help="leave out the queries with many groups")
    parser.add_argument("--only-groups", action="store_true", help="ask the queries with many groups only")
    parser.add_argument("--ads", action="store_true", help="measure ads and the samples made of them instead")
    parser.add_argument("--real-ads", type=Path, help="a JSONL file of real ads, to time its import")
    parser.add_argument(
        "--upkeep", action="store_true", help="measure compaction, commits behind a long history and validation instead"
    )
    parser.add_argument("--reuse", action="store_true", help="keep tables that are already built")
    parser.add_argument("--rounds", type=int, help="how often every engine gets its turn (default 4)")
    parser.add_argument("--no-cold", action="store_true", help="leave out whole commands from a cold start")
    parser.add_argument("--record", action="store_true", help="keep the result under Tools/benchmarks/results")
    parser.add_argument("--readme", action="store_true", help="only write README's tables from the recorded results")
    parser.add_argument("--lock", type=Path, help="lock file to hold while timing, shared with other jobs")
    return parser.parse_args()


class Bench:
    """One run: where things lie, and what is known so far."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.cache = Path(os.environ.get("ALPHALAKE_CACHE") or ROOT / ".build-bench").resolve()
        self.base = self.cache / ("quick" if options.quick else "full")
        self.binary = find_binary(ROOT)
        if self.binary is None:
            sys.exit("no .build/release/alphalake; build it with: swift build -c release")
        self.files: list[Path] = []
        self.described: dict[str, Path | None] = {}

    def prepare(self) -> tuple[Lake, Path, dict]:
        """The lake, the same rows as Parquet, and what is known of AlphaLake as an engine."""
        options = self.options
        given = options.data if options.data and prepare.is_lake(options.data) else None
        if given:
            self.base = self.cache / "given"
        self.base.mkdir(parents=True, exist_ok=True)
        lake = Lake(self.binary, self.base / "lake")
        engine = {"name": Lake.name, "title": Lake.title, "version": lake.version()}
        if given:
            parquet = prepare.exported(given.resolve(), self.base)
            shutil.rmtree(lake.path, ignore_errors=True)
            shutil.copytree(given, lake.path)
        else:
            self.files, self.described = prepare.sources(options, self.cache, self.binary)
            parquet = prepare.oracle(self.files, self.described, self.base)
            if not (options.reuse and is_of(self.base, lake.path.name, parquet)):
                note("importing into AlphaLake")
                built(
                    self.base,
                    lake.path.name,
                    parquet,
                    lake.build(self.files, self.described["catalog"], self.described["waves"]),
                )
            if figures := figures_of(self.base, lake.path.name):
                engine["build"] = figures
        return lake, parquet, engine

    def scaled(self, lake: Lake, parquet: Path, engine: dict) -> tuple[Lake, Path, Path, dict]:
        """More rows: lake, Parquet and folder of these."""
        copies = prepare.copies_for(parquet, self.options.rows)
        home = self.base.with_name(f"{self.base.name}-x{copies}")
        home.mkdir(exist_ok=True)
        more, large = prepare.repeated(parquet, self.options.rows), Lake(self.binary, home / "lake")
        if not (self.options.reuse and is_of(home, "lake", more)):
            prepare.repeat_in_lake(large, lake.path, parquet, copies)
            (home / "lake.from").write_text(more.name)
        return large, more, home, {key: value for key, value in engine.items() if key != "build"}

    def upkeep(self) -> dict:
        """Compaction, commits and validation, on rows of the same table."""
        lake, parquet, _ = self.prepare()
        with machine.quiet(self.options.lock):
            found = upkeep.run(lake, parquet, self.base / "upkeep", self.options.rounds or 3, self.options.quick)
        return {"machine": machine.describe(), "threads": THREADS, "quick": self.options.quick} | found

    def run(self) -> dict | None:
        """The record, or nil where only a part of the work was asked for."""
        options = self.options
        with machine.quiet(options.lock):
            lake, parquet, engine = self.prepare()
        small, home = lake, self.base
        if options.rows:
            lake, parquet, home, engine = self.scaled(lake, parquet, engine)
        wanted = options.engines.split(",") if options.engines else [Lake.name, *PEERS]
        if options.check:
            sys.exit(1 if check.compare(lake, parquet, self.described.get("scores"), say) else 0)
        engine.update(bytes=lake.size(), columns=lake.columns())
        with machine.quiet(options.lock):
            engines = [engine] if Lake.name in wanted else []
            engines += build_peers([name for name in PEERS if name in wanted], home, parquet, options.reuse)
        if options.build:
            return None
        rounds = options.rounds or (2 if options.quick else 4)
        record = {
            "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
            "machine": machine.describe(),
            "threads": THREADS,
            "rows": pq.read_metadata(parquet).num_rows,
            "waves": len(self.files),
            "quick": options.quick,
            "repeated": bool(options.rows),
            "engines": engines,
        }
        queries = choose(str(parquet), groups=not options.no_groups)
        if options.only_groups:
            queries = many_groups()
        with machine.quiet(options.lock):
            record["bandwidth"] = machine.bandwidth()
            record["queries"] = asking.ask_all(engines, queries, home, parquet, rounds)
            if not options.no_cold:
                note("whole commands from a cold start")
                if "duckdb" in wanted:
                    engines.append(build_command(home, parquet, options.reuse))
                # A quick run leaves out every other one, and those that nothing was aimed at.
                asked = [query for query in queries if query.target is not None][::2] if options.quick else queries
                cold.ask_all(engines, asked, home, parquet, lake, 1 if options.quick else min(rounds, 3))
                record["python_ms"] = starts.imports(engines, 1 if options.quick else 5)
            if engine.get("queries"):
                note("memory, and the first row")
                record["memory"] = memory.held(engine, queries, home, parquet, lake)
                record["first_row"] = starts.first_row(lake)
            answered = any(engine["name"] == Lake.name and engine.get("queries") for engine in engines)
            if self.files and answered and not options.only_groups:
                record["slices"] = self.slices(small, home, parquet, queries, rounds)
        return record

    def slices(self, lake: Lake, home: Path, parquet: Path, queries, rounds: int) -> dict | None:
        """Slices of one wave in this lake and in one of a tenth of the rows."""
        waves = {wave: path for path in self.files for wave, _ in survey_rules.find_files([path])}
        asked = slices.queries(queries)
        wave = next(value for column, value in asked[0].where if column == "wave")
        files = slices.chosen(parquet, self.files, waves, wave)
        small, large = Lake(self.binary, self.base / "slice" / "lake"), Lake(self.binary, home / "lake")
        small.path.parent.mkdir(exist_ok=True)
        small.build(files, self.described["catalog"], self.described["waves"])
        found = slices.compare(small, large, parquet, asked, rounds)
        rows = [int(each.table("select count(*) as n from responses")["n"][0].as_py()) for each in (small, large)]
        return {"small_rows": rows[0], "large_rows": rows[1], "queries": found}


def main() -> int:
    options = arguments()
    if options.readme:
        readme.write(ROOT / "README.md", RESULTS)
        return 0
    pin()
    try:
        if options.ads:
            return keep_ads(options)
        if options.upkeep:
            return keep(Bench(options).upkeep(), options)
        record = Bench(options).run()
    except LakeFailure as failure:
        sys.exit(f"AlphaLake: {failure}")
    if record is None:
        return 0
    show(record)
    kind = "quick" if options.quick else f"{record['rows'] // 1_000_000}M" if options.rows else "full"
    write(record, f"{record['date']}-{kind}.json", options)
    return 1 if any("differ" in query for query in record["queries"]) else 0


def keep_ads(options: argparse.Namespace) -> int:
    """Measures, shows and keeps."""
    base = Path(os.environ.get("ALPHALAKE_CACHE") or ROOT / ".build-bench")
    binary = Path(os.environ.get("ALPHALAKE_BINARY") or ROOT / ".build/release/alphalake")
    count = 100_000 if options.quick else ads.ADS
    record = {"machine": machine.describe(), "quick": options.quick}
    record |= ads.run(binary, base / "ads", options.real_ads, count, options.rounds or 3)
    about = record["machine"]
    say(f"{about['cpu']}, {about['cores']} cores\n")
    for line in ads.lines(record):
        say(line)
    write(record, "ads-quick.json" if options.quick else "ads.json", options)
    return 0


def keep(record: dict, options: argparse.Namespace) -> int:
    about = record["machine"]
    say(f"{about['cpu']}, {about['cores']} cores, {record['threads']} threads each\n")
    for line in upkeep.lines(record):
        say(line)
    write(record, "upkeep-quick.json" if options.quick else "upkeep.json", options)
    return 0


def write(record: dict, name: str, options: argparse.Namespace) -> None:
    folder = RESULTS if options.record else Path(os.environ.get("ALPHALAKE_CACHE") or ROOT / ".build-bench") / "results"
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / name
    out.write_text(json.dumps(record, indent=1) + "\n")
    say(f"\nwritten: {os.path.relpath(out)}")


def show(record: dict) -> None:
    about = record["machine"]
    say(
        f"{record['rows']:,} rows, {record['waves']} waves · {about['cpu']}, {about['cores']} cores, "
        f"{about['memory_gib']} GiB · {record['threads']} threads each · memory: "
        f"sum {record['bandwidth']['sum'] / 1e9:.1f} GB/s, memcpy {record['bandwidth']['memcpy'] / 1e9:.1f} GB/s\n"
    )
    say(report.build_table(record) + "\n")
    say(
        "AlphaLake is built from the survey files, the peers from those rows as Parquet; "
        "peak anon: less mapped files.\n"
    )
    say("Hot, in process, from the query to the last batch as Arrow; share: AlphaLake's time / the best peer's.\n")
    say(report.query_table(record))
    if peaks := report.memory_table(record):
        say(
            "\nWhole commands from a cold start; a peer's holds the start of Python, but not DuckDB's command line's.\n"
        )
        say(report.query_table(record, "cold") + "\n\n" + peaks)
    for table in (
        report.flat_table(record),
        report.held_table(record),
        report.slice_table(record),
        report.byte_table(record),
        report.limit_table(record),
    ):
        if table:
            say("\n" + table)
    for line in report.start_lines(record):
        say("\n" + line)
    if absent := report.absent(record):
        say("\nleft out:\n  " + "\n  ".join(absent))
    lost = report.missed(record)
    say("\n" + ("every target is met" if not lost else "missed:\n  " + "\n  ".join(lost)))
    for title, found in (("notes", report.notes(record)), ("slower than the best peer", report.lost(record))):
        if found:
            say(f"{title}:\n  " + "\n  ".join(found))
    wrong = [query["title"] for query in record["queries"] if "differ" in query]
    say(f"engines differ on: {'; '.join(wrong)}" if wrong else "all engines returned the same rows")


if __name__ == "__main__":
    sys.exit(main())
