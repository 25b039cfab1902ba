"""What is measured on: survey files, real or generated, their rows as Parquet, and more rows made of them."""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import survey_oracle
import survey_rules

from . import machine
from .lake import Lake, LakeFailure

ROOT = Path(__file__).resolve().parents[2]
# Panels that make about 3 million and half a million rows.
PEOPLE, QUICK_PEOPLE = 50_000, 8_000
GROUP_ROWS = 1 << 20


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def is_lake(folder: Path) -> bool:
    return (folder / "alphalake.json").exists()


def sources(options: argparse.Namespace, cache: Path, binary: Path | None) -> tuple[list[Path], dict[str, Path | None]]:
    """The survey files and what describes them; generated where there are no real ones."""
    data = options.data or ROOT.parent / "shared" / "data" / "atp"
    if (options.quick and not options.data) or not data.exists():
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


def exported(lake: Path, cache: Path) -> Path:
    """The rows of a lake as Parquet."""
    import alphalake

    versions = sorted(file.name for file in (lake / "tables" / "responses" / "versions").iterdir())
    out = cache / f"responses-{hashlib.sha256(f'{lake} {versions}'.encode()).hexdigest()[:12]}.parquet"
    if not out.exists():
        note("writing the lake's rows as Parquet")
        reader = alphalake.open(lake).sql("select * from responses").to_reader()
        fields = [pa.field(field.name, plain(field.type)) for field in reader.schema]
        write(out, pa.schema(fields), (pa.Table.from_batches([batch]).cast(pa.schema(fields)) for batch in reader))
    return out


def plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def write(out: Path, schema: pa.Schema, tables) -> None:
    """Parquet as a peer keeps it: row groups of a million rows, zstd."""
    partial = out.with_suffix(".partial")
    with pq.ParquetWriter(partial, schema, compression="zstd", store_schema=False) as writer:
        held, rows = [], 0
        for table in tables:
            held.append(table)
            rows += table.num_rows
            while rows >= GROUP_ROWS:
                together = pa.concat_tables(held)
                writer.write_table(together.slice(0, GROUP_ROWS), row_group_size=GROUP_ROWS)
                held = [together.slice(GROUP_ROWS)]
                rows -= GROUP_ROWS
        if rows:
            writer.write_table(pa.concat_tables(held), row_group_size=GROUP_ROWS)
    partial.rename(out)


def copy_of(number: int) -> str:
    """The columns of the waves asked once more: other waves, other questions, other respondents, the same answers."""
    return (
        f"* replace (wave || '-{number}' as wave, wave_no + {1000 * number} as wave_no, "
        f"question_key || '-{number}' as question_key, respondent_id + {number * 10**14} as respondent_id)"
    )


def copies_for(parquet: Path, rows: int) -> int:
    return -(-rows // pq.read_metadata(parquet).num_rows)


def repeated(parquet: Path, rows: int) -> Path:
    """At least so many rows as Parquet: the waves as they are, then asked again of fresh respondents."""
    copies = copies_for(parquet, rows)
    out = parquet.with_name(f"{parquet.stem}-x{copies}.parquet")
    if not out.exists():
        note(f"repeating the waves {copies} times as Parquet")
        schema = pq.read_schema(parquet)

        def tables():
            with duckdb.connect() as connection:
                connection.execute(f"set threads = {machine.THREADS}")
                for number in range(copies):
                    select = "*" if number == 0 else copy_of(number)
                    source = connection.sql(f"select {select} from read_parquet('{parquet}')").to_arrow_reader(65_536)
                    for batch in source:
                        yield pa.Table.from_batches([batch]).cast(schema)

        write(out, schema, tables())
    return out


def repeat_in_lake(lake: Lake, base: Path, parquet: Path, copies: int) -> None:
    """The same rows in a lake: the base's, then wave by wave what `repeated` adds, imported as CSV."""
    shutil.rmtree(lake.path, ignore_errors=True)
    shutil.copytree(base, lake.path)
    schema = lake.path.with_name("responses-schema.json")
    told = subprocess.run(
        lake.command("schema", lake.path, "responses", "--format", "json"), capture_output=True, check=True
    )
    schema.write_text(json.dumps(json.loads(told.stdout)))
    with duckdb.connect() as connection:
        waves = connection.execute(
            f"select distinct wave, wave_no from read_parquet('{parquet}') order by 2"
        ).fetchall()
        for number in range(1, copies):
            for wave, _ in waves:
                note(f"importing {wave}-{number}")
                command = lake.command(
                    "import", "table", lake.path, "responses", "-", "--format", "csv", "--schema", schema
                )
                with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                    rows = f"select {copy_of(number)} from read_parquet('{parquet}') where wave = '{wave}'"
                    connection.execute(f"copy ({rows}) to '/dev/fd/{process.stdin.fileno()}' (format csv, header)")
                    process.stdin.close()
                    said = process.stderr.read().decode()
                if process.returncode:
                    raise LakeFailure(f"import of {wave}-{number}: {said[-500:]}")
