"""What `differential_rows` takes for the same rows, and what not."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("duckdb")

from differential_engines import Answer, Rows
from differential_queries import Query
from differential_rows import alike, difference
from pyarrow import table

THIRD, NEARLY = 1 / 3, 1 / 3 + 1e-16
PLAIN, SUMMED = Query("", order=[0]), Query("", summed=True)


def compared(query: Query, ours: Rows, theirs: Rows, everything: Rows | None = None) -> str | None:
    return difference(query, Answer(None, ours), Answer(None, theirs), lambda _: Answer(None, everything or theirs))


def ordered(*places: int, offset: int = 0) -> Query:
    return Query("", order=list(places), keyed="all", offset=offset, summed=True)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([(1,)], [(2,)]),
        ([(1,)], [(1,), (1,)]),
        ([(1,), (1,), (2,)], [(1,), (2,), (2,)]),
        ([(None,)], [(0,)]),
        ([("",)], [(None,)]),
        ([(True,)], [(1,)]),
        ([(math.nan,)], [(0.5,)]),
        ([(math.inf,)], [(-math.inf,)]),
        ([(1.0,)], [(1.0 + 1e-8,)]),
        ([("a", 1.0), ("b", 2.0)], [("a", 2.0), ("b", 1.0)]),
        ([((1, None),)], [((1, 0),)]),
    ],
)
def test_other_rows_differ(ours: Rows, theirs: Rows) -> None:
    assert compared(Query(""), ours, theirs)
    assert compared(SUMMED, ours, theirs)


def test_order_of_nothing_does_not_matter() -> None:
    assert compared(Query(""), [(1, "a"), (2, "b")], [(2, "b"), (1, "a")]) is None
    assert compared(SUMMED, [(THIRD, "a"), (math.nan, "b")], [(math.nan, "b"), (NEARLY, "a")]) is None
    assert compared(SUMMED, [(THIRD, "a")], [(NEARLY, "b")])


def test_order_matters() -> None:
    rows: Rows = [(0.1, "a"), (0.2, "b"), (0.3, "c")]
    assert compared(ordered(0, 1), rows, rows) is None
    assert compared(ordered(0, 1), [rows[1], rows[0], rows[2]], rows)
    assert compared(ordered(1, 0), [rows[2], rows[1], rows[0]], rows)


def test_last_bits_decide_no_order() -> None:
    theirs: Rows = [(THIRD, "a"), (NEARLY, "b"), (0.5, "c")]
    assert compared(ordered(0, 1), [(THIRD, "b"), (NEARLY, "a"), (0.5, "c")], theirs) is None
    # Exactly the same there, so the text decides; here it cannot.
    theirs = [(THIRD, "a"), (THIRD, "b")]
    assert compared(ordered(0, 1), [(THIRD, "b"), (NEARLY, "a")], theirs) is None
    assert compared(ordered(0, 1), [(THIRD, "b"), (THIRD, "a")], theirs)


def test_last_bits_decide_what_limit_cuts_off() -> None:
    everything: Rows = [(0.1, "z"), (THIRD, "a"), (NEARLY, "b"), (0.5, "c")]
    assert compared(ordered(0, 1), [(0.1, "z"), (THIRD, "b")], everything[:2], everything) is None
    assert compared(ordered(0, 1, offset=2), [(NEARLY, "a"), (0.5, "c")], everything[2:], everything) is None
    assert compared(ordered(0, 1), [(0.1, "z"), (0.5, "c")], everything[:2], everything)


def test_a_key_that_is_not_selected_decides() -> None:
    keyed: Rows = [("b", 1), ("a", 2), ("c", 2)]
    theirs: Rows = [("b",), ("a",), ("c",)]
    assert compared(ordered(1, 0), [("a",), ("b",), ("c",)], theirs, keyed)
    assert compared(ordered(1, 0), theirs, theirs, keyed) is None


def test_limit_without_order_takes_any_rows_there_are() -> None:
    query = Query("", unlimited="all")
    assert compared(query, [(3,)], [(1,)], [(1,), (2,), (3,)]) is None
    assert compared(query, [(4,)], [(1,)], [(1,), (2,), (3,)])
    assert compared(query, [(3,), (3,)], [(1,), (2,)], [(1,), (2,), (3,)])


def test_columns() -> None:
    some = table({"a": [1, 2, None], "b": ["x", "y", None], "c": [math.nan, 0.5, None]})
    assert alike(some, some, ordered=True)
    assert alike(some.take([2, 0, 1]), some, ordered=False)
    assert not alike(some.take([2, 0, 1]), some, ordered=True)
    assert not alike(some, table({"a": [1, 2, None], "b": ["x", "y", None], "c": [None, 0.5, math.nan]}), ordered=True)
