"""The figures as tables that a person reads, and as JSON for later comparison."""

from __future__ import annotations

import statistics

MEMORY_LIMIT = 512 << 20


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
    return f"{query['target']:.2f} {'met' if value <= query['target'] else 'MISSED'}"


def build_table(record: dict) -> str:
    rows = record["rows"]
    lines = []
    for engine in record["engines"]:
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
        cells += ["-" if value is None else f"{value:.3f}" for value in (by_best, by_median)]
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
            out = query.get("result_bytes", 0) / record["bandwidth"]["memcpy"] * 1000
            lines.append([query["title"], milliseconds(best), milliseconds(found["median_ms"]), f"{once / best:.1%}",
                          megabytes(query.get("result_bytes")), f"{out / best:.1%}"])  # fmt: skip
    title = f"AlphaLake (the whole table at memory speed: {milliseconds(once)})"
    header = [title, "best", "median", "share of reading it", "result", "share of copying that"]
    return aligned(header, lines)


def slice_table(record: dict) -> str | None:
    """Slices of one wave in a lake and in one of ten times the rows."""
    if not record.get("slices"):
        return None
    found = record["slices"]
    lines = [
        [each["title"], milliseconds(each["small_ms"]), milliseconds(each["large_ms"]),
         f"{each['large_ms'] / each['small_ms']:.2f}", "met" if each["holds"] else "MISSED"]
        for each in found["queries"]
    ]  # fmt: skip
    header = [
        "one wave's slice (medians)",
        f"{found['small_rows']:,} rows",
        f"{found['large_rows']:,} rows",
        "ratio",
        "< 1.2",
    ]
    return aligned(header, lines)


def missed(record: dict) -> list[str]:
    """What was not reached, in words."""
    found = []
    for query in record["queries"]:
        value = share(record, query["name"])
        if value is not None and value > query["target"]:
            found.append(f"{query['title']}: {value:.3f} of the best peer's time, {query['target']:.2f} wanted")
        peak = taken(record, query["name"], "cold", "peak_bytes").get("alphalake", 0)
        if peak >= MEMORY_LIMIT:
            found.append(f"{query['title']}: {megabytes(peak)} of memory")
    found += [
        f"{each['title']} in a larger lake" for each in record.get("slices", {}).get("queries", []) if not each["holds"]
    ]
    return found
