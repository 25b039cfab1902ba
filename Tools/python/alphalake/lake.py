"""Lakes."""

from __future__ import annotations

import json
import os
import weakref
from ctypes import byref, c_uint64
from types import TracebackType

import pyarrow as pa

from alphalake._library import ArrowStruct, encoded, library
from alphalake.result import Result


class Lake:
    """An open lake. Made by `open`; closes itself when it goes, or as a context manager.

    May be used by several threads at once.
    """

    def __init__(self, path: str | os.PathLike[str], threads: int | None = None, memory: int | None = None) -> None:
        self.path = os.fspath(path)
        self._library = library()
        # What does not fit the C type would wrap to another number.
        threads, memory = min(threads or 0, (1 << 31) - 1), min(memory or 0, (1 << 63) - 1)
        self._handle = self._library.handle("open", encoded(self.path, "path"), threads, memory)
        self._close = weakref.finalize(self, self._library.plain, "close", self._handle)

    @property
    def tables(self) -> list[str]:
        """The names of the tables, ascending."""
        return list(json.loads(self._library.text("tables", self._handle)))

    def schema(self, table: str) -> pa.Schema:
        """The columns of a table.

        Raises:
            MissingError: there is no such table.
        """
        place = ArrowStruct()
        self._library.call("table_schema", self._handle, encoded(table, "table"), place)
        return pa.Schema._import_from_c(place.address)

    def sql(self, query: str) -> Result:
        """A query over one table, ready to run: see `Result`.

        Raises:
            UsageError: the SQL is wrong, with a caret where.
            MissingError: there is no such table.
        """
        return Result(self._library, self._library.handle("prepare", self._handle, encoded(query, "query")), query)

    def append(self, table: str, data: object) -> int:
        """Append rows to a table, all of them or none. A table that does not exist is made with their columns.

        Columns are matched by name, new ones added, types widened where nothing is lost; columns that the rows lack are
        NULL. Text, binary, numbers, bool, dates, timestamps, lists of those, and dictionaries of them are taken over.

        Args:
            table: its name.
            data: a pyarrow table, batch or reader, or anything with ``__arrow_c_stream__``: a `Result`, a Polars or
                pandas frame, a DuckDB relation. Streams are read as they come.

        Returns:
            The number of rows.

        Raises:
            UsageError: a column's type cannot be taken over, or does not fit the table's.
            FailedError: a value does not fit, or the stream failed.
            UsageError: the lake is open as of an earlier version.
            ConflictError: another writer changed the table's columns meanwhile.
        """
        if isinstance(data, pa.RecordBatch):
            data = pa.Table.from_batches([data])
        reader = data if isinstance(data, pa.RecordBatchReader) else pa.RecordBatchReader.from_stream(data)
        stream, rows = ArrowStruct(), c_uint64()
        reader._export_to_c(stream.address)
        self._library.call("append", self._handle, encoded(table, "table"), stream, byref(rows))
        return int(rows.value)

    def close(self) -> None:
        """Close the lake. Results that were made live on."""
        self._close()

    def __enter__(self) -> Lake:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<alphalake.Lake {self.path!r}>"


def open(path: str | os.PathLike[str], *, threads: int | None = None, memory: int | None = None) -> Lake:
    """Open a lake.

    Args:
        path: its directory; with ``@VERSION`` behind it every table is read as of a version: a number (``lake@12``), a
            tag (``lake@tag:paper``), or a time (``lake@2026-01-31``, ``lake@2026-01-31T12:00Z``), which selects the newest
            version that was there then. A directory with an @ in its name is meant itself where it exists.
        threads: how many may work on a query; by default as many as there are cores (or ALPHALAKE_THREADS).
        memory: bytes of its data that a query may hold, 16 MiB at least and 1 GiB unless said; what does not fit is
            written to temporary files.

    Raises:
        MissingError: there is no lake.
        UsageError: a number of threads or bytes that cannot be, or no version behind the @.
    """
    return Lake(path, threads, memory)
