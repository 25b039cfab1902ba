"""Vectors of texts, and the table of a lake that keeps those of ads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from alphalake.errors import FailedError, UsageError
from alphalake.lake import Lake

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float32]]
    Places = np.ndarray[Any, np.dtype[np.int64]]

# What turns texts into vectors: an array with a row for each text.
Encoder = Callable[[Sequence[str]], "np.ndarray[Any, Any]"]

# Vectors that are appended together, in bytes.
_APPENDED = 64 << 20


def encode(encoder: Encoder, texts: list[str], batch_size: int, size: int | None, sized: str) -> Matrix:
    """The vector of each text. The shortest are asked for first, as models are fast on texts of like length.

    Args:
        encoder: what makes them.
        texts: one at least.
        batch_size: how many the encoder gets at a time.
        size: how long the vectors must be, if they must.
        sized: what has vectors of that size.

    Raises:
        UsageError: the encoder does not give a vector of the size for each text.
        FailedError: a vector holds what is no number.
    """
    import numpy as np

    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    found: Matrix | None = None
    for start in range(0, len(order), batch_size):
        places = order[start : start + batch_size]
        part = np.asarray(encoder([texts[place] for place in places]), dtype=np.float32)
        if part.ndim != 2 or len(part) != len(places) or part.shape[1] == 0:
            raise UsageError(64, f"the encoder gave an array of shape {part.shape} for {len(places)} texts")
        if size is not None and part.shape[1] != size:
            raise UsageError(64, f"the encoder gave vectors of {part.shape[1]} numbers, {sized} has some of {size}")
        if not np.isfinite(part).all():
            raise FailedError(1, "the encoder gave a vector with something in it that is not a finite number")
        if found is None:
            size, sized = part.shape[1], "a batch before"
            found = np.empty((len(texts), size), np.float32)
        found[places] = part
    assert found is not None
    return found


@dataclass
class Known:
    """What a table has: ads, hashes of their bodies, and how long its vectors are."""

    ads: pa.Array
    hashes: pa.Array
    size: int


def known(lake: Lake, table: str, model: str | None = None, keywords: bool = False) -> Known | None:
    """What the table has, or None where the lake has no such table.

    Args:
        lake: an open lake.
        table: the table's name.
        model: whose vectors are to go in, if any are.
        keywords: whether keywords are to go in.

    Raises:
        UsageError: it is another kind of table, or has another model's vectors, or ads without keywords.
    """
    if table not in lake.tables:
        return None
    schema = lake.schema(table)
    elsewhere = "take another table: --table NAME, or table="
    missing = [name for name in ("ad", "embedding", "model", "body_hash") if name not in schema.names]
    if missing or not pa.types.is_fixed_size_list(schema.field("embedding").type):
        lacks = f"it lacks {', '.join(missing)}" if missing else "'embedding' is no list of one length"
        raise UsageError(64, f"'{table}' is not a table of embeddings: {lacks}", elsewhere)
    source = f'"{table}"'
    if model is not None:
        models = _array(lake.sql(f"SELECT DISTINCT model FROM {source}").to_arrow()["model"], pa.string()).to_pylist()
        other = sorted(str(name) for name in models if name != model)
        if other:
            message = f"'{table}' has vectors of {other[0]}, and those of {model} do not go with them"
            raise UsageError(64, message, f"go on with that model, or {elsewhere}")
        if keywords and models and "keywords" not in schema.names:
            raise UsageError(64, f"'{table}' has ads without keywords, which would stay so", elsewhere)
    rows = lake.sql(f"SELECT ad, body_hash FROM {source}").to_arrow()
    size = int(schema.field("embedding").type.list_size)
    return Known(_array(rows["ad"], pa.int64()), _array(rows["body_hash"], pa.int64()), size)


@dataclass
class Bodies:
    """Ads, and their texts, each of them once: `places` says where among the texts an ad's is."""

    ads: pa.Array
    places: pa.Array
    texts: pa.Array
    hashes: pa.Array


def bodies(lake: Lake, without: Known | None) -> Bodies:
    """The ads that have a body, without those that are known."""
    rows = lake.sql("SELECT ad, body FROM ads WHERE body IS NOT NULL").to_arrow()
    ads, texts = _array(rows["ad"], pa.int64()), _array(rows["body"], pa.large_string())
    if without:
        new = pc.invert(pc.is_in(ads, value_set=without.ads))
        ads, texts = ads.filter(new), texts.filter(new)
    coded = texts.dictionary_encode()
    hashes = pa.array((_hash(text.as_py()) for text in coded.dictionary), pa.int64())
    return Bodies(ads, coded.indices.cast(pa.int64()), coded.dictionary, hashes)


def _array(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    """A column as one array of plain values."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return pa.concat_arrays([chunk.cast(kind) for chunk in column.chunks] or [pa.array([], kind)])


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)


@dataclass
class Texts:
    """What is appended of some texts."""

    vectors: Matrix
    hashes: pa.Array
    keywords: list[list[str]] | None


class Rows:
    """Rows on their way into a table of vectors."""

    def __init__(self, lake: Lake, table: str, model: str) -> None:
        self.lake = lake
        self.table = table
        self.model = model
        self.written = 0
        self._waiting: list[pa.Table] = []
        self._bytes = 0

    def add(self, ads: Places, places: Places, texts: Texts) -> None:
        """Take ads, and the places of their texts; appended is what has gathered when it is much."""
        size = texts.vectors.shape[1]
        # The ads of one text may be very many.
        step = max(1, _APPENDED // (4 * size))
        for start in range(0, len(ads), step):
            some = places[start : start + step]
            rows = {
                "ad": pa.array(ads[start : start + step], pa.int64()),
                "embedding": pa.FixedSizeListArray.from_arrays(pa.array(texts.vectors[some].reshape(-1)), size),
                "model": pa.array([self.model] * len(some), pa.string()),
                "body_hash": texts.hashes.take(pa.array(some)),
            }
            if texts.keywords is not None:
                rows["keywords"] = pa.array([texts.keywords[place] for place in some], pa.list_(pa.string()))
            self._waiting.append(pa.table(rows))
            self._bytes += 4 * size * len(some)
            if self._bytes >= _APPENDED:
                self.flush()

    def flush(self) -> None:
        """Append what has gathered."""
        if self._waiting:
            self.written += self.lake.append(self.table, pa.concat_tables(self._waiting))
        self._waiting, self._bytes = [], 0
