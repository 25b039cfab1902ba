"""Random expressions in the SQL that AlphaLake and DuckDB share, by type: numbers, text, dates and conditions.

They are made so that none can fail: whole numbers carry a bound and stay within 64 bits, roots are taken of what is not
negative. What can fail (some casts) stands in no condition, since engines differ in what they evaluate first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from differential_functions import NUMBERS, TESTS, TEXTS, TIMES, WHOLES, filled, suits
from differential_values import MOST, Sample, Values, literal

# Kinds of columns that stand on both sides of a comparison. Beyond 2^53 AlphaLake compares integers with floats
# exactly, DuckDB as floats.
COMPARABLE = [{"integer", "huge"}, {"integer", "unsigned"}, {"huge", "unsigned"}, {"integer", "float"},
              {"single", "float"}, {"steep", "float"}, {"date", "timestamp"}, {"text", "digits"}]  # fmt: skip
FORMATS = [
    "%Y-%m-%d",
    "%d.%m.%Y %H:%M:%S",
    "%j",
    "%a %A %b %B",
    "%y%m",
    "%I %p",
    "%u %w %V %G",
    "%-d/%-m",
    "%H:%M:%S.%f",
    "100%%",
]
T = TypeVar("T")
COMPARED = ["=", "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"]
PARTS = ["year", "month", "day", "quarter", "week", "dow", "isodow", "doy"]
TIME_PARTS = ["hour", "minute", "second"]
SCALES = ["year", "quarter", "month", "week", "day", "hour", "minute"]
STEPS = ["1 day", "3 days", "1 month", "2 weeks", "1 year", "36 hours", "-1 month"]


@dataclass(frozen=True)
class Whole:
    """A whole number and the farthest from 0 that it can lie."""

    sql: str
    bound: int


class Expressions(Values):
    """Writes expressions over one table's columns."""

    def any(self) -> str:
        """A value of any scalar type that is not just a column."""
        made = self.value_of_any_type()
        # A bare number in GROUP BY or ORDER BY would be the number of an output.
        return made if any(column.name in made for column in self.columns) else self.pick.choice(self.scalars).name

    def value_of_any_type(self) -> str:
        """A value of any scalar type."""
        return self.chosen([
            (45, self.number), (15, lambda: self.condition(1)), (12, self.conversion),
            (15 if {"strings", "concat", "texts"} & self.features else 0, lambda: self.text(2)),
            (10 if {"dates", "date_math", "case", "coalesce"} & self.features else 0, lambda: self.time(2)),
        ])  # fmt: skip

    # Numbers.

    def number(self, depth: int = 2) -> str:
        """A number, whole or not."""
        columns = self.of("integer", "float")
        if depth == 0 or not columns or self.chance(0.25):
            if columns and self.chance(0.8):
                return self.pick.choice(columns).name
            return literal(self.pick.choice([0, 1, 2, -3, 10, 0.5, -2.25, 1000]))
        if self.has("case", 0.08) or self.has("coalesce", 0.08):
            return self.choice_of(lambda: self.number(depth - 1))
        if self.chance(0.15) and (functions := self.offered(NUMBERS)):
            return filled(self.pick.choice(functions), self.places(depth - 1))
        return self.chosen([
            (10, lambda: f"-({self.number(depth - 1)})"),
            (12, lambda: f"CAST({self.number(depth - 1)} AS DOUBLE)"),
            (28, lambda: self.whole(depth).sql),
            (40, lambda: f"({self.number(depth - 1)} {self.pick.choice('+-/')} {self.number(depth - 1)})"),
            (5, lambda: f"({self.number(depth - 1)} % {self.divisor(self.number(depth - 1))})"),
            (10, lambda: f"({self.number(depth - 1)} * CAST({self.number(depth - 1)} AS DOUBLE))"),
        ])  # fmt: skip

    # What functions take.

    def places(self, depth: int) -> dict[str, Callable[[], str]]:
        """What fills the places of templates."""
        texts, lists = self.of("text", "digits"), self.of("list")
        text = self.pick.choice(texts) if texts else None
        pick = self.pick
        return {
            "number": lambda: self.number(depth), "plain": lambda: self.number(0),
            "whole": lambda: self.whole(depth).sql,
            "text": lambda: self.text(depth), "name": lambda: text.name if text else "'abc'",
            # The code of the first character of an empty text is not documented.
            "some_text": lambda: f"('x' || {self.text(0)})",
            "condition": lambda: self.condition(min(depth, 1)),
            "part": lambda: literal(self.fragment(text) or "a"),
            "letter": lambda: literal(self.fragment(text)[:1] or "a"),
            "shape": lambda: literal(self.shape(text)), "list": lambda: pick.choice(lists).name,
            "float": lambda: pick.choice(self.of("float", "single", "steep")).name,
            "moment": lambda: pick.choice(self.of("timestamp")).name, "safe_time": lambda: self.near(),
            "format": lambda: literal(pick.choice(FORMATS)),
            "part_of_date": lambda: literal(pick.choice(["year", "quarter", "month", "week", "day", "decade"])),
            "part_of_day": lambda: literal(pick.choice(["hour", "minute", "second", "millisecond"])),
            "digits": lambda: str(pick.choice([0, 1, 2])),
            "small": lambda: str(pick.randint(-9, 9)), "index": lambda: str(pick.choice([1, 2, 3, -1, -2])),
            "place": lambda: str(pick.randint(1, 4)), "backward": lambda: str(pick.randint(-4, -1)),
            "count": lambda: str(pick.randint(0, 5)), "few": lambda: str(pick.randint(0, 2)),
            "width": lambda: str(pick.randint(1, 9)),
        }  # fmt: skip

    def absent(self) -> set[str]:
        """Places that the table has nothing for."""
        kinds = {
            "list": ("list",),
            "float": ("float", "single", "steep"),
            "moment": ("timestamp",),
            "safe_time": ("date", "timestamp"),
        }
        return {place for place, of in kinds.items() if not self.of(*of)}

    def offered(self, templates: dict[str, list[T]]) -> list[T]:
        """The templates of the features that are on, as far as the table has what they take."""
        absent = self.absent()
        return [
            template
            for feature, some in templates.items()
            if feature in self.features
            for template in some
            if suits(template if isinstance(template, str) else template[0], absent)  # type: ignore[index]
        ]

    def near(self) -> str:
        """A date or moment whose year has four digits: what parts of others are called is not documented."""
        return self.pick.choice(self.of("date", "timestamp")).name

    def whole(self, depth: int = 2) -> Whole:
        """A whole number; // only divides these, since DuckDB's is a plain division of floats."""
        columns = [column for column in self.of("integer") if column.bound < MOST]
        if depth == 0 or not columns:
            if columns and self.chance(0.7):
                column = self.pick.choice(columns)
                return Whole(column.name, column.bound)
            return Whole(str(self.pick.randint(-3, 12)), 12)
        if self.chance(0.25) and (measure := self.measure(depth - 1)):
            return measure
        if self.chance(0.12):
            inner = self.whole(depth - 1)
            return Whole(f"CAST({inner.sql} AS BIGINT)", inner.bound)
        if self.has("case", 0.1):
            left, right = self.whole(depth - 1), self.whole(depth - 1)
            return Whole(
                f"CASE WHEN {self.condition(1)} THEN {left.sql} ELSE {right.sql} END", max(left.bound, right.bound)
            )
        left, right = self.whole(depth - 1), self.whole(depth - 1)
        operator = self.pick.choice(["+", "-", "*", "//", "%"])
        bound = left.bound * right.bound if operator == "*" else left.bound + right.bound
        # Literals alone are 32 bits wide in DuckDB.
        wide = any(column.name in left.sql for column in columns)
        if bound >= MOST or (bound >= 2**31 and not wide):
            operator, bound = "%", right.bound
        divisor = self.divisor(right.sql) if operator in ("//", "%") else right.sql
        return Whole(f"({left.sql} {operator} {divisor})", bound)

    def divisor(self, number: str) -> str:
        """What whole numbers can be divided by: by 0 is an error."""
        return f"nullif({number}, 0)" if "coalesce" in self.features else str(self.pick.choice([-2, 3, 7]))

    def measure(self, depth: int) -> Whole | None:
        """A whole number that something else has: the length of a text, the year of a date."""
        if self.chance(0.4) and (offered := self.offered(WHOLES)):
            template, bound = self.pick.choice(offered)
            return Whole(filled(template, self.places(depth)), bound)
        choices: list[Whole] = []
        if self.has("rowid", 0.3):
            choices.append(Whole("rowid", 1 << 20))
        if self.has("dates", 1) and self.of("date", "timestamp"):
            time, part = self.time(depth), self.pick.choice(PARTS)
            forms = [f"extract({part} FROM {time})", f"date_part('{part}', {time})"]
            forms += [f"{part}({time})"] if part in ("year", "month", "day", "quarter") else []
            choices.append(Whole(self.pick.choice(forms), 10_000))
            if self.of("timestamp"):
                stamp = self.pick.choice(self.of("timestamp")).name
                choices.append(Whole(f"extract({self.pick.choice(TIME_PARTS)} FROM {stamp})", 100))
        if self.has("date_math", 1) and self.of("date"):
            choices.append(Whole(f"({self.day(depth)} - {self.day(0)})", 4_000_000))
        if self.has("lists", 1) and self.of("list"):
            name = self.pick.choice(self.of("list")).name
            choices += [Whole(f"len({name})", 100), Whole(f"array_length({name})", 100)]
        return self.pick.choice(choices) if choices else None

    # Text and dates.

    def text(self, depth: int) -> str:
        """A text."""
        columns = self.of("text", "digits")
        name = self.pick.choice(columns).name if columns else "'abc'"
        if depth == 0 or self.chance(0.2):
            return name if self.chance(0.9) else literal(self.fragment())
        forms = [name]
        places = self.places(depth - 1)
        offered = self.offered(TEXTS)
        forms += [filled(template, places) for template in self.pick.sample(offered, min(len(offered), 6))]
        if "texts" in self.features:
            forms += [f"CAST({self.whole(0).sql} AS VARCHAR)", f"CAST({self.condition(0)} AS VARCHAR)"]
            if self.of("date", "timestamp"):
                forms.append(f"CAST({self.time(0)} AS VARCHAR)")
        if {"case", "coalesce"} & self.features:
            forms.append(self.choice_of(lambda: self.text(depth - 1)))
        return self.pick.choice(forms)

    def day(self, depth: int) -> str:
        """A date."""
        columns = self.of("date")
        name = self.pick.choice(columns).name if columns and self.chance(0.9) else "DATE '2020-02-29'"
        if depth > 0 and self.has("date_math", 0.5):
            # Far from the first and the last day that DuckDB and text know.
            near = f"CASE WHEN {name} BETWEEN DATE '1900-01-01' AND DATE '2100-01-01' THEN {name} END"
            name = near if "case" in self.features else "DATE '2020-02-29'"
            return f"({name} {self.pick.choice('+-')} {self.pick.randint(0, 400)})"
        return name

    def time(self, depth: int) -> str:
        """A date or a timestamp."""
        columns = self.of("timestamp")
        name = self.pick.choice(columns).name if columns and self.chance(0.5) else self.day(depth)
        if depth > 0 and self.chance(0.15) and (offered := self.offered(TIMES)):
            return filled(self.pick.choice(offered), self.places(0))
        if depth > 0 and self.has("dates", 0.3):
            return f"date_trunc('{self.pick.choice(SCALES)}', {name})"
        if depth > 0 and self.has("date_math", 0.3) and "case" in self.features:
            near = f"CASE WHEN {name} BETWEEN DATE '1900-01-01' AND DATE '2100-01-01' THEN {name} END"
            return f"({near} + INTERVAL '{self.pick.choice(STEPS)}')"
        if depth > 0 and columns and (self.has("case", 0.1) or self.has("coalesce", 0.1)):
            return self.choice_of(lambda: self.pick.choice(columns).name)
        return name

    def choice_of(self, make: Callable[[], str]) -> str:
        """One of several values of a type, by conditions or by whether they are NULL."""
        if "coalesce" not in self.features or ("case" in self.features and self.chance(0.5)):
            condition = self.condition(1)
            if self.chance(0.3):
                return f"CASE WHEN {condition} THEN {make()} WHEN {self.condition(0)} THEN {make()} ELSE {make()} END"
            if self.chance(0.3) and self.of("integer", "text"):
                column = self.pick.choice(self.of("integer", "text"))
                return f"CASE {column.name} WHEN {self.constant(column)} THEN {make()} ELSE {make()} END"
            return f"CASE WHEN {condition} THEN {make()}{f' ELSE {make()}' if self.chance(0.6) else ''} END"
        function = self.pick.choice(["coalesce", "coalesce", "nullif", "greatest", "least"])
        count = 2 if function == "nullif" else self.pick.choice([2, 2, 3])
        return f"{function}({', '.join(make() for _ in range(count))})"

    def conversion(self) -> str:
        """A cast, possibly one that can fail."""
        column = self.pick.choice(self.scalars)
        if column.kind == "date":
            return f"CAST({column.name} AS {self.pick.choice(['VARCHAR', 'TIMESTAMP', 'DATE'])})"
        if column.kind == "timestamp":
            return f"CAST({column.name} AS DATE)"
        if column.kind == "digits":
            return f"CAST({column.name} AS {self.pick.choice(['INTEGER', 'DOUBLE', 'BIGINT'])})"
        if column.kind == "bool":
            return f"CAST({column.name} AS {self.pick.choice(['INTEGER', 'VARCHAR'])})"
        if column.kind == "steep":
            return f"CAST({column.name} AS DOUBLE)"
        if column.kind in ("float", "single"):
            # Not FLOAT, which has 64 bits in PostgreSQL's grammar and 32 in DuckDB.
            whole = "BIGINT" if column.bound < MOST else "REAL"
            return f"CAST({column.name} AS {self.pick.choice(['DOUBLE', 'REAL', whole])})"
        return f"CAST({column.name} AS VARCHAR)"

    # Conditions.

    def condition(self, depth: int = 3) -> str:
        """Conditions in AND, OR and NOT."""
        if depth > 0 and self.chance(0.55):
            kind = self.pick.random()
            if kind < 0.2:
                return f"NOT ({self.condition(depth - 1)})"
            joint = " AND " if kind < 0.45 else " OR "
            return "(" + joint.join(self.condition(depth - 1) for _ in range(self.pick.choice([2, 2, 3]))) + ")"
        return self.made_test() if self.chance(0.25) and depth > 0 else self.test()

    def made_test(self) -> str:
        """A condition on expressions."""
        compare = self.pick.choice(COMPARED)
        forms = [(30, lambda: f"{self.number()} {compare} {self.number(1)}")]
        if texts := self.of("text"):
            text = self.pick.choice(texts)
            if {"strings", "concat", "texts"} & self.features:
                forms += [(25,
                           lambda: f"{self.text(2)} {compare} {self.pick.choice([self.constant(text), self.text(1)])}"),
                          (10, lambda: f"{self.text(2)} LIKE {self.pattern(text)}")]  # fmt: skip
            if "search" in self.features:
                function = self.pick.choice(["contains", "contains", "starts_with", "ends_with"])
                forms.append((20, lambda: f"{function}({self.text(1)}, {literal(self.fragment(text))})"))
            if "regex" in self.features:
                forms.append((15, lambda: self.regex(text)))
        if (times := self.of("date", "timestamp")) and {"dates", "date_math"} & self.features:
            time = self.pick.choice(times)
            forms.append((20, lambda: f"{self.time(2)} {compare} {literal(self.value(time))}"))
        if self.of("list") and "lists" in self.features:
            forms.append((30, self.list_test))
        if offered := self.offered(TESTS):
            forms.append((30, lambda: filled(self.pick.choice(offered), self.places(1))))
        if "case" in self.features:
            forms.append((5, lambda: f"CASE WHEN {self.test()} THEN {self.test()} ELSE {self.test()} END"))
        return self.chosen(forms)

    def list_test(self) -> str:
        """A condition on a list."""
        column = self.pick.choice(self.of("list"))
        value = self.pick.choice([str(self.pick.randint(-9, 9)), self.whole(1).sql])
        return self.pick.choice([
            f"{value} = ANY({column.name})", f"list_contains({column.name}, {value})",
            f"{column.name}[{self.pick.randint(1, 3)}] {self.pick.choice(COMPARED)} {value}",
            f"len({column.name}) {self.pick.choice(COMPARED)} {self.pick.randint(0, 3)}",
        ])  # fmt: skip

    def shape(self, column: Sample | None) -> str:
        """A regular expression, with one group."""
        part = "".join(f"[{c}]" if c in ".^$*+?()|{}" else "" if c in "[]\\" else c for c in self.fragment(column))
        return self.pick.choice([f"({part or 'a'})", f".*({part}).*", f"^({part})", f"({part}).*", "([a-z0-9 ]+)",
                                 "(a|b|.*1).*",
                                 f"({part})$", f".?({part})"])  # fmt: skip

    def regex(self, column: Sample) -> str:
        """A condition that is a regular expression."""
        pattern = literal(self.shape(column))
        if self.chance(0.4):
            return f"regexp_matches({column.name}, {pattern})"
        return f"{column.name} {self.pick.choice(['~', '!~'])} {pattern}"

    def row_test(self) -> str:
        """A condition on the rows' numbers."""
        some = [self.pick.choice([-1, 0, 1, *(self.pick.randrange(8000) for _ in range(20))]) for _ in range(12)]
        low, high = sorted(some[:2])
        return self.pick.choice([
            f"rowid IN ({', '.join(map(str, some[: self.pick.randint(1, 12)]))})", f"rowid BETWEEN {low} AND {high}",
            f"rowid {self.pick.choice(COMPARED)} {some[0]}", f"rowid % {self.pick.choice([2, 7, 100])} = 1",
            f"rowid NOT IN ({low}, {high})", f"rowid < {high + 0.5}e0",
        ])  # fmt: skip

    def test(self) -> str:
        """A condition on one column."""
        if self.has("rowid", 0.02):
            return self.row_test()
        column = self.pick.choice(self.columns)
        name, negated = column.name, self.pick.choice(["", "NOT "])
        kind = self.pick.random()
        if column.kind == "list" or kind < 0.1:
            return f"{name} IS {negated}NULL"
        if kind < 0.115:
            return self.pick.choice(["TRUE", "1 = 1", "NULL", "FALSE", "2 < 1", "NULL = 1"])
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
        if kind < 0.74:
            return f"{self.constant(column)} {self.pick.choice(COMPARED)} {name}"
        return f"{name} {self.pick.choice(COMPARED)} {self.constant(column)}"

    def pattern(self, column: Sample) -> str:
        """What LIKE compares texts of the column with."""
        part = self.fragment(column)
        if self.chance(0.3) and part:
            spot = self.pick.randrange(len(part))
            part = part[:spot] + "_" + part[spot + 1 :]
        if self.chance(0.3):
            part = self.pick.choice([part.upper(), part.lower()])
        part = self.pick.choice(["%", "", "_", "%"]) + part + self.pick.choice(["%", "", "_", "%_", "%"])
        return literal(part.replace("\\", ""))
