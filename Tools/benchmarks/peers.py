"""The peers: how each stores the table, and how it is asked. Each lives in a process of its own (`worker`)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa

from .queries import Query
from .threads import THREADS

if TYPE_CHECKING:
    from chdb.session import Session
    from duckdb import DuckDBPyConnection
    from vortex import VortexFile

INDEXED = ("wave", "topic", "question_code", "age", "sex", "region", "party", "ideology", "education", "religion")
# Too many values for bitmaps.
SOUGHT = ("question_key", "respondent_id")


def folder_bytes(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


class Peer:
    """A way to keep `responses`. `run` goes from the query to the last batch as Arrow; None: it has no such thing."""

    name = title = ""
    # What a process that asks it imports, and a number that changes with the way it is built.
    modules: ClassVar[tuple[str, ...]] = ("pyarrow",)
    recipe = 1

    def __init__(self, home: Path, parquet: Path) -> None:
        self.home, self.parquet = home, parquet
        self.path = home / self.name

    def clear(self) -> None:
        """Removes what was built."""
        if self.path.is_dir():
            shutil.rmtree(self.path)
        else:
            self.path.unlink(missing_ok=True)

    def build(self) -> None:
        """Stores the rows of the Parquet file in its own way."""
        raise NotImplementedError

    def open(self) -> None:
        """Makes ready to be asked."""
        raise NotImplementedError

    def version(self) -> str:
        """The library's version."""
        raise NotImplementedError

    def run(self, query: Query) -> pa.Table | None:
        """The rows of a query; None: it has no such thing."""
        raise NotImplementedError

    def batches(self, query: Query) -> Iterable[pa.RecordBatch] | None:
        """The rows of a query, batch by batch where it can."""
        table = self.run(query)
        return None if table is None else table.to_batches()

    def size(self) -> int:
        """How many bytes it takes."""
        return folder_bytes(self.path)


class DuckDB(Peer):
    """DuckDB over its own file."""

    name, title = "duckdb", "DuckDB native"
    modules = ("pyarrow", "duckdb")

    def connect(self) -> DuckDBPyConnection:
        """A connection to what was built, with the threads that every peer gets."""
        import duckdb

        connection = duckdb.connect(str(self.path))
        connection.execute(f"set threads = {THREADS}")
        return connection

    def build(self) -> None:
        with self.connect() as connection:
            connection.execute("set preserve_insertion_order = true")
            connection.execute(f"create table responses as select * from read_parquet('{self.parquet}')")
            connection.execute("checkpoint")

    def open(self) -> None:
        self.connection = self.connect()

    def version(self) -> str:
        import duckdb

        return duckdb.__version__

    def reader(self, query: Query) -> pa.RecordBatchReader:
        """The rows as they come."""
        sql = query.sql()
        if query.positions:
            sql += f" where rowid in ({', '.join(map(str, query.positions))})"
        if query.sample:
            sql += f" using sample reservoir({query.sample} rows)"
        return self.connection.sql(sql).to_arrow_reader()

    def run(self, query: Query) -> pa.Table | None:
        reader = self.reader(query)
        return pa.Table.from_batches(list(reader), reader.schema)

    def batches(self, query: Query) -> Iterable[pa.RecordBatch] | None:
        return self.reader(query)


class DuckDBParquet(DuckDB):
    """DuckDB over a Parquet file."""

    name, title = "parquet", "DuckDB on Parquet"

    def build(self) -> None:
        """Row groups of a million rows and zstd: the settings of the peer table."""
        import pyarrow.parquet as pq

        source = pq.ParquetFile(self.parquet)
        with pq.ParquetWriter(self.path, source.schema_arrow, compression="zstd", store_schema=False) as writer:
            for group in range(source.num_row_groups):
                writer.write_table(source.read_row_group(group), row_group_size=1 << 20)

    def connect(self) -> DuckDBPyConnection:
        import duckdb

        connection = duckdb.connect()
        connection.execute(f"set threads = {THREADS}")
        connection.execute(f"create view responses as select * from read_parquet('{self.path}')")
        return connection

    def run(self, query: Query) -> pa.Table | None:
        return None if query.positions else super().run(query)

    def batches(self, query: Query) -> Iterable[pa.RecordBatch] | None:
        return None if query.positions else super().batches(query)


class Polars(Peer):
    """Polars over the same Parquet file."""

    name, title = "polars", "Polars on Parquet"
    modules = ("pyarrow", "polars")

    def build(self) -> None:
        """Nothing of its own: it reads the Parquet file."""

    def open(self) -> None:
        os.environ["POLARS_MAX_THREADS"] = str(THREADS)
        import polars

        self.polars, self.path = polars, self.home / DuckDBParquet.name

    def version(self) -> str:
        return self.polars.__version__

    def frame(self, query: Query):
        """What is asked, not yet run."""
        col = self.polars.col
        frame = self.polars.scan_parquet(self.path)
        for column, operator, *text in query.where:
            test = col(column).str.contains(text[0].strip("%"), literal=True) if text else col(column) == operator
            frame = frame.filter(test)
        if query.columns:
            frame = frame.select(query.columns)
            if query.order:
                frame = frame.sort(query.order, nulls_last=True)
            if query.heaviest:
                frame = frame.sort("weight", descending=True, nulls_last=True).head(query.heaviest)
            frame = frame.unique() if query.distinct else frame
        else:
            functions = {"distinct": "n_unique", "median": "median"}
            wanted = [getattr(col(column), functions[name])().alias(name) for name, column in query.measures]
            wanted = wanted or [self.polars.len().alias("n")] + (
                [col("weight").sum().alias("w")] if query.weighted else []
            )
            frame = frame.group_by(list(query.group)).agg(wanted) if query.group else frame.select(wanted)
        return frame

    def run(self, query: Query) -> pa.Table | None:
        if query.positions:
            return None
        rows = self.frame(query).collect(engine="streaming")
        return (rows.sample(query.sample) if query.sample else rows).to_arrow()


class ClickHouse(Peer):
    """ClickHouse in process, ordered by question."""

    name, title = "clickhouse", "ClickHouse (chdb)"
    modules = ("pyarrow", "chdb.session")
    KEY = ("wave", "question_key")

    def session(self) -> Session:
        """A session over what was built."""
        from chdb import session

        return session.Session(str(self.path))

    def build(self) -> None:
        import pyarrow.parquet as pq

        schema = pq.read_schema(self.parquet)
        columns = []
        for field in schema:
            if pa.types.is_string(field.type):
                inner = "String" if field.name in self.KEY else "Nullable(String)"
                kind = f"LowCardinality({inner})"
            elif pa.types.is_boolean(field.type):
                kind = "Bool"
            elif pa.types.is_date(field.type):
                kind = "Nullable(Date32)"
            else:
                kind = "Nullable(Int64)" if pa.types.is_integer(field.type) else "Nullable(Float64)"
            columns.append(f"{field.name} {kind}")
        session = self.session()
        session.query("create database bench engine = Atomic")
        session.query(
            f"create table bench.responses ({', '.join(columns)}) engine = MergeTree order by ({', '.join(self.KEY)})"
        )
        session.query(
            f"insert into bench.responses select * from file('{self.parquet}', Parquet) "
            f"settings max_threads = {THREADS}, max_insert_threads = 1"
        )
        session.query("optimize table bench.responses final")
        session.close()

    def open(self) -> None:
        self.opened = self.session()

    def size(self) -> int:
        found = self.session().query(
            "select sum(bytes_on_disk) from system.parts where active and database = 'bench'", "CSV"
        )
        return int(str(found).strip())

    def version(self) -> str:
        import chdb

        return chdb.chdb_version if isinstance(chdb.chdb_version, str) else ".".join(map(str, chdb.chdb_version))

    def run(self, query: Query) -> pa.Table | None:
        if query.positions:
            return None
        sql = query.sql("bench.responses").replace("contains(question,", "0 < position(question,")
        sql = sql.replace("median(", "quantileExactInclusive(0.5)(")  # its own median is an estimate
        if query.sample:
            sql += f" order by rand() limit {query.sample}"
        sql += f" settings max_threads = {THREADS}, output_format_arrow_string_as_string = 1, use_query_cache = 0"
        result = self.opened.query(sql, "ArrowStream")
        with pa.ipc.open_stream(pa.py_buffer(result.bytes())) as reader:
            return reader.read_all()


class Lance(Peer):
    """Lance with an index on every column that is asked by: bitmaps, and trees where there are many values."""

    name, title = "lance", "Lance, indexed"
    modules = ("pyarrow", "lance")
    recipe = 2

    def build(self) -> None:
        import lance
        import pyarrow.parquet as pq

        source = pq.ParquetFile(self.parquet)
        schema = source.schema_arrow
        reader = pa.RecordBatchReader.from_batches(schema, source.iter_batches(65_536))
        dataset = lance.write_dataset(reader, str(self.path), schema)
        for column in INDEXED:
            dataset.create_scalar_index(column, "BITMAP")
        for column in SOUGHT:
            dataset.create_scalar_index(column, "BTREE")

    def open(self) -> None:
        os.environ["LANCE_CPU_THREADS"] = str(THREADS)
        import lance

        self.dataset = lance.dataset(str(self.path))

    def version(self) -> str:
        import lance

        return lance.__version__

    def run(self, query: Query) -> pa.Table | None:
        if query.positions:
            return self.dataset.take(list(query.positions), columns=list(query.columns))
        if query.group or query.distinct or query.measures or query.order:
            return None
        if query.sample:
            return self.dataset.sample(query.sample, columns=list(query.columns))
        if query.heaviest:
            from lance.dataset import ColumnOrdering

            order = [ColumnOrdering("weight", ascending=False, nulls_first=False)]
            return self.dataset.to_table(columns=list(query.columns), order_by=order, limit=query.heaviest)
        if query.columns:
            return self.dataset.to_table(columns=list(query.columns), filter=query.condition())
        return pa.table({"n": [self.dataset.count_rows(filter=query.condition())]})


class Vortex(Peer):
    """Vortex files."""

    name, title = "vortex", "Vortex"
    modules = ("pyarrow", "vortex", "vortex.expr")
    FILE_ROWS = 4_000_000

    def build(self) -> None:
        """Several files: the writer's memory grows with a file's rows."""
        import pyarrow.parquet as pq
        import vortex

        source = pq.ParquetFile(self.parquet)
        self.path.mkdir()
        pending, held, number = [], 0, 0
        for group in range(source.num_row_groups):
            pending.append(source.read_row_group(group))
            held += pending[-1].num_rows
            if held >= self.FILE_ROWS or group == source.num_row_groups - 1:
                table = pa.concat_tables(pending)
                vortex.io.write(table.to_reader(65_536), str(self.path / f"{number:03}.vortex"))
                pending, held, number = [], 0, number + 1

    def open(self) -> None:
        import vortex

        vortex.set_worker_threads(THREADS)
        self.files = [vortex.open(str(file), memory_map=True) for file in sorted(self.path.glob("*.vortex"))]
        self.starts = [0]
        for file in self.files:
            self.starts.append(self.starts[-1] + pq_rows(file))

    def version(self) -> str:
        from importlib.metadata import version

        return version("vortex-data")

    def run(self, query: Query) -> pa.Table | None:
        import vortex
        import vortex.expr as expr

        if query.group or query.distinct or query.heaviest or query.sample or query.measures or query.order:
            return None
        if query.positions:
            found = []
            for number, file in enumerate(self.files):
                low, high = self.starts[number], self.starts[number + 1]
                inside = sorted(p - low for p in query.positions if low <= p < high)
                if inside:
                    indices = vortex.array(pa.array(inside, pa.uint64()))
                    found.append(file.to_arrow(list(query.columns), indices=indices).read_all())
            return pa.concat_tables(found)
        tests = []
        for column, operator, *text in query.where:
            if text:
                tests.append(expr.like(expr.column(column), f"%{text[0].strip('%')}%"))
            else:
                tests.append(expr.eq(expr.column(column), operator))
        condition = expr.and_collect(tests)
        if query.columns:
            return pa.concat_tables(
                [file.to_arrow(list(query.columns), expr=condition).read_all() for file in self.files]
            )
        count = sum(batch.num_rows for file in self.files for batch in file.to_arrow(["is_refused"], expr=condition))
        return pa.table({"n": [count]})


def pq_rows(file: VortexFile) -> int:
    return sum(batch.num_rows for batch in file.to_arrow(["is_refused"]))


PEERS: dict[str, type[Peer]] = {peer.name: peer for peer in (DuckDB, DuckDBParquet, Polars, ClickHouse, Lance, Vortex)}
