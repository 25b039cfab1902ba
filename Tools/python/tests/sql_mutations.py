"""Damaged SQL: valid queries with bytes flipped, tokens spliced, nested absurdly deep, or made absurdly long."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

TOKEN = re.compile(rb"\s+|'(?:[^']|'')*'|\"[^\"]*\"|[A-Za-z_][A-Za-z_0-9]*|[0-9.]+(?:e[-+]?[0-9]+)?|.", re.DOTALL)
# Words and signs of the grammar, supported or not, and values at the ends of their ranges.
WORDS = b"""SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT OFFSET DISTINCT ALL ANY SOME AND OR NOT NULL IS IN LIKE
ILIKE BETWEEN CASE WHEN THEN ELSE END CAST AS JOIN LEFT ON USING UNION EXCEPT INTERSECT WITH RECURSIVE OVER PARTITION
WINDOW FILTER ROLLUP CUBE GROUPING SETS ARRAY ROW VALUES INSERT UPDATE DELETE CREATE DROP TABLE EXPLAIN ANALYZE COPY
SET SHOW BEGIN COMMIT ESCAPE NULLS FIRST LAST ASC DESC INTERVAL DATE TIMESTAMP TIME ZONE EXTRACT COLLATE LATERAL
TABLESAMPLE FETCH NEXT ROWS ONLY FOR INTO TRUE FALSE UNKNOWN DEFAULT CURRENT_DATE EXISTS SIMILAR SYMMETRIC OVERLAY
POSITION SUBSTRING TRIM COALESCE NULLIF GREATEST count sum avg min max stddev quantile_cont median lower substr length
date_trunc list_contains share wasserstein rowid sample ( ) , . ; : :: * + - / % // ^ ~ !~ ~* || && & | # << >> = <>
!= < <= > >= => [ ] { } @ ? $1 $$ ' '' " "" -- /* */ \\ E' U&' X' B' 0 1 -1 9223372036854775807 -9223372036854775808
9223372036854775808 18446744073709551616 1e308 1e309 1e-400 .5 5. 0x1F 1_000 '' 'a' '%' '_' NaN Infinity '2020-02-30'
'0000-00-00' '294277-01-01' 3.4028235e39""".split()  # fmt: skip
BYTES = [b"\x00", b"\xff", b"\xc3", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\xc2\xa0",
         b"\r", b"\x0c",
         "\u202e".encode(), "\U0001f600".encode(), b"\x1a", b"\x7f"]  # fmt: skip


def tokens(sql: bytes) -> list[bytes]:
    return TOKEN.findall(sql)


def flip(sql: bytes, pick: random.Random, others: list[bytes]) -> bytes:
    made = bytearray(sql)
    for _ in range(pick.choice([1, 1, 2, 5])):
        at = pick.randrange(len(made))
        made[at] = pick.randrange(256) if pick.random() < 0.5 else made[at] ^ (1 << pick.randrange(8))
    return bytes(made)


def splice(sql: bytes, pick: random.Random, others: list[bytes]) -> bytes:
    """Takes tokens away, doubles them, or puts tokens of another query or of the grammar in their place."""
    made, donor = tokens(sql), tokens(pick.choice(others))
    for _ in range(pick.choice([1, 1, 1, 2, 3, 6])):
        at = pick.randrange(len(made) + 1)
        end = min(len(made), at + pick.choice([0, 1, 1, 2, 5]))
        start = pick.randrange(len(donor))
        new = [b" ", pick.choice(WORDS), b" "] if pick.random() < 0.5 else donor[start : start + pick.choice([1, 2, 6])]
        made[at:end] = pick.choice([[], new, new, made[at:end] * 2])
    return b"".join(made)


def strange_bytes(sql: bytes, pick: random.Random, others: list[bytes]) -> bytes:
    at = pick.randrange(len(sql) + 1)
    return sql[:at] + pick.choice(BYTES) * pick.choice([1, 1, 3]) + sql[at:]


def cut(sql: bytes, pick: random.Random, others: list[bytes]) -> bytes:
    a, b = sorted(pick.randrange(len(sql) + 1) for _ in range(2))
    return pick.choice([sql[:a], sql[a:], sql[:a] + sql[b:], sql + sql, sql + b";" + sql])


def deep(sql: bytes, pick: random.Random, others: list[bytes]) -> bytes:
    """A token, or a condition, in many layers or links of a chain."""
    count = pick.choice([10, 100, 500, 1000, 5000, 20_000])
    ways = [(b"(", b")"), (b"NOT ", b""), (b"-", b""), (b"- -", b""), (b"CAST(", b" AS BIGINT)"), (b"abs(", b")"),
            (b"CASE WHEN TRUE THEN ", b" END"), (b"coalesce(", b", 1)"), (b"[", b"]"), (b"{", b"}"), (b"1+", b""),
            (b"1 AND ", b""), (b"TRUE OR ", b""), (b"'a' || ", b""), (b"1 = ANY(", b")"), (b"(SELECT ", b")"),
            (b"ARRAY[", b"]"), (b"", b"::BIGINT"), (b"", b"[1]"), (b"", b" IS NULL"), (b"1, ", b"")]  # fmt: skip
    before, after = pick.choice(ways)
    parts = tokens(sql)
    at = pick.randrange(len(parts))
    parts[at] = before * count + parts[at] + after * (count if pick.random() < 0.9 else count - 1)
    return b"".join(parts)


def long(sql: bytes, pick: random.Random, others: list[bytes]) -> bytes:
    """A literal, a name, a comment or a list of up to two million bytes."""
    count = pick.choice([1_000, 70_000, 1_100_000, 2_000_000])
    new = pick.choice([b"'" + b"a" * count + b"'", b"a" * count, b'"' + b"b" * count + b'"', b"1" * count,
                       b"1." + b"0" * count,
                       b" " * count, b"/*" + b"x" * count + b"*/", b"--" + b"x" * count,
                       b"'%" + b"a%" * (count // 2) + b"'",
                       b"IN (" + b"1," * (count // 2) + b"1)", b"(" * count, b"'" * count, b"/*" * (count // 2),
                       b"lower('" + b"\xc3\xa9" * (count // 2) + b"')"])  # fmt: skip
    parts = tokens(sql)
    at = pick.randrange(len(parts) + 1)
    return b"".join([*parts[:at], b" ", new, b" ", *parts[at + pick.choice([0, 1]) :]])


def noise(sql: bytes, pick: random.Random, others: list[bytes]) -> bytes:
    if pick.random() < 0.5:
        return pick.randbytes(pick.choice([0, 1, 10, 1000]))
    return b" ".join(pick.choices(WORDS, k=pick.choice([1, 3, 10, 100])))


Mutation = Callable[[bytes, random.Random, list[bytes]], bytes]
MUTATIONS: list[tuple[int, Mutation]] = [
    (25, flip),
    (45, splice),
    (8, strange_bytes),
    (10, cut),
    (5, deep),
    (2, long),
    (5, noise),
]


def damaged(sql: str, pick: random.Random, others: list[str]) -> bytes:
    """The query after one or two mutations."""
    made = sql.encode()
    donors = [other.encode() for other in others]
    for _ in range(pick.choice([1, 1, 1, 2])):
        mutation = pick.choices([m for _, m in MUTATIONS], [weight for weight, _ in MUTATIONS])[0]
        made = mutation(made or b"SELECT 1", pick, donors)[: 4 << 20]
    return made
