"""Ads made up from a seed, for what real ones seldom have: ties, missing shares, open ranges, equal bodies, bad ads.

Every ad is a record as the API writes it. A tie is one in any arithmetic: shares are whole multiples of populations
whose quotients are the same number of floating point too.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from ads_measures import AGES, GENDERS, POPULATIONS, STATES
from ads_tasks import mixed

WORDS = [
    "energy", "power", "river", "school", "teacher", "vote", "ballot", "county", "tax", "worker", "union", "farm",
    "water", "health", "nurse", "clinic", "road", "bridge", "veteran", "family", "child", "future", "climate",
    "solar", "wind", "gas", "price", "rent", "house", "city", "law", "court", "right", "freedom", "café", "niño",
    "2023",
]  # fmt: skip
SMALL = ["the", "of", "and", "to", "our", "your", "is", "on", "with"]
URLS = ["https://example.org/a?b=1", "http://example.com/vote", "www.example.net/x_(y)"]
ENDS = ["", ".", "!", "), ", '"', "\nNow", "…", " —"]
SPENDS = [("0", "99"), ("0", "100"), ("0", "99"), ("0", "100"), ("100", "199"), ("100", "200"), ("300", "399"),
          ("1000000", None), ("0", None)]  # fmt: skip
IMPRESSIONS = [("0", "999"), ("1000", "1999"), ("1000", "1999"), ("6000", "6999"), ("50000", "59999"),
               ("1000000", None)]  # fmt: skip
FOREIGN = ["Ontario", "Unknown", "São Paulo (state)"]
MIDDLE = date(2023, 6, 30)

Record = dict[str, Any]


class Maker:
    """Ads of a few pages; what an ad has depends on the seed alone."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"ads {seed}")
        self.pages = [self.page(held_out=False), self.page(held_out=seed % 3 == 0)]
        self.bases = [self.random.choices(WORDS, k=34) + self.random.choices(SMALL, k=8) for _ in range(2)]
        self.made: list[Record] = []

    def page(self, held_out: bool) -> int:
        """The number of a page that the splits hold out, or do not."""
        while True:
            number = self.random.randrange(10**14, 10**15)
            if (mixed(number) / 2**64 < 0.05) == held_out:
                return number

    def chance(self, probability: float) -> bool:
        """True as often as this."""
        return self.random.random() < probability

    def ads(self, count: int) -> list[Record]:
        """Good ads with some bad ones among them."""
        while len(self.made) < count:
            self.made.append(self.ad())
        records = list(self.made)
        faults: list[Record] = [
            {"page_id": None},
            {"ad_delivery_start_time": None},
            {"ad_creative_bodies": None},
            {"ad_creative_bodies": [" \n", ""]},
            {"delivery_by_region": None},
            {"delivery_by_region": []},
        ]
        for fault in faults:
            ad = self.ad() | fault
            if self.chance(0.5):
                ad = {name: value for name, value in ad.items() if value is not None}
            records.insert(self.random.randrange(len(records)), ad)
        for _ in range(3):
            again = {**self.ad(), "id": self.random.choice(self.made)["id"]}
            records.append(again)
        return records

    def ad(self) -> Record:
        """An ad that is kept."""
        start = MIDDLE + timedelta(days=self.random.choice([-400, -20, -1, 0, 1, 30]))
        record: Record = {
            "id": str(self.random.randrange(10**14, 10**16)),
            "page_id": str(self.pages[self.chance(0.35)]),
            "page_name": "A page",
            "ad_delivery_start_time": start.isoformat(),
            "publisher_platforms": self.random.choice([["facebook"], ["facebook", "instagram"]]),
            "ad_creative_bodies": self.frames(),
        }
        if self.chance(0.7):
            record["ad_delivery_stop_time"] = (start + timedelta(days=self.random.randrange(30))).isoformat()
        if self.chance(0.15):
            record["currency"] = self.random.choice(["USD", "USD", "EUR"])
        for name, ranges in (("spend", SPENDS), ("impressions", IMPRESSIONS)):
            if self.chance(0.93):
                lower, upper = self.random.choice(ranges)
                record[name] = {"lower_bound": lower} | ({"upper_bound": upper} if upper else {})
        if self.made and self.chance(0.35):
            # As if delivered alike: engagements of groups meet and are equal where the figures are.
            other = self.random.choice(self.made)
            shared = ("demographic_distribution", "delivery_by_region", "spend", "impressions")
            return record | {name: other[name] for name in shared if name in other}
        if self.chance(0.93):
            record["demographic_distribution"] = self.demographics()
        record["delivery_by_region"] = self.regions()
        return record

    def frames(self) -> list[str]:
        """The frames of a body; many are near another ad's or the same."""
        if self.made and self.chance(0.25):
            return list(self.random.choice(self.made)["ad_creative_bodies"])
        if self.chance(0.05):
            return [self.random.choice(["The", "Of the", "Vote!", "✓ ✓", "—"])]
        frames = [self.text() for _ in range(2 if self.chance(0.15) else 1)]
        return frames + frames[:1] if self.chance(0.15) else frames

    def text(self) -> str:
        """A base with words exchanged, its parts moved, or all of it twice."""
        words = list(self.random.choice(self.bases))
        if self.chance(0.7):
            at = self.random.randrange(len(words))
            words = words[at:] + words[:at]
        for _ in range(self.random.choice([0, 2, 4, 6, 8, 12, 16])):
            words[self.random.randrange(len(words))] = self.random.choice(WORDS)
        if self.chance(0.1):
            words += words
        if self.chance(0.3):
            url = self.random.choice(URLS) + self.random.choice(ENDS)
            words.insert(self.random.randrange(len(words) + 1), url)
        words[0] = words[0].capitalize()
        return self.random.choice([" ", ", ", "\n"]).join(words[:20]) + " " + " ".join(words[20:])

    def demographics(self) -> list[Record]:
        """Shares of age and gender: one bracket leads, or two brackets or the genders tie."""
        cells: dict[tuple[str, str], str] = {}
        kind = self.random.random()
        if kind < 0.1:
            cells = {(age, "male"): share for age, share in self.tie("age").items()}
        elif kind < 0.2:
            age = self.random.choice(AGES[1:])
            cells = {(age, gender): share for gender, share in self.tie("gender").items()}
        else:
            led = self.random.choice(["25-34", "25-34", "25-34", "65+"])
            leader = self.random.choice(["female", "female", "male"])
            for age in self.random.sample(AGES, self.random.randrange(3, 8)):
                for gender in [*GENDERS, "unknown"]:
                    weight = 0.12 if age == led else 0.03
                    weight *= {leader: 1.5, "unknown": 0.02}.get(gender, 1)
                    cells[age, gender] = self.share(weight)
        if self.chance(0.1):
            cells["Unknown", "unknown"] = self.share(0.001)
        found = [{"percentage": share, "age": age, "gender": gender} for (age, gender), share in cells.items()]
        self.random.shuffle(found)
        return found

    def regions(self) -> list[Record]:
        """Shares of states: one leads, some tie, or there is none but what is abroad; some stand twice."""
        kind = self.random.random()
        shares: dict[str, str] = {}
        if kind < 0.15:
            shares = self.tie("region")
        elif kind > 0.05 + 0.15:
            leaders = ["Ohio", "Ohio", "Ohio", "Texas", "District of Columbia"]
            others = self.random.sample(STATES, self.random.choice([0, 1, 2, 8, 50]))
            led = self.random.choice(leaders)
            for state in dict.fromkeys([led, *others]):
                people = POPULATIONS["region"][STATES.index(state)]
                shares[state] = self.share(people / 4e8 * (3 if state == led else self.random.choice([1, 1, 0.1])))
        if self.chance(0.15) or not shares:
            shares |= {name: self.share(0.0001) for name in self.random.sample(FOREIGN, 2)}
        found = [{"percentage": share, "region": state} for state, share in shares.items()]
        if self.chance(0.1):
            found.append({"percentage": "2.0E-6", "region": found[0]["region"]})
        for region in found:
            if region["region"] == "District of Columbia" and self.chance(0.5):
                region["region"] = "Washington, District of Columbia"
        self.random.shuffle(found)
        return found

    def share(self, around: float) -> str:
        """A share as the API writes it."""
        return f"{around * self.random.uniform(0.8, 1.2):.6f}" if self.chance(0.95) else "9.0E-6"

    def tie(self, axis: str) -> dict[str, str]:
        """Shares of two to five groups that the ad appeals to alike, and of one that it does not."""
        groups = {"age": AGES, "gender": GENDERS, "region": STATES}[axis]
        alike: dict[float, list[int]] = defaultdict(list)
        for place, people in enumerate(POPULATIONS[axis]):
            alike[float(f"0.{people:010}") / people].append(place)
        most = max(alike.values(), key=len)
        tied = self.random.sample(most, min(len(most), self.random.randrange(2, 6)))
        shares = {groups[place]: f"0.{POPULATIONS[axis][place]:010}" for place in tied}
        rest = [place for place in range(len(groups)) if place not in tied]
        if rest:
            shares[groups[self.random.choice(rest)]] = "1.0E-5"
        return shares


def write(path: Path, seed: int, count: int) -> Path:
    """A file of made-up ads, one a line."""
    records = Maker(seed).ads(count)
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path
