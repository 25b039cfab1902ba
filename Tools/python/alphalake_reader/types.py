"""Value types and the vectors that decoded values live in."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import ReaderError, require
from .span import Mask, Words


class Type(enum.IntEnum):
    """The types of fields; elements of lists are of types 1 to 15."""

    BOOL = 1
    INT8 = 2
    INT16 = 3
    INT32 = 4
    INT64 = 5
    UINT8 = 6
    UINT16 = 7
    UINT32 = 8
    UINT64 = 9
    FLOAT32 = 10
    FLOAT64 = 11
    DATE = 12
    TIMESTAMP = 13
    UTF8 = 14
    BINARY = 15
    LIST = 16
    FIXED_LIST = 17


FLOATS = frozenset({Type.FLOAT32, Type.FLOAT64})
BYTES = frozenset({Type.UTF8, Type.BINARY})
LISTS = frozenset({Type.LIST, Type.FIXED_LIST})
SIGNED = frozenset({Type.INT8, Type.INT16, Type.INT32, Type.INT64, Type.DATE, Type.TIMESTAMP})

DTYPES: dict[Type, npt.DTypeLike] = {
    Type.BOOL: np.bool_,
    Type.INT8: np.int8,
    Type.INT16: np.int16,
    Type.INT32: np.int32,
    Type.INT64: np.int64,
    Type.UINT8: np.uint8,
    Type.UINT16: np.uint16,
    Type.UINT32: np.uint32,
    Type.UINT64: np.uint64,
    Type.FLOAT32: np.float32,
    Type.FLOAT64: np.float64,
    Type.DATE: np.int32,
    Type.TIMESTAMP: np.int64,
    Type.UTF8: np.object_,
    Type.BINARY: np.object_,
}


def from_patterns(patterns: Words, type_: Type, valid: Mask, where: str) -> npt.NDArray[Any]:
    """64-bit patterns as values of an integer type; a value that is not NULL must be in the type's range."""
    dtype = np.dtype(DTYPES[type_])
    wide: npt.NDArray[Any] = patterns.view(np.int64) if type_ in SIGNED else patterns
    if type_ == Type.BOOL:
        low, high = 0, 1
    else:
        info = np.iinfo(dtype)
        low, high = int(info.min), int(info.max)
    live = wide if valid.all() else wide[valid]
    if live.size:
        require(low <= int(live.min()) and int(live.max()) <= high, where, f"a value is out of {type_.name.lower()}")
    return wide.astype(dtype)


@dataclass(frozen=True)
class Vector:
    """Values of one node: an array (object array of ``bytes`` for utf8 and binary) and which of them are not NULL.

    Of a list, ``values`` holds the lengths (0 where NULL, but the size in a fixed list) and ``elements`` the elements
    of all lists end to end.
    """

    type: Type
    values: npt.NDArray[Any]
    valid: Mask
    elements: Vector | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def nulls(self) -> int:
        """How many values are NULL."""
        return len(self.valid) - int(np.count_nonzero(self.valid))

    def take(self, at: npt.NDArray[Any]) -> Vector:
        """The values at the given positions; not for lists."""
        return Vector(self.type, self.values[at], self.valid[at])

    def to_list(self) -> list[Any]:
        """Python values, None for NULL: int, float, bool, str, bytes or lists of these.

        Dates are days and timestamps microseconds since 1970-01-01.
        """
        if self.elements is not None:
            return self._lists(self.elements)
        if self.type == Type.UTF8:
            return [decode_utf8(v) if ok else None for v, ok in zip(self.values, self.valid, strict=True)]
        values = self.values.tolist()
        if self.valid.all():
            return list(values)
        return [v if ok else None for v, ok in zip(values, self.valid.tolist(), strict=True)]

    def _lists(self, elements: Vector) -> list[Any]:
        flat = elements.to_list()
        out: list[Any] = []
        start = 0
        for length, ok in zip(self.values.tolist(), self.valid.tolist(), strict=True):
            out.append(flat[start : start + length] if ok else None)
            start += length
        return out


def decode_utf8(value: bytes) -> str:
    """A text; bytes that are not UTF-8 are refused."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReaderError("utf8 value", f"not valid UTF-8 at byte {error.start}") from error
