"""README's tables, made from the recorded results: the newest of each number of rows."""

from __future__ import annotations

import json
from pathlib import Path

from . import report

BEGIN, END = "<!-- Tools/bench --readme writes from here -->", "<!-- to here -->"

REPEATED = (
    " The waves repeated with fresh respondents: the lake's first copy is imported from the survey files, the others "
    "as CSV through `import table`; the peers get all of them as one Parquet file."
)


def latest(folder: Path) -> list[dict]:
    """The newest record of each number of rows, the smallest number first; quick ones are left out."""
    found: dict[int, dict] = {}
    for file in sorted(folder.glob("*.json")):
        record = json.loads(file.read_text())
        queries = record.get("queries")
        if queries and not record["quick"] and all("target" in query for query in queries):
            found[record["rows"]] = record
    return [found[rows] for rows in sorted(found)]


def write(readme: Path, folder: Path) -> None:
    """Puts the tables between the two marks."""
    text = readme.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    tables = "\n\n".join(section(record) for record in latest(folder))
    readme.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}")


def section(record: dict) -> str:
    """One record: storage, queries, cold commands, slices, and what was missed."""
    about = record["machine"]
    parts = [
        f"**{record['rows']:,} answers**, {record['date']}, {about['cpu']}, {about['cores']} cores, "
        f"{about['memory_gib']} GiB, {record['threads']} threads each; memory is read at "
        f"{record['bandwidth']['sum'] / 1e9:.0f} GB/s." + (REPEATED if record.get("repeated") else ""),
        "\n".join(storage(record)),
        "\n".join(queries(record)),
    ]
    if absent := report.absent(record):
        parts.append("Not in these shares, as they were left out: " + "; ".join(absent) + ".")
    parts += filter(None, (plain(record), commands(record), memory(record), first_row(record), slices(record)))
    lost = report.missed(record)
    parts.append("Every target is met." if not lost else "Missed: " + "; ".join(lost) + ".")
    if noted := report.notes(record):
        parts.append("Targets that the best times meet and these do not: " + "; ".join(noted) + ".")
    if slower := report.lost(record):
        parts.append("A peer is faster at: " + "; ".join(slower) + ".")
    return "\n\n".join(parts)


def plain(record: dict) -> str | None:
    """What AlphaLake's figures for text mean."""
    if not named(record, "flat"):
        return None
    return (
        "AlphaLake's results keep text as dictionary arrays, the peers' are plain strings: the second column and the "
        "share in brackets are AlphaLake's with its text made plain within the time."
    )


def memory(record: dict) -> str | None:
    """AlphaLake's anonymous memory, process by process."""
    held = record.get("memory")
    if not held:
        return None
    words = []
    for kind, what in (("commands", "as one command per query"), ("process", "in one process that is asked them all")):
        if held[kind]:
            name = max(held[kind], key=held[kind].get)
            title = next(query["title"] for query in record["queries"] if query["name"] == name)
            words.append(f"{held[kind][name] / 1e6:,.0f} MB {what} ({title})")
    opened = f"that process holds {held['opened'] / 1e6:,.0f} MB before any, Python and its libraries"
    return f"AlphaLake's anonymous memory peaks at {' and '.join(words)}; {opened}. The limit is 512 MiB (537 MB)."


def first_row(record: dict) -> str | None:
    """From the start of the command line to the first row."""
    first = record.get("first_row")
    if not first:
        return None
    return (
        f"From the start of AlphaLake's command line to its first row: {report.milliseconds(first['median_ms'])} "
        f"(median of {first['n']}, files in memory; wanted: under {first['target_ms']} ms)."
    )


def slices(record: dict) -> str | None:
    """Slices in a small and in a large lake."""
    found = record.get("slices")
    if not found:
        return None
    intro = (
        f"Slices of one wave in the lake of {found['large_rows']:,} rows and in one of {found['small_rows']:,}; it may "
        "take 20 % plus 50 microseconds longer in the larger. First and second run: of a fresh process, where indexes "
        "of values are made; whole commands with the files in memory; medians, small / large."
    )
    ways = {"hot": None, **report.SLICES}
    lines = [
        "| slice | " + " | ".join(words or "hot" for words in ways.values()) + " |",
        "|---" * (len(ways) + 1) + "|",
    ]
    for each in found["queries"]:
        cells = []
        for name in ways:
            figures = each if name == "hot" else each.get(name)
            if figures is None:
                cells.append("-")
                continue
            small, large = figures["small_ms"], figures["large_ms"]
            text = f"{report.milliseconds(small)} / {report.milliseconds(large)} = {large / small:.2f}"
            cells.append(text if figures["holds"] else f"{text}, **missed**")
        lines.append(f"| {each['title']} | " + " | ".join(cells) + " |")
    return intro + "\n\n" + "\n".join(lines)


def named(record: dict, kind: str) -> list[dict]:
    return [engine for engine in record["engines"] if engine.get(kind)]


def storage(record: dict) -> list[str]:
    engines = named(record, "queries")
    lines = ["| | " + " | ".join(title(engine) for engine in engines) + " |", "|---" * (len(engines) + 1) + "|"]
    sizes = [f"{engine['bytes'] / record['rows']:.2f}" if engine.get("bytes") else "-" for engine in engines]
    lines.append("| bytes per row, indexes included | " + " | ".join(sizes) + " |")
    for label, figure, shown in (
        ("build", "seconds", lambda value: f"{value:.1f} s"),
        ("anonymous memory while building", "peak_bytes", lambda value: f"{value / 1e6:,.0f} MB"),
    ):
        values = [(engine.get("build") or {}).get(figure) for engine in engines]
        lines.append(f"| {label} | " + " | ".join("-" if value is None else shown(value) for value in values) + " |")
    if any("import_ms" in engine for engine in engines):
        values = [f"{engine['import_ms']:.0f} ms" if "import_ms" in engine else "-" for engine in engines]
        lines.append("| start of Python with what it imports | " + " | ".join(values) + " |")
    return lines


def title(engine: dict) -> str:
    version = (engine.get("version") or "").removeprefix("alphalake ").removeprefix("v")
    return f"{engine['title']} {'.'.join(version.split('.')[:2])}".strip()


def queries(record: dict) -> list[str]:
    """Best times; in bold what is faster than AlphaLake; the share of the best peer's time and its target."""
    engines = named(record, "queries")
    flat = next((engine["flat"] for engine in engines if engine.get("flat")), None)
    head = ["query", *(title(engine) for engine in engines), "share of best peer", "target"]
    if flat is not None:
        head.insert(2, "the same, plain strings")
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for query in record["queries"]:
        times = report.taken(record, query["name"])
        ours = times.get("alphalake")
        cells = [query["title"] + (f" ({query['rows']:,} rows)" if query.get("rows", 1) > 1 else "")]
        for engine in engines:
            time = times.get(engine["name"])
            text = report.milliseconds(time)
            faster = time is not None and ours is not None and time < ours
            cells.append(f"**{text}**" if faster else text)
        value, plainly = report.share(record, query["name"]), report.flat_share(record, query["name"])
        if flat is not None:
            cells.insert(2, report.milliseconds(flat.get(query["name"], {}).get("best_ms")))
        cells += [
            "-" if value is None else f"{value:.3f}" + ("" if plainly is None else f" ({plainly:.3f})"),
            target(query, value),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def target(query: dict, value: float | None) -> str:
    if value is None or query["target"] is None:
        return "-" if value is None else "none"
    return f"{query['target']:.2f}{'' if value <= query['target'] else ', **missed**'}"


def commands(record: dict) -> str | None:
    """Whole commands from a cold start, and what Python costs the peers there."""
    if not named(record, "cold"):
        return None
    whole, command, slower = [], [], []
    starts = {engine["name"]: engine["import_ms"] for engine in record["engines"] if "import_ms" in engine}
    for query in record["queries"]:
        times = report.taken(record, query["name"], "cold", "median_ms")
        ours = times.pop("alphalake", None)
        if ours is None or not times:
            continue
        whole.append(ours / min(times.values()))
        if "duckdb-cli" in times:
            command.append(ours / times["duckdb-cli"])
        if whole[-1] > 1:
            slower.append(query["title"])
    if not whole:
        return None
    text = (
        f"Whole commands from a cold start (process start to exit, the data dropped from the page cache, medians): "
        f"{span(whole)} of the best peer's. The peers are Python processes, whose start and import count"
    )
    if starts:
        text += (
            f" (an empty script takes {record['python_ms']:.0f} ms, with what a peer imports "
            f"{min(starts.values()):.0f} to {max(starts.values()):.0f} ms)"
        )
    text += "."
    if command:
        text += (
            " DuckDB's own command line has neither; it is asked over its own file and throws its rows away unprinted: "
            f"AlphaLake takes {span(command)} of its time."
        )
    return text + (f" Slower: {', '.join(slower)}." if slower else "")


def span(values: list[float]) -> str:
    return f"{min(values):.3f} to {max(values):.3f}"
