"""Key groups, nested ones, sequences, absent ones, and what the reader refuses about them."""

from __future__ import annotations

from typing import Any

import pytest
from shard_writer import Column, KeyGroup, Stored, Writer

from alphalake_reader import ReaderError, Shard

KEYS = [0, 1, 2, 3, 4, 5, 1, 3, 5, 2, 2, 0]
COUNTRY = [b"de", b"fr", None, b"fr", b"de", b"us"]
AGE = [20, 30, 40, None, 60, 70]
VOTE = [i % 3 for i in range(len(KEYS))]


def writer(**change: Any) -> Writer:
    """A shard with one group, whose key codes are sequences."""
    codes = Stored(KEYS, "sequences", pieces=[(0, 0, 6), (1, 0, 3), (0, 2, 1), (0, 2, 1), (0, 0, 1)])
    group = KeyGroup(
        "person",
        6,
        change.get("codes", codes),
        {
            "country": Stored(COUNTRY, "planes", coded=True, counts=True, width=2),
            "age": Stored(AGE, "plain", width=8),
        },
        sequences=[range(6), (1, 3, 5)],
        row_keys=change.get("row_keys", KEYS),
    )
    columns = [
        Column("vote", "int8", Stored(VOTE, "plain", width=1)),
        Column("country", "utf8", change.get("country")),
        Column("age", "int64", None),
    ]
    return Writer(columns, [group])


def test_group() -> None:
    shard = Shard(writer().file())
    shard.validate()
    assert shard.read("age") == [AGE[k] for k in KEYS]
    assert shard.read("age", 1) == AGE
    assert shard.read("country") == [c.decode() if (c := COUNTRY[k]) else None for k in KEYS]
    assert shard.read("country", 1) == ["de", "fr", None, "fr", "de", "us"]
    assert next(shard.rows(3)) == {"vote": 0, "country": "fr", "age": None}
    with pytest.raises(ReaderError, match="domain 0"):
        shard.read("age", 0)


def test_column_in_both_domains() -> None:
    by_row = [COUNTRY[k] for k in KEYS]
    Shard(writer(country=Stored(by_row, "text")).file()).validate()
    by_row[4] = b"other"
    with pytest.raises(ReaderError, match="other values"):
        Shard(writer(country=Stored(by_row, "text")).file()).validate()


def test_wrong_codes() -> None:
    shard = Shard(writer(codes=Stored([*KEYS[:-1], 6], "packed")).file())
    with pytest.raises(ReaderError, match="key code not below 6"):
        shard.read("age")


def test_wrong_row_counts() -> None:
    with pytest.raises(ReaderError, match="row counts"):
        Shard(writer(row_keys=[*KEYS[:-1], 1]).file()).validate()


def test_wrong_pieces() -> None:
    for pieces in ([(0, 0, 6), (0, 0, 5)], [(0, 1, 6), (0, 0, 6)], [(2, 0, 6), (0, 0, 6)]):
        shard = Shard(writer(codes=Stored(KEYS, "sequences", pieces=pieces)).file())
        with pytest.raises(ReaderError, match=r"piece|sequence"):
            shard.read("age")


def nested(local: list[int]) -> Writer:
    """Answers nested in persons: two, one and three keys of the inner group per key of the outer."""
    outer = [0, 0, 1, 2, 2, 2, 0]
    keys = [0, 1, 2, 3, 4, 5, 0]
    groups = [
        KeyGroup("person", 3, Stored(outer, "runs"), {"age": Stored([1, 2, 3], "delta")}, row_keys=outer),
        KeyGroup(
            "round",
            6,
            Stored(local, "packed"),
            {"turn": Stored([10, 11, 12, 13, 14, 15], "packed")},
            parent=0,
            firsts=[0, 2, 3, 6],
            row_keys=keys,
        ),
    ]
    return Writer([Column("age", "int32", None), Column("turn", "int32", None)], groups)


def test_nested() -> None:
    shard = Shard(nested([0, 1, 0, 0, 1, 2, 0]).file())
    shard.validate()
    assert shard.read("turn") == [10, 11, 12, 13, 14, 15, 10]
    assert shard.read("age") == [1, 1, 2, 3, 3, 3, 1]
    with pytest.raises(ReaderError, match="past the keys of its parent"):
        Shard(nested([0, 1, 1, 0, 1, 2, 0]).file()).read("turn")


def test_absent_group() -> None:
    columns = [Column("age", "int64", Stored([1, 2], "plain", width=8))]
    group = KeyGroup("person", 0, None, {"age": Stored([])})
    shard = Shard(Writer(columns, [group]).file())
    shard.validate()
    assert shard.read("age") == [1, 2]
    with pytest.raises(ReaderError, match="absent"):
        shard.row_keys(0, 0)


def test_nothing_stored() -> None:
    group = KeyGroup("person", 0, None, {"age": Stored([])})
    with pytest.raises(ReaderError, match="no node with values"):
        Shard(Writer([Column("age", "int64", None)], [group], rows=2).file())


def test_planes_are_for_dictionary_codes() -> None:
    codes = [0, 1, 1]
    group = KeyGroup("person", 2, Stored(codes, "planes", width=1), {"age": Stored([1, 2])}, row_keys=codes)
    with pytest.raises(ReaderError, match="planes of values that are not codes"):
        Shard(Writer([Column("age", "int64", None)], [group], rows=3).file()).read("age")


def test_a_group_nests_in_an_earlier_one() -> None:
    codes = [0, 1, 1]
    inner = KeyGroup(
        "turn", 2, Stored(codes, "plain"), {"turn": Stored([1, 2])}, row_keys=codes, parent=1, firsts=[0, 2]
    )
    outer = KeyGroup("person", 1, Stored([0, 0, 0], "plain"), {"age": Stored([1])}, row_keys=[0, 0, 0])
    columns = [Column("turn", "int64", None), Column("age", "int64", None)]
    with pytest.raises(ReaderError, match="no earlier parent"):
        Shard(Writer(columns, [inner, outer], rows=3).file())
