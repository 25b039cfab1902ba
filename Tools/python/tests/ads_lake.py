"""A lake of ads as the program answers, and its rows beside the reference's."""

from __future__ import annotations

import json
import math
import os
import subprocess
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from ads_reference import Ad
from ads_tasks import PLACES, TASKS, Rules, Sample, samples
from ads_words import stop_words

# How far a normalised share may be off: it is stored with six decimals.
NEAR = 2e-6
SAMPLE_COLUMNS = (
    "sample_id, task, split, ad, target_ad, page, topic, axis, source_group, target_group, age, gender, region,"
    " spend, impressions, start_date, synthetic"
)
AD_COLUMNS = (
    "ad, ad_id, rounded_id, page_id, page_name, byline, currency, languages, platforms, body, created_date,"
    " start_date, stop_date, spend_lower, spend_upper, impressions_lower, impressions_upper, audience_lower,"
    " audience_upper, spend, impressions, engagement, demographic_shares, region_shares, other_regions,"
    " other_region_shares, age_gender_normalized, age_normalized, gender_normalized, region_normalized,"
    " age_gender_rank, age_rank, gender_rank, region_rank, top_age_gender, top_age, top_gender, top_region, keywords,"
    " synthetic"
)

Row = dict[str, Any]


class AdLake:
    """A lake, made with the program and asked through it."""

    def __init__(self, program: str, folder: Path, threads: int | None = None) -> None:
        self.program = program
        self.folder = folder
        self.environment = os.environ | ({"ALPHALAKE_THREADS": str(threads)} if threads else {})
        self.run("init", folder)

    def run(self, *arguments: object) -> str:
        """What a command writes."""
        command = [self.program, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", env=self.environment)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    def take(self, *files: Path) -> AdLake:
        """Imports files of ads."""
        self.run("import", "ads", self.folder, *files)
        return self

    def build(self, *options: object) -> AdLake:
        """Builds the samples."""
        self.run("build", "samples", self.folder, *options)
        return self

    def rows(self, sql: str) -> list[Row]:
        """The rows of a query."""
        return [json.loads(line) for line in self.text(sql).splitlines()]

    def text(self, sql: str) -> str:
        """The rows of a query, an object per line."""
        return self.run("query", self.folder, sql, "--format", "jsonl")

    def ads(self) -> list[Row]:
        """The table of ads, by key."""
        return self.rows(f"SELECT {AD_COLUMNS} FROM ads ORDER BY ad")


def ad_differences(found: list[Row], expected: list[Ad]) -> list[str]:
    """What differs between the table and the reference, a line each. Both must hold the same ads, in any order."""

    def key(ad_id: int | None, rounded: int | None) -> tuple[str, int | None]:
        return ("id", ad_id) if ad_id is not None else ("rounded", rounded)

    rows = {key(row["ad_id"], row["rounded_id"]): row for row in found}
    wanted = {key(ad.ad_id, ad.rounded_id): ad for ad in expected}
    out = [f"{name} {number}: not in the table" for name, number in wanted if (name, number) not in rows]
    out += [f"{name} {number}: not in the reference" for name, number in rows if (name, number) not in wanted]
    if len(rows) != len(found):
        out.append(f"{len(found) - len(rows)} ads stand in the table twice")
    for (name, number), ad in wanted.items():
        row = rows.get((name, number))
        if row is not None:
            out += [f"{name} {number}: {line}" for line in row_differences(row, ad)]
    return out


def row_differences(row: Row, ad: Ad) -> list[str]:
    """The columns of an ad that are not what they should be."""
    exact = exact_columns(ad)
    near = near_columns(ad)
    out = [f"{name} is {row[name]!r}, not {value!r}" for name, value in exact.items() if plain(row[name]) != value]
    for name, (value, by) in near.items():
        if not close(row[name], value, by):
            out.append(f"{name} is {row[name]}, not {value}")
    others: dict[str, float] = {}
    for name, share in zip(row["other_regions"] or [], row["other_region_shares"] or [], strict=True):
        others[name] = others.get(name, 0) + share
    if others.keys() != ad.others.keys() or any(not close(others[name], ad.others[name], 1e-9) for name in others):
        out.append(f"other regions are {others}, not {ad.others}")
    return out


def exact_columns(ad: Ad) -> Row:
    """Columns that must be the same."""
    raw = ad.raw
    columns: Row = {
        "page_id": raw.page_id, "page_name": plain(raw.page_name), "byline": plain(raw.byline),
        "currency": raw.currency, "languages": plain(raw.languages), "platforms": plain(raw.platforms),
        "body": ad.body, "created_date": day(raw.created), "start_date": day(raw.start), "stop_date": day(raw.stop),
        "synthetic": False,
    }  # fmt: skip
    for name, bounds in (("spend", raw.spend), ("impressions", raw.impressions), ("audience", raw.audience)):
        columns[f"{name}_lower"], columns[f"{name}_upper"] = bounds
    for axis, top in ad.tops.items():
        columns[f"top_{axis}"] = top
        columns[f"{axis}_rank"] = plain(ad.axes[axis].ranks) if axis in ad.axes else None
    return columns


def near_columns(ad: Ad) -> dict[str, tuple[Any, float]]:
    """Columns of numbers, and how far each may be off."""
    columns: dict[str, tuple[Any, float]] = {
        "spend": (ad.spend, 0), "impressions": (ad.impressions, 0), "engagement": (ad.engagement, 1e-9),
        "demographic_shares": (plain(ad.cells), 1e-9), "region_shares": (plain(ad.states), 1e-9),
    }  # fmt: skip
    for axis in ad.tops:
        columns[f"{axis}_normalized"] = plain(ad.axes[axis].normalized) if axis in ad.axes else None, NEAR
    return columns


def plain(value: Any) -> Any:
    """A value as it compares: names without blanks around them, and None for what says nothing."""
    if isinstance(value, str):
        return value if "\n" in value else value.strip() or None
    return None if isinstance(value, list) and not any(value) else value


def close(found: Any, expected: Any, by: float) -> bool:
    """Whether two numbers or lists of them are as near as that, or both are nothing."""
    found = plain(found)
    if found is None or expected is None:
        return found is None and expected is None
    if isinstance(expected, list):
        return len(found) == len(expected) and all(close(*pair, by) for pair in zip(found, expected, strict=True))
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=by)


def day(value: date | None) -> str | None:
    """A date as JSON has it."""
    return value.isoformat() if value else None


def sample_differences(lake: AdLake, expected: list[Ad], rules: Rules) -> list[str]:
    """What differs between `samples` and the reference, whose ads take order and keywords from the lake."""
    table = lake.rows("SELECT ad, ad_id, keywords FROM ads ORDER BY ad")
    by_id = {ad.ad_id: ad for ad in expected}
    ads = [by_id[row["ad_id"]] for row in table]
    for ad, row in zip(ads, table, strict=True):
        ad.keywords = row["keywords"] or []
    found = lake.rows(f"SELECT {SAMPLE_COLUMNS} FROM samples")
    ids = {row["ad"]: row["ad_id"] for row in table}
    # The keys of ads give way to their ids; a key that no ad has stays, to be seen.
    known = [row | {name: ids.get(row[name], row[name]) for name in ("ad", "target_ad")} for row in found]
    theirs = Counter(Sample(**{name: row[name] for name in Sample._fields}) for row in known)
    ours = Counter(samples(ads, rules, stop_words()))
    out = []
    for task in TASKS:
        missing, extra = (
            sorted((row for row in rest.elements() if row.task == task), key=str)
            for rest in (ours - theirs, theirs - ours)
        )
        if missing or extra:
            out.append(f"{task}: {len(missing)} missing {missing[:3]}, {len(extra)} too many {extra[:3]}")
    out += [f"unknown task {row.task}" for row in theirs if row.task not in TASKS][:1]
    return out + disorder(found) + slices(found, {row["ad"]: ad for row, ad in zip(table, ads, strict=True)})


def disorder(rows: list[Row]) -> list[str]:
    """Whether samples stand in the order that tasks.json gives, each with a number of its own."""
    out = []
    places = [
        (TASKS.index(row["task"]), row["ad"], -1 if row["target_ad"] is None else row["target_ad"],
         PLACES[row["source_group"]], PLACES[row["target_group"]])
        for row in rows
    ]  # fmt: skip
    for number, (before, after) in enumerate(pairwise(places)):
        if before > after:
            out.append(f"row {number + 1} stands behind {rows[number]}, which belongs behind it: {rows[number + 1]}")
            break
    if len({row["sample_id"] for row in rows}) != len(rows):
        out.append("two samples have one number")
    return out


def slices(rows: list[Row], ads: dict[int, Ad]) -> list[str]:
    """Samples whose columns to slice by are not their ad's."""
    for row in rows:
        ad = ads[row["ad"]]
        expected = (ad.page, ad.spend, ad.impressions, day(ad.raw.start), False)
        found = tuple(row[name] for name in ("page", "spend", "impressions", "start_date", "synthetic"))
        if found != expected:
            return [f"{row}: page, spend, impressions, start and synthetic should be {expected}"]
    return []
