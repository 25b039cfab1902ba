"""Random queries over the tables of `differential_tables`, in the SQL that AlphaLake and DuckDB share.

Literals are mostly values that the tables hold, so that most queries have rows. Floats are written with an exponent:
DuckDB takes 1.5 for a decimal.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

# Beyond 2^53 AlphaLake compares integers with floats exactly, DuckDB as floats.
COMPARABLE = [{"integer", "huge"}, {"integer", "unsigned"}, {"huge", "unsigned"}, {"integer", "float"}, {"date", "timestamp"},
              {"text", "digits"}]  # fmt: skip
COMPARED = ["=", "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"]


@dataclass
class Query:
    sql: str
    """Whether ORDER BY decides the order of all rows that differ."""
    ordered: bool = False
    """Without LIMIT, where any of these rows may come."""
    unlimited: str | None = None


@dataclass
class Sample:
    """A column with some of its values, without NULL."""

    name: str
    kind: str
    values: list[Any]


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


class Writer:
    """Writes queries over one table."""

    def __init__(self, table: str, columns: list[Sample], pick: random.Random) -> None:
        self.table, self.columns, self.pick = table, columns, pick
        self.scalars = [column for column in columns if column.kind != "list"]

    def chance(self, share: float) -> bool:
        return self.pick.random() < share

    def of(self, *kinds: str) -> list[Sample]:
        return [column for column in self.columns if column.kind in kinds]

    def value(self, column: Sample) -> Any:
        """A value that the column holds or nearly holds."""
        if not column.values:
            return None if self.chance(0.3) else {"text": "x", "digits": "7", "bool": True, "date": date(2020, 1, 1),
                                                  "timestamp": datetime(2020, 1, 1), "float": 0.5}.get(column.kind, 7)  # fmt: skip
        value = self.pick.choice(column.values)
        if column.kind == "integer" and self.chance(0.15):
            return self.pick.choice([value + 1, value + 0.5, float(value), 10**11, -(2**63), 2**63 - 1])
        if column.kind in ("unsigned", "huge") and self.chance(0.1):
            return self.pick.choice([0, 2**63 - 1, 10**18, -1])
        if column.kind == "float" and self.chance(0.15):
            return self.pick.choice([0, 1, -3, 0.1, -0.0, 1e300])
        if column.kind == "text" and self.chance(0.1):
            return self.pick.choice(["", "zzz", "é", value[:1], value + "a"])
        return value

    def constant(self, column: Sample) -> str:
        if self.chance(0.02):
            return "NULL"
        value = self.value(column)
        if column.kind in ("date", "timestamp") and value is not None and self.chance(0.3):
            return f"'{value.isoformat()}'" if column.kind == "date" else f"'{value.isoformat(sep=' ')}'"
        return literal(value)

    # Expressions.

    def number(self, depth: int = 2) -> str:
        columns = self.of("integer", "float")
        if depth == 0 or not columns or self.chance(0.25):
            if columns and self.chance(0.8):
                return self.pick.choice(columns).name
            return literal(self.pick.choice([0, 1, 2, -3, 10, 0.5, -2.25, 1000]))
        kind = self.pick.random()
        if kind < 0.1:
            return f"-({self.number(depth - 1)})"
        if kind < 0.25:
            # Casts that can fail stand in no condition: engines differ in what they evaluate first.
            if self.chance(0.4):
                return f"CAST({self.whole(depth - 1)} AS BIGINT)"
            return f"CAST({self.number(depth - 1)} AS DOUBLE)"
        if kind < 0.45:
            return self.whole(depth)
        operator = self.pick.choice(["+", "-", "*", "/", "%"])
        return f"({self.number(depth - 1)} {operator} {self.number(depth - 1)})"

    def whole(self, depth: int = 2) -> str:
        """A whole number; // only divides these, since DuckDB's is a plain division of floats."""
        columns = self.of("integer")
        if depth == 0 or not columns:
            return self.pick.choice(columns).name if columns and self.chance(0.7) else str(self.pick.randint(-3, 12))
        return f"({self.whole(depth - 1)} {self.pick.choice(['+', '-', '*', '//', '%'])} {self.whole(depth - 1)})"

    def expression(self) -> str:
        """A value of any scalar type that is not just a column."""
        kind = self.pick.random()
        if kind < 0.55 or not self.scalars:
            return self.number()
        if kind < 0.75:
            return self.condition(1)
        column = self.pick.choice(self.scalars)
        if column.kind == "date":
            return f"CAST({column.name} AS {self.pick.choice(['VARCHAR', 'TIMESTAMP', 'DATE'])})"
        if column.kind == "timestamp":
            return f"CAST({column.name} AS DATE)"
        if column.kind == "digits":
            return f"CAST({column.name} AS {self.pick.choice(['INTEGER', 'DOUBLE', 'BIGINT'])})"
        if column.kind == "bool":
            return f"CAST({column.name} AS {self.pick.choice(['INTEGER', 'VARCHAR'])})"
        if column.kind in ("integer", "huge", "unsigned"):
            return f"CAST({column.name} AS VARCHAR)"
        if column.kind == "float":
            # Not FLOAT, which has 64 bits in PostgreSQL's grammar and 32 in DuckDB.
            tame = all(abs(value) < 1e6 for value in column.values) and len(column.values) > 50
            return f"CAST({column.name} AS {self.pick.choice(['DOUBLE', 'REAL', 'BIGINT' if tame else 'REAL'])})"
        return f"CAST({column.name} AS VARCHAR)"

    # Conditions.

    def condition(self, depth: int = 3) -> str:
        if depth > 0 and self.chance(0.55):
            kind = self.pick.random()
            if kind < 0.2:
                return f"NOT ({self.condition(depth - 1)})"
            joint = " AND " if kind < 0.5 else " OR "
            return "(" + joint.join(self.condition(depth - 1) for _ in range(self.pick.choice([2, 2, 3]))) + ")"
        return self.test()

    def test(self) -> str:
        column = self.pick.choice(self.columns)
        name, negated = column.name, self.pick.choice(["", "NOT "])
        kind = self.pick.random()
        if column.kind == "list" or kind < 0.1:
            return f"{name} IS {negated}NULL"
        if kind < 0.13:
            return f"{self.pick.choice(['TRUE', '1 = 1', 'NULL', 'FALSE', '2 < 1', 'NULL = 1'])}"
        if column.kind == "bool" and kind < 0.6:
            return f"{negated}{name}"
        if column.kind == "text" and kind < 0.4:
            return f"{name} {negated}{self.pick.choice(['LIKE', 'ILIKE'])} {self.pattern(column)}"
        if kind < 0.5:
            count = self.pick.choice([1, 2, 3, 8])
            return f"{name} {negated}IN ({', '.join(self.constant(column) for _ in range(count))})"
        if kind < 0.62:
            low, high = self.value(column), self.value(column)
            ordered = low is not None and high is not None and low == low and high == high
            if ordered and type(low) is type(high) and low > high and self.chance(0.9):
                low, high = high, low
            return f"{name} {negated}BETWEEN {literal(low)} AND {literal(high)}"
        if kind < 0.7:
            others = [c for c in self.scalars if c.kind == column.kind or {c.kind, column.kind} in COMPARABLE]
            return f"{name} {self.pick.choice(COMPARED)} {self.pick.choice(others).name}"
        if kind < 0.78 and column.kind in ("integer", "float"):
            return f"{self.number()} {self.pick.choice(COMPARED)} {self.number(1)}"
        if kind < 0.82:
            return f"{self.constant(column)} {self.pick.choice(COMPARED)} {name}"
        return f"{name} {self.pick.choice(COMPARED)} {self.constant(column)}"

    def pattern(self, column: Sample) -> str:
        text = self.pick.choice(column.values) if column.values else "abc"
        start = self.pick.randint(0, len(text))
        part = text[start : start + self.pick.randint(0, 4)]
        if self.chance(0.3) and part:
            spot = self.pick.randrange(len(part))
            part = part[:spot] + "_" + part[spot + 1 :]
        if self.chance(0.3):
            part = self.pick.choice([part.upper(), part.lower()])
        part = self.pick.choice(["%", "", "_", "%"]) + part + self.pick.choice(["%", "", "_", "%_", "%"])
        return literal(part.replace("\\", ""))

    # Statements.

    def where(self, share: float = 0.7) -> str:
        return f" WHERE {self.condition()}" if self.chance(share) else ""

    def order(self, count: int, share: float = 0.6) -> str:
        """An ORDER BY over all outputs, so that the order is decided."""
        if not self.chance(share):
            return ""
        ways = ["", "", " ASC", " DESC", " DESC", " NULLS FIRST", " DESC NULLS LAST", " DESC NULLS FIRST", " NULLS LAST"]
        numbers = self.pick.sample(range(1, count + 1), count)
        return " ORDER BY " + ", ".join(f"{number}{self.pick.choice(ways)}" for number in numbers)

    def limit(self, share: float) -> str:
        if not self.chance(share):
            return ""
        limit = f" LIMIT {self.pick.choice([0, 1, 3, 10, 100, 1000, 10**6, 9223372036854775807])}"
        return limit + (f" OFFSET {self.pick.choice([0, 1, 5, 50, 5000])}" if self.chance(0.3) else "")

    def finished(self, body: str, count: int, share: float) -> Query:
        order, limit = self.order(count), self.limit(share)
        return Query(body + order + limit, bool(order), body if limit and not order else None)

    def rows(self) -> Query:
        if self.chance(0.1):
            outputs, count = "*", len(self.columns)
            if self.of("list"):
                outputs, count = ", ".join(c.name for c in self.scalars), len(self.scalars)
        else:
            columns = self.columns if self.chance(0.3) else self.scalars
            items = [self.expression() if self.chance(0.25) else self.pick.choice(columns).name
                     for _ in range(self.pick.randint(1, 4))]  # fmt: skip
            outputs, count = ", ".join(items), len(items)
            if any(c.name in items for c in self.of("list")):
                return Query(f"SELECT {outputs} FROM {self.table}{self.where()}")
        distinct = "DISTINCT " if self.chance(0.2) else ""
        return self.finished(f"SELECT {distinct}{outputs} FROM {self.table}{self.where(0.75)}", count, 0.4)

    def aggregate(self) -> str:
        kind = self.pick.random()
        if kind < 0.25:
            return "count(*)"
        if kind < 0.4:
            return f"count({self.pick.choice(self.columns).name})"
        if kind < 0.65:
            names = self.of("integer", "float")
            value = self.number() if self.chance(0.3) or not names else self.pick.choice(names).name
            return f"{self.pick.choice(['sum', 'avg'])}({value})"
        value = self.expression() if self.chance(0.2) else self.pick.choice(self.scalars).name
        return f"{self.pick.choice(['min', 'max'])}({value})"

    def groups(self) -> Query:
        count = self.pick.choice([0, 1, 1, 1, 2, 2, 3])
        terms = [self.expression() if self.chance(0.2) else self.pick.choice(self.scalars).name for _ in range(count)]
        aggregates = [self.aggregate() for _ in range(self.pick.randint(1, 3))]
        items = [*terms, *aggregates]
        if terms and self.chance(0.15):
            items.append(f"({aggregates[0]}) IS NULL")
        group = ""
        if terms:
            ordinals = self.chance(0.5)
            group = " GROUP BY " + ", ".join(str(i + 1) if ordinals else term for i, term in enumerate(terms))
        having = ""
        if self.chance(0.25):
            choice = ["count(*) > 1", "count(*) >= 10 OR count(*) IS NULL", f"{self.aggregate()} IS NOT NULL",
                      f"NOT (count(*) = 1 AND {self.aggregate()} IS NULL)"]  # fmt: skip
            having = f" HAVING {self.pick.choice(choice)}"
        body = f"SELECT {', '.join(items)} FROM {self.table}{self.where(0.6)}{group}{having}"
        return self.finished(body, len(items), 0.3)

    def query(self) -> Query:
        return self.rows() if self.chance(0.45) else self.groups()
