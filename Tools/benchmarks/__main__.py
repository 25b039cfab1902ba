"""`Tools/bench`: builds the same table in every engine, asks each the same queries, and prints what came of it."""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import sys
from pathlib import Path

import pyarrow.parquet as pq
import survey_oracle
import survey_rules

from . import check, machine, report
from .lake import Lake, LakeFailure, find_binary
from .peers import PEERS
from .queries import Query, choose
from .results import same
from .worker import Worker, environment

ROOT = Path(__file__).resolve().parents[2]
# Panels that make about 3 million and half a million rows.
PEOPLE, QUICK_PEOPLE = 50_000, 8_000


def say(text: str = "") -> None:
    print(text, flush=True)


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Tools/bench", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of .sav files (default: ../shared/data/atp, else generated)")
    parser.add_argument("--catalog", type=Path, help="opinionqa-xl.json (default: beside the data)")
    parser.add_argument("--waves", type=Path, help="survey-details.json (default: beside the data)")
    parser.add_argument("--quick", action="store_true", help="few waves and few repeats: under three minutes")
    parser.add_argument("--check", action="store_true", help="only compare the lake with the oracle, column by column")
    parser.add_argument("--engines", help="comma-separated, of: alphalake," + ",".join(PEERS))
    parser.add_argument("--reuse", action="store_true", help="keep tables that are already built")
    parser.add_argument("--rounds", type=int, help="how often every engine gets its turn (default 3)")
    parser.add_argument("--record", action="store_true", help="keep the result under Tools/benchmarks/results")
    parser.add_argument("--lock", type=Path, help="lock file to hold while timing, shared with other jobs")
    return parser.parse_args()


def sources(options: argparse.Namespace, cache: Path, binary: Path | None) -> tuple[list[Path], dict[str, Path | None]]:
    """The survey files and what describes them; generated where there are no real ones."""
    data = options.data or ROOT.parent / "shared" / "data" / "atp"
    if not data.exists():
        if options.data:
            sys.exit(f"no folder {data}")
        if binary is None:
            sys.exit("no survey data: give --data, or build AlphaLake so that it can generate some")
        people = QUICK_PEOPLE if options.quick else PEOPLE
        data = cache / f"generated-{people}"
        if not data.exists():
            note("generating surveys")
            made = machine.measured([str(binary), "generate", "surveys", str(data), "--respondents", str(people)])
            if made["status"]:
                sys.exit(f"alphalake generate surveys: {made['err'].strip()}")
    files = survey_rules.find_files([data / "waves" if (data / "waves").is_dir() else data])
    if options.quick:
        files = quick(files)
    if not files:
        sys.exit(f"no .sav files under {data}")

    def beside(given: Path | None, *names: str) -> Path | None:
        places = [folder / name for name in names for folder in (data, data.parent)]
        return given or next((file for file in places if file.exists()), None)

    described = {
        "catalog": beside(options.catalog, "opinionqa-xl.json", "catalog.json"),
        "waves": beside(options.waves, "survey-details.json"),
        "scores": None if options.quick else beside(None, "reference_scores.json"),
    }
    return [file for _, file in files], described


def quick(files: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
    """A few waves, among them those that the queries name."""
    chosen = [item for item in files if item[0] in ("W1", "W54")]
    for item in sorted(files, key=lambda item: item[1].stat().st_size):
        if sum(file.stat().st_size for _, file in chosen) > 3_500_000:
            break
        if item not in chosen:
            chosen.append(item)
    return sorted(chosen, key=lambda item: float(item[0][1:]))


def oracle(files: list[Path], described: dict, cache: Path) -> Path:
    """The rows as Parquet, made once per set of files and version of the oracle."""
    stamp = hashlib.sha256()
    for file in [*files, *filter(None, (described["catalog"], described["waves"]))]:
        stamp.update(f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}".encode())
    for module in (survey_oracle, survey_rules):
        stamp.update(Path(module.__file__).read_bytes())
    for mapping in sorted((ROOT / "Schemas" / "surveys").glob("*.json")):
        stamp.update(mapping.read_bytes())
    out = cache / f"responses-{stamp.hexdigest()[:12]}.parquet"
    if not out.exists():
        note("reading the survey files into Parquet")
        partial = out.with_suffix(".partial")
        command = [sys.executable, survey_oracle.__file__, *map(str, files), "--out", str(partial)]
        for name in ("catalog", "waves"):
            if described[name]:
                command += [f"--{name}", str(described[name])]
        made = machine.measured(command)
        if made["status"]:
            sys.exit(made["err"])
        partial.rename(out)
    return out


def is_of(home: Path, name: str, parquet: Path) -> bool:
    """Whether a table is there already and was made of these rows."""
    mark = home / f"{name}.from"
    return mark.exists() and mark.read_text() == parquet.name


def build_peers(names: list[str], home: Path, parquet: Path, options) -> list[dict]:
    engines = []
    for name in names:
        engine = {"name": name, "title": PEERS[name].title}
        if not (options.reuse and is_of(home, name, parquet)) and name != "polars":
            note(f"building {engine['title']}")
            command = [sys.executable, "-m", "benchmarks.worker", "build", name, str(home), str(parquet)]
            figures = machine.measured(command, environment())
            if figures["status"]:
                note(f"  left out: {figures['err'].strip().splitlines()[-1:] or figures['status']}")
                engine["left_out"] = f"build ended with status {figures['status']}"
            else:
                engine["build"] = {"seconds": figures["seconds"], "peak_bytes": figures["peak_bytes"]}
                (home / f"{name}.from").write_text(parquet.name)
        engines.append(engine)
    return engines


def start(engines: list[dict], home: Path, parquet: Path) -> dict[str, Worker]:
    """The peers' processes; a peer that does not start is marked as left out."""
    workers: dict[str, Worker] = {}
    for engine in engines:
        if engine["name"] in PEERS and "left_out" not in engine:
            worker = Worker(engine["name"], home, parquet)
            if "error" in worker.about:
                engine["left_out"] = worker.about["error"]
            else:
                workers[engine["name"]] = worker
                engine.update(version=worker.about["version"], bytes=worker.about["bytes"])
    return workers


def ask_all(engines: list[dict], lake: Lake | None, queries, home: Path, parquet: Path, options) -> list[dict]:
    """Every engine in turn, query by query, round by round; returns what is known of each query."""
    workers = start(engines, home, parquet)
    rounds = options.rounds or (2 if options.quick else 3)

    def ask(name: str, query: Query, first: bool) -> dict:
        if name == Lake.name:
            return lake.ask(query, 5 if first else 3, want=first)
        return workers[name].ask(query, 5 if first else 3, 2000, want=first)

    known = []
    for query in queries:
        known.append(ask_rounds(query, [e for e in engines if "left_out" not in e], ask, rounds))
    for worker in workers.values():
        worker.close()
    return known


def ask_rounds(query: Query, engines: list[dict], ask, rounds: int) -> dict:
    """One query to every engine, `rounds` times in turn; in the first round their rows are compared."""
    about = {"name": query.name, "title": query.title, "sql": query.sql() if not query.positions else None}
    times: dict[str, list[float]] = {}
    expected = None
    for turn in range(rounds):
        for engine in engines:
            name = engine["name"]
            if turn and name not in times:
                continue
            got = ask(name, query, turn == 0)
            if got.get("error"):
                note(f"{engine['title']}, {query.title}: {got['error']}")
                engine.setdefault("errors", {})[query.name] = got["error"]
            if got.get("ms") is None:
                continue
            times.setdefault(name, []).extend(got["ms"][1:] or got["ms"])  # the first run of a turn warms up
            if turn == 0 and expected is None:
                expected = (engine["title"], got["result"])
                about["rows"] = got["rows"]
            elif turn == 0 and (difference := same(expected[1], got["result"])):
                note(f"{query.title}: {expected[0]} and {engine['title']} differ: {difference}")
                about.setdefault("differ", []).append(name)
    for engine in engines:
        if engine["name"] in times:
            engine.setdefault("queries", {})[query.name] = report.figures(times[engine["name"]])
    return about


def main() -> int:
    options = arguments()
    cache = Path(os.environ.get("ALPHALAKE_CACHE") or ROOT / ".build-bench").resolve()
    home = cache / ("quick" if options.quick else "full")
    home.mkdir(parents=True, exist_ok=True)
    machine.pin()
    binary = find_binary(ROOT)
    files, described = sources(options, cache, binary)
    parquet = oracle(files, described, home)
    rows = pq.read_metadata(parquet).num_rows
    wanted = options.engines.split(",") if options.engines else ["alphalake", *PEERS]
    lake = Lake(binary, home / "lake") if binary and (options.check or "alphalake" in wanted) else None
    if lake is None and (options.check or "alphalake" in wanted):
        note("no .build/release/alphalake" + ("" if options.check else ": the peers are measured alone"))
        if options.check:
            return 1

    engines = []
    if lake is not None:
        engine = {"name": "alphalake", "title": lake.title, "version": lake.version()}
        try:
            if not (options.reuse and is_of(home, lake.path.name, parquet)):
                note("importing into AlphaLake")
                with machine.quiet(options.lock):
                    engine["build"] = lake.build(files, described["catalog"], described["waves"])
                (home / f"{lake.path.name}.from").write_text(parquet.name)
            engine["bytes"] = lake.size()
            engine["columns"] = lake.columns()
            engines.append(engine)
            if options.check:
                return 1 if check.compare(lake, parquet, described["scores"], say) else 0
        except LakeFailure as failure:
            note(f"AlphaLake is left out: {failure}")
            if options.check:
                return 1
    peers = [name for name in PEERS if name in wanted]
    with machine.quiet(options.lock):
        engines += build_peers(peers, home, parquet, options)
    record = {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "machine": machine.describe(),
        "threads": machine.THREADS,
        "rows": rows,
        "waves": len(files),
        "quick": options.quick,
        "engines": engines,
    }
    queries = choose(str(parquet))
    with machine.quiet(options.lock):
        record["bandwidth"] = machine.bandwidth()
        record["queries"] = ask_all(engines, lake, queries, home, parquet, options)
    show(record)
    folder = ROOT / "Tools" / "benchmarks" / "results" if options.record else cache / "results"
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / f"{record['date']}-{'quick' if options.quick else 'full'}.json"
    out.write_text(json.dumps(record, indent=1) + "\n")
    say(f"\nwritten: {os.path.relpath(out)}")
    return 1 if any("differ" in query for query in record["queries"]) else 0


def show(record: dict) -> None:
    about = record["machine"]
    say(
        f"{record['rows']:,} rows, {record['waves']} waves · {about['cpu']}, {about['cores']} cores, "
        f"{about['memory_gib']} GiB · {record['threads']} threads each · memory: "
        f"sum {record['bandwidth']['sum'] / 1e9:.1f} GB/s, memcpy {record['bandwidth']['memcpy'] / 1e9:.1f} GB/s\n"
    )
    say(report.build_table(record) + "\n")
    say("AlphaLake is built from the survey files, the peers from those rows as Parquet; peak anon: less mapped files.")
    say("In brackets: how many times AlphaLake's time.\n")
    say(report.query_table(record))
    if parts := report.byte_table(record):
        say("\n" + parts)
    if limits := report.limit_table(record):
        say("\n" + limits)
    for engine in record["engines"]:
        if "left_out" in engine:
            say(f"\n{engine['title']} is left out: {engine['left_out']}")
    wrong = [query["title"] for query in record["queries"] if "differ" in query]
    say("\n" + (f"engines differ on: {'; '.join(wrong)}" if wrong else "all engines returned the same rows"))


if __name__ == "__main__":
    sys.exit(main())
