"""Derived columns answer as DuckDB does over a LEFT JOIN: AlphaLake (ALPHALAKE_BINARY) looks up, DuckDB joins."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

duckdb = pytest.importorskip("duckdb")
pa = pytest.importorskip("pyarrow")

from survey_lake import arrow  # noqa: E402

from alphalake_reader import Lake  # noqa: E402

BIN = os.environ.get("ALPHALAKE_BINARY", "")
pytestmark = pytest.mark.skipif(not BIN, reason="ALPHALAKE_BINARY names no alphalake to ask")


class Both:
    """A lake with derived columns, and the same rows joined in DuckDB."""

    def __init__(self, lake: Path) -> None:
        self.lake = lake
        self.duckdb = duckdb.connect()

    def run(self, *arguments: object, text: str | None = None) -> str:
        """What a command of AlphaLake writes."""
        done = subprocess.run([BIN, *map(str, arguments)], capture_output=True, input=text, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def load(self, name: str, columns: list[str]) -> None:
        """A table as the independent reader reads it."""
        with Lake(self.lake).table(name) as table:
            found = {c: pa.chunked_array([arrow(v) for v in table.chunks(c)]) for c in columns}
        self.duckdb.register("arrived", pa.table(found))
        self.duckdb.execute(f"CREATE TABLE {name}_stored AS SELECT * FROM arrived")

    def check(self, sql: str) -> int:
        """Asks both; how many rows there were."""
        lines = self.run("query", self.lake, "-", "--format", "jsonl", text=sql).splitlines()
        found = [tuple(json.loads(line).values()) for line in lines]
        expected = self.duckdb.execute(sql).fetchall()
        if "ORDER BY" not in sql:
            found, expected = sorted(found, key=sorting), sorted(expected, key=sorting)
        assert len(found) == len(expected), sql
        assert all(map(same, found, expected)), sql
        return len(found)


def sorting(row: tuple[Any, ...]) -> tuple[list[str], list[float]]:
    """Sums of floats differ in their last digits: they come last."""
    return [str(v) for v in row if not isinstance(v, float)], [v for v in row if isinstance(v, float)]


def same(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    return len(a) == len(b) and all(
        math.isclose(x, y, rel_tol=1e-9) if isinstance(x, float) and isinstance(y, float) else x == y
        for x, y in zip(a, b, strict=True)
    )


@pytest.fixture(scope="module")
def surveys(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("derived")
    both = Both(folder / "lake")
    made = folder / "made"
    both.run("init", both.lake)
    both.run("generate", "surveys", made, "--respondents", 120)
    both.run("import", "survey", both.lake, made / "waves", "--catalog", made / "catalog.json", "--waves",
             made / "survey-details.json")  # fmt: skip
    key = ["--from", "questions", "--key", "wave,question_key"]
    both.run("derive", both.lake, "responses", "wording", *key, "--value", "text")
    both.run("derive", both.lake, "responses", "asked", *key, "--value", "respondents")
    both.load("responses", ["wave", "question_key", "question", "answer", "age", "sex", "weight", "respondent_id"])
    both.load("questions", ["wave", "question_key", "text", "respondents"])
    both.duckdb.execute(
        "CREATE VIEW responses AS SELECT r.*, q.text AS wording, q.respondents AS asked FROM responses_stored r "
        "LEFT JOIN questions_stored q ON r.wave = q.wave AND r.question_key = q.question_key"
    )
    return both


SURVEY_QUERIES = [
    "SELECT count(*) FROM responses WHERE wording IS DISTINCT FROM question",
    "SELECT count(*), count(wording), min(wording), max(wording), sum(asked) FROM responses",
    "SELECT answer, count(*) FROM responses WHERE wording LIKE '%you%' GROUP BY answer",
    "SELECT answer, sum(weight) FROM responses WHERE wording LIKE '%a%' AND age = '18-29' GROUP BY answer",
    "SELECT wording, age, count(*) FROM responses GROUP BY wording, age",
    "SELECT asked, sex, count(*), avg(weight) FROM responses WHERE asked > 50 GROUP BY asked, sex ORDER BY 1, 2",
    "SELECT DISTINCT wording FROM responses WHERE NOT (wording LIKE '%z%' OR asked < 50)",
    "SELECT respondent_id, wording FROM responses WHERE age = '65+' AND asked >= 110 AND answer IS NOT NULL",
    "SELECT wording, respondent_id, question_key FROM responses ORDER BY wording DESC, 2, 3 LIMIT 20",
    "SELECT count(*) FROM responses WHERE wording = question AND asked IN (118, 119, 120)",
    "SELECT max(asked) - min(asked), wave FROM responses GROUP BY wave HAVING max(asked) > 3 ORDER BY 2",
]


@pytest.mark.parametrize("sql", SURVEY_QUERIES)
def test_surveys(surveys: Both, sql: str) -> None:
    assert surveys.check(sql) > 0


def test_the_text_is_that_of_the_question(surveys: Both) -> None:
    assert surveys.run("query", surveys.lake, SURVEY_QUERIES[0], "--format", "csv").splitlines()[1] == "0"


@pytest.fixture(scope="module", params=["rows", "keys", "many keys"])
def samples(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Samples of ads: NULL keys, keys that no ad has, ads in several shards, long bodies, many rows."""
    folder = tmp_path_factory.mktemp("samples")
    both = Both(folder / "lake")
    chance = random.Random(7)
    # More keys than are held at a time, where their values are long.
    count = 150_000 if request.param == "many keys" else 3_000
    both.run("init", both.lake)
    ads = [
        {"id": 10 * number + chance.randrange(10), "body": chance.choice([None, "short", "x" * 30 + str(number)]),
         "pages": chance.choice([None, number % 5]), "spend": number / 8}
        for number in range(count)
    ]  # fmt: skip
    for start in range(0, count, count // 3):
        lines = "\n".join(json.dumps(ad) for ad in ads[start : start + count // 3])
        both.run("import", "table", both.lake, "ads", "-", text=lines)
    keys = [ad["id"] for ad in ads[: count // 2]] + [None, -1, 10 * count + 1]
    rows = [{"ad": chance.choice(keys), "task": chance.choice("abc"), "n": number} for number in range(70_000 + count)]
    schema: dict[str, Any] = {
        "fields": [{"name": "ad", "type": "int32"}, {"name": "task", "type": "utf8"}, {"name": "n", "type": "int32"}]
    }
    if request.param != "rows":
        schema["key_groups"] = [{"name": "ad", "key": ["ad"], "columns": ["ad"]}]
    (folder / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    both.run("import", "table", both.lake, "samples", "-", "--schema", folder / "schema.json",
             text="\n".join(map(json.dumps, rows)))  # fmt: skip
    for name in ("body", "pages", "spend"):
        both.run("derive", both.lake, "samples", name, "--from", "ads", "--key", "ad=id", "--value", name)
    both.load("samples", ["ad", "task", "n"])
    both.load("ads", ["id", "body", "pages", "spend"])
    both.duckdb.execute(
        "CREATE VIEW samples AS SELECT s.*, a.body, a.pages, a.spend FROM samples_stored s "
        "LEFT JOIN ads_stored a ON s.ad = a.id"
    )
    return both


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT n, ad, body, pages, spend FROM samples WHERE n % 7 = 0 ORDER BY n",
        "SELECT n, body FROM samples WHERE n IN (1, 500, 69999) ORDER BY n",
        "SELECT count(*), count(body), count(pages), count(spend), sum(pages), sum(spend) FROM samples",
        "SELECT body, count(*) FROM samples WHERE task = 'a' GROUP BY body",
        "SELECT pages, task, count(*), sum(spend) FROM samples GROUP BY pages, task",
        "SELECT count(*) FROM samples WHERE body LIKE '%x1%' AND task <> 'b'",
        "SELECT count(*) FROM samples WHERE body IS NULL AND spend > 100",
        "SELECT count(*) FROM samples WHERE pages = 3 OR body = 'short'",
        "SELECT n FROM samples WHERE NOT (pages < 4) AND spend BETWEEN 10 AND 120 ORDER BY n",
        "SELECT spend, n FROM samples ORDER BY spend DESC, n LIMIT 30",
        "SELECT DISTINCT pages FROM samples WHERE ad IS NULL OR pages > 1",
        "SELECT max(body), min(body), max(spend) FROM samples WHERE body > 'short'",
    ],
)
def test_samples(samples: Both, sql: str) -> None:
    assert samples.check(sql) > 0
