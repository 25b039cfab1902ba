"""Rows as JSON lines in one canonical form, for comparison with what another program reads from the same file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .footer import Field
from .shard import Shard
from .types import FLOATS, Type


def canonical(value: Any, type_: Type, element: Type | None = None) -> Any:
    """A value as its JSON form: see README.md."""
    if value is None:
        return None
    if element is not None:
        return [canonical(v, element) for v in value]
    if type_ in FLOATS and not math.isfinite(value):
        return repr(float(value))
    if type_ == Type.BINARY:
        return bytes(value).hex()
    if type_ == Type.DATE:
        return iso_date(int(value))
    return value


def iso_date(days: int) -> str:
    """A date as ISO 8601, its year of at least four digits; a minus sign before years below 0."""
    date = np.datetime64(days, "D")
    year = int(date.astype("datetime64[Y]").astype(np.int64)) + 1970
    return f"{'-' if year < 0 else ''}{abs(year):04}{str(date)[-6:]}"


def canonical_row(row: dict[str, Any], fields: tuple[Field, ...]) -> dict[str, Any]:
    """A row as a JSON object, columns in the table's order."""
    return {f.name: canonical(row[f.name], f.type, f.element) for f in fields}


def lines(shard: Shard, start: int = 0, stop: int | None = None) -> Iterator[str]:
    """The rows ``start ..< stop`` of a shard, one line of JSON each, without the newline."""
    for row in shard.rows(start, stop):
        yield json.dumps(canonical_row(row, shard.footer.fields), ensure_ascii=False, separators=(",", ":"))


def exact(value: Any) -> Any:
    """A parsed value in a form that compares as written: 1 is not 1.0, true is not 1, and 0.0 is not -0.0."""
    if isinstance(value, dict):
        return [(k, exact(v)) for k, v in value.items()]
    if isinstance(value, list):
        return [exact(v) for v in value]
    if isinstance(value, float):
        return ("float", value.hex())
    return (type(value).__name__, value)
