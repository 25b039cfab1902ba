"""The behaviour side computed a second time: what `ads` and `samples` must hold, by brute force, from the ads' files.

It shares no code with the program. What the two have in common are the definitions in Schemas/ads/tasks.json, which are
data and prose, and the census beside them.

    ads_reference.py FILE...      ads read, kept and dropped, and samples per task and split
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ads_forms import Bounds, RawAd, read
from ads_measures import GROUPS, Axis, demographic_axes, demographic_cells, region_shares
from ads_measures import axis as measured
from ads_words import body_of


@dataclass
class Ad:
    """A row of `ads`. `axes` lacks an axis where the ad has no shares on it."""

    raw: RawAd
    body: str
    cells: list[float] | None
    states: list[float] | None
    others: dict[str, float]
    axes: dict[str, Axis]
    # On each axis the group that the ad appeals to most, where there is one.
    tops: dict[str, str | None]
    # As the lake has them: a method of its own finds them, which may be replaced.
    keywords: list[str] = field(default_factory=list)

    @property
    def ad_id(self) -> int | None:
        """The id, unless it has lost its last digit."""
        return None if self.raw.id_is_rounded else self.raw.id

    @property
    def rounded_id(self) -> int | None:
        """The id that has lost its last digit."""
        return self.raw.id if self.raw.id_is_rounded else None

    @property
    def page(self) -> int:
        """The page; an ad without one is not kept."""
        assert self.raw.page_id is not None
        return self.raw.page_id

    @property
    def budget(self) -> int | None:
        """The lower bound of the spend range."""
        return self.raw.spend[0]

    @property
    def spend(self) -> float | None:
        """The estimate of what the ad cost."""
        return estimate(self.raw.spend)

    @property
    def impressions(self) -> float | None:
        """The estimate of how often the ad was seen."""
        return estimate(self.raw.impressions)

    @property
    def engagement(self) -> float | None:
        """Impressions per unit of spend."""
        spend, impressions = self.spend, self.impressions
        return impressions / spend if spend and impressions is not None else None


def estimate(bounds: Bounds) -> float | None:
    """The middle of a range, or its lower bound where it is open above."""
    lower, upper = bounds
    if lower is None:
        return None
    return float(lower) if upper is None else (lower + upper) / 2


def ad_of(raw: RawAd) -> Ad:
    """A record with what follows from it."""
    cells = demographic_cells(raw.demographics) if raw.demographics else None
    states, others = region_shares(raw.regions)
    axes = demographic_axes(cells) if cells else {}
    if raw.regions:
        axes["region"] = measured("region", states)
    tops = {name: axes[name].top if name in axes else None for name in GROUPS}
    return Ad(raw, body_of(raw.frames), cells, states if raw.regions else None, others, axes, tops)


def fault(ad: Ad) -> str | None:
    """Why an ad is dropped; None where it is kept."""
    if ad.raw.page_id is None:
        return "no page"
    if ad.raw.start is None:
        return "no start date"
    if not ad.body:
        return "empty body"
    return None if ad.raw.regions else "no location"


def clean(records: list[RawAd]) -> tuple[list[Ad], Counter[str]]:
    """The ads that are kept, in order, and how many were dropped and why. Of ads with one id the first stays."""
    kept: list[Ad] = []
    seen: set[int] = set()
    dropped: Counter[str] = Counter()
    for ad in map(ad_of, records):
        reason = fault(ad)
        if reason is None and ad.ad_id in seen:
            reason = "duplicate"
        if reason is not None:
            dropped[reason] += 1
            continue
        if ad.ad_id is not None:
            seen.add(ad.ad_id)
        kept.append(ad)
    return kept, dropped


def main(paths: list[str]) -> int:
    """Prints what the files come to, with every word that is no stop word taken for a keyword."""
    from ads_tasks import TASKS, Rules, samples
    from ads_words import stop_words, words

    records = [record for path in paths for record in read(Path(path))]
    ads, dropped = clean(records)
    print(f"{len(records)} ads, {len(ads)} kept, dropped: {dict(dropped)}")
    stop = stop_words()
    for ad in ads:
        ad.keywords = [word for word in words(ad.body) if word not in stop][:1]
    rows = samples(ads, Rules.shipped(), stop)
    counts = Counter((row.task, row.split) for row in rows)
    for task in TASKS:
        print(task, *(f"{split} {counts[task, split]}" for split in ("train", "test-time", "test-advertiser")))
    print(f"{len(rows)} samples, {len(set(rows))} distinct")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
