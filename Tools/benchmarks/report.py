"""The figures as tables that a person reads, and as JSON for later comparison."""

from __future__ import annotations

import statistics

MEMORY_LIMIT = 512 << 20
# How else a slice is asked, beside hot.
SLICES = {"first": "first run", "second": "second run", "command": "whole command"}


def figures(times: list[float]) -> dict:
    return {"best_ms": min(times), "median_ms": statistics.median(times), "n": len(times)}


def milliseconds(value: float | None) -> str:
    if value is None:
        return "-"
    if value < 1:
        return f"{value * 1000:.0f} us"
    return f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.2f} s"


def megabytes(value: float | None) -> str:
    return "-" if value is None else f"{value / 1e6:,.1f} MB"


def aligned(header: list[str], lines: list[list[str]]) -> str:
    """Columns of equal width, the first one flush left."""
    widths = [max(len(row[i]) for row in [header, *lines]) for i in range(len(header))]
    out = []
    for row in [header, ["-" * width for width in widths], *lines]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        out.append("  ".join(cells).rstrip())
    return "\n".join(out)


def taken(record: dict, query: str, kind: str = "queries", figure: str = "best_ms") -> dict[str, float]:
    """Engine to its figure for a query."""
    found = {engine["name"]: engine.get(kind, {}).get(query, {}).get(figure) for engine in record["engines"]}
    return {name: value for name, value in found.items() if value is not None}


def share(record: dict, query: str, kind: str = "queries", figure: str = "best_ms") -> float | None:
    """AlphaLake's time as a share of the best peer's."""
    times = taken(record, query, kind, figure)
    ours = times.pop("alphalake", None)
    return ours / min(times.values()) if ours is not None and times else None


def verdict(query: dict, value: float | None) -> str:
    if value is None:
        return "-"
    if query["target"] is None:
        return "none"
    return f"{query['target']:.2f} {'met' if value <= query['target'] else 'MISSED'}"


def build_table(record: dict) -> str:
    rows = record["rows"]
    lines = []
    for engine in record["engines"]:
        if "left_out" in engine or not (engine.get("bytes") or engine.get("build")):
            continue
        build = engine.get("build") or {}
        size = engine.get("bytes")
        lines.append([
            engine["title"],
            engine.get("version") or "-",
            megabytes(size),
            f"{size / rows:.2f}" if size else "-",
            f"{build['seconds']:.1f} s" if build else "-",
            f"{rows / build['seconds'] / 1e6:.2f} M" if build else "-",
            megabytes(build.get("peak_bytes")),
        ])  # fmt: skip
    return aligned(["stored as", "version", "size", "bytes/row", "build", "rows/s", "peak anon"], lines)


def query_table(record: dict, kind: str = "queries") -> str:
    """Best time of each engine; AlphaLake's share of the best peer's time, by best and by median times; the target."""
    engines = [engine for engine in record["engines"] if engine.get(kind)]
    lines = []
    for query in record["queries"]:
        times = taken(record, query["name"], kind)
        by_best = share(record, query["name"], kind)
        by_median = share(record, query["name"], kind, "median_ms")
        cells = [query["title"], f"{query['rows']:,}" if query.get("rows") is not None else "-"]
        cells += [milliseconds(times.get(engine["name"])) for engine in engines]
        cells += shares(by_best, by_median)
        lines.append([*cells, verdict(query, by_best)] if kind == "queries" else cells)
    titles = [engine["title"] for engine in engines]
    last = ["target"] if kind == "queries" else []
    return aligned(["query (best of n)", "rows", *titles, "share", "(median)", *last], lines)


def memory_table(record: dict) -> str | None:
    """Peak anonymous memory of one command per query; AlphaLake's must stay under the limit."""
    engines = [engine for engine in record["engines"] if engine.get("cold")]
    if not engines:
        return None
    lines = []
    for query in record["queries"]:
        peaks = taken(record, query["name"], "cold", "peak_bytes")
        ours = peaks.get("alphalake")
        held = "-" if ours is None else "met" if ours < MEMORY_LIMIT else "MISSED"
        lines.append([query["title"], *(megabytes(peaks.get(engine["name"])) for engine in engines), held])
    return aligned(["peak anonymous memory, one command", *(engine["title"] for engine in engines), "< 512 MiB"], lines)


def byte_table(record: dict) -> str | None:
    """Where AlphaLake's bytes go: the largest columns, and data and indexes in all."""
    ours = next((engine for engine in record["engines"] if engine.get("columns")), None)
    if ours is None:
        return None
    rows, columns = record["rows"], ours["columns"]
    index = sum(column["index_bytes"] + column["directory_bytes"] for column in columns)
    lines = []
    for column in sorted(columns, key=lambda column: -column["bytes"])[:10]:
        place = "row" if column["key_group"] is None else column["key_group"]
        lines.append([f"{column['column']} per {place}", megabytes(column["bytes"]), f"{column['bytes'] / rows:.4f}"])
    lines.append(["all columns, data and dictionaries", *amount(sum(c["bytes"] for c in columns) - index, rows)])
    lines.append(["all columns, statistics and indexes", *amount(index, rows)])
    lines.append(["the table on disk, manifests included", *amount(ours["bytes"], rows)])
    return aligned(["AlphaLake's bytes, the ten largest columns", "size", "bytes/row"], lines)


def amount(size: int, rows: int) -> tuple[str, str]:
    return megabytes(size), f"{size / rows:.4f}"


def limit_table(record: dict) -> str | None:
    """AlphaLake's times beside those that memory needs to hand over the stored table, or take in the result, once."""
    ours = next((engine for engine in record["engines"] if engine["name"] == "alphalake"), None)
    if ours is None or not ours.get("queries"):
        return None
    once = ours["bytes"] / record["bandwidth"]["sum"] * 1000
    lines = []
    for query in record["queries"]:
        found = ours["queries"].get(query["name"], {})
        best = found.get("best_ms")
        if best:
            if "result_bytes" not in query:
                continue
            out = query["result_bytes"] / record["bandwidth"]["memcpy"] * 1000
            lines.append([query["title"], milliseconds(best), milliseconds(found["median_ms"]), f"{once / best:.1%}",
                          megabytes(query["result_bytes"]), f"{out / best:.1%}"])  # fmt: skip
    title = f"AlphaLake (the whole table at memory speed: {milliseconds(once)})"
    header = [title, "best", "median", "share of reading it", "result", "share of copying that"]
    return aligned(header, lines)


def slice_table(record: dict) -> str | None:
    """Slices of one wave in a lake and in one of ten times the rows."""
    if not record.get("slices"):
        return None
    found = record["slices"]
    lines = [
        [title, milliseconds(each["small_ms"]), milliseconds(each["large_ms"]),
         f"{each['large_ms'] / each['small_ms']:.2f}", "met" if each["holds"] else "MISSED"]
        for title, each in slices(record)
    ]  # fmt: skip
    header = [
        "one wave's slice (medians)",
        f"{found['small_rows']:,} rows",
        f"{found['large_rows']:,} rows",
        "ratio",
        "< 1.2 + 50 us",
    ]
    return aligned(header, lines)


def slices(record: dict) -> list[tuple[str, dict]]:
    """Each slice in each of the ways that it was asked, in words and figures."""
    found = []
    for each in (record.get("slices") or {}).get("queries", []):
        found.append((each["title"], each))
        for name, words in SLICES.items():
            if name in each:
                found.append((f"{each['title']}, {words}", each[name]))
    return found


def held_table(record: dict) -> str | None:
    """AlphaLake's memory in one process that was asked everything, and as one command for each query."""
    held = record.get("memory")
    if not held:
        return None
    lines = [["Python and the library, before any", megabytes(held["opened"]), "-", "-"]]
    for query in record["queries"]:
        peaks = [held[kind].get(query["name"]) for kind in ("process", "commands")]
        largest = max((peak for peak in peaks if peak), default=None)
        verdict = "-" if largest is None else "met" if largest < MEMORY_LIMIT else "MISSED"
        lines.append([query["title"], *map(megabytes, peaks), verdict])
    return aligned(["AlphaLake's peak anonymous memory", "one process", "one command", "< 512 MiB"], lines)


def flat_table(record: dict) -> str | None:
    """AlphaLake's times where text becomes plain strings, as the peers give it."""
    ours = next((engine for engine in record["engines"] if engine.get("flat")), None)
    if ours is None:
        return None
    lines = []
    for query in record["queries"]:
        if found := ours["flat"].get(query["name"]):
            value = flat_share(record, query["name"])
            times = [ours["queries"][query["name"]]["best_ms"], found["best_ms"]]
            lines.append([query["title"], *map(milliseconds, times), *shares(value), verdict(query, value)])
    return aligned(["AlphaLake, text as", "dictionaries", "plain strings", "share", "target"], lines)


def shares(*values: float | None) -> list[str]:
    return ["-" if value is None else f"{value:.3f}" for value in values]


def flat_share(record: dict, query: str, figure: str = "best_ms") -> float | None:
    """The share of the best peer's time with plain strings."""
    ours = taken(record, query, "flat", figure).get("alphalake")
    peers = taken(record, query, "queries", figure)
    peers.pop("alphalake", None)
    return ours / min(peers.values()) if ours is not None and peers else None


def start_lines(record: dict) -> list[str]:
    """What starting takes: AlphaLake's command line to its first row, and the peers' libraries."""
    lines = []
    if first := record.get("first_row"):
        lines.append(
            f"AlphaLake's command line to its first row: {milliseconds(first['median_ms'])}, median of {first['n']} "
            f"({'met' if first['median_ms'] < first['target_ms'] else 'MISSED'}: under {first['target_ms']} ms)"
        )
    imports = [f"{engine['title']} {engine['import_ms']:.0f}" for engine in record["engines"] if "import_ms" in engine]
    if imports:
        lines.append(f"Python alone {record['python_ms']:.0f} ms, with a peer's imports: {', '.join(imports)} ms")
    return lines


def missed(record: dict) -> list[str]:
    """What was not reached, in words."""
    found = []
    memory = record.get("memory") or {}
    for query in record["queries"]:
        value = share(record, query["name"])
        if value is not None and query["target"] is not None and value > query["target"]:
            found.append(f"{query['title']}: {value:.3f} of the best peer's time, {query['target']:.2f} wanted")
        peak = taken(record, query["name"], "cold", "peak_bytes").get("alphalake", 0)
        peak = max(peak, memory.get("commands", {}).get(query["name"], 0))
        if peak >= MEMORY_LIMIT:
            found.append(f"{query['title']}: {megabytes(peak)} of memory")
        peak = memory.get("process", {}).get(query["name"], 0)
        if peak >= MEMORY_LIMIT:
            found.append(f"{query['title']}, in a process that was asked them all: {megabytes(peak)} of memory")
    found += [
        f"{title} in a larger lake: {each['large_ms'] / each['small_ms']:.2f} times as long"
        for title, each in slices(record)
        if not each["holds"]
    ]
    first = record.get("first_row")
    if first and first["median_ms"] >= first["target_ms"]:
        found.append(f"the first row after {milliseconds(first['median_ms'])}, {first['target_ms']} ms wanted")
    return found


def notes(record: dict) -> list[str]:
    """What the best times hide: shares of medians, and of plain strings, that miss a target which the share meets."""
    found = []
    for query in record["queries"]:
        value, target = share(record, query["name"]), query["target"]
        if value is None or target is None or value > target:
            continue
        for words, other in (
            ("by medians", share(record, query["name"], figure="median_ms")),
            ("with plain strings", flat_share(record, query["name"])),
        ):
            if other is not None and other > target:
                found.append(f"{query['title']} {words}: {other:.3f}, {target:.2f} wanted")
    return found


def lost(record: dict) -> list[str]:
    """Queries that a peer answers faster."""
    found = []
    for query in record["queries"]:
        value = share(record, query["name"])
        if value is not None and value > 1:
            found.append(f"{query['title']} ({value:.2f} times the best peer's time)")
    return found


def absent(record: dict) -> list[str]:
    """Engines that were left out, and queries that failed in one, with the reason."""
    found = [f"{engine['title']}: {engine['left_out']}" for engine in record["engines"] if "left_out" in engine]
    titles = {query["name"]: query["title"] for query in record["queries"]}
    for engine in record["engines"]:
        for name, said in engine.get("errors", {}).items():
            base, _, cold = name.partition(", ")
            asked = titles.get(base, base) + (f", {cold}" if cold else "")
            found.append(f"{engine['title']}, {asked}: {' '.join(said.split())[:160]}")
    return found
