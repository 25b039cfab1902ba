"""A second, independent reader of AlphaLake's files, written from Schemas/FORMAT.md alone.

It is test tooling: it trusts nothing, checks everything that the format says and everything that a file says twice,
and shares no code with the engine.
"""

from .errors import ReaderError
from .lake import Lake, Table
from .shard import Shard
from .types import Type, Vector

__all__ = ["Lake", "ReaderError", "Shard", "Table", "Type", "Vector"]
