"""The questions that are put to every engine, in a form that each of them can be told.

Slices by demographic conditions, weighted distributions, cubes, streams of matching rows, text search, the heaviest
rows, distinct values, a sample, single rows. A query is data, so that SQL engines, data-frame libraries and formats
with a filter language get the same one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Value = str | bool | int
STREAM_COLUMNS = ("question_key", "question", "answer", "weight")
# At most this share of the best peer's time is wanted; half of it where nothing else is said.
HALF = 0.5


@dataclass(frozen=True)
class Query:
    """One measured query.

    `where`: (column, value) for equality, or (column, "like" or "contains", text). `kind`: rows (compared row by row),
    stream (compared by digest; `streamed`: batch by batch, none is kept), take (by position), top (only what it is
    ordered by is compared) or sample (its size). `measures`: ("distinct" or "median", column), instead of the count. A
    query without a target is shown with its share all the same.
    """

    name: str
    title: str
    where: tuple[tuple, ...] = ()
    group: tuple[str, ...] = ()
    weighted: bool = False
    columns: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()
    distinct: bool = False
    heaviest: int = 0
    sample: int = 0
    measures: tuple[tuple[str, str], ...] = ()
    order: tuple[str, ...] = ()
    streamed: bool = False
    target: float | None = HALF

    @property
    def kind(self) -> str:
        """What sort of query it is, as the report groups them."""
        if self.heaviest or self.sample:
            return "top" if self.heaviest else "sample"
        if self.streamed:
            return "stream"
        return "take" if self.positions else "rows" if self.distinct or not self.columns else "stream"

    def condition(self) -> str:
        """The conditions as SQL; every engine here reads it alike."""
        return " and ".join(comparison(*condition) for condition in self.where)

    def outputs(self) -> list[str]:
        """The names of the columns that it gives."""
        if self.columns:
            return list(self.columns)
        if self.measures:
            return [*self.group, *(name for name, _ in self.measures)]
        return [*self.group, "n", *(["w"] if self.weighted else [])]

    def sql(self, table: str = "responses") -> str:
        """The query without `positions` and `sample`, which every engine says in its own way."""
        if self.columns:
            select = ("distinct " if self.distinct else "") + ", ".join(self.columns)
        else:
            aggregates = ["count(*) as n"] + (["sum(weight) as w"] if self.weighted else [])
            select = ", ".join([*self.group, *(map(measure, self.measures) if self.measures else aggregates)])
        text = f"select {select} from {table}"
        if self.where:
            text += f" where {self.condition()}"
        if self.group:
            text += " group by " + ", ".join(self.group)
        if self.order:
            text += " order by " + ", ".join(f"{column} nulls last" for column in self.order)
        if self.heaviest:
            text += f" order by weight desc nulls last limit {self.heaviest}"
        return text


def measure(what: tuple[str, str]) -> str:
    """An aggregate as SQL, named after what it is."""
    name, column = what
    return f"count(distinct {column}) as {name}" if name == "distinct" else f"{name}({column}) as {name}"


def thawed(members: dict) -> Query:
    """A query from what its JSON holds."""
    return Query(**{key: freeze(value) for key, value in members.items()})


def freeze(value):
    return tuple(freeze(item) for item in value) if isinstance(value, list) else value


def one_position(query: Query, turn: int) -> Query:
    """The query for a single one of its rows."""
    return replace(query, positions=(query.positions[turn % len(query.positions)],))


def comparison(column: str, operator: Value, value: Value | None = None) -> str:
    """A condition as SQL."""
    if value is None:
        return f"{column}={literal(operator)}"
    return f"contains({column}, {literal(value)})" if operator == "contains" else f"{column} like {literal(value)}"


def literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def choose(parquet: str, groups: bool = True) -> list[Query]:
    """The queries, with values that occur in these rows (those of the peer table wherever they do).

    Without `groups`: none with many groups.
    """
    import random

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
        word = text_word(one, source)
    dice = random.Random(20241101)
    scattered = tuple(sorted(dice.sample(range(rows), min(1000, rows))))
    single = tuple(dice.sample(range(rows), min(20, rows)))
    west = (("region", "West"), ("sex", "Female"), ("party", "Democrat"), ("ideology", "Liberal"))
    return [
        Query("count_demographics", "count, 3 demographic conditions",
              (("region", "South"), ("age", "18-29"), ("sex", "Female")), target=0.10),
        Query("count_topic", "count, 2 demographic conditions and a topic",
              (("region", "South"), ("age", "18-29"), ("topic", topic)), target=0.10),
        Query("count_four", "count, 4 demographic conditions", west, target=0.10),
        Query("distribution", "answers of one question, one group",
              (("wave", wave), ("question_code", code), ("party", "Democrat")), ("answer",), True, target=0.25),
        Query("distributions", "weighted answers of all questions, one group",
              (("sex", "Female"), ("is_refused", False)), ("wave", "question_key", "answer"), True, target=0.40),
        Query("cube", "age x sex x region x party, count and weight", (), ("age", "sex", "region", "party"), True,
              target=0.03),
        Query("topic_age", "topic x age counts", (), ("topic", "age"), target=0.03),
        Query("stream", "stream matching rows, 4 columns",
              (("ideology", "Very liberal"), ("education", "Postgraduate")), columns=STREAM_COLUMNS),
        Query("stream_scattered", "stream scattered matching rows, 4 columns",
              (("region", "West"), ("age", "18-29"), ("religion", religion)), columns=STREAM_COLUMNS),
        Query("lookup", "one respondent's answer to one question",
              (("wave", wave), ("question_key", key), ("respondent_id", person)), columns=STREAM_COLUMNS),
        Query("row", "one random row, 4 columns (per row)", columns=STREAM_COLUMNS, positions=single),
        Query("rows_1000", "1,000 random rows, 4 columns", columns=STREAM_COLUMNS, positions=scattered),
        Query("text_count", "count, text search (LIKE)", (("question", "like", f"%{word}%"),)),
        Query("text_stream", "stream what a text search finds in one group, 4 columns",
              (("question", "contains", word), ("age", "18-29"), ("party", "Democrat")), columns=STREAM_COLUMNS),
        Query("heaviest", "the 100 heaviest answers, 4 columns", columns=STREAM_COLUMNS, heaviest=100),
        Query("distinct", "distinct questions and topics", columns=("question_key", "topic"), distinct=True),
        Query("sample", "a random sample of 1,000 rows, 4 columns", columns=STREAM_COLUMNS, sample=1000),
        *(many_groups() if groups else []),
    ]  # fmt: skip


def many_groups() -> list[Query]:
    """Those with about as many groups or rows as the table has respondents or rows: nothing was aimed at here."""
    person, question = "respondent_id", "question_key"
    return [
        Query("count_distinct", "count(distinct respondent)", measures=(("distinct", person),), target=None),
        Query("median_by_question", "median respondent_id by question", group=(question,),
              measures=(("median", person),), target=None),
        Query("distinct_by_person", "questions by respondent, count(distinct)", group=(person,),
              measures=(("distinct", question),), streamed=True, target=None),
        Query("count_by_both", "count by respondent and question, streamed", group=(person, question), streamed=True,
              target=None),
        Query("order_all", "all rows ordered by weight and question, streamed", columns=("weight", question),
              order=("weight", question), streamed=True, target=None),
    ]  # fmt: skip


def text_word(one, source: str) -> str:
    """A word that some questions have and most have not."""
    if one(f"select 1 from {source} where question like '%economy%' limit 1"):
        return "economy"
    longest = "list_sort(regexp_extract_all(question, '[a-z]{5,}'), 'desc')[1]"
    found = one(f"select {longest} from {source} where question is not null group by 1 order by count(*), 1 limit 1")
    return found[0] or "people"
