"""Sealed JSON: an object that begins with the digest of the rest, and typed access to its members."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import xxhash

from .errors import ReaderError, require

LONGEST = 268_435_456
SEAL = 45
EXACT = (1 << 53) - 1

#: The required features that this reader knows.
FEATURES = frozenset({"companions", "deletions", "surrogate-keys"})

_ID = re.compile(r"[0-9a-f]{32}")


class Members:
    """The members of a JSON object; a missing one or one of another type is a ReaderError."""

    def __init__(self, value: Any, where: str) -> None:
        require(isinstance(value, dict), where, "not a JSON object")
        self.value: dict[str, Any] = value
        self.where = where

    def has(self, name: str) -> bool:
        """Whether an optional member is there and not null."""
        return self.value.get(name) is not None

    def _get(self, name: str, kind: type) -> Any:
        require(self.has(name), self.where, f"no member {name}")
        found = self.value[name]
        require(type(found) is kind, self.where, f"member {name} is a {type(found).__name__}")
        return found

    def integer(self, name: str, low: int = 0, high: int = EXACT) -> int:
        """An integer between low and high."""
        found: int = self._get(name, int)
        require(low <= found <= high, self.where, f"member {name}, {found}, is not between {low} and {high}")
        return found

    def text(self, name: str) -> str:
        """A string."""
        found: str = self._get(name, str)
        return found

    def flag(self, name: str, default: bool) -> bool:
        """A boolean, optional."""
        found: bool = self._get(name, bool) if self.has(name) else default
        return found

    def id(self, name: str) -> str:
        """32 lower-case hexadecimal digits: an id or a digest."""
        found = self.text(name)
        require(_ID.fullmatch(found) is not None, self.where, f"member {name} is not 32 hexadecimal digits")
        return found

    def array(self, name: str, kind: type) -> list[Any]:
        """An array of elements of a Python type."""
        found: list[Any] = self._get(name, list)
        require(all(type(e) is kind for e in found), self.where, f"member {name} holds other than {kind.__name__}")
        return found

    def strings(self, name: str) -> dict[str, str]:
        """An object of strings."""
        found: dict[str, Any] = self._get(name, dict)
        require(all(type(v) is str for v in found.values()), self.where, f"member {name} holds other than strings")
        return found

    def object(self, name: str) -> Members:
        """An object."""
        return Members(self._get(name, dict), f"{self.where}, {name}")

    def objects(self, name: str) -> list[Members]:
        """An array of objects."""
        return [Members(e, f"{self.where}, {name} {i}") for i, e in enumerate(self.array(name, dict))]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is there twice")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def parse_json(data: bytes, where: str) -> Any:
    """A JSON text; members that are there twice and what JSON does not have are refused."""
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise ReaderError(where, f"not JSON: {error}") from error


def unseal(data: bytes, where: str) -> tuple[Members, str]:
    """The members of sealed JSON, and its digest."""
    require(0 < len(data) <= LONGEST, where, f"a sealed file of {len(data)} bytes")
    require(data[:11] == b'{"digest":"' and data[43:SEAL] == b'",', where, "does not begin with a digest")
    digest = data[11:43].decode("latin-1")
    require(_ID.fullmatch(digest) is not None, where, "the digest is not 32 hexadecimal digits")
    require(xxhash.xxh3_128_hexdigest(data[SEAL:]) == digest, where, "the digest does not match")
    require(data.endswith(b"}\n"), where, "does not end with } and a line feed")
    members = Members(parse_json(data, where), where)
    require(len(members.value) > 1, where, "nothing but a digest")
    require(members.integer("format") == 1, where, f"format {members.value['format']} is not 1")
    required = members.array("required_features", str) if members.has("required_features") else []
    unknown = [name for name in required if name not in FEATURES]
    require(not unknown, where, f"requires the unknown feature {', '.join(unknown)}")
    return members, digest


def read_sealed(path: Path) -> tuple[Members, str]:
    """The members of a file of sealed JSON, and its digest."""
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
    except OSError as error:
        raise ReaderError(str(path), f"cannot be read: {error.strerror}") from error
    return unseal(data, path.name)
