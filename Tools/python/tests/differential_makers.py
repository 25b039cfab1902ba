"""Small but nasty tables, made from a seed: all types, key groups, types that become wider, many rows."""

from __future__ import annotations

import math
import random
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
from differential_tables import Column, Make, Row, Table

WORDS = ["", "a", "A", "ab", "aB", "x y", "x,y", 'say "x"', "%", "_", "a_b", "100%", "line\nfeed", "é", "É", "日本",
         "😀", "zß",
         "naïve", "NULL", "null", "true", "1", "01", "-", " ", " a", "a ", "it's", "ÀÉÎ", "àéî", "€uro"]  # fmt: skip


# Values. Each maker takes the source of chance and the row's number.


def sometimes(share: float, make: Make) -> Make:
    """NULL in a share of the rows."""
    return lambda pick, row: None if pick.random() < share else make(pick, row)


def whole(low: int, high: int) -> Make:
    return lambda pick, row: pick.choice([low, high, 0, 1]) if pick.random() < 0.03 else pick.randint(low, high)


def nasty_float(pick: random.Random, row: int) -> float:
    if pick.random() < 0.15:
        return pick.choice([math.nan, math.inf, -math.inf, -0.0, 0.0, 1e-300, -1.0, 0.5])
    return pick.choice([pick.randint(-40, 40) / 4, pick.uniform(-1e6, 1e6), float(pick.randint(-5, 5))])


def tame_float(pick: random.Random, row: int) -> float:
    return pick.randint(-4000, 4000) / 16


def single(pick: random.Random, row: int) -> float:
    return float(np.float32(pick.uniform(-100, 100))) if pick.random() < 0.5 else pick.randint(-8, 8) / 2


def some_date(pick: random.Random, row: int) -> date:
    if pick.random() < 0.05:
        return pick.choice([date(1, 1, 1), date(9999, 12, 31), date(1970, 1, 1), date(1969, 12, 31), date(2000, 2, 29)])
    return date(2020, 1, 1) + timedelta(days=pick.randint(-400, 400))


def some_time(pick: random.Random, row: int) -> datetime:
    if pick.random() < 0.3:
        return datetime.combine(some_date(pick, row), datetime.min.time())
    start = datetime(2020, 1, 1) + timedelta(days=pick.randint(-30000, 400))
    return start + timedelta(seconds=pick.randint(0, 86399), microseconds=pick.choice([0, 1, 999999, 120000]))


def word(pick: random.Random, row: int) -> str:
    return pick.choice(WORDS)


def phrase(pick: random.Random, row: int) -> str:
    return f"{pick.choice(WORDS)}{pick.randint(0, 10**6)}{pick.choice(WORDS)}"


def some_list(pick: random.Random, row: int) -> list[int | None]:
    return [None if pick.random() < 0.1 else pick.randint(-9, 9) for _ in range(pick.choice([0, 1, 2, 5]))]


EVERYTHING = [
    Column("id", "int64", "integer", lambda pick, row: row),
    Column("tiny", "int8", "integer", sometimes(0.1, whole(-128, 127))),
    Column("small", "int16", "integer", sometimes(0.3, lambda pick, row: pick.randint(-3, 3))),
    Column("middle", "int32", "integer", whole(-50_000, 50_000)),
    Column("huge", "int64", "huge", sometimes(0.1, whole(-(2**63), 2**63 - 1))),
    Column("byte", "uint8", "integer", sometimes(0.05, whole(0, 255))),
    Column("many", "uint32", "integer", sometimes(0.05, whole(0, 2**32 - 1))),
    Column("top", "uint64", "unsigned",
           sometimes(0.1, lambda pick, row: pick.choice([2**64 - 1, 2**63, 2**63 - 1, 0, 7, pick.randrange(2**64)]))),
    Column("wild", "float64", "float", sometimes(0.1, nasty_float)),
    Column("tame", "float64", "float", sometimes(0.02, tame_float)),
    Column("single", "float32", "single", sometimes(0.2, single)),
    Column("word", "utf8", "text", sometimes(0.1, word)),
    Column("phrase", "utf8", "text", sometimes(0.02, phrase)),
    Column("digits", "utf8", "digits", sometimes(0.05, lambda pick, row: str(pick.randint(-99, 99)))),
    Column("flag", "bool", "bool", sometimes(0.2, lambda pick, row: pick.random() < 0.3)),
    Column("day", "date", "date", sometimes(0.1, some_date)),
    Column("moment", "timestamp", "timestamp", sometimes(0.1, some_time)),
    Column("nothing", "int32", "integer", lambda pick, row: None),
    Column("constant", "utf8", "text", lambda pick, row: "same"),
]  # fmt: skip


def made(columns: list[Column], pick: random.Random, rows: range) -> list[Row]:
    return [{column.name: column.make(pick, row) for column in columns if column.make} for row in rows]


def everything(pick: random.Random, rows: int) -> Table:
    """All scalar types in one shard or several."""
    cuts = sorted({0, rows, *(pick.randint(0, rows) for _ in range(2))})
    appends = [made(EVERYTHING, pick, range(a, b)) for a, b in pairwise(cuts)]
    return Table("everything", EVERYTHING, appends or [[]])


def places(pick: random.Random, rows: int) -> Table:
    """Rows of places, streets in them, and items; a group whose columns stop to depend on its key in a later append."""
    towns = [
        {"place": number if number else None, "town": pick.choice([*WORDS, None]),
         "height": sometimes(0.2, nasty_float)(pick, 0), "founded": sometimes(0.2, some_date)(pick, 0),
         "capital": sometimes(0.2, lambda p, r: p.random() < 0.5)(pick, 0)}
        for number in range(60)
    ]  # fmt: skip
    streets = {(t, s): {"street": s, "lane": pick.choice([*WORDS, None]), "length": pick.choice([None, *range(9)])}
               for t in range(60) for s in range(pick.randint(1, 7))}  # fmt: skip
    items = [
        {"item": f"i{number}" if number else None, "price": pick.choice([None, tame_float(pick, 0)]),
         "label": pick.choice([*WORDS, None]), "sold": sometimes(0.1, some_time)(pick, 0)}
        for number in range(300)
    ]  # fmt: skip
    loose = {number: pick.randint(0, 5) for number in range(30)}

    def row(number: int, late: bool) -> Row:
        key = list(streets)[(number * len(streets) // rows) if pick.random() < 0.7 else pick.randrange(len(streets))]
        code = pick.randrange(30)
        return {**towns[key[0]], **streets[key], **pick.choice(items), "code": code,
                "grade": pick.randint(0, 5) if late else loose[code], "score": sometimes(0.1, whole(-20, 20))(pick, 0),
                "weight": sometimes(0.05, tame_float)(pick, 0), "note": sometimes(0.3, phrase)(pick, 0)}  # fmt: skip

    types = {"place": ("int32", "integer"), "town": ("utf8", "text"), "height": ("float64", "float"),
             "founded": ("date", "date"), "capital": ("bool", "bool"), "street": ("int16", "integer"),
             "lane": ("utf8", "text"), "length": ("int64", "integer"), "item": ("utf8", "text"),
             "price": ("float64", "float"), "label": ("utf8", "text"), "sold": ("timestamp", "timestamp"),
             "code": ("int8", "integer"), "grade": ("int8", "integer"), "score": ("int32", "integer"),
             "weight": ("float64", "float"), "note": ("utf8", "text")}  # fmt: skip
    half = rows // 2
    appends = [[row(n, False) for n in range(half)], [row(n, True) for n in range(half, rows)]]
    groups = [
        {"name": "place", "key": ["place"], "columns": ["place", "town", "height", "founded", "capital"]},
        {"name": "item", "key": ["item"], "columns": ["item", "price", "label", "sold"]},
        {"name": "code", "key": ["code"], "columns": ["code", "grade"]},
        {"name": "street", "key": ["street"], "columns": ["street", "lane", "length"], "within": "place"},
    ]
    return Table("places", [Column(name, *t) for name, t in types.items()], appends, groups)


def grown(pick: random.Random, rows: int) -> Table:
    """Appends that widen types and add columns, lists among them."""
    columns = [
        Column("id", "int64", "integer", lambda p, r: r),
        Column("wider", "int64", "integer", sometimes(0.1, whole(-100, 100))),
        Column("fraction", "float64", "float", sometimes(0.1, whole(-90, 90))),
        Column("since", "timestamp", "timestamp", sometimes(0.1, some_date)),
        Column("tags", "list<int64>", "list", sometimes(0.2, some_list)),
        Column("key", "int32", "integer", lambda p, r: r % 7),
        Column("per_key", "utf8", "text", lambda p, r: WORDS[r % 7]),
    ]
    later = Column("later", "utf8", "text", sometimes(0.1, word))
    rank = Column("rank", "float64", "float", sometimes(0.1, lambda p, r: tame_float(p, r) + 0.03125))
    third = rows // 3
    first = made(columns, pick, range(third))
    columns[1].make = sometimes(0.1, whole(-(10**12), 10**12))
    columns[2].make = sometimes(0.1, lambda p, r: p.randint(-40, 40) + 0.5)
    second = made([*columns, later], pick, range(third, 2 * third))
    columns[3].make = sometimes(0.1, some_time)
    last = made([*columns, later, rank], pick, range(2 * third, rows))
    for rows_of in (first, second):
        for row in rows_of:
            if row["fraction"] is not None:
                row["fraction"] = float(row["fraction"]) if rows_of is second else row["fraction"]
    groups = [{"name": "key", "key": ["key"], "columns": ["key", "per_key"]}]
    table = Table("grown", [*columns, later, rank], [first, second, last], groups, format="jsonl")
    table.first_types = {"wider": "int8", "fraction": "int32", "since": "date"}
    return table


def long(pick: random.Random, rows: int) -> Table:
    """More than two chunks: sorted, clustered and scattered columns, few values and as many as rows."""
    columns = [
        Column("id", "int64", "integer", lambda p, r: r),
        Column("run", "int32", "integer", lambda p, r: r // 9000),
        Column("since", "date", "date", lambda p, r: date(2019, 1, 1) + timedelta(days=r // 300)),
        Column("few", "utf8", "text", sometimes(0.05, lambda p,
                                                r: WORDS[(p.getrandbits(16) ** 2 >> 16) % 20 if r % 97 else 21])),
        Column("block", "utf8", "text", lambda p, r: WORDS[r // 11000 % 30]),
        Column("name", "utf8", "text", sometimes(0.01, lambda p, r: f"n{p.getrandbits(40)}")),
        Column("amount", "float64", "float", lambda p, r: math.nan if r % 70001 == 5 else p.getrandbits(12) / 8),
        Column("rising", "float64", "float", lambda p, r: r / 64),
        Column("part", "int16", "integer", sometimes(0.1, lambda p, r: p.getrandbits(6))),
        Column("city", "int32", "integer", lambda p, r: r % 5003),
        Column("mayor", "utf8", "text", lambda p, r: None if r % 5003 == 9 else f"m{r % 5003 % 89}"),
    ]  # fmt: skip
    cut = rows * 9 // 10
    groups = [{"name": "city", "key": ["city"], "columns": ["city", "mayor"]}]
    return Table("long", columns, [made(columns, pick, range(cut)), made(columns, pick, range(cut, rows))], groups)
