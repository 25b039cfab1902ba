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
        ("wave", TEXT), ("wave_no", pa.float64()), ("end_date", pa.date32()), ("topic", TEXT), ("concept", TEXT),
        ("question_key", TEXT), ("question_code", TEXT), ("question", TEXT), ("answer_code", pa.float64()),
        ("answer", TEXT), ("is_refused", pa.bool_()), ("weight", pa.float64()), ("respondent_id", pa.int64()),
        ("age", TEXT), ("sex", TEXT), ("education", TEXT), ("education_tier", TEXT), ("race", TEXT), ("region", TEXT),
        ("party", TEXT), ("ideology", TEXT), ("income", TEXT), ("income_tier", TEXT), ("religion", TEXT),
    ]
)
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


def number_of(value) -> float:
    """A code as a number; a text code that is none stays in its answer only."""
    try:
        return float(value)
    except ValueError:
        return float("nan")


def wave_table(path: Path, wave: str, rules: Rules, catalog: dict, details: WaveDetails) -> tuple[pa.Table, dict]:
    """All rows of one file."""
    frame, meta = pyreadstat.read_sav(str(path), user_missing=True, disable_datetime_conversion=True)
    labels = meta.variable_value_labels
    names = list(meta.column_names)
    key_column, weight_column = rules.respondent(names, wave), rules.weight(names, wave)
    respondents = frame[key_column].to_numpy().astype(np.int64)
    weights = frame[weight_column].to_numpy().astype(np.float64)

    labelled = [name for name in names if name in labels]
    people: dict[str, tuple[Codes, np.ndarray]] = {}
    for factor in sorted(DEMOGRAPHICS, key=lambda name: rules.derived(name) is not None):  # what others derive from first
        codes, out = Codes(), np.full(len(frame), -1, np.int32)
        column, source = rules.column(factor, labelled, wave), rules.derived(factor)
        if column is not None:
            raw = frame[column].to_numpy().astype(np.float64)
            for value, label in labels[column].items():
                name = rules.value(factor, label)
                if name is not None:
                    out[raw == value] = codes.code(name)
        elif source is not None:
            from_codes, from_out = people[source["from"]]
            for number, label in enumerate(from_codes.values):
                name = rules.listed(source["values"], label)
                if name is not None:
                    out[from_out == number] = codes.code(name)
        people[factor] = (codes, out)

    answers, questions, keys, question_codes = Codes(), Codes(), Codes(), Codes()
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("row", "key", "code", "text", "value", "answer", "no")}
    report = {"wave": wave, "file": path.name, "respondents": len(frame), "questions": 0, "rows": 0}
    for column in rules.questions(names, wave):
        if column not in labels:
            continue
        is_text = meta.original_variable_types[column].startswith("A")
        rows, values = answered(frame, column, is_text)
        if not len(rows):
            continue
        code = rules.question_code(column, wave, catalog.get(wave, {}))
        text = catalog.get(wave, {}).get(code, {}).get("question") or meta.column_names_to_labels.get(column) or None
        distinct, inverse = np.unique(values.astype(str) if is_text else values, return_inverse=True)
        known = {str(k) if is_text else float(k): v for k, v in labels[column].items()}
        answer = np.array([answers.code(known.get(v if is_text else float(v))) for v in distinct], np.int32)
        refused = np.array([rules.is_refused(known.get(v if is_text else float(v))) for v in distinct], bool)
        number = np.array([number_of(v) for v in distinct], np.float64)
        fill = lambda name, value, kind=np.int32: parts[name].append(np.full(len(rows), value, kind))
        parts["row"].append(rows.astype(np.int32))
        fill("key", keys.code(column))
        fill("code", question_codes.code(code))
        fill("text", questions.code(text))
        parts["value"].append(number[inverse])
        parts["answer"].append(answer[inverse])
        parts["no"].append(refused[inverse])
        report["questions"] += 1
    joined = {name: np.concatenate(chunks) for name, chunks in parts.items()}
    row, count = joined["row"], len(joined["row"])
    report["rows"] = count

    def constant(value, kind):
        if kind == TEXT:
            codes = Codes()
            return codes.array(np.full(count, codes.code(value), np.int32))
        return pa.array([value], kind).take(pa.array(np.zeros(count, np.int32)))

    columns = {
        "wave": constant(wave, TEXT),
        "wave_no": constant(float(wave[1:]), pa.float64()),
        "end_date": constant(details.end_date(wave), pa.date32()),
        "topic": constant(details.topic(wave), TEXT),
        "concept": constant(details.concept(wave), TEXT),
        "question_key": keys.array(joined["key"]),
        "question_code": question_codes.array(joined["code"]),
        "question": questions.array(joined["text"]),
        "answer_code": pa.array(joined["value"], mask=np.isnan(joined["value"])),
        "answer": answers.array(joined["answer"]),
        "is_refused": pa.array(joined["no"]),
        "weight": pa.array(weights[row], mask=np.isnan(weights[row])),
        "respondent_id": pa.array(respondents[row]),
    }
    for factor, (codes, out) in people.items():
        columns[factor] = codes.array(out[row])
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA), report


def write(paths: list[Path], out: Path, catalog: dict, details: WaveDetails, rules: Rules) -> list[dict]:
    """Writes the table, waves in order; returns one report per wave."""
    reports, pending = [], None
    with pq.ParquetWriter(out, SCHEMA, compression="zstd", store_schema=False) as writer:
        for wave, path in find_files(paths):
            table, report = wave_table(path, wave, rules, catalog, details)
            reports.append(report)
            print("{wave:>6}  {respondents:>7,} respondents  {questions:>4} questions  {rows:>10,} rows".format(**report),
                  file=sys.stderr)
            pending = table if pending is None else pa.concat_tables([pending, table]).unify_dictionaries()
            while pending.num_rows >= ROW_GROUP:
                writer.write_table(pending.slice(0, ROW_GROUP), row_group_size=ROW_GROUP)
                pending = pending.slice(ROW_GROUP).combine_chunks()
        if pending is not None and pending.num_rows:
            writer.write_table(pending, row_group_size=ROW_GROUP)
    return reports


def score_faults(cells, questions: list[dict]) -> tuple[int, list[str]]:
    """Counts and weighted shares per question beside the reference's; `cells` are (wave, column, answer, count, weight).

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
        if any(abs(a - b) > 1e-9 for a, b in zip(shares, question["weighted_shares"])):
            faults.append(f"{place}: shares {shares} expected {question['weighted_shares']}")
    return len(questions), faults


def check_scores(out: Path, scores: Path) -> tuple[int, list[str]]:
    """`score_faults` of a Parquet file that `write` made."""
    table = pq.read_table(out, columns=["wave", "question_key", "answer", "weight"])
    totals = table.group_by(["wave", "question_key", "answer"]).aggregate([([], "count_all"), ("weight", "sum")])
    cells = zip(*(column.to_pylist() for column in totals.columns))
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
    print(f"{sum(r['rows'] for r in reports):,} rows of {sum(r['respondents'] for r in reports):,} respondents, "
          f"{options.out.stat().st_size:,} bytes", file=sys.stderr)
    if options.scores:
        compared, faults = check_scores(options.out, options.scores)
        for fault in faults[:20]:
            print(fault, file=sys.stderr)
        print(f"{compared} questions compared with the reference, {len(faults)} faults", file=sys.stderr)
        return 1 if faults else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
