"""Compares a lake with the oracle, column by column, through group-bys; and with the reference scores."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from survey_oracle import DEMOGRAPHICS, score_faults

from .lake import Lake, LakeFailure
from .results import rows, same


def compare(lake: Lake, parquet: Path, scores: Path | None, say=print) -> int:
    """Number of comparisons that did not agree."""
    schema = pq.read_schema(parquet)
    have = lake.table("select * from responses limit 1").column_names
    missing = [name for name in schema.names if name not in have]
    extra = [name for name in have if name not in schema.names]
    faults = 0
    if missing or extra:
        say(f"columns differ: the lake lacks {missing or 'none'}, and has besides {extra or 'none'}")
        faults += len(missing)
    names = [name for name in schema.names if name in have]
    checks = [
        [],
        ["wave"],
        ["wave", "question_key"],
        ["wave", "question_key", "answer"],
        ["wave", "question_key", "answer", "answer_code", "is_refused"],
    ]
    checks += [["wave", name] for name in names if name not in ("wave", "question_key", "answer_code", "weight")]
    checks.append(["wave", "respondent_id", *(name for name in DEMOGRAPHICS if name in names)])
    checks.append(["wave", "question_key", "question_code", "question"])
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        connection.execute(f"create view responses as select * from read_parquet('{parquet}')")
        for group in checks:
            if any(name not in names for name in group):
                continue
            faults += one(lake, connection, schema, group, say)
    if scores:
        faults += reference(lake, scores, say)
    say("the lake and the oracle agree" if not faults else f"{faults} comparisons failed")
    return faults


def one(lake: Lake, connection, schema: pa.Schema, group: list[str], say) -> int:
    title = " x ".join(group) or "all rows"
    by = f" group by {', '.join(group)}" if group else ""
    select = ", ".join([*group, "count(*)", "sum(weight)"])
    sql = f"select {select} from responses{by}"
    expected = connection.sql(sql).to_arrow_table()
    kinds = [schema.field(name).type for name in group] + [pa.int64(), pa.float64()]
    try:
        text = lake.rows(sql)
        header = lake.parse(text).column_names
        found = lake.parse(text, dict(zip(header, kinds, strict=True)))
    except (LakeFailure, pa.ArrowInvalid) as failure:
        say(f"FAILED  {title}: {failure}")
        return 1
    difference = same(rows(expected), rows(found))
    say(
        f"{'differs' if difference else 'agrees':<7} {title}: {expected.num_rows:,} groups"
        + (f"; oracle against lake: {difference}" if difference else "")
    )
    return 1 if difference else 0


def reference(lake: Lake, scores: Path, say) -> int:
    """Counts per option exactly and weighted shares to 1e-9, for every question of the reference."""
    table = lake.table(
        "select wave, question_key, answer, count(*), sum(weight) from responses group by wave, question_key, answer"
    )
    cells = zip(*(column.to_pylist() for column in table.columns), strict=True)
    compared, found = score_faults(cells, json.loads(scores.read_text())["questions"])
    for fault in found[:10]:
        say(f"differs {fault}")
    say(f"{compared} questions compared with the reference scores, {len(found)} differ")
    return len(found)
