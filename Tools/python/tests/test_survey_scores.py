"""The reference scores of the real surveys, through `alphalake query`: counts exactly, weighted shares to 1e-9."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCORES = Path(os.environ.get("ALPHALAKE_DATA") or ROOT.parent / "shared" / "data") / "atp" / "reference_scores.json"
LAKE = os.environ.get("ALPHALAKE_TEST_LAKE", "")
BIN = os.environ.get("ALPHALAKE_BINARY", "")

pytestmark = [
    pytest.mark.skipif(not LAKE, reason="ALPHALAKE_TEST_LAKE names no lake"),
    pytest.mark.skipif(not BIN, reason="ALPHALAKE_BINARY names no alphalake to ask"),
    pytest.mark.skipif(not SCORES.exists(), reason="no reference scores in ALPHALAKE_DATA"),
]


def ask(sql: str) -> list[dict[str, Any]]:
    """The rows that the engine answers with."""
    command = [BIN, "query", LAKE, sql, "--format", "jsonl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_all_questions_in_one_query() -> None:
    found = {
        (row["wave"], row["question_key"], row["answer"]): (row["n"], row["w"] or 0.0)
        for row in ask(
            "SELECT wave, question_key, answer, count(*) AS n, sum(weight) AS w FROM responses "
            "GROUP BY wave, question_key, answer"
        )
    }
    questions = json.loads(SCORES.read_text(encoding="utf-8"))["questions"]
    assert questions
    for question in questions:
        place = (question["wave"], question["column"])
        cells = [found.get((*place, option), (0, 0.0)) for option in question["options"]]
        assert [count for count, _ in cells] == question["counts"], place
        total = sum(weight for _, weight in cells)
        if question["weighted_shares"] is not None:
            shares = [weight / total for _, weight in cells]
            assert shares == pytest.approx(question["weighted_shares"], abs=1e-9), place


def test_one_question_per_wave_by_itself() -> None:
    """The same from a query with a condition, which finds its rows another way."""
    questions = json.loads(SCORES.read_text(encoding="utf-8"))["questions"]
    for wave, question in {question["wave"]: question for question in questions}.items():
        rows = ask(
            "SELECT answer, count(*) AS n FROM responses "
            f"WHERE wave = '{wave}' AND question_key = '{question['column']}' AND NOT is_refused GROUP BY answer"
        )
        counts = Counter({row["answer"]: row["n"] for row in rows})
        assert [counts[option] for option in question["options"]] == question["counts"], (wave, question["column"])
