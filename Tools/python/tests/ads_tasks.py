"""The samples of the 18 tasks, by the rules in Schemas/ads/tasks.json, ad by ad and pair by pair."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, NamedTuple

from ads_measures import AGES, GENDERS, SCHEMAS, STATES
from ads_reference import Ad
from ads_words import Bodies

TASKS = [task["task"] for task in json.loads((SCHEMAS / "tasks.json").read_text(encoding="utf-8"))["tasks"]]
# The parts of an audience, in the order of the letters A, G, R.
PARTS = {"age": AGES, "gender": GENDERS, "region": STATES}
LETTERS = {"age": "A", "gender": "G", "region": "R"}
# How far from the front a group stands in the table's order.
PLACES = {None: -1, "people": 0, "places": 1} | {
    group: place for groups in PARTS.values() for place, group in enumerate(groups)
}


class Sample(NamedTuple):
    """A row of `samples`, with the ads' ids for their keys."""

    task: str
    split: str
    ad: int | None
    target_ad: int | None
    axis: str
    source_group: str | None
    target_group: str | None
    age: str | None
    gender: str | None
    region: str | None


@dataclass
class Rules:
    """The parameters of the rules. Bounds of the similarity are decimal fractions, as text, so as to be exact."""

    similarity_above: str
    similarity_below: str
    distance_above: int
    reach: int
    variants: int
    rewordings: int
    rank_difference: int
    top_states: int
    states_compared: int
    impressions_from: int
    test_advertisers: float
    test_after: str
    seed: int

    @classmethod
    def shipped(cls, **changed: Any) -> Rules:
        """The parameters in Schemas/ads/tasks.json."""
        text = (SCHEMAS / "tasks.json").read_text(encoding="utf-8")
        found = json.loads(text)["parameters"] | changed
        found |= {name: str(found[name]) for name in ("similarity_above", "similarity_below")}
        return cls(**{each.name: found[each.name] for each in fields(cls)})


def samples(ads: list[Ad], rules: Rules, stop: set[str]) -> list[Sample]:
    """All samples, in no order. `ads` come in the order of their keys."""
    pages: dict[int, list[Ad]] = defaultdict(list)
    for ad in ads:
        pages[ad.page].append(ad)
    return [sample for page in pages.values() for sample in Page(page, rules, stop).samples()]


def mixed(value: int) -> int:
    """The finaliser of splitmix64."""
    z = value % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


class Page:
    """The ads of a page, in order."""

    def __init__(self, ads: list[Ad], rules: Rules, stop: set[str]) -> None:
        self.ads = ads
        self.rules = rules
        self.bodies = Bodies([ad.body for ad in ads], stop, rules.similarity_above, rules.similarity_below)
        # The ads by what they have beside one part of the audience.
        self.others: dict[tuple[str, tuple[str | None, ...]], list[Ad]] = defaultdict(list)
        for ad in ads:
            for part in PARTS:
                self.others[part, kept(part, ad)].append(ad)
        self.held_out = mixed(ads[0].page + rules.seed) / 2**64 < rules.test_advertisers
        self.day = date.fromisoformat(rules.test_after)

    def samples(self) -> Iterator[Sample]:
        """What single ads give, then what pairs do."""
        for ad in self.ads:
            yield from self.single(ad)
        for first, ad in enumerate(self.ads):
            variants, rewordings = self.behind(first)
            for other in rewordings:
                yield from self.transsuasion(ad, other)
            for other in variants:
                yield from self.transcreation(ad, other)
                yield from self.transcreation(other, ad)

    def sample(
        self, task: str, ad: Ad, target: Ad | None, axis: str, source_group: str | None, target_group: str | None
    ) -> Sample:
        """A row; the audience is what the ads share, and on the task's axis the target group."""
        audience = {part: ad.tops[part] if target is None or agree(part, ad, target) else None for part in PARTS}
        if axis in PARTS:
            audience[axis] = target_group
        split = "train"
        if self.held_out:
            split = "test-advertiser"
        elif any(each.raw.start > self.day for each in (ad, target) if each is not None and each.raw.start is not None):
            split = "test-time"
        return Sample(
            task, split, ad.ad_id, target.ad_id if target else None, axis, source_group, target_group,
            audience["age"], audience["gender"], audience["region"],
        )  # fmt: skip

    def single(self, ad: Ad) -> Iterator[Sample]:
        """TAG and TAP."""
        complete = all(ad.tops[part] is not None for part in PARTS)
        for part in PARTS:
            contrast = [other for other in self.others[part, kept(part, ad)] if differ(part, ad, other)]
            if complete and contrast:
                yield self.sample(f"TAP-{LETTERS[part]}", ad, None, part, None, ad.tops[part])
                if all(other.body != ad.body for other in contrast):
                    yield self.sample(f"TAG-{LETTERS[part]}", ad, None, part, None, ad.tops[part])
        tasks = ["TAP", "TAG"] if ad.keywords else ["TAP"]
        for task in tasks:
            if ad.budget is not None and ad.tops["age"] is not None and ad.tops["gender"] is not None:
                yield self.sample(f"{task}-B", ad, None, "budget", "people", None)
            if ad.budget is not None and ad.tops["region"] is not None:
                yield self.sample(f"{task}-B", ad, None, "budget", "places", None)
            if complete and (ad.raw.impressions[0] or 0) >= self.rules.impressions_from:
                yield self.sample(f"{task}-I", ad, None, "impressions", None, None)

    def behind(self, first: int) -> tuple[list[Ad], list[Ad]]:
        """The variants and the rewordings of an ad."""
        ad, rules = self.ads[first], self.rules
        own = self.bodies.number[ad.body]
        variants: list[Ad] = []
        rewordings: list[Ad] = []
        for other in self.ads[first + 1 : first + 1 + rules.reach]:
            if len(variants) >= rules.variants and len(rewordings) >= rules.rewordings:
                break
            theirs = self.bodies.number[other.body]
            if not self.bodies.similar[own][theirs] or sum(agree(part, ad, other) for part in PARTS) < 2:
                continue
            if len(variants) < rules.variants:
                variants.append(other)
            if len(rewordings) < rules.rewordings and self.bodies.distance(own, theirs) > rules.distance_above:
                rewordings.append(other)
        return variants, rewordings

    def transsuasion(self, a: Ad, b: Ad) -> Iterator[Sample]:
        """TS: from the ad that did worse to the one that did better."""
        same_budget = a.budget is not None and a.budget == b.budget and a.raw.currency == b.raw.currency
        if all(agree(part, a, b) for part in PARTS):
            if a.budget is not None and b.budget is not None and a.raw.currency == b.raw.currency:
                yield from self.upward("TS-B", a, b, "budget", None, a.budget, b.budget)
            if same_budget and a.engagement is not None and b.engagement is not None:
                yield from self.upward("TS-E", a, b, "engagement", None, a.engagement, b.engagement)
        if not same_budget or a.engagement is None or b.engagement is None:
            return
        for part, groups in PARTS.items():
            if not all(agree(each, a, b) for each in PARTS if each != part):
                continue
            if part not in a.axes or part not in b.axes:
                continue
            for group in groups:
                ranks = a.axes[part].rank(group), b.axes[part].rank(group)
                if min(ranks) == 0 or (part == "region" and max(ranks) > self.rules.states_compared):
                    continue
                engaged = (a.engagement * a.axes[part].share(group), b.engagement * b.axes[part].share(group))
                yield from self.upward(f"TS-{LETTERS[part]}", a, b, part, group, *engaged)

    def upward(
        self, task: str, a: Ad, b: Ad, axis: str, group: str | None, of_a: float, of_b: float
    ) -> Iterator[Sample]:
        """The sample from the ad with the lower figure to the one with the higher, where they differ."""
        if of_a < of_b:
            yield self.sample(task, a, b, axis, group, group)
        elif of_a > of_b:
            yield self.sample(task, b, a, axis, group, group)

    def transcreation(self, ad: Ad, target: Ad) -> Iterator[Sample]:
        """TC in one direction."""
        for part in ("age", "gender"):
            if differ(part, ad, target) and all(agree(each, ad, target) for each in PARTS if each != part):
                yield self.sample(f"TC-{LETTERS[part]}", ad, target, part, ad.tops[part], target.tops[part])
        if not (agree("age", ad, target) and agree("gender", ad, target)):
            return
        own, theirs = ad.axes["region"], target.axes["region"]
        unreached = 51
        for state in theirs.leading(self.rules.top_states):
            rank = own.rank(state) or unreached
            if rank - theirs.rank(state) >= self.rules.rank_difference and state != own.top:
                yield self.sample("TC-R", ad, target, "region", own.top, state)


def kept(part: str, ad: Ad) -> tuple[str | None, ...]:
    """The two other parts of an ad's audience."""
    return tuple(ad.tops[each] for each in PARTS if each != part)


def agree(part: str, a: Ad, b: Ad) -> bool:
    """Whether two ads have a top on this part of the audience, and the same."""
    return a.tops[part] is not None and a.tops[part] == b.tops[part]


def differ(part: str, a: Ad, b: Ad) -> bool:
    """Whether two ads have a top on this part of the audience, and not the same."""
    return a.tops[part] is not None and b.tops[part] is not None and a.tops[part] != b.tops[part]
