"""The questions that are put to every engine, in a form that each of them can be told.

They are the queries of the design's peer table: slices by demographic conditions, weighted distributions, cubes,
streams of matching rows, single rows. A query is data, so that SQL engines, data-frame libraries and formats with a
filter language get the same one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

Value = str | bool | int
STREAM_COLUMNS = ("question_key", "question", "answer", "weight")


@dataclass(frozen=True)
class Query:
    """One measured query. `kind`: rows (compared row by row), stream (compared by digest) or take (by position)."""

    name: str
    title: str
    where: tuple[tuple[str, Value], ...] = ()
    group: tuple[str, ...] = ()
    weighted: bool = False
    columns: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        return "take" if self.positions else "stream" if self.columns else "rows"

    def condition(self) -> str:
        """The conditions as SQL; every engine here reads it alike."""
        return " and ".join(f"{column}={literal(value)}" for column, value in self.where)

    def outputs(self) -> list[str]:
        if self.columns:
            return list(self.columns)
        return [*self.group, "n", *(["w"] if self.weighted else [])]

    def sql(self, table: str = "responses", names: bool = True) -> str:
        if self.columns:
            select = ", ".join(self.columns)
        else:
            aggregates = ["count(*)" + (" as n" if names else "")]
            if self.weighted:
                aggregates.append("sum(weight)" + (" as w" if names else ""))
            select = ", ".join([*self.group, *aggregates])
        text = f"select {select} from {table}"
        if self.where:
            text += f" where {self.condition()}"
        if self.group:
            text += " group by " + ", ".join(self.group)
        return text


def literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def choose(parquet: str) -> list[Query]:
    """The queries, with values that occur in these rows (those of the peer table wherever they do)."""
    import duckdb

    source = f"read_parquet('{parquet}')"
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")

        def one(sql: str):
            return connection.execute(sql).fetchone()

        def present(column: str, wanted: str, where: str = "true") -> str:
            found = one(f"select 1 from {source} where {where} and {column} = '{wanted}' limit 1")
            if found:
                return wanted
            order = "order by count(*) desc, 1 limit 1"
            found = one(f"select {column} from {source} where {where} and {column} is not null group by 1 {order}")
            return found[0] if found else wanted

        wave = present("wave", "W54")
        code = present("question_code", "ECON5_d", f"wave = '{wave}'")
        topic = present("topic", "Media consumption")
        religion = present("religion", "Jewish")
        asked = f"wave = '{wave}' and question_code = '{code}'"
        key, person = one(f"select question_key, median(respondent_id)::bigint from {source} where {asked} group by 1")
        person = one(f"select min(respondent_id) from {source} where {asked} and respondent_id >= {person}")[0]
        rows = one(f"select count(*) from {source}")[0]
    dice = random.Random(20241101)
    scattered = tuple(sorted(dice.sample(range(rows), min(1000, rows))))
    single = tuple(dice.sample(range(rows), min(20, rows)))
    return [
        Query(
            "count_demographics",
            "count, 3 demographic conditions",
            (("region", "South"), ("age", "18-29"), ("sex", "Female")),
        ),
        Query(
            "count_topic",
            "count, 2 demographic conditions and a topic",
            (("region", "South"), ("age", "18-29"), ("topic", topic)),
        ),
        Query(
            "count_four",
            "count, 4 demographic conditions",
            (("region", "West"), ("sex", "Female"), ("party", "Democrat"), ("ideology", "Liberal")),
        ),
        Query(
            "distribution",
            "answers of one question, one group",
            (("wave", wave), ("question_code", code), ("party", "Democrat")),
            ("answer",),
            True,
        ),
        Query(
            "distributions",
            "weighted answers of all questions, one group",
            (("sex", "Female"), ("is_refused", False)),
            ("wave", "question_key", "answer"),
            True,
        ),
        Query("cube", "age x sex x region x party, count and weight", (), ("age", "sex", "region", "party"), True),
        Query("topic_age", "topic x age counts", (), ("topic", "age")),
        Query(
            "stream",
            "stream matching rows, 4 columns",
            (("ideology", "Very liberal"), ("education", "Postgraduate")),
            columns=STREAM_COLUMNS,
        ),
        Query(
            "stream_scattered",
            "stream scattered matching rows, 4 columns",
            (("region", "West"), ("age", "18-29"), ("religion", religion)),
            columns=STREAM_COLUMNS,
        ),
        Query(
            "lookup",
            "one respondent's answer to one question",
            (("wave", wave), ("question_key", key), ("respondent_id", person)),
            columns=STREAM_COLUMNS,
        ),
        Query("row", "one random row, 4 columns (per row)", columns=STREAM_COLUMNS, positions=single),
        Query("rows_1000", "1,000 random rows, 4 columns", columns=STREAM_COLUMNS, positions=scattered),
    ]
