"""README's tables, made from the recorded results: those with the most rows are the latest of their kind."""

from __future__ import annotations

import json
from pathlib import Path

from . import report

BEGIN, END = "<!-- Tools/bench --readme writes from here -->", "<!-- to here -->"


def latest(folder: Path) -> list[dict]:
    """The newest record of each number of rows, the smallest number first; quick ones are left out."""
    found: dict[int, dict] = {}
    for file in sorted(folder.glob("*.json")):
        record = json.loads(file.read_text())
        if not record["quick"] and all("target" in query for query in record["queries"]):
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
        f"{record['bandwidth']['sum'] / 1e9:.0f} GB/s.",
        "\n".join(storage(record)),
        "\n".join(queries(record)),
    ]
    if cold := commands(record):
        parts.append(cold)
    if record.get("slices"):
        found = record["slices"]
        ratios = ", ".join(f"{each['large_ms'] / each['small_ms']:.2f}" for each in found["queries"])
        parts.append(
            f"Slices of one wave take {ratios} times as long in the lake of {found['large_rows']:,} rows as in one of "
            f"{found['small_rows']:,}."
        )
    lost = report.missed(record)
    parts.append("Every target is met." if not lost else "Missed: " + "; ".join(lost) + ".")
    return "\n\n".join(parts)


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
    return lines


def title(engine: dict) -> str:
    version = (engine.get("version") or "").removeprefix("alphalake ").removeprefix("v")
    return f"{engine['title']} {'.'.join(version.split('.')[:2])}".strip()


def queries(record: dict) -> list[str]:
    """Best times; in bold what is faster than AlphaLake; the share of the best peer's time and its target."""
    engines = named(record, "queries")
    head = ["query", *(title(engine) for engine in engines), "share of best peer", "target"]
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
        value = report.share(record, query["name"])
        met = value is not None and value <= query["target"]
        cells += (
            ["-", "-"] if value is None else [f"{value:.3f}", f"{query['target']:.2f}{'' if met else ', **missed**'}"]
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def commands(record: dict) -> str | None:
    """Whole commands from a cold start, and AlphaLake's memory."""
    if not named(record, "cold"):
        return None
    shares, slower, peaks = [], [], []
    for query in record["queries"]:
        value = report.share(record, query["name"], "cold", "median_ms")
        if value is not None:
            shares.append(value)
            if value > 1:
                slower.append(query["title"])
        peaks.append(report.taken(record, query["name"], "cold", "peak_bytes").get("alphalake", 0))
    text = (
        f"Whole commands from a cold start (process start to exit, the data dropped from the page cache, medians): "
        f"{min(shares):.3f} to {max(shares):.3f} of the best peer's, whose start of Python counts. "
    )
    if slower:
        text += f"Slower: {', '.join(slower)}. "
    return text + f"AlphaLake's anonymous memory peaks at {max(peaks) / 1e6:.0f} MB over all of them."
