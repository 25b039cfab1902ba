"""What the shares of an ad say: appeals, normalised shares, ranks and tops, as Schemas/ads/tasks.json defines them.

Populations come from Schemas/ads/census.json, which is data. Everything here is done group by group, in floating point
in the order that the definitions give.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

SCHEMAS = Path(__file__).resolve().parents[3] / "Schemas" / "ads"
CENSUS = json.loads((SCHEMAS / "census.json").read_text(encoding="utf-8"))

AGES = ["13-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"]
GENDERS = ["female", "male"]
STATES = [state["region"] for state in CENSUS["states"]]
STATE_OF = {
    name: state["region"] for state in CENSUS["states"] for name in [state["region"], *state.get("aliases", [])]
}
CELL_AGES = [*AGES, "Unknown"]
CELL_GENDERS = [*GENDERS, "unknown"]
TOP_STATES = 3

_people = {(row["age"], row["gender"]): row["population"] for row in CENSUS["age_gender"]}
_residents = {row["region"]: row["population"] for row in CENSUS["states"]}
POPULATIONS = {
    "age": [sum(_people[age, gender] for gender in GENDERS) for age in AGES],
    "gender": [sum(_people[age, gender] for age in AGES) for gender in GENDERS],
    "age_gender": [_people[age, gender] for age in AGES for gender in GENDERS],
    "region": [_residents[state] for state in STATES],
}
GROUPS = {
    "age": AGES,
    "gender": GENDERS,
    "age_gender": [f"{age} {gender}" for age in AGES for gender in GENDERS],
    "region": STATES,
}


@dataclass
class Axis:
    """What an ad is to the groups of one axis; every list has one element per group."""

    groups: list[str]
    shares: list[float]
    normalized: list[float]
    ranks: list[int]
    top: str | None

    def rank(self, group: str) -> int:
        """The rank of a group, 0 where the ad did not reach it."""
        return self.ranks[self.groups.index(group)]

    def share(self, group: str) -> float:
        """The share of a group."""
        return self.shares[self.groups.index(group)]

    def leading(self, count: int) -> list[str]:
        """The groups with ranks 1 to `count`, by rank, then in the order of the axis; `count` at most."""
        ranked = sorted((rank, place) for place, rank in enumerate(self.ranks) if 1 <= rank <= count)
        return [self.groups[place] for _, place in ranked[:count]]


def axis(name: str, shares: list[float]) -> Axis:
    """Appeals, their ranking and the group with the greatest."""
    appeals = [share / population for share, population in zip(shares, POPULATIONS[name], strict=True)]
    total = sum(appeals)
    ranks = [1 + sum(other > mine for other in appeals) if mine > 0 else 0 for mine in appeals]
    first = [group for group, rank in zip(GROUPS[name], ranks, strict=True) if rank == 1]
    return Axis(
        groups=GROUPS[name],
        shares=shares,
        normalized=[appeal / total if total > 0 else 0.0 for appeal in appeals],
        ranks=ranks,
        top=first[0] if len(first) == 1 else None,
    )


def demographic_cells(distribution: list[tuple[str, str, float]]) -> list[float]:
    """The share of each age bracket and gender: cell 3 * age + gender."""
    cells = [0.0] * (len(CELL_AGES) * len(CELL_GENDERS))
    for age, gender, share in distribution:
        cells[3 * CELL_AGES.index(age) + CELL_GENDERS.index(gender)] += share
    return cells


def demographic_axes(cells: list[float]) -> dict[str, Axis]:
    """Age, gender, and age with gender."""
    by_age = [added([cells[3 * age + gender] for gender in range(3)]) for age in range(7)]
    by_gender = [added([cells[3 * age + gender] for age in range(8)]) for gender in range(2)]
    by_both = [cells[3 * age + gender] for age in range(7) for gender in range(2)]
    return {"age": axis("age", by_age), "gender": axis("gender", by_gender), "age_gender": axis("age_gender", by_both)}


def region_shares(regions: list[tuple[str, float]]) -> tuple[list[float], dict[str, float]]:
    """The share of each state, and of every region that is none; a region that occurs twice is added up."""
    states, others = dict.fromkeys(STATES, 0.0), dict[str, float]()
    for name, share in regions:
        if name in STATE_OF:
            states[STATE_OF[name]] += share
        else:
            others[name] = others.get(name, 0.0) + share
    return list(states.values()), others


def added(values: list[float]) -> float:
    """The sum from left to right. (`sum` makes up for rounding in newer versions of Python.)"""
    total = 0.0
    for value in values:
        total += value
    return total
