"""What a query returns."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from ctypes import byref, c_uint64
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from alphalake._library import ArrowStruct, Library
from alphalake.errors import AlphaLakeError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

# How long Python's own signal handlers may have to wait.
_PATIENCE_MS = 50


class Result:
    """A query that is ready to run. Each way of reading it runs it, on the version of the table it was made for.

    Text that the table keeps with a dictionary comes as dictionary arrays (pandas: category, Polars: categorical).
    The methods here can be interrupted (Ctrl-C), which cancels the query.
    """

    def __init__(self, library: Library, handle: int, query: str) -> None:
        self._library = library
        self._handle = handle
        self.query = query
        self._close = weakref.finalize(self, library.plain, "close", handle)

    @property
    def schema(self) -> pa.Schema:
        """The columns; the query does not run for them."""
        place = ArrowStruct()
        self._library.call("query_schema", self._handle, place)
        return pa.Schema._import_from_c(place.address)

    def _start(self) -> tuple[int, pa.RecordBatchReader]:
        stream, run = ArrowStruct(), c_uint64()
        self._library.call("stream", self._handle, stream, byref(run))
        return int(run.value), pa.RecordBatchReader._import_from_c(stream.address)

    def to_reader(self) -> pa.RecordBatchReader:
        """The rows as a pyarrow reader, which runs the query as it is read. Its errors are those of pyarrow."""
        run, reader = self._start()
        self._library.plain("close", run)
        return reader

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows as an Arrow C stream, for everything that reads one."""
        return self.to_reader().__arrow_c_stream__(requested_schema)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The rows, batch by batch. A loop that is left early ends the query.

        Raises:
            AlphaLakeError: reading failed.
        """
        yield from self._batches(*self._start())

    def _batches(self, run: int, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        try:
            while True:
                while self._library.plain("wait", run, _PATIENCE_MS) == 0:
                    pass
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    return
                except (pa.ArrowException, OSError) as failure:
                    raise self._failure(run) or failure from None
                yield batch
        finally:
            self._library.plain("cancel", run)
            self._library.plain("close", run)
            reader.close()

    def _failure(self, run: int) -> AlphaLakeError | None:
        try:
            self._library.call("run_error", run)
        except AlphaLakeError as failure:
            return failure
        return None

    def to_arrow(self) -> pa.Table:
        """All rows as a pyarrow table."""
        run, reader = self._start()
        schema = reader.schema
        return pa.Table.from_batches(list(self._batches(run, reader)), schema)

    def to_pandas(self, **options: Any) -> pd.DataFrame:
        """All rows as a pandas frame; options are those of `pyarrow.Table.to_pandas`."""
        return self.to_arrow().to_pandas(**options)

    def to_polars(self) -> pl.DataFrame:
        """All rows as a Polars frame. Polars must be installed."""
        import polars

        frame = polars.from_arrow(self.to_arrow())
        assert isinstance(frame, polars.DataFrame)
        return frame

    def __repr__(self) -> str:
        columns = ", ".join(f"{field.name} {field.type}" for field in self.schema)
        return f"<alphalake.Result ({columns}) of {self.query!r}>"
