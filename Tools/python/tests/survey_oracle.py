"""The `responses` table computed a second time, from the SPSS files alone.

Reads a folder of American Trends Panel `.sav` files with pyreadstat and writes what an import of the same folder must
hold: one row per respondent and answered question, in file order, with the harmonised demographics beside it. It shares
no code with the importer; what the two have in common is the issue's wording and the mapping files under
`Schemas/surveys`, which are data.

    survey_oracle.py PATH... --out responses.parquet [--catalog opinionqa-xl.json] [--waves survey-details.json]
                     [--scores reference_scores.json]

Memory stays at one wave: a wave's columns are dictionary codes until a row group of a million rows is written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
from survey_rules import Rules, WaveDetails, find_files

ROW_GROUP = 1_000_000

TEXT = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("wave", TEXT),
        ("wave_no", pa.float64()),
        ("end_date", pa.date32()),
        ("topic", TEXT),
        ("concept", TEXT),
        ("question_key", TEXT),
        ("question_code", TEXT),
        ("question", TEXT),
        ("answer_code", pa.float64()),
        ("answer", TEXT),
        ("is_refused", pa.bool_()),
        ("weight", pa.float64()),
        ("respondent_id", pa.int64()),
        ("age", TEXT),
        ("sex", TEXT),
        ("education", TEXT),
        ("education_tier", TEXT),
        ("race", TEXT),
        ("region", TEXT),
        ("party", TEXT),
        ("ideology", TEXT),
        ("income", TEXT),
        ("income_tier", TEXT),
        ("religion", TEXT),
    ]
)
QUESTION_TEXT = ("question_key", "question_code", "question", "answer")
DEMOGRAPHICS = SCHEMA.names[13:]


class Codes:
    """Strings in order of arrival, as int32 codes; -1 stands for NULL."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self.index: dict[str, int] = {}

    def code(self, value: str | None) -> int:
        if value is None:
            return -1
        found = self.index.get(value)
        if found is None:
            found = self.index[value] = len(self.values)
            self.values.append(value)
        return found

    def array(self, codes: np.ndarray) -> pa.DictionaryArray:
        indices = pa.array(codes, pa.int32(), mask=codes < 0)
        return pa.DictionaryArray.from_arrays(indices, pa.array(self.values, pa.string()))


def answered(frame, column: str, is_text: bool) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of the respondents who have a value, and the values."""
    raw = frame[column].to_numpy()
    if is_text:
        kept = np.array([value is not None and value == value and value != "" for value in raw], bool)
    else:
        raw = raw.astype(np.float64)
        kept = ~np.isnan(raw)
    rows = np.flatnonzero(kept)
    return rows, raw[rows]


def demographics(frame, labels: dict, wave: str, rules: Rules) -> dict[str, tuple[Codes, np.ndarray]]:
    """Per factor, one code per respondent."""
    names = [name for name in frame.columns if name in labels]
    people: dict[str, tuple[Codes, np.ndarray]] = {}
    # Factors that are derived from others come last.
    for factor in sorted(DEMOGRAPHICS, key=lambda name: rules.derived(name) is not None):
        codes, out = Codes(), np.full(len(frame), -1, np.int32)
        column, source = rules.column(factor, names, wave), rules.derived(factor)
        if column is not None:
            raw = frame[column].to_numpy().astype(np.float64)
            for value, label in labels[column].items():
                out[raw == value] = codes.code(rules.value(factor, label))
        elif source is not None:
            from_codes, from_out = people[source["from"]]
            for number, label in enumerate(from_codes.values):
                out[from_out == number] = codes.code(rules.listed(source["values"], label))
        people[factor] = (codes, out)
    return people


@dataclass
class Answers:
    """The rows of one wave as they gather, question by question; text as codes.

    Answers coded as text are numbered in the order of their codes.
    """

    wave: str
    catalog: dict
    rules: Rules
    questions: int = 0
    texts: dict[str, Codes] = field(default_factory=lambda: {name: Codes() for name in QUESTION_TEXT})
    parts: dict[str, list[np.ndarray]] = field(default_factory=lambda: defaultdict(list))

    def add(self, column: str, title: str | None, labels: dict, rows: np.ndarray, values: np.ndarray) -> None:
        code, text = self.rules.question(column, self.wave, self.catalog, title)
        is_text = values.dtype == object
        distinct, inverse = np.unique(values.astype(str) if is_text else values, return_inverse=True)
        names = [labels.get(value if is_text else float(value)) for value in distinct]
        answers = np.array([self.texts["answer"].code(name) for name in names], np.int32)
        refused = np.array([self.rules.is_refused(name) for name in names], bool)
        for name, value in (("question_key", column), ("question_code", code), ("question", text)):
            self.parts[name].append(np.full(len(rows), self.texts[name].code(value), np.int32))
        self.parts["row"].append(rows.astype(np.int32))
        numbers = {value: number for number, value in enumerate(sorted(labels), 1)} if is_text else {}
        codes = np.array([numbers.get(value, np.nan) if is_text else float(value) for value in distinct])
        self.parts["answer_code"].append(codes[inverse])
        self.parts["answer"].append(answers[inverse])
        self.parts["is_refused"].append(refused[inverse])
        self.questions += 1


def wave_table(path: Path, wave: str, rules: Rules, catalog: dict, details: WaveDetails) -> tuple[pa.Table, dict]:
    """All rows of one file."""
    frame, meta = pyreadstat.read_sav(str(path), user_missing=True, disable_datetime_conversion=True)
    names = list(meta.column_names)
    gathered = Answers(wave, catalog, rules)
    for column in rules.questions(names, wave):
        labels = meta.variable_value_labels.get(column)
        if labels is None:
            continue
        rows, values = answered(frame, column, meta.original_variable_types[column].startswith("A"))
        if len(rows):
            gathered.add(column, meta.column_names_to_labels.get(column), labels, rows, values)
    joined = {name: np.concatenate(chunks) for name, chunks in gathered.parts.items()}
    row, count = joined["row"], len(joined["row"])

    columns = {
        "wave": repeated(wave, count, TEXT),
        "wave_no": repeated(float(wave[1:]), count, pa.float64()),
        "end_date": repeated(details.end_date(wave), count, pa.date32()),
        "topic": repeated(details.topic(wave), count, TEXT),
        "concept": repeated(details.concept(wave), count, TEXT),
        "answer_code": nullable(joined["answer_code"]),
        "is_refused": pa.array(joined["is_refused"]),
        "weight": nullable(frame[rules.weight(names, wave)].to_numpy().astype(np.float64)[row]),
        "respondent_id": pa.array(frame[rules.respondent(names, wave)].to_numpy().astype(np.int64)[row]),
    }
    for name in QUESTION_TEXT:
        columns[name] = gathered.texts[name].array(joined[name])
    for factor, (codes, out) in demographics(frame, meta.variable_value_labels, wave, rules).items():
        columns[factor] = codes.array(out[row])
    report = {
        "wave": wave,
        "file": path.name,
        "respondents": len(frame),
        "questions": gathered.questions,
        "rows": count,
    }
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA), report


def repeated(value, count: int, kind: pa.DataType) -> pa.Array:
    """One value in every row."""
    if kind == TEXT:
        codes = Codes()
        return codes.array(np.full(count, codes.code(value), np.int32))
    return pa.array([value], kind).take(pa.array(np.zeros(count, np.int32)))


def nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def write(paths: list[Path], out: Path, catalog: dict, details: WaveDetails, rules: Rules) -> list[dict]:
    """Writes the table, waves in order; returns one report per wave."""
    reports, pending = [], None
    with pq.ParquetWriter(out, SCHEMA, compression="zstd", store_schema=False) as writer:
        for wave, path in find_files(paths):
            table, report = wave_table(path, wave, rules, catalog, details)
            reports.append(report)
            line = "{wave:>6}  {respondents:>7,} respondents  {questions:>4} questions  {rows:>10,} rows"
            print(line.format(**report), file=sys.stderr)
            pending = table if pending is None else pa.concat_tables([pending, table]).unify_dictionaries()
            while pending.num_rows >= ROW_GROUP:
                writer.write_table(pending.slice(0, ROW_GROUP), row_group_size=ROW_GROUP)
                pending = pending.slice(ROW_GROUP).combine_chunks()
        if pending is not None and pending.num_rows:
            writer.write_table(pending, row_group_size=ROW_GROUP)
    return reports


def score_faults(cells, questions: list[dict]) -> tuple[int, list[str]]:
    """Counts and weighted shares per question beside the reference's.

    `cells` are (wave, column, answer, count, weight).

    Returns the number of questions compared, and what differs.
    """
    found: dict[tuple[str, str], dict[str, tuple[int, float]]] = {}
    for wave, key, answer, count, weight in cells:
        found.setdefault((wave, key), {})[answer] = (count, weight or 0.0)
    faults = []
    for question in questions:
        place = f"{question['wave']} {question['column']}"
        # A column without value labels has no rows; its options were never chosen.
        have = found.get((question["wave"], question["column"]), {})
        got = [have.get(option, (0, 0.0)) for option in question["options"]]
        if [count for count, _ in got] != question["counts"]:
            faults.append(f"{place}: counts {[count for count, _ in got]} expected {question['counts']}")
        if question["weighted_shares"] is None:
            continue
        total = sum(weight for _, weight in got)
        shares = [weight / total if total else 0.0 for _, weight in got]
        if any(abs(a - b) > 1e-9 for a, b in zip(shares, question["weighted_shares"], strict=True)):
            faults.append(f"{place}: shares {shares} expected {question['weighted_shares']}")
    return len(questions), faults


def check_scores(out: Path, scores: Path) -> tuple[int, list[str]]:
    """`score_faults` of a Parquet file that `write` made."""
    table = pq.read_table(out, columns=["wave", "question_key", "answer", "weight"])
    totals = table.group_by(["wave", "question_key", "answer"]).aggregate([([], "count_all"), ("weight", "sum")])
    cells = zip(*(column.to_pylist() for column in totals.columns), strict=True)
    return score_faults(cells, json.loads(scores.read_text())["questions"])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--catalog", type=Path)
    parser.add_argument("--waves", type=Path)
    parser.add_argument("--scores", type=Path, help="reference scores to compare with")
    options = parser.parse_args(arguments)
    catalog = json.loads(options.catalog.read_text()) if options.catalog else {}
    details = WaveDetails(json.loads(options.waves.read_text()) if options.waves else [])
    reports = write(options.path, options.out, catalog, details, Rules())
    print(
        f"{sum(r['rows'] for r in reports):,} rows of {sum(r['respondents'] for r in reports):,} respondents, "
        f"{options.out.stat().st_size:,} bytes",
        file=sys.stderr,
    )
    if options.scores:
        compared, faults = check_scores(options.out, options.scores)
        for fault in faults[:20]:
            print(fault, file=sys.stderr)
        print(f"{compared} questions compared with the reference, {len(faults)} faults", file=sys.stderr)
        return 1 if faults else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
