"""Random queries over the tables of `differential_tables`, in the SQL that AlphaLake and DuckDB share.

Literals are mostly values that the tables hold, so that most queries have rows.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from differential_expressions import COMPARED, Expressions
from differential_values import ANSWERED, Sample, literal


@dataclass
class Query:
    """A query, and what has to be known to compare what two engines make of it."""

    sql: str
    order: list[int] = field(default_factory=list)
    """The outputs that ORDER BY sorts by, the first first; those behind the last output are those of `keyed`."""
    unlimited: str | None = None
    """Without LIMIT, where any of these rows may come."""
    keyed: str | None = None
    """All rows in order, before LIMIT and OFFSET, with the sort key that is not selected as the last output."""
    offset: int = 0
    theirs: str | None = None
    """What DuckDB is asked, where it has other words for the same."""
    summed: bool = False
    """Whether there are sums of floats, whose last digits depend on the order of the terms."""
    single: bool = False
    """Whether it has one row, whatever the table holds."""
    options: tuple[str, ...] = ()
    """Options of the command line that say what is asked for."""


@dataclass(frozen=True)
class Tail:
    """What follows the outputs of a query, for either engine."""

    ours: str
    theirs: str


SETS = ["ROLLUP", "CUBE", "GROUPING SETS"]
# Aggregates whose last digits depend on the order of what they add up.
SUMS = ["sum(", "avg(", "stddev", "var", "quantile_cont", "percentile_cont", "median"]


class Queries(Expressions):
    """Writes queries over one table."""

    def __init__(
        self, table: str, columns: list[Sample], pick: random.Random, features: frozenset[str] = ANSWERED
    ) -> None:
        super().__init__(columns, pick, features)
        self.table = table
        # Comparing all rows of a long table takes long: mostly a part is asked for, in an order that decides which.
        self.long = any(column.long for column in columns)

    def where(self, share: float = 0.7) -> str:
        """A condition of the whole query, or none."""
        return f" WHERE {self.condition()}" if self.chance(share) else ""

    def source(self, share: float) -> Tail:
        """The table, with a condition or without."""
        text = f" FROM {self.table}{self.where(share)}"
        return Tail(text, text)

    # What comes last.

    def order(self, items: list[str], share: float, hidden: bool) -> tuple[list[str], list[int], str]:
        """An ORDER BY over all outputs, so that the order is decided, with the places of its terms among the outputs.

        A `hidden` value, which is not selected, may come first: it is the third of what is returned.
        """
        if not self.chance(share) and not self.long:
            return [], [], ""
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
        places = self.pick.sample(range(len(items)), len(items))
        keys, key = [str(place + 1) for place in places], ""
        if hidden and self.has("order", 0.3):
            key = self.any() if self.chance(0.6) else self.pick.choice(self.scalars).name
            keys.insert(0, key)
            places.insert(0, len(items))
        return [key + self.pick.choice(ways) for key in keys], places, key

    def limit(self, share: float) -> tuple[str, int]:
        """LIMIT and OFFSET, and what the offset is."""
        if not self.chance(0.9 if self.long else share):
            return "", 0
        counts = [0, *[1, 3, 10, 10, 100, 100, 1000, 1000] * 3] + ([] if self.long else [10**6, 9223372036854775807])
        offset = self.pick.choice([0, 1, 1, 1, 5, 5, 50, 300]) if self.chance(0.15) else None
        alone = offset is not None and not self.long and self.chance(0.2)
        limit = "" if alone else f" LIMIT {self.pick.choice(counts)}"
        return limit + (f" OFFSET {offset}" if offset is not None else ""), offset or 0

    def finished(self, head: str, tail: Tail, items: list[str], share: float, hidden: bool) -> Query:
        """A query of outputs and all that follows them, with ORDER BY and LIMIT."""
        (keys, places, key), (limit, offset) = self.order(items, 0.6, hidden), self.limit(share)
        order = f" ORDER BY {', '.join(keys)}" if keys else ""
        theirs = tail.theirs + order
        return Query(
            f"{head}{tail.ours}{order}{limit}",
            places,
            f"{head}{theirs}" if limit and not keys else None,
            f"{head}{f', {key}' if key else ''}{theirs}" if keys else None,
            offset,
            f"{head}{theirs}{limit}" if tail.ours != tail.theirs else None,
        )

    # Rows.

    def rows(self, source: Tail | None = None) -> Query:
        """Rows of the table, or of something else that stands behind FROM."""
        if not source and self.chance(0.1):
            # DuckDB's table holds derived columns like any other.
            star = not any(column.derived or column.kind == "list" for column in self.columns)
            items = [column.name for column in self.scalars]
            outputs = "*" if star else ", ".join(items)
        else:
            columns = self.columns if self.chance(0.3) else self.scalars
            items = [self.any() if self.chance(0.35) else self.pick.choice(columns).name
                     for _ in range(self.pick.randint(1, 4))]  # fmt: skip
            outputs = ", ".join(items)
        source = source or self.source(0.75)
        if any(column.name in items for column in self.of("list")):
            return Query(f"SELECT {outputs}{source.ours}", theirs=f"SELECT {outputs}{source.theirs}")
        distinct = "DISTINCT " if self.chance(0.2) else ""
        return self.finished(f"SELECT {distinct}{outputs}", source, items, 0.4, hidden=not distinct)

    # Groups.

    def aggregate(self) -> str:
        """An aggregate, perhaps with FILTER."""
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
            (4 if "firsts" in self.features else 0, lambda: f"any_value({self.compared()})"),
            (4 if "mode" in self.features else 0, lambda: f"mode({self.pick.choice(self.scalars).name})"),
        ])  # fmt: skip
        return f"{call} FILTER (WHERE {self.condition(1)})" if self.has("filter", 0.15) else call

    def measured(self) -> str:
        """What is added up."""
        names = self.of("integer", "float")
        return self.number() if self.chance(0.3) or not names else self.pick.choice(names).name

    def compared(self) -> str:
        """What there is a least and a greatest of."""
        return self.any() if self.chance(0.25) else self.pick.choice(self.scalars).name

    def distinct(self) -> str:
        """An aggregate of different values."""
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
        """A variance or its root."""
        names = ["stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"]
        return f"{self.pick.choice(names)}({self.tame()})"

    def quantile(self) -> str:
        """A quantile."""
        moments = self.of("timestamp", "date")
        if moments and self.pick.random() < 0.2:
            # Of whole days, whose middle floats hold exactly, however far they are: DuckDB computes in floats.
            return f"median(date_trunc('day', {self.pick.choice(moments).name}))"
        if self.chance(0.3):
            return f"median({self.tame()})"
        share = self.pick.choice(["0.5", "0.25", "0.9", "0", "1", "0.333", "0.05"])
        if self.chance(0.2):
            kind = self.pick.choice(["percentile_cont", "percentile_disc"])
            return f"{kind}({share}) WITHIN GROUP (ORDER BY {self.tame()})"
        if self.chance(0.5):
            return f"quantile_cont({self.tame()}, {share})"
        ordered = self.of("integer", "text", "date", "timestamp") or self.scalars
        return f"quantile_disc({self.pick.choice(ordered).name}, {share})"

    def groups(self, cell: int = 0, source: Tail | None = None) -> Query:
        """Groups of the table, or of something else that stands behind FROM; of so many rows at least."""
        count = self.pick.choice([0, 1, 1, 1, 2, 2, 3])
        terms = [self.any() if self.chance(0.25) else self.pick.choice(self.scalars).name for _ in range(count)]
        aggregates = [self.aggregate() for _ in range(self.pick.randint(1, 3))]
        items = [*terms, *aggregates]
        if terms and self.chance(0.15):
            items.append(f"({aggregates[0]}) IS NULL")
        # What DuckDB's any_value gives in totals is not the first value of the table.
        whole = any("any_value(" in aggregate for aggregate in aggregates)
        group = self.grouping(terms, sets=not whole) if terms else ""
        if any(kind in group for kind in SETS) and self.chance(0.4):
            items.append(f"GROUPING({', '.join(self.pick.sample(terms, self.pick.randint(1, len(terms))))})")
        having = [f"({self.having()})"] if self.chance(0.25) else []
        source = source or self.source(0.6)
        ours = f"{source.ours}{group}{' HAVING ' if having else ''}{''.join(having)}"
        having += [f"count(*) >= {cell}"] if cell else []
        theirs = f"{source.theirs}{group}{' HAVING ' if having else ''}{' AND '.join(having)}"
        query = self.finished(f"SELECT {', '.join(items)}", Tail(ours, theirs), items, 0.3, hidden=False)
        query.options = ("--min-cell", str(cell)) if cell else ()
        query.summed = any(name in aggregate for aggregate in aggregates for name in SUMS)
        query.single = not terms and not having
        return query

    def grouping(self, terms: list[str], sets: bool) -> str:
        """GROUP BY, of `sets` too where those are wanted."""
        if not sets or not self.has("sets", 0.2) or len(set(terms)) < len(terms):
            ordinals = self.chance(0.5)
            return " GROUP BY " + ", ".join(str(i + 1) if ordinals else term for i, term in enumerate(terms))
        kind = self.pick.choice(SETS)
        if kind == "GROUPING SETS":
            chosen = [self.pick.sample(terms, self.pick.randint(0, len(terms))) for _ in range(self.pick.randint(1, 3))]
            return f" GROUP BY GROUPING SETS ({', '.join('(' + ', '.join(part) + ')' for part in [terms, *chosen])})"
        if len(terms) > 1 and self.chance(0.3):
            return f" GROUP BY {terms[0]}, {kind} ({', '.join(terms[1:])})"
        return f" GROUP BY {kind} ({', '.join(terms)})"

    def having(self) -> str:
        """A condition on groups that no last digit decides."""
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
