"""The parts of the bench that decide whether engines agree."""

import sys
import unittest
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.lake import Lake, types_of
from benchmarks.queries import Query
from benchmarks.results import digest, rows, same

LEFT = pa.table({"answer": ["Yes", None, "No"], "n": pa.array([3, 1, 2], pa.int64()), "w": [1.5, 0.25, 2.0]})


class Agreement(unittest.TestCase):
    def test_order_and_the_last_digits_of_a_sum_do_not_matter(self) -> None:
        other = LEFT.take([2, 0, 1]).set_column(2, "w", pa.array([2.0 + 1e-13, 1.5, 0.25]))
        self.assertIsNone(same(rows(LEFT), rows(other)))

    def test_another_count_text_or_sum_is_named(self) -> None:
        for number, changed in (
            (0, pa.array(["Yes", None, "Never"])),
            (1, pa.array([3, 1, 4])),
            (2, pa.array([1.5, 0.25, 2.001])),
        ):
            other = LEFT.set_column(number, LEFT.column_names[number], changed)
            self.assertIsNotNone(same(rows(LEFT), rows(other)))
        self.assertEqual(same(rows(LEFT), rows(LEFT.slice(0, 2))), "3 rows against 2")

    def test_a_digest_follows_the_rows_not_their_order_or_encoding(self) -> None:
        other = LEFT.set_column(0, "answer", LEFT["answer"].dictionary_encode()).take([1, 2, 0])
        self.assertEqual(digest(LEFT), digest(other))
        swapped = LEFT.set_column(0, "answer", pa.array(["No", None, "Yes"]))
        self.assertNotEqual(digest(LEFT), digest(swapped))

    def test_large_whole_numbers_keep_their_order(self) -> None:
        people = pa.table({"id": pa.array([201501619212, 201501619211], pa.int64()), "w": [1.0, 2.0]})
        self.assertEqual([row[0] for row in rows(people)], [201501619211, 201501619212])


class Queries(unittest.TestCase):
    def test_sql(self) -> None:
        query = Query("q", "q", (("age", "18-29"), ("is_refused", False), ("answer", "Don't")), ("answer",), True)
        self.assertEqual(
            query.sql(),
            "select answer, count(*) as n, sum(weight) as w from responses "
            "where age='18-29' and is_refused=false and answer='Don''t' group by answer",
        )

    def test_a_csv_answer_is_read_with_the_query_s_types(self) -> None:
        query = Query("q", "q", group=("wave", "answer"), weighted=True)
        text = b'wave,answer,count(*),sum(weight)\nW7,"1, or 2",3,0.5\nW7,,1,\n'
        self.assertEqual(
            [list(row.values()) for row in Lake.parse(text, types_of(query, text)).to_pylist()],
            [["W7", "1, or 2", 3, 0.5], ["W7", None, 1, None]],
        )


if __name__ == "__main__":
    unittest.main()
