"""Random queries of all sorts: rows, groups, and what surveys need, which DuckDB is asked in other words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from differential_queries import Queries, Query, Tail

# Seeds of samples: DuckDB has a table of hashes for each.
SEEDS = [0, 7, 2**40 + 1]
GOLDEN = 0x9E3779B97F4A7C15


def hashes(seed: int, rows: int) -> pa.Table:
    """What decides which rows a sample draws, as Schemas/SQL.md says."""
    with np.errstate(over="ignore"):
        numbers = np.arange(1, rows + 1, dtype=np.uint64) * np.uint64(GOLDEN)
        key = mixed(np.array([seed], np.uint64) + np.uint64(GOLDEN))
        return pa.table({"row": np.arange(rows), "hash": mixed(key + numbers)})


def mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of SplitMix64."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        values = (values ^ (values >> np.uint64(shift))) * np.uint64(factor)
    found: npt.NDArray[np.uint64] = values ^ (values >> np.uint64(31))
    return found


class Writer(Queries):
    """Writes queries over one table."""

    def query(self) -> Query:
        """A random query."""
        if self.has("sample", 0.05):
            return self.sampled()
        if self.has("cells", 0.02):
            # What FILTER leaves of a group is a cell as well, which DuckDB knows nothing of.
            self.features -= {"filter"}
            return self.groups(self.pick.choice([2, 3, 10, 40]))
        if self.has("field", 0.05):
            return self.field()
        return self.rows() if self.chance(0.45) else self.groups()

    def sampled(self) -> Query:
        """Rows or groups of a sample. DuckDB ranks the same hashes."""
        self.features -= {"rowid"}
        most = [2**63 - 1] if "far" in self.features else []
        count, where = self.pick.choice([1, 2, 5, 30, 200, *most]), self.where(0.5)
        fit = [c for c in self.scalars if "float_strata" in self.features or c.kind not in ("float", "single", "steep")]
        strata = [column.name for column in self.pick.sample(fit, min(len(fit), self.pick.choice([0, 0, 1, 2])))]
        seed = self.pick.choice(SEEDS)
        told = f" REPEATABLE ({seed})" if seed or self.chance(0.3) else ""
        apart = f"PARTITION BY {', '.join(strata)} " if strata else ""
        source = Tail(
            f" FROM {self.table} TABLESAMPLE rows({', '.join([str(count), *strata])}){told}{where}",
            # Not with QUALIFY, which breaks DuckDB 2.0.0 here.
            f" FROM (WITH drawn AS MATERIALIZED (SELECT stored.rowid AS drawn, "
            f"row_number() OVER ({apart}ORDER BY hash) AS place "
            f"FROM {self.table} AS stored JOIN hashes_{seed} ON stored.rowid = row{where}) "
            f"SELECT * FROM {self.table} WHERE rowid IN (SELECT drawn FROM drawn WHERE place <= {count})) "
            f"AS {self.table}",
        )
        return self.rows(source) if self.chance(0.6) else self.groups(source=source)

    def field(self) -> Query:
        """What surveys need and SQL lacks: shares within a parent, effective sizes, distances of distributions."""
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
            ours, theirs = (
                f"ess({weight})",
                f"sum({weight}) * CAST(sum({weight}) AS DOUBLE) / nullif(sum({weight} * {weight}), 0)",
            )
        else:
            return self.distance(value, weight, terms[:1], where)
        head = ", ".join([*terms, "{}"])
        sql = f"SELECT {head} FROM {self.table}{where}{group}"
        return Query(sql.replace("{}", ours), theirs=sql.replace("{}", theirs), summed=True, single=not terms)

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
            f"parts AS (SELECT {head}sum(a) OVER ({by}) AS n, sum(b) OVER ({by}) AS m, "
            f"lead(v) OVER ({by}ORDER BY v) - v AS wide, "
            f"sum(a) OVER ({by}ORDER BY v) / CAST(n AS DOUBLE) "
            f"- sum(b) OVER ({by}ORDER BY v) / CAST(m AS DOUBLE) AS apart FROM counts) "
            f"SELECT {head}CASE WHEN min(n) > 0 AND min(m) > 0 THEN coalesce(sum(abs(apart) * wide), 0) END FROM parts"
        )
        group = f" GROUP BY {', '.join(terms)}" if terms else ""
        # Groups whose values are all NULL have no row in `parts`; neither has a query without groups.
        present = f" HAVING count({value}) > 0" + (
            f" AND count({weight}) FILTER (WHERE {value} IS NOT NULL) > 0" if weighted else ""
        )
        return Query(
            f"SELECT {head}{ours} FROM {self.table}{where}{group}{present}",
            theirs=theirs + (group or " HAVING count(*) > 0"),
            summed=True,
        )
