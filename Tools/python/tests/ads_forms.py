"""Files of ads as people have them, read into one form: a dictionary per ad, before any rule is applied to it.

The API's JSON and JSONL with the field names of several years, the spreadsheet (a CSV with Python's lists in its cells,
saved by a program that took UTF-8 for Mac Roman) and the web site's export (a CSV with bits of JSON in its cells).
"""

from __future__ import annotations

import ast
import csv
import json
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
BOUND = re.compile(r"(lower|upper)_bound: (\d+)")
# The field's first name is ours; the others are what older or other sources call it.
NAMES = {
    "id": ("id", "_id", "ad_archive_id"),
    "byline": ("bylines", "byline", "funding_entity"),
    "bodies": ("ad_creative_bodies", "ad_creative_body"),
    "audience": ("estimated_audience_size", "potential_reach"),
}

Bounds = tuple[int | None, int | None]


@dataclass
class RawAd:
    """An ad as its source has it; what the source lacks is None or empty."""

    id: int | None
    id_is_rounded: bool
    page_id: int | None
    page_name: str | None
    byline: str | None
    currency: str | None
    languages: list[str]
    platforms: list[str]
    frames: list[str]
    created: date | None
    start: date | None
    stop: date | None
    spend: Bounds
    impressions: Bounds
    audience: Bounds
    demographics: list[tuple[str, str, float]] = field(default_factory=list)
    regions: list[tuple[str, float]] = field(default_factory=list)


def read(path: Path) -> list[RawAd]:
    """The ads of a file, in its order."""
    if path.suffix != ".csv":
        return [raw_ad(record) for record in json_records(path.read_text(encoding="utf-8"))]
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and "ad_archive_id" in rows[0]:
        return [raw_ad(exported(row)) for row in rows]
    return [raw_ad(spreadsheet(row), rounded=True) for row in rows]


def json_records(text: str) -> list[dict[str, Any]]:
    """One object, an array, an object with `data`, or an object per line."""
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    if isinstance(whole, dict) and isinstance(whole.get("data"), list):
        whole = whole["data"]
    return whole if isinstance(whole, list) else [whole]


def exported(row: dict[str, str]) -> dict[str, Any]:
    """A row of the web site's export in the API's shape."""
    record: dict[str, Any] = dict(row)
    for name in ("impressions", "spend", "estimated_audience_size"):
        record[name] = {f"{side}_bound": number for side, number in BOUND.findall(row[name])}
    for name in ("demographic_distribution", "delivery_by_region"):
        record[name] = json.loads(f"[{row[name]}]")
    for name in ("publisher_platforms", "languages"):
        record[name] = [word.strip() for word in row[name].split(",") if word.strip()]
    record["ad_creative_bodies"] = [row["ad_creative_bodies"]]
    return record


def spreadsheet(row: dict[str, str]) -> dict[str, Any]:
    """A row of the spreadsheet in the API's shape, its text repaired."""
    record: dict[str, Any] = {name: repaired(cell) for name, cell in row.items()}
    for name, cell in record.items():
        if cell.startswith("["):
            record[name] = ast.literal_eval(cell)
    for name in ("impressions", "spend"):
        record[name] = {side: record[f"{name}.{side}"] for side in ("lower_bound", "upper_bound")}
    for name in ("ad_delivery_start_time", "ad_delivery_stop_time"):
        record[name] = "" if record[name] == "999" else record[name].removesuffix(" 00:00:00")
    return record


def repaired(text: str) -> str:
    """The text with UTF-8 that was taken for Mac Roman put right, run by run."""

    def back(run: re.Match[str]) -> str:
        try:
            return run.group().encode("mac_roman").decode("utf-8")
        except UnicodeError:
            return run.group()

    return NOT_ASCII.sub(back, text)


def raw_ad(record: dict[str, Any], rounded: bool = False) -> RawAd:
    """A record of the API's shape. `rounded`: ids of 16 digits have lost the last."""

    def value(name: str) -> Any:
        return next((record[n] for n in NAMES.get(name, (name,)) if record.get(n)), None)

    number = whole(value("id"))
    bodies = value("bodies") or []
    return RawAd(
        id=number,
        id_is_rounded=rounded and number is not None and number >= 10**15,
        page_id=whole(value("page_id")),
        page_name=value("page_name"),
        byline=value("byline"),
        currency=value("currency"),
        languages=value("languages") or [],
        platforms=value("publisher_platforms") or [],
        frames=[bodies] if isinstance(bodies, str) else list(bodies),
        created=day(value("ad_creation_time")),
        start=day(value("ad_delivery_start_time")),
        stop=day(value("ad_delivery_stop_time")),
        spend=bounds(value("spend")),
        impressions=bounds(value("impressions")),
        audience=bounds(value("audience")),
        demographics=[(d["age"], d["gender"], float(d["percentage"])) for d in value("demographic_distribution") or []],
        regions=[(d["region"], float(d["percentage"])) for d in value("delivery_by_region") or []],
    )


def whole(value: Any) -> int | None:
    """A whole number, also where a `.0` has grown on it."""
    return int(str(value).removesuffix(".0")) if value not in (None, "") else None


def day(value: str | None) -> date | None:
    """A date, also where a time follows."""
    return date.fromisoformat(value[:10]) if value else None


def bounds(value: dict[str, Any] | None) -> Bounds:
    """The two bounds of a range."""
    value = value or {}
    return whole(value.get("lower_bound")), whole(value.get("upper_bound"))
