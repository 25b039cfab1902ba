"""AlphaLake from Python: open a lake, ask it with SQL, and get Arrow.

    >>> import alphalake as al
    >>> lake = al.open("lake")
    >>> lake.tables
    ['questions', 'responses']
    >>> result = lake.sql("SELECT age, sex, weight FROM responses WHERE region = 'South'")
    >>> result.to_pandas()            # or to_arrow(), to_polars(), or batch by batch:
    >>> for batch in result: ...

A result is no copy of rows but a query that is ready to run; it runs each time it is read, always on the version of the
table that was the newest when it was made. It speaks the Arrow C stream protocol, so that DuckDB, Polars, pandas and
everything else that does can read it where it is: ``duckdb.sql("SELECT ... FROM result")``.
"""

from alphalake.errors import (
    AlphaLakeError,
    ConflictError,
    CorruptError,
    FailedError,
    InputOutputError,
    MissingError,
    UsageError,
)
from alphalake.lake import Lake, open
from alphalake.result import Result

__all__ = [
    "AlphaLakeError",
    "ConflictError",
    "CorruptError",
    "FailedError",
    "InputOutputError",
    "Lake",
    "MissingError",
    "Result",
    "UsageError",
    "open",
]
