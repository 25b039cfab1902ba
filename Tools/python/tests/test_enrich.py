"""Vectors of ads that Python appends (`alphalake.enrich`), and the columns that the program derives from them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ads_made
import numpy as np
import pytest
from ads_lake import AdLake

import alphalake as al
from alphalake import _vectors
from alphalake import enrich as enriching
from alphalake._keywords import candidates, marginal
from alphalake._library import library
from alphalake.enrich import enrich, outdated

BIN = os.environ.get("ALPHALAKE_BINARY", "")
SIZE = 16
# A model as sentence-transformers has it, for the command.
MODELS = """
import sys
sys.path.insert(0, {tests!r})
from test_enrich import vectors

class SentenceTransformer:
    def __init__(self, name, device=None):
        if name == "none":
            raise OSError("there is no such model")

    def encode(self, texts, batch_size, show_progress_bar, convert_to_numpy):
        assert len(texts) <= batch_size and convert_to_numpy
        return vectors(texts)
"""


def _has_library() -> bool:
    try:
        library()
    except al.AlphaLakeError:
        return False
    return True


program = pytest.mark.skipif(not BIN, reason="ALPHALAKE_BINARY names no alphalake to make a lake with")
reason = "no libalphalake.so is built (ALPHALAKE_LIBRARY)"
pytestmark = pytest.mark.skipif(not _has_library(), reason=reason)


def vectors(texts: Sequence[str]) -> np.ndarray[Any, Any]:
    """The words of each text, counted in places that their hashes give."""
    found = np.zeros((len(texts), SIZE), np.float32)
    for row, text in enumerate(texts):
        for word in re.findall(r"\w+", text.lower()):
            found[row, hashlib.blake2b(word.encode()).digest()[0] % SIZE] += 1
    return found


class Counting:
    """An encoder that knows what it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.longest = 0

    def __call__(self, texts: Sequence[str]) -> np.ndarray[Any, Any]:
        """Vectors as everybody gets them."""
        self.texts += texts
        self.longest = max(self.longest, len(texts))
        return vectors(texts)


class Lake(AdLake):
    """A lake of ads that may be enriched by the command."""

    def __init__(self, folder: Path) -> None:
        super().__init__(BIN, folder / "lake")
        self.models = folder / "models"
        self.models.mkdir()
        text = MODELS.format(tests=str(Path(__file__).parent))
        (self.models / "sentence_transformers.py").write_text(text, encoding="utf-8")

    def enrich(self, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs the command."""
        paths = [str(self.models), str(Path(al.__file__).parents[1])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment}
        command = [sys.executable, "-m", "alphalake.enrich", str(self.folder), *options]
        return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment)

    def version(self, table: str) -> int:
        """The newest version of a table."""
        return int(json.loads(self.run("log", self.folder, table, "--limit", 1, "--format", "json"))[0]["version"])


@pytest.fixture
def made(tmp_path: Path) -> Lake:
    """A lake of made-up ads."""
    if not BIN:
        pytest.skip("ALPHALAKE_BINARY names no alphalake to make a lake with")
    lake = Lake(tmp_path)
    lake.take(ads_made.write(tmp_path / "ads.jsonl", 1, 60))
    return lake


@pytest.fixture
def lake(made: Lake) -> Iterator[al.Lake]:
    with al.open(made.folder) as opened:
        yield opened


def bodies(lake: al.Lake) -> dict[int, str]:
    rows = lake.sql("SELECT ad, body FROM ads WHERE body IS NOT NULL").to_arrow()
    return dict(zip(rows["ad"].to_pylist(), rows["body"].to_pylist(), strict=True))


def test_every_ad_has_the_vector_of_its_body(lake: al.Lake) -> None:
    encoder, told = Counting(), list[tuple[int, int]]()
    wanted = bodies(lake)
    texts = set(wanted.values())
    assert len(texts) < len(wanted)
    count = enrich(lake, encoder, model="hashes", batch_size=7, progress=lambda done, total: told.append((done, total)))
    assert count == len(wanted)
    assert sorted(encoder.texts) == sorted(texts)
    assert encoder.longest == 7
    assert told[-1] == (len(texts), len(texts))
    schema = lake.schema("ad_embeddings")
    types = {field.name: str(field.type) for field in schema}
    assert types["ad"] == types["body_hash"] == "int64"
    assert types["model"] == "string"
    assert types["embedding"] == f"fixed_size_list<item: float>[{SIZE}]"
    assert "keywords" not in types
    rows = lake.sql("SELECT ad, embedding, model FROM ad_embeddings").to_arrow().to_pylist()
    assert sorted(row["ad"] for row in rows) == sorted(wanted)
    for row in rows:
        assert row["embedding"] == vectors([wanted[row["ad"]]])[0].tolist()
        assert row["model"] == "hashes"


def test_only_what_is_new(made: Lake, lake: al.Lake, tmp_path: Path) -> None:
    first = enrich(lake, vectors, model="hashes")
    encoder = Counting()
    assert enrich(lake, encoder, model="hashes") == 0
    assert encoder.texts == []
    made.take(ads_made.write(tmp_path / "more.jsonl", 2, 30))
    wanted = bodies(lake)
    assert enrich(lake, encoder, model="hashes") == len(wanted) - first
    assert len(encoder.texts) <= len(wanted) - first
    ads = lake.sql("SELECT ad FROM ad_embeddings").to_arrow()["ad"].to_pylist()
    assert sorted(ads) == sorted(wanted)


def test_an_interrupted_run_is_gone_on_with(lake: al.Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enriching, "_PIECE", 8)
    monkeypatch.setattr(_vectors, "_APPENDED", 4 * SIZE * 5)
    wanted = bodies(lake)

    def stop(done: int, total: int) -> None:
        if done >= 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enrich(lake, vectors, model="hashes", progress=stop)
    there = lake.sql("SELECT ad FROM ad_embeddings").to_arrow().num_rows
    assert 0 < there < len(wanted)
    assert enrich(lake, vectors, model="hashes") == len(wanted) - there
    rows = lake.sql("SELECT ad, embedding FROM ad_embeddings").to_arrow().to_pylist()
    assert sorted(row["ad"] for row in rows) == sorted(wanted)
    assert all(row["embedding"] == vectors([wanted[row["ad"]]])[0].tolist() for row in rows)


def test_a_table_is_of_one_model(lake: al.Lake) -> None:
    count = enrich(lake, vectors, model="hashes")
    with pytest.raises(al.UsageError, match="vectors of hashes") as refused:
        enrich(lake, vectors, model="others")
    assert "--table" in str(refused.value.hint)
    with pytest.raises(al.UsageError, match="without keywords"):
        enrich(lake, vectors, model="hashes", keywords=True)
    assert enrich(lake, lambda texts: vectors(texts)[:, :3], model="others", table="short") == count
    with pytest.raises(al.UsageError, match="not a table of embeddings: it lacks embedding"):
        enrich(lake, vectors, model="hashes", table="ads")


def test_encoders_that_go_wrong(made: Lake, lake: al.Lake, tmp_path: Path) -> None:
    def broken(texts: Sequence[str]) -> np.ndarray[Any, Any]:
        return np.where(vectors(texts) == 0, np.nan, 1)

    with pytest.raises(al.UsageError, match=r"shape \(7,\) for 7 texts"):
        enrich(lake, lambda texts: vectors(texts)[:, 0], model="m", batch_size=7)
    with pytest.raises(al.UsageError, match=r"shape \(6, 16\) for 7 texts"):
        enrich(lake, lambda texts: vectors(texts)[1:], model="m", batch_size=7)
    with pytest.raises(al.FailedError, match="not a finite number"):
        enrich(lake, broken, model="m")
    with pytest.raises(al.UsageError, match="batches of 0"):
        enrich(lake, vectors, model="m", batch_size=0)
    assert "ad_embeddings" not in lake.tables
    enrich(lake, vectors, model="m")
    made.take(ads_made.write(tmp_path / "more.jsonl", 2, 30))
    with pytest.raises(al.UsageError, match="vectors of 3 numbers, 'ad_embeddings' has some of 16"):
        enrich(lake, lambda texts: vectors(texts)[:, :3], model="m")


def test_keywords_of_ads(lake: al.Lake) -> None:
    encoder = Counting()
    wanted = bodies(lake)
    enrich(lake, encoder, model="hashes", keywords=True)
    assert "solar" in encoder.texts
    rows = lake.sql("SELECT ad, keywords FROM ad_embeddings").to_arrow().to_pylist()
    assert len(rows) == len(wanted)
    found: dict[str, list[str]] = {}
    for row in rows:
        assert len(set(row["keywords"])) == len(row["keywords"]) <= 5
        assert set(row["keywords"]) <= set(candidates(wanted[row["ad"]]))
        assert found.setdefault(wanted[row["ad"]], row["keywords"]) == row["keywords"]
    assert sum(len(words) == 5 for words in found.values()) > len(found) / 2


def test_candidates() -> None:
    text = "Vote for Prop 12! It\u2019s (see [URL]) OUR clean-air law, clean-air law; 2024 a_b vote"
    assert list(candidates(text)) == [
        "vote", "prop", "prop 12", "see", "clean-air", "law", "clean-air law",
    ]  # fmt: skip
    assert list(candidates("— 🎉 [URL]\n")) == []


def test_keywords_are_near_the_text_and_not_each_other() -> None:
    text = np.array([0.8, 0.6, 0], np.float32)
    words = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    assert marginal(text, words) == [0, 2, 3, 1]


def test_ads_with_another_body_since(made: Lake, lake: al.Lake, tmp_path: Path) -> None:
    assert outdated(lake) == []
    enrich(lake, vectors, model="hashes")
    assert outdated(lake) == []
    changed = change(made, tmp_path)
    assert outdated(lake) == changed
    assert enrich(lake, vectors, model="hashes") == 0


def change(made: Lake, folder: Path) -> list[int]:
    """Gives two ads other bodies; their keys."""
    lines = (folder / "ads.jsonl").read_text(encoding="utf-8").splitlines()
    ids = [row["ad_id"] for row in made.rows("SELECT ad_id FROM ads ORDER BY ad LIMIT 2")]
    records = {int(record["id"]): record for record in reversed([json.loads(line) for line in lines])}
    again = [records[number] | {"ad_creative_bodies": [f"Now {number} says this"]} for number in ids]
    file = folder / "changed.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in again), encoding="utf-8")
    made.run("import", "ads", made.folder, file, "--upsert")
    rows = made.rows("SELECT ad FROM ads WHERE body LIKE 'Now %' ORDER BY ad")
    assert len(rows) == 2
    return [row["ad"] for row in rows]


@program
def test_the_command_gives_ads_the_columns(made: Lake) -> None:
    done = made.enrich("--model", "hashes", "--keywords", "--program", BIN)
    assert done.returncode == 0, done.stderr
    rows = made.rows("SELECT ad, body, embedding, embedding_keywords FROM ads")
    assert len(rows) > 50
    for row in rows:
        assert row["embedding"] == vectors([row["body"]])[0].tolist()
        assert set(row["embedding_keywords"]) <= set(candidates(row["body"]))
    # A second time there is nothing to do.
    before = made.version("ads")
    done = made.enrich("--model", "hashes", "--keywords", "--program", BIN)
    assert done.returncode == 0, done.stderr
    assert made.version("ads") == before


@program
def test_samples_are_made_by_the_vectors(made: Lake, tmp_path: Path) -> None:
    def build() -> str:
        command = [BIN, "build", "samples", str(made.folder)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert "by the words of their texts" in build()
    assert made.enrich("--model", "hashes").returncode == 0
    assert "by the column 'embedding'" in build()
    # Ads that come later, and other bodies of those there are, count as soon as they have vectors.
    made.take(ads_made.write(tmp_path / "more.jsonl", 2, 30))
    changed = change(made, tmp_path)
    build()
    done = made.enrich("--model", "hashes")
    assert done.returncode == 0, done.stderr
    rows = {row["ad"]: row for row in made.rows("SELECT ad, body, embedding FROM ads")}
    assert set(changed) <= rows.keys()
    assert all(row["embedding"] == vectors([row["body"]])[0].tolist() for row in rows.values())
    build()
    sql = "SELECT task, ad, target_ad, source_group, target_group FROM samples"
    samples = sorted(made.text(sql).splitlines())
    made.build("--rebuild")
    assert sorted(made.text(sql).splitlines()) == samples


@program
def test_the_command_says_what_is_missing(made: Lake, tmp_path: Path) -> None:
    done = made.enrich("--model", "none")
    assert (done.returncode, done.stderr.strip()) == (
        1,
        "error: the model none cannot be loaded: there is no such model",
    )
    done = made.enrich("--program", str(tmp_path / "nothing"))
    assert done.returncode == 64
    assert "is no program" in done.stderr
    done = made.enrich(ALPHALAKE_BINARY="", PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "derive" in done.stdout
    assert "--from ad_embeddings --key ad=ad --value embedding --at VERSION" in done.stdout
    done = made.enrich("--model", "others")
    assert done.returncode == 64
    assert "hint: go on with that model" in done.stderr
    (made.models / "sentence_transformers.py").write_text("import a_module_that_nobody_has\n", encoding="utf-8")
    done = made.enrich("--table", "anew")
    assert done.returncode == 64
    assert len(done.stderr.splitlines()) == 1
    assert "pip install 'alphalake[enrich]'" in done.stderr
