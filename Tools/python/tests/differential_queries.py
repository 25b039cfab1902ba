"""Random queries over the tables of `differential_tables`, in the SQL that AlphaLake and DuckDB share.

Literals are mostly values that the tables hold, so that most queries have rows.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from differential_expressions import COMPARED, Expressions
from differential_values import ANSWERED, Sample, literal


@dataclass
class Query:
    sql: str
    """Whether ORDER BY decides the order of all rows that differ."""
    ordered: bool = False
    """Without LIMIT, where any of these rows may come."""
    unlimited: str | None = None
    """What DuckDB is asked, where it has other words for the same."""
    theirs: str | None = None


class Writer(Expressions):
    """Writes queries over one table."""

    def __init__(
        self, table: str, columns: list[Sample], pick: random.Random, features: frozenset[str] = ANSWERED
    ) -> None:
        super().__init__(columns, pick, features)
        self.table = table
        # Comparing all rows of a long table takes seconds: mostly a part is asked for, in an order that decides which.
        self.long = any(column.long for column in columns)

    def query(self) -> Query:
        if self.has("field", 0.05):
            return self.field()
        return self.rows() if self.chance(0.45) else self.groups()

    def where(self, share: float = 0.7) -> str:
        return f" WHERE {self.condition()}" if self.chance(share) else ""

    # What comes last.

    def order(self, items: list[str], share: float, hidden: bool) -> str:
        """An ORDER BY over all outputs, so that the order is decided; `hidden` values may come before them."""
        if not self.chance(share) and not self.long:
            return ""
        ways = [
            "",
            "",
            " ASC",
            " DESC",
            " DESC",
            " NULLS FIRST",
            " DESC NULLS LAST",
            " DESC NULLS FIRST",
            " NULLS LAST",
        ]
        keys = [str(number) for number in self.pick.sample(range(1, len(items) + 1), len(items))]
        if hidden and self.has("order", 0.3):
            keys.insert(0, self.any() if self.chance(0.6) else self.pick.choice(self.scalars).name)
        return " ORDER BY " + ", ".join(key + self.pick.choice(ways) for key in keys)

    def limit(self, share: float) -> str:
        if not self.chance(0.97 if self.long else share):
            return ""
        counts = [0, 1, 3, 10, 10, 100, 100, 1000, 1000] + ([] if self.long else [10**6, 9223372036854775807])
        limit = f" LIMIT {self.pick.choice(counts)}"
        return limit + (f" OFFSET {self.pick.choice([0, 1, 1, 5, 5, 50, 5000])}" if self.chance(0.15) else "")

    def finished(self, body: str, items: list[str], share: float, hidden: bool) -> Query:
        order, limit = self.order(items, 0.6, hidden), self.limit(share)
        return Query(body + order + limit, bool(order), body if limit and not order else None)

    # Rows.

    def rows(self) -> Query:
        if self.chance(0.1):
            items = [column.name for column in (self.scalars if self.of("list") else self.columns)]
            outputs = ", ".join(items) if self.of("list") else "*"
        else:
            columns = self.columns if self.chance(0.3) else self.scalars
            items = [self.any() if self.chance(0.35) else self.pick.choice(columns).name
                     for _ in range(self.pick.randint(1, 4))]  # fmt: skip
            outputs = ", ".join(items)
            if any(column.name in items for column in self.of("list")):
                return Query(f"SELECT {outputs} FROM {self.table}{self.where()}")
        distinct = "DISTINCT " if self.chance(0.2) else ""
        body = f"SELECT {distinct}{outputs} FROM {self.table}{self.where(0.75)}"
        return self.finished(body, items, 0.4, hidden=not distinct)

    # Groups.

    def aggregate(self) -> str:
        call = self.chosen([
            (25, lambda: "count(*)"),
            (15, lambda: f"count({self.pick.choice(self.columns).name})"),
            (25, lambda: f"{self.pick.choice(['sum', 'avg'])}({self.measured()})"),
            (25, lambda: f"{self.pick.choice(['min', 'max'])}({self.compared()})"),
            (12 if "distinct" in self.features else 0, self.distinct),
            (8 if "spread" in self.features else 0, self.spread),
            (10 if "quantiles" in self.features else 0, self.quantile),
            (6 if "booleans" in self.features else 0,
             lambda: f"{self.pick.choice(['bool_and', 'bool_or'])}({self.condition(1)})"),
        ])  # fmt: skip
        return f"{call} FILTER (WHERE {self.condition(1)})" if self.has("filter", 0.15) else call

    def measured(self) -> str:
        names = self.of("integer", "float")
        return self.number() if self.chance(0.3) or not names else self.pick.choice(names).name

    def compared(self) -> str:
        return self.any() if self.chance(0.25) else self.pick.choice(self.scalars).name

    def distinct(self) -> str:
        if self.chance(0.75):
            return f"count(DISTINCT {self.compared()})"
        return f"{self.pick.choice(['sum', 'avg'])}(DISTINCT {self.tame()})"

    def tame(self) -> str:
        """A number that is neither infinite nor NaN, nor so large that squares of it lose all digits."""
        columns = [c for c in self.of("integer", "float") if c.bound < 1e6]
        if not columns:
            return "length('abc')" if "strings" in self.features else "1"
        return self.pick.choice(columns).name

    def spread(self) -> str:
        names = ["stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"]
        return f"{self.pick.choice(names)}({self.tame()})"

    def quantile(self) -> str:
        if self.chance(0.3):
            return f"median({self.tame()})"
        share = self.pick.choice(["0.5", "0.25", "0.9", "0", "1", "0.333", "0.05"])
        if self.chance(0.5):
            return f"quantile_cont({self.tame()}, {share})"
        return f"quantile_disc({self.pick.choice(self.of('integer', 'text', 'date') or self.scalars).name}, {share})"

    def groups(self) -> Query:
        count = self.pick.choice([0, 1, 1, 1, 2, 2, 3])
        terms = [self.any() if self.chance(0.25) else self.pick.choice(self.scalars).name for _ in range(count)]
        aggregates = [self.aggregate() for _ in range(self.pick.randint(1, 3))]
        items = [*terms, *aggregates]
        if terms and self.chance(0.15):
            items.append(f"({aggregates[0]}) IS NULL")
        group = self.grouping(terms) if terms else ""
        having = f" HAVING {self.having()}" if self.chance(0.25) else ""
        body = f"SELECT {', '.join(items)} FROM {self.table}{self.where(0.6)}{group}{having}"
        return self.finished(body, items, 0.3, hidden=False)

    def field(self) -> Query:
        """What surveys need and SQL lacks: shares within a parent group, effective sizes, distances of distributions."""
        weights = [c.name for c in self.of("integer") if c.bound < 10**6 and c.values]
        if not weights:
            return self.groups()
        weight, value = f"abs({self.pick.choice(weights)})", self.pick.choice(weights)
        terms = [column.name for column in self.pick.sample(self.scalars, self.pick.choice([0, 1, 1, 2]))]
        group = f" GROUP BY {', '.join(terms)}" if terms else ""
        where = self.where(0.5)
        kind = self.pick.choice(["share", "share", "rows", "ess", "distance"])
        if kind in ("share", "rows"):
            parent = f"PARTITION BY {', '.join(terms[:-1])}" if len(terms) > 1 else ""
            sum_of = f"sum({weight})" if kind == "share" else "count(*)"
            ours = f"share({weight})" if kind == "share" else "share(*)"
            theirs = f"CAST({sum_of} AS DOUBLE) / nullif(sum({sum_of}) OVER ({parent}), 0)"
        elif kind == "ess":
            ours, theirs = f"ess({weight})", f"sum({weight}) * CAST(sum({weight}) AS DOUBLE) / nullif(sum({weight} * {weight}), 0)"
        else:
            return self.distance(value, weight, terms[:1], where)
        head = ", ".join([*terms, "{}"])
        sql = f"SELECT {head} FROM {self.table}{where}{group}"
        return Query(sql.replace("{}", ours), theirs=sql.replace("{}", theirs))

    def distance(self, value: str, weight: str, terms: list[str], where: str) -> Query:
        """The 1-Wasserstein distance between two parts of each group, with and without weights."""
        first, second = self.condition(1), self.condition(1)
        weighted = self.chance(0.5)
        ours = f"wasserstein({value}, {first}, {second}{f', {weight}' if weighted else ''})"
        measured = f"sum({weight})" if weighted else "count(*)"
        head = "".join(f"{term}, " for term in terms)
        by = f"PARTITION BY {terms[0]} " if terms else ""
        told = f" AND ({where.removeprefix(' WHERE ')})" if where else ""
        theirs = (
            f"WITH counts AS (SELECT {head}{value} AS v, coalesce({measured} FILTER (WHERE {first}), 0) AS a, "
            f"coalesce({measured} FILTER (WHERE {second}), 0) AS b FROM {self.table} "
            f"WHERE {value} IS NOT NULL{f' AND {weight} IS NOT NULL' if weighted else ''}{told} GROUP BY ALL), "
            f"parts AS (SELECT {head}sum(a) OVER ({by}) AS n, sum(b) OVER ({by}) AS m, lead(v) OVER ({by}ORDER BY v) - v AS wide, "
            f"sum(a) OVER ({by}ORDER BY v) / CAST(n AS DOUBLE) - sum(b) OVER ({by}ORDER BY v) / CAST(m AS DOUBLE) AS apart FROM counts) "
            f"SELECT {head}CASE WHEN min(n) > 0 AND min(m) > 0 THEN coalesce(sum(abs(apart) * wide), 0) END FROM parts"
        )
        group = f" GROUP BY {', '.join(terms)}" if terms else ""
        # Groups whose values are all NULL have no row in `parts`.
        present = f" HAVING count({value}) > 0" + (f" AND count({weight}) FILTER (WHERE {value} IS NOT NULL) > 0" if weighted else "")
        return Query(f"SELECT {head}{ours} FROM {self.table}{where}{group}{present}", theirs=theirs + group)

    def grouping(self, terms: list[str]) -> str:
        if not self.has("sets", 0.2) or len(set(terms)) < len(terms):
            ordinals = self.chance(0.5)
            return " GROUP BY " + ", ".join(str(i + 1) if ordinals else term for i, term in enumerate(terms))
        kind = self.pick.choice(["ROLLUP", "CUBE", "GROUPING SETS"])
        if kind == "GROUPING SETS":
            chosen = [self.pick.sample(terms, self.pick.randint(0, len(terms))) for _ in range(self.pick.randint(1, 3))]
            return f" GROUP BY GROUPING SETS ({', '.join('(' + ', '.join(part) + ')' for part in [terms, *chosen])})"
        if len(terms) > 1 and self.chance(0.3):
            return f" GROUP BY {terms[0]}, {kind} ({', '.join(terms[1:])})"
        return f" GROUP BY {kind} ({', '.join(terms)})"

    def having(self) -> str:
        simple = ["count(*) > 1", "count(*) >= 10 OR count(*) IS NULL", f"{self.aggregate()} IS NOT NULL",
                  f"NOT (count(*) = 1 AND {self.aggregate()} IS NULL)"]  # fmt: skip
        if not self.has("having", 0.4):
            return self.pick.choice(simple)
        # Sums of floats are not compared: their last digits differ.
        column = self.pick.choice(self.scalars)
        return self.pick.choice([
            f"count(*) BETWEEN {self.pick.randint(1, 5)} AND {self.pick.randint(5, 5000)}",
            f"count({column.name}) * 2 {self.pick.choice(['>', '<=', '<>'])} count(*)",
            f"min({column.name}) {self.pick.choice(COMPARED)} {literal(self.value(column))}",
            f"max({column.name}) {self.pick.choice(COMPARED)} min({column.name})",
        ])  # fmt: skip
