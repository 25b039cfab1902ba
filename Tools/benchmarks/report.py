"""The figures as tables a person reads, and as JSON for later comparison."""

from __future__ import annotations

import statistics


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


def build_table(record: dict) -> str:
    rows = record["rows"]
    lines = []
    for engine in record["engines"]:
        build = engine.get("build") or {}
        size = engine.get("bytes")
        lines.append(
            [
                engine["title"],
                engine.get("version") or "-",
                megabytes(size),
                f"{size / rows:.2f}" if size else "-",
                f"{build['seconds']:.1f} s" if build else "-",
                f"{rows / build['seconds'] / 1e6:.2f} M" if build else "-",
                megabytes(build.get("peak_bytes")),
            ]
        )
    return aligned(["stored as", "version", "size", "bytes/row", "build", "rows/s", "peak anon"], lines)


def query_table(record: dict) -> str:
    """Best time of each engine, and in brackets how many times AlphaLake's it is."""
    engines = [engine for engine in record["engines"] if engine.get("queries")]
    lines = []
    for query in record["queries"]:
        found = {engine["name"]: engine["queries"].get(query["name"], {}) for engine in engines}
        ours = found.get("alphalake", {}).get("best_ms")
        cells = [query["title"], f"{query['rows']:,}" if query.get("rows") is not None else "-"]
        for engine in engines:
            best = found[engine["name"]].get("best_ms")
            cell = milliseconds(best)
            if best is not None and ours and engine["name"] != "alphalake":
                cell += f" ({best / ours:.1f}x)"
            cells.append(cell)
        lines.append(cells)
    return aligned(["query (best of n)", "rows", *(engine["title"] for engine in engines)], lines)


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
    """AlphaLake's times beside the time that memory needs to hand over the stored table once."""
    ours = next((engine for engine in record["engines"] if engine["name"] == "alphalake"), None)
    if ours is None or not ours.get("queries"):
        return None
    once = ours["bytes"] / record["bandwidth"]["sum"] * 1000
    lines = []
    for query in record["queries"]:
        figures = ours["queries"].get(query["name"], {})
        best = figures.get("best_ms")
        if best:
            lines.append([query["title"], milliseconds(best), milliseconds(figures["median_ms"]), f"{once / best:.0%}"])
    title = f"the whole table at memory speed: {milliseconds(once)}"
    return aligned([f"AlphaLake ({title})", "best", "median", "share of limit"], lines)


def figures(times: list[float]) -> dict:
    return {"best_ms": min(times), "median_ms": statistics.median(times), "n": len(times)}
