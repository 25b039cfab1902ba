"""Tables of what is rare elsewhere: NULLs everywhere, NaN and infinities, the ends of types, long text, shards of one
row.

`tables` lists all tables there are.
"""

from __future__ import annotations

import math
import random
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from differential_makers import (
    EVERYTHING,
    WORDS,
    everything,
    grown,
    long,
    made,
    places,
    single,
    some_date,
    some_list,
    some_time,
    sometimes,
    tame_float,
    whole,
)
from differential_tables import Column, Lookup, Row, Table

ODD_FLOATS = [math.nan, math.inf, -math.inf, 0.0, -0.0, 0.1, -0.1, 1.0, 1.5]
# Sums of these depend on the order.
STEEP = [
    5e-324,
    -5e-324,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    -1.7976931348623157e308,
    2.0**53,
    2.0**53 + 2,
]
ODD_SINGLES = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-45, 3.4028234663852886e38, 16777216.0, 0.5, -1.0]
ENDS = {"int8": 7, "int16": 15, "int32": 31, "int64": 63}
FIRST, LAST = date(1, 1, 1), date(9999, 12, 31)
SCRIPTS = ["ascii only", "été à Nîmes", "Straße", "ΑΒΓ αβγ ς", "Ж ж Ё", "日本語 テキスト", "한국어", "👩‍👩‍👧 🇩🇪",
           "e\u0301", "\u00e9", "\u0130stanbul \u0131", "ﬁ ligature", "עברית", "हिन्दी", "\u200b", "a\tb", "a\\b",
           "[x] (y) {z}", "$^.*+?|"]  # fmt: skip


def sparse(pick: random.Random, rows: int) -> Table:
    """Next to nothing but NULLs, a key among them, and columns without any value."""
    columns = [
        Column(column.name, column.type, column.kind, sometimes(0.93, column.make))
        for column in EVERYTHING
        if column.make
    ]
    columns[0].make = lambda p, r: r
    columns += [
        Column("no_text", "utf8", "text", lambda p, r: None),
        Column("no_float", "float64", "float", lambda p, r: None),
        Column("no_day", "date", "date", lambda p, r: None),
        Column("no_flag", "bool", "bool", lambda p, r: None),
        Column("tags", "list<int64>", "list", sometimes(0.9, some_list)),
        Column("key", "int16", "integer", sometimes(0.8, whole(0, 5))),
    ]
    all_rows = made(columns, pick, range(rows))
    for row in all_rows:
        row["key_word"] = None if row["key"] is None else [None, "a", "b", None, "c", "d"][row["key"]]
    columns.append(Column("key_word", "utf8", "text"))
    groups = [{"name": "key", "key": ["key"], "columns": ["key", "key_word"]}]
    return Table("sparse", columns, [all_rows[: rows // 3], all_rows[rows // 3 :]], groups, format="jsonl")


def odd_floats(pick: random.Random, rows: int) -> Table:
    """Floats that are no numbers, infinite, signed zeros, next to zero or as large as can be."""
    columns = [
        Column("id", "int64", "integer", lambda p, r: r),
        Column("odd", "float64", "steep", sometimes(0.1, lambda p, r: p.choice(ODD_FLOATS + STEEP))),
        Column("mixed", "float64", "float", sometimes(0.1, lambda p, r: p.choice([*ODD_FLOATS, p.gauss(0, 10)]))),
        Column("odd_single", "float32", "single",
               sometimes(0.1, lambda p, r: float(np.float32(p.choice(ODD_SINGLES))) if p.random() < 0.5 else single(p,
                                                                                                                    r))),
        Column("zero", "float64", "float", lambda p, r: p.choice([0.0, -0.0])),
        Column("not_a_number", "float64", "float", lambda p, r: math.nan),
        Column("fine", "float64", "float", sometimes(0.1, tame_float)),
        Column("share", "float64", "float", lambda p, r: p.random()),
        Column("part", "int8", "integer", whole(0, 6)),
    ]  # fmt: skip
    return Table(
        "odd_floats", columns, [made(columns, pick, range(rows // 2)), made(columns, pick, range(rows // 2, rows))]
    )


def ends(pick: random.Random, rows: int) -> Table:
    """The least and greatest values of whole numbers, dates and moments, and their neighbours."""

    def near(low: int, high: int) -> Any:
        return sometimes(
            0.08, lambda p, r: p.choice([low, low + 1, max(low, -1), 0, 1, high - 1, high, p.randint(low, high)])
        )

    def day(p: random.Random, row: int) -> date:
        step = timedelta(days=p.randint(0, 400))
        return p.choice(
            [FIRST + step, LAST - step, date(1970, 1, 1) - step, date(1899, 12, 30) + step, date(2000, 2, 29)]
        )

    def moment(p: random.Random, row: int) -> datetime:
        clock = p.choice(
            [timedelta(0), timedelta(microseconds=1), timedelta(hours=23, minutes=59, seconds=59, microseconds=999999)]
        )
        return datetime.combine(day(p, row), datetime.min.time()) + clock

    columns = [Column("id", "int64", "integer", lambda p, r: r)]
    for name, bits in ENDS.items():
        kind = "huge" if bits == 63 else "integer"
        columns.append(Column(f"i{bits + 1}", name, kind, near(-(2**bits), 2**bits - 1)))
        columns.append(
            Column(f"u{bits + 1}", "u" + name, "unsigned" if bits == 63 else "integer", near(0, 2 ** (bits + 1) - 1))
        )
    columns += [
        Column("day", "date", "date", sometimes(0.05, day)),
        Column("early", "timestamp", "timestamp", sometimes(0.05, moment)),
        Column("before", "date", "date", lambda p, r: date(1970, 1, 1) - timedelta(days=p.randint(0, 40_000))),
        Column("small", "int8", "integer", whole(0, 4)),
    ]
    cut = rows // 2
    return Table("ends", columns, [made(columns, pick, range(cut)), made(columns, pick, range(cut, rows))])


def texts(pick: random.Random, rows: int) -> Table:
    """Long text, many scripts, and vocabularies that differ from shard to shard."""

    def essay(p: random.Random, row: int) -> str:
        return " ".join(p.choice(SCRIPTS) for _ in range(p.choice([0, 1, 3, 40, 400])))

    def local(shard: int) -> Any:
        # Shards share some words and have each their own, so the same word has other codes in each.
        words = [f"s{shard}w{n}" for n in range(5)] + WORDS[shard * 3 : shard * 3 + 6]
        return sometimes(0.1, lambda p, r: p.choice(words))

    columns = [
        Column("id", "int64", "integer", lambda p, r: r),
        Column("essay", "utf8", "text", sometimes(0.1, essay)),
        Column("script", "utf8", "text", sometimes(0.1, lambda p, r: p.choice(SCRIPTS))),
        Column("local", "utf8", "text"),
        Column("stem", "utf8", "text", lambda p, r: "prefix " * p.randint(0, 3) + p.choice("abcé")),
        Column("own", "utf8", "text", lambda p, r: f"{r:06d}" + p.choice(SCRIPTS)),
        Column("digits", "utf8", "digits", sometimes(0.1, lambda p, r: str(p.randint(-999, 999)))),
        Column("code", "int8", "integer", whole(0, 9)),
    ]
    appends = []
    for shard in range(4):
        columns[3].make = local(shard)
        appends.append(made(columns, pick, range(shard * rows // 4, (shard + 1) * rows // 4)))
    return Table("texts", columns, appends)


def slivers(pick: random.Random, rows: int) -> Table:
    """Very many shards, most of one row, with a key group and values that only some shards know."""
    columns = [
        Column("id", "int64", "integer", lambda p, r: r),
        Column("word", "utf8", "text", sometimes(0.2, lambda p, r: WORDS[(r // 3 + p.randint(0, 1)) % len(WORDS)])),
        Column("key", "int32", "integer", sometimes(0.1, whole(0, 8))),
        Column("value", "float64", "float", sometimes(0.2, tame_float)),
        Column("day", "date", "date", sometimes(0.2, some_date)),
        Column("moment", "timestamp", "timestamp", sometimes(0.2, some_time)),
        Column("flag", "bool", "bool", sometimes(0.4, lambda p, r: p.random() < 0.5)),
    ]
    rows_made = made(columns, pick, range(rows))
    names = {n: pick.choice([None, *WORDS]) for n in range(9)}
    for row in rows_made:
        row["key_name"] = None if row["key"] is None else names[row["key"]]
    cuts = sorted({0, rows, *range(1, rows // 3), *pick.sample(range(rows), 3)})
    appends = [rows_made[a:b] for a, b in pairwise(cuts)]
    groups = [{"name": "key", "key": ["key"], "columns": ["key", "key_name"]}]
    return Table("slivers", [*columns, Column("key_name", "utf8", "text")], appends, groups)


def letters(pick: random.Random, rows: int) -> tuple[Table, Table]:
    """Letters whose senders' names and towns are looked up in another table, which is the second one returned."""
    people = [
        {"person": f"p{n}", "name": pick.choice([None, *WORDS]), "age": sometimes(0.2, whole(0, 99))(pick, 0),
         "height": sometimes(0.2, tame_float)(pick, 0), "born": sometimes(0.2, some_date)(pick, 0)}
        for n in range(40)
    ]  # fmt: skip
    columns = [
        Column("letter", "int64", "integer", lambda p, r: r),
        Column("sender", "utf8", "text", sometimes(0.1, lambda p, r: f"p{p.randint(0, 45)}")),
        Column("weight", "float64", "float", sometimes(0.1, tame_float)),
        Column("pages", "int8", "integer", sometimes(0.1, whole(0, 9))),
    ]
    types = {
        "name": ("utf8", "text"),
        "age": ("int32", "integer"),
        "height": ("float64", "float"),
        "born": ("date", "date"),
    }
    known = {person["person"]: person for person in people}
    rows_made: list[Row] = made(columns, pick, range(rows))
    for row in rows_made:
        found = known.get(row["sender"])
        row.update({f"sender_{name}": found[name] if found else None for name in types})
    columns += [
        Column(f"sender_{name}", *kind, None, Lookup("people", "sender=person", name)) for name, kind in types.items()
    ]
    persons = Table(
        "people", [Column("person", "utf8", "text"), *(Column(name, *kind) for name, kind in types.items())], [people]
    )
    return Table("letters", columns, [rows_made[: rows // 4], rows_made[rows // 4 :]]), persons


def tables(seed: int, long_rows: int = 150_000) -> list[Table]:
    """All made tables, those that others look things up in first. Each follows from the seed and its name alone."""

    def chance(name: str) -> random.Random:
        return random.Random(f"{seed} {name}")

    mail, people = letters(chance("letters"), 400)
    found = [
        everything(chance("everything"), 700), places(chance("places"), 1200), grown(chance("grown"), 600),
        long(chance("long"), long_rows), sparse(chance("sparse"), 500), odd_floats(chance("odd_floats"), 400),
        ends(chance("ends"), 400), texts(chance("texts"), 240), slivers(chance("slivers"), 45), people, mail,
    ]  # fmt: skip
    empty, one = everything(chance("empty"), 0), everything(chance("one"), 1)
    empty.name, one.name = "empty", "one"
    one.appends = [rows for rows in one.appends if rows]
    return [*found, empty, one]
