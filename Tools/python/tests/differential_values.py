"""What random queries are made of: features that can be switched off, columns with some of their values, constants.

Floats are written with an exponent: DuckDB takes 1.5 for a decimal.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

MOST = 2**60

FEATURES = {
    "case": "CASE, searched and simple",
    "coalesce": "COALESCE, NULLIF, GREATEST, LEAST",
    "strings": "lower, upper, length, substr and their like",
    "concat": "|| and concat",
    "search": "contains, starts_with, ends_with",
    "regex": "~ and regexp_matches",
    "dates": "parts of dates, date_trunc",
    "date_math": "dates plus days, dates minus dates, intervals",
    "math": "abs, round, floor, sqrt and their like",
    "texts": "text of dates, numbers and conditions through casts",
    "lists": "= ANY(list), list functions",
    "distinct": "count(DISTINCT), sum(DISTINCT), avg(DISTINCT)",
    "spread": "stddev, variance and their like",
    "quantiles": "median, quantile_cont, quantile_disc",
    "filter": "FILTER (WHERE ...)",
    "booleans": "bool_and, bool_or",
    "sets": "ROLLUP, CUBE, GROUPING SETS",
    "order": "ORDER BY expressions that are not selected",
    "having": "HAVING that compares aggregates",
    "field": "share, ess and wasserstein, beside what they mean in DuckDB's SQL",
    "rowid": "the number of a row, selected and in conditions",
    "firsts": "any_value, which depends on the order of the table",
    "mode": "mode, the least of several: DuckDB is asked for the first in order",
    "truth": "IS [NOT] TRUE, FALSE, UNKNOWN",
    "elements": "further functions of lists, = ALL(list) and its like",
    "calendar": "further functions of dates: last_day, dayname, strftime",
    "curves": "sine, logarithms and their like",
    "pieces": "split_part, lpad, translate and their like",
    "extracts": "regexp_extract, regexp_replace, regexp_full_match",
    "sample": "TABLESAMPLE, beside the same hashes in DuckDB",
    "float_strata": "TABLESAMPLE per value of a float",
    "far": "samples of 2^63 - 1 rows, EXPLAIN of LIMIT and OFFSET that are more than that together",
    "cells": "--min-cell, beside HAVING count(*) >= N",
    "spill": "--memory 16M on two threads, now and then",
    "explain": "EXPLAIN and EXPLAIN ANALYZE before the query, now and then",
    "whole_trunc": "trunc of a whole number",
    "dimension": "array_length(list, 1)",
    "any_array": "= ANY(ARRAY[...])",
    "date_diff": "date_diff of days to years",
}
# Those that AlphaLake's SQL has; they are asked for where nothing else is said.
ANSWERED: frozenset[str] = frozenset(FEATURES)


@dataclass
class Sample:
    """A column with some of its values, without NULL.

    `bound`: no number of it lies farther from 0, nor is one NaN. `long`: its table has very many rows. `derived`: it is
    looked up in another table.
    """

    name: str
    kind: str
    values: list[Any]
    bound: int = MOST
    long: bool = False
    derived: bool = False


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, float):
        if not math.isfinite(value):
            return f"CAST('{value}' AS DOUBLE)"
        text = repr(value)
        return text if "e" in text else text + "e0"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


class Values:
    """Chance, columns, and constants that suit them."""

    def __init__(self, columns: list[Sample], pick: random.Random, features: frozenset[str]) -> None:
        self.columns, self.pick, self.features = columns, pick, features
        self.scalars = [column for column in columns if column.kind != "list"]

    def chance(self, share: float) -> bool:
        """True in a share of the cases."""
        return self.pick.random() < share

    def has(self, feature: str, share: float) -> bool:
        """The same of a feature, if that is on."""
        return feature in self.features and self.chance(share)

    def of(self, *kinds: str) -> list[Sample]:
        """The columns of some kinds."""
        return [column for column in self.columns if column.kind in kinds]

    def value(self, column: Sample) -> Any:
        """A value that the column holds or nearly holds."""
        if not column.values:
            return None if self.chance(0.3) else {"text": "x", "digits": "7", "bool": True, "date": date(2020, 1, 1),
                                                  "timestamp": datetime(2020, 1, 1), "float": 0.5, "single": 0.5,
                                                  "steep": 0.5}.get(column.kind, 7)  # fmt: skip
        value = self.pick.choice(column.values)
        if column.kind == "integer" and self.chance(0.15):
            return self.pick.choice([value + 1, value + 0.5, float(value), 10**11, -(2**63), 2**63 - 1])
        if column.kind in ("unsigned", "huge") and self.chance(0.1):
            return self.pick.choice([0, 2**63 - 1, 10**18, -1])
        if column.kind in ("float", "single", "steep") and self.chance(0.15):
            return self.pick.choice([0, 1, -3, 0.1, -0.0, 1e300])
        if column.kind == "text" and self.chance(0.1):
            return self.pick.choice(["", "zzz", "é", value[:1], value + "a"])
        return value

    def constant(self, column: Sample) -> str:
        """A constant to compare the column with, as SQL."""
        if self.chance(0.02):
            return "NULL"
        value = self.value(column)
        if column.kind in ("date", "timestamp") and value is not None and self.chance(0.3):
            return f"'{value.isoformat()}'" if column.kind == "date" else f"'{value.isoformat(sep=' ')}'"
        return literal(value)

    def fragment(self, column: Sample | None = None) -> str:
        """A few characters of some text of the column."""
        text = self.pick.choice(column.values) if column and column.values else "abc"
        start = self.pick.randint(0, len(text))
        return str(text[start : start + self.pick.randint(0, 4)])

    def chosen(self, choices: Sequence[tuple[float, Callable[[], str]]]) -> str:
        """One of the choices, each as likely as its weight says."""
        at = self.pick.random() * sum(weight for weight, _ in choices)
        for weight, make in choices:
            at -= weight
            if at < 0:
                return make()
        return choices[-1][1]()
