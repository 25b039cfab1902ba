"""Sentence embeddings and keywords of ads, which a model computes here and the lake keeps.

    $ pip install 'alphalake[enrich]'
    $ python -m alphalake.enrich LAKE

Each body of `ads` goes through the model once, and its vector into the table `ad_embeddings`, a row per ad; ads that
the table has already are left alone. Then `ads` gets the derived column `embedding` (with keywords
`embedding_keywords` too), by the program `alphalake`; `alphalake build samples` finds pairs by it. The column reads a
given version of the table, so that a build can be repeated, and a later one sees which ads have got vectors
meanwhile: each run sets it to the newest.

From Python any function from texts to vectors will do:

    >>> from alphalake.enrich import enrich
    >>> enrich(alphalake.open("lake"), my_model, model="my-model")
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from alphalake._keywords import keywords as chosen_keywords
from alphalake._vectors import Encoder, Rows, Texts, bodies, encode, known
from alphalake.errors import AlphaLakeError, FailedError, UsageError, error
from alphalake.lake import Lake, open

if TYPE_CHECKING:
    import numpy as np

__all__ = ["MODEL", "TABLE", "Encoder", "Progress", "enrich", "main", "outdated"]

# The model that is used unless another is named.
MODEL = "sentence-transformers/all-MiniLM-L6-v2"
# The table that has the vectors.
TABLE = "ad_embeddings"

# Told how many texts are done, of how many.
Progress = Callable[[int, int], None]

# Texts that are sorted into batches together, and that progress is told of.
_PIECE = 2_048
# Characters of a text that the encoder gets: models read some hundred words, and bodies may have megabytes.
_READ = 50_000
# Ads whose rows one command deletes.
_DELETED = 5_000


def enrich(
    lake: Lake,
    encoder: Encoder,
    *,
    model: str,
    batch_size: int = 256,
    keywords: bool = False,
    progress: Progress | None = None,
    table: str = TABLE,
) -> int:
    """Append the vectors of ads to a table of the lake: of those that have a body and that the table lacks.

    The table has the columns `ad` (that of `ads`), `embedding`, `model`, `body_hash` (of the body that the vector was
    made of, see `outdated`) and, once asked for, `keywords`. They are appended many at a time, so that a run that is
    interrupted is gone on with by the next. Two runs at once would do the same ads.

    Args:
        lake: an open lake with a table `ads`.
        encoder: a function from texts to an array with a row for each. It gets each body once, of long ones the first
            50,000 characters.
        model: the encoder's name, which the table keeps. A table has vectors of one model.
        batch_size: how many texts the encoder gets at a time, at most.
        keywords: whether to choose keywords too: words and pairs of words whose vectors are near the text's and not
            near each other's. The encoder gets them as well.
        progress: called with the number of texts that are done and of all that there are to do.
        table: the table's name.

    Returns:
        The number of ads.

    Raises:
        UsageError: the table has another model's vectors, or none; or the encoder does not give a vector for each text.
        FailedError: a vector holds what is no number.
        MissingError: the lake has no `ads`.
    """
    if batch_size < 1:
        raise UsageError(64, f"there are no batches of {batch_size} texts")
    before = known(lake, table, model, keywords)
    found = bodies(lake, without=before)
    rows = Rows(lake, table, model)
    total = len(found.texts)
    # Ads with one text one after another.
    keys = pa.table({"place": found.places, "ad": found.ads})
    order = pc.sort_indices(keys, [("place", "ascending"), ("ad", "ascending")])
    places = found.places.take(order).to_numpy(zero_copy_only=False)
    ads = found.ads.take(order).to_numpy(zero_copy_only=False)
    for first in range(0, total, _PIECE):
        texts = [text[:_READ] for text in found.texts.slice(first, _PIECE).to_pylist()]
        vectors = encode(encoder, texts, batch_size, before.size if before else None, f"'{table}'")
        words = chosen_keywords(encoder, texts, vectors, batch_size) if keywords else None
        start, end = places.searchsorted([first, first + len(texts)])
        hashes = found.hashes.slice(first, len(texts))
        rows.add(ads[start:end], places[start:end] - first, Texts(vectors, hashes, words))
        if progress:
            progress(first + len(texts), total)
    rows.flush()
    return rows.written


def outdated(lake: Lake, *, table: str = TABLE) -> list[int]:
    """The ads whose body is not the one any more that the table's vector was made of, ascending.

    `enrich` leaves them alone, as it appends and nothing else; once their rows are deleted it makes them anew.

    Raises:
        UsageError: the table is of another kind.
    """
    before = known(lake, table)
    if before is None:
        return []
    now = bodies(lake, without=None)
    then = before.hashes.take(pc.index_in(now.ads, value_set=before.ads))
    changed = pc.fill_null(pc.not_equal(now.hashes.take(now.places), then), False)
    return sorted(now.ads.filter(changed).to_pylist())


# The command line


class _SentenceEncoder:
    """A model of sentence-transformers, loaded when it is first needed."""

    def __init__(self, model: str, device: str | None) -> None:
        self.model = model
        self.device = device
        self._loaded: Any = None

    def __call__(self, texts: Sequence[str]) -> np.ndarray[Any, Any]:
        if self._loaded is None:
            self._loaded = self._load()
        vectors: np.ndarray[Any, Any] = self._loaded.encode(
            list(texts), batch_size=len(texts), show_progress_bar=False, convert_to_numpy=True
        )
        return vectors

    def _load(self) -> Any:
        library = importlib.import_module("sentence_transformers")
        try:
            return library.SentenceTransformer(self.model, device=self.device)
        except (OSError, ValueError) as failure:
            raise FailedError(1, f"the model {self.model} cannot be loaded: {failure}") from None


class _Meter:
    """How far it is, on one line of a terminal."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        rate = done / max(time.monotonic() - self._started, 1e-9)
        left = round((total - done) / rate)
        clock = f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02}"
        end = "\n" if done == total else ""
        print(f"\rembedding {done:,} of {total:,} texts, {rate:,.0f}/s, {clock} left ", end=end, file=sys.stderr,
              flush=True)  # fmt: skip


class _Program:
    """The program `alphalake`, which does what the library does not."""

    def __init__(self, path: str, lake: str, table: str) -> None:
        self.path = path
        self.lake = lake
        self.table = table

    def run(self, verb: str, *arguments: str) -> str:
        """What a command on the lake writes; what it notes is passed on."""
        try:
            done = subprocess.run([self.path, verb, self.lake, *arguments], capture_output=True, encoding="utf-8")
        except OSError as failure:
            raise UsageError(64, f"{self.path} does not run: {failure.strerror}", "see --program") from None
        if done.returncode:
            raise error(max(done.returncode, 1), f"{self.path} {verb}: {done.stderr.strip().removeprefix('error: ')}")
        sys.stderr.write(done.stderr)
        return done.stdout

    def forget(self, ads: list[int]) -> None:
        """Delete the rows of ads from the table of vectors."""
        for start in range(0, len(ads), _DELETED):
            numbers = ", ".join(map(str, ads[start : start + _DELETED]))
            self.run("delete", self.table, "--where", f"ad IN ({numbers})")

    def derive(self, columns: dict[str, str]) -> None:
        """Have columns of `ads` read the newest version of the table, where they do not."""
        version = json.loads(self.run("log", self.table, "--limit", "1", "--format", "json"))[0]["version"]
        derived = json.loads(self.run("schema", "ads", "--format", "json")).get("derived", [])
        there = {field["name"]: field for field in derived}
        for name, value in columns.items():
            field = there.get(name)
            if field:
                if (field.get("table"), field.get("value"), field.get("version")) == (self.table, value, version):
                    continue
                self.run("derive", "ads", name, "--drop")
            self.run("derive", "ads", name, *_lookup(self.table, value, str(version)))


def _lookup(table: str, value: str, version: str) -> list[str]:
    return ["--from", table, "--key", "ad=ad", "--value", value, "--at", version]


def _next_steps(lake: str, table: str, columns: dict[str, str]) -> str:
    """What is left to do where there is no program."""
    commands = [["log", lake, table, "--limit", "1"]]
    commands += [["derive", lake, "ads", name, *_lookup(table, value, "VERSION")] for name, value in columns.items()]
    lines = ["next, with the program alphalake (VERSION is the number that the first command shows):"]
    return "\n".join(lines + [f"  alphalake {shlex.join(command)}" for command in commands])


def _program(named: str | None) -> str | None:
    """Where the program is, if it is anywhere."""
    named = named or os.environ.get("ALPHALAKE_BINARY")
    path = shutil.which(named or "alphalake")
    if named and not path:
        raise UsageError(64, f"{named} is no program", "name alphalake by --program, ALPHALAKE_BINARY or PATH")
    return path


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="alphalake-enrich", description="Give the ads of a lake sentence embeddings, by which pairs are found."
    )
    parser.add_argument("lake", help="the lake's directory")
    parser.add_argument("--model", default=MODEL, help="a model of sentence-transformers (default: %(default)s)")
    parser.add_argument("--device", help="where it runs, as cpu or cuda:0 (default: the fastest there is)")
    parser.add_argument("--batch-size", type=int, default=256, help="texts that it gets at a time (default: 256)")
    parser.add_argument("--keywords", action="store_true", help="choose keywords by their vectors too")
    parser.add_argument("--table", default=TABLE, help="the table that keeps the vectors (default: %(default)s)")
    parser.add_argument("--program", help="the program alphalake (default: ALPHALAKE_BINARY, else that on PATH)")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace) -> None:
    path = _program(options.program)
    program = _Program(path, options.lake, options.table) if path else None
    with open(options.lake) as lake:
        changed = outdated(lake, table=options.table)
        if changed and program:
            program.forget(changed)
        elif changed:
            _note(f"{len(changed):,} ads have vectors of earlier bodies, which stay: deleting them takes the program")
        count = enrich(
            lake, _SentenceEncoder(options.model, options.device), model=options.model, batch_size=options.batch_size,
            keywords=options.keywords, progress=_Meter() if sys.stderr.isatty() else None, table=options.table,
        )  # fmt: skip
        _note(f"'{options.table}' has got vectors of {count:,} ads")
        if options.table not in lake.tables:
            return
        columns = {"embedding": "embedding"}
        if "keywords" in lake.schema(options.table).names:
            columns["embedding_keywords"] = "keywords"
    if program:
        program.derive(columns)
    else:
        print(_next_steps(options.lake, options.table, columns))


def _note(text: str) -> None:
    print(text, file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `alphalake-enrich`.

    Args:
        arguments: those of the process unless given.

    Returns:
        The exit status, as the program `alphalake` has it.
    """
    try:
        _run(_options(arguments))
    except ModuleNotFoundError as missing:
        _note(f"error: {missing}; this installs what is needed: pip install 'alphalake[enrich]'")
        return 64
    except AlphaLakeError as failure:
        _note(f"error: {failure}")
        return failure.code
    except KeyboardInterrupt:
        _note("\ninterrupted; the next run goes on from here")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
