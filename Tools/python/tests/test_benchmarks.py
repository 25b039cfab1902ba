"""The parts of the bench that decide whether engines agree."""

import dataclasses
import json
import sys
import tempfile
import unittest
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks import building, machine, readme, report
from benchmarks.peers import PEERS
from benchmarks.prepare import copy_of
from benchmarks.queries import Query, many_groups, thawed
from benchmarks.results import digest, rows, same, streamed, summary

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

    def test_a_stream_has_the_digest_of_its_rows_and_says_when_it_leaves_its_order(self) -> None:
        table = pa.table({"w": [1.0, 1.0, 2.0, None, None], "k": ["a", "b", "a", "a", None]})
        coded = table.set_column(1, "k", table["k"].dictionary_encode())
        for size in (1, 2, 5):
            found = streamed(coded.to_batches(max_chunksize=size), ("w", "k"))
            self.assertEqual(found, {**digest(table), "disorder": False})
        for swapped in ([1, 0, 2, 3, 4], [0, 2, 1, 3, 4], [3, 0, 1, 2, 4], [0, 1, 2, 4, 3]):
            found = streamed(table.take(swapped).to_batches(max_chunksize=1), ("w", "k"))
            self.assertEqual(found, {**digest(table), "disorder": True})

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

    def test_text_search_and_the_heaviest_rows(self) -> None:
        where = (("question", "like", "%tax%"), ("question", "contains", "it's"), ("age", "18-29"))
        self.assertEqual(
            Query("q", "q", where, columns=("weight",), heaviest=3).sql(),
            "select weight from responses where question like '%tax%' and contains(question, 'it''s') and age='18-29' "
            "order by weight desc nulls last limit 3",
        )
        self.assertEqual(
            Query("q", "q", columns=("a", "b"), distinct=True).sql(), "select distinct a, b from responses"
        )

    def test_kinds_say_what_is_compared(self) -> None:
        weights = pa.table({"weight": [2.0, 3.0], "answer": ["a", "b"]})
        self.assertEqual(summary(weights, Query("q", "q", columns=("weight",), heaviest=2).kind), [[2.0], [3.0]])
        self.assertEqual(summary(weights, Query("q", "q", columns=("weight",), sample=2).kind)["rows"], 2)
        self.assertEqual(Query("q", "q", columns=("a",), distinct=True).kind, "rows")

    def test_many_groups(self) -> None:
        texts = {query.name: query.sql() for query in many_groups()}
        self.assertEqual(
            texts["distinct_by_person"],
            "select respondent_id, count(distinct question_key) as distinct from responses group by respondent_id",
        )
        self.assertEqual(
            texts["order_all"],
            "select weight, question_key from responses order by weight nulls last, question_key nulls last",
        )
        for query in many_groups():
            self.assertEqual(thawed(json.loads(json.dumps(dataclasses.asdict(query)))), query)

    def test_repeated_waves_keep_the_answers(self) -> None:
        self.assertNotIn("answer", copy_of(2))
        self.assertIn("wave || '-2' as wave", copy_of(2))


def record(ours: float, theirs: float, peak: int = 100 << 20) -> dict:
    def engine(name: str, ms: float) -> dict:
        times = {"best_ms": ms, "median_ms": ms * 2, "n": 3}
        cold = {**times, "peak_bytes": peak if name == "alphalake" else 1}
        return {
            "name": name,
            "title": name,
            "version": "1.2.3",
            "bytes": 500,
            "queries": {"q": times},
            "cold": {"q": cold},
        }

    return {
        "date": "2026-01-01", "machine": {"cpu": "x", "cores": 2, "memory_gib": 4}, "threads": 2, "rows": 100,
        "quick": False, "bandwidth": {"sum": 1e9, "memcpy": 1e9}, "engines": [engine("alphalake", ours), engine("b",
                                                                                                                theirs)],
        "queries": [{"name": "q", "title": "counts", "target": 0.1, "rows": 5}],
    }  # fmt: skip


class Targets(unittest.TestCase):
    def test_a_share_of_the_best_peer_decides(self) -> None:
        self.assertEqual(report.missed(record(1, 10)), [])
        self.assertIn("0.10 met", report.query_table(record(1, 10)))
        self.assertEqual(report.missed(record(2, 10)), ["counts: 0.200 of the best peer's time, 0.10 wanted"])
        self.assertIn("0.10 MISSED", report.query_table(record(2, 10)))

    def test_memory_has_a_limit(self) -> None:
        self.assertEqual(report.missed(record(1, 10, 600 << 20)), ["counts: 629.1 MB of memory"])

    def test_memory_of_one_process_has_it_too(self) -> None:
        given = record(1, 10)
        given["memory"] = {"opened": 1, "process": {"q": 600 << 20}, "commands": {"q": 1}}
        self.assertEqual(report.missed(given), ["counts, in a process that was asked them all: 629.1 MB of memory"])
        self.assertIn("MISSED", report.held_table(given))
        self.assertIn("629 MB in one process", readme.section(given))

    def test_slices_and_the_first_row_are_judged(self) -> None:
        given = record(1, 10)
        slow, good = {"small_ms": 1.0, "large_ms": 2.0, "holds": False}, {"small_ms": 1, "large_ms": 1, "holds": True}
        given["slices"] = {"small_rows": 1, "large_rows": 10, "queries": [{"title": "s", **good, "second": slow}]}
        given["first_row"] = {"median_ms": 40, "n": 20, "target_ms": 30}
        self.assertEqual(
            report.missed(given),
            ["s, second run in a larger lake: 2.00 times as long", "the first row after 40.0 ms, 30 ms wanted"],
        )
        self.assertIn("| s | 1.0 ms / 1.0 ms = 1.00 | - | 1.0 ms / 2.0 ms = 2.00, **missed** | - |",
                      readme.section(given))  # fmt: skip

    def test_no_target_is_no_miss_but_a_loss(self) -> None:
        given = record(5, 4)
        given["queries"][0]["target"] = None
        self.assertEqual(report.missed(given), [])
        self.assertIn("| 1.250 | none |", readme.section(given))
        self.assertIn("A peer is faster at: counts (1.25 times the best peer's time).", readme.section(given))

    def test_medians_and_plain_strings_are_noted(self) -> None:
        given = record(1, 10)
        given["engines"][0]["queries"]["q"]["median_ms"] = 4
        given["engines"][0]["flat"] = {"q": {"best_ms": 3, "median_ms": 3, "n": 1}}
        self.assertEqual(
            report.notes(given),
            ["counts by medians: 0.200, 0.10 wanted", "counts with plain strings: 0.300, 0.10 wanted"],
        )
        self.assertIn("| 1.0 ms | 3.0 ms | 10.0 ms | 0.100 (0.300) | 0.10 |", readme.section(given))

    def test_who_is_left_out_is_named_with_the_reason(self) -> None:
        given = record(1, 10)
        given["engines"].append({"name": "c", "title": "C", "left_out": "its build was stopped after 15 minutes"})
        given["engines"][1]["errors"] = {"q, cold": "no such\nthing"}
        self.assertIn(
            "left out: C: its build was stopped after 15 minutes; b, counts, cold: no such thing.",
            readme.section(given),
        )

    def test_readme_shows_losses(self) -> None:
        lines = readme.queries(record(5, 4))
        self.assertIn("| counts (5 rows) | 5.0 ms | **4.0 ms** | 1.250 | 0.10, **missed** |", lines)
        self.assertIn("Missed: counts", readme.section(record(5, 4)))
        self.assertIn("Every target is met.", readme.section(record(1, 10)))


class Limits(unittest.TestCase):
    def test_a_command_is_ended_past_its_memory_or_time(self) -> None:
        large = "import time; held = bytearray(300 << 20); time.sleep(20)"
        found = machine.measured([sys.executable, "-c", large], memory=1 << 27)
        self.assertIn("of memory", found["reason"])
        self.assertLess(found["seconds"], 15)
        found = machine.measured([sys.executable, "-c", "import time; time.sleep(20)"], limit=0.2)
        self.assertIn("stopped after", found["reason"])
        self.assertEqual(machine.measured([sys.executable, "-c", "pass"])["reason"], "")

    def test_a_table_is_built_anew_when_the_way_it_is_built_changed(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            home, parquet = Path(folder), Path("rows.parquet")
            (home / "lance.from").write_text(parquet.name)
            self.assertGreater(PEERS["lance"].recipe, 1)
            self.assertFalse(building.is_of(home, "lance", parquet))
            building.built(home, "lance", parquet, {"seconds": 1})
            self.assertTrue(building.is_of(home, "lance", parquet))


if __name__ == "__main__":
    unittest.main()
