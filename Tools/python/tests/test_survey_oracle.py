"""The oracle on small files made here, and on the real waves where they are present."""

import json
import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import survey_oracle
from survey_rules import Rules, WaveDetails, find_files

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("ALPHALAKE_DATA") or ROOT.parent / "shared" / "data") / "atp"


def save(path: Path, columns: dict, labels: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pyreadstat.write_sav(pd.DataFrame(columns), str(path), variable_value_labels=labels)


class SmallWaves(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        root = Path(self.folder.name)
        nan = np.nan
        save(
            root / "W7_Sep14" / "ATP W7.sav",
            {
                "QKEY": [11.0, 12.0, 13.0],
                "TRUST_W7": [1.0, 99.0, nan],
                "ODD_W7": [1.0, 2.0, 98.0],
                "OPEN_W7": [5.0, 6.0, 7.0],
                "FORM_W7": [1.0, 1.0, 2.0],
                "F_AGECAT_TYPOLOGY": [1.0, 4.0, 9.0],
                "F_SEX_FINAL": [1.0, 2.0, 3.0],
                "F_CREGION_FINAL": [3.0, 3.0, 4.0],
                "WEIGHT_W7": [0.5, nan, 2.0],
            },
            {
                "TRUST_W7": {1: " Yes", 99: "Refused"},
                "ODD_W7": {1: "Did not refuse", 2: "DK/Ref"},
                "FORM_W7": {1: "A", 2: "B"},
                "F_AGECAT_TYPOLOGY": {1: "18-29", 4: "65+", 9: "Dk/Refused"},
                "F_SEX_FINAL": {1: "Male", 2: "Female", 3: "Other"},
                "F_CREGION_FINAL": {3: "South", 4: "West"},
            },
        )
        (root / "__MACOSX").mkdir()
        (root / "__MACOSX" / "._ATP W7.sav").write_bytes(b"not SPSS")
        self.root, self.out = root, root / "out.parquet"

    def rows(self) -> list[dict]:
        details = WaveDetails(
            [
                {
                    "name": "Wave 7",
                    "start_date": "Sept. 9",
                    "end_date": "Oct. 3, 2014",
                    "Topics": "2014 midterm pre-election",
                    "concept": "politics",
                }
            ]
        )
        catalog = {"W7": {"TRUST": {"question": "Do you trust?", "options": ["Yes", "No"]}}}
        survey_oracle.write([self.root], self.out, catalog, details, Rules())
        return pq.read_table(self.out).to_pylist()

    def test_rows_follow_questions_then_respondents(self) -> None:
        found = [(row["question_key"], row["respondent_id"]) for row in self.rows()]
        self.assertEqual(found, [("TRUST_W7", 11), ("TRUST_W7", 12), ("ODD_W7", 11), ("ODD_W7", 12), ("ODD_W7", 13)])

    def test_labels_stay_as_they_are_and_unlabelled_codes_have_none(self) -> None:
        found = [(row["answer_code"], row["answer"], row["is_refused"]) for row in self.rows()]
        self.assertEqual(
            found,
            [
                (1, " Yes", False),
                (99, "Refused", True),
                (1, "Did not refuse", False),
                (2, "DK/Ref", True),
                (98, None, False),
            ],
        )

    def test_demographics_are_harmonised(self) -> None:
        found = {row["respondent_id"]: (row["age"], row["sex"], row["region"], row["weight"]) for row in self.rows()}
        self.assertEqual(found[11], ("18-29", "Male", "South", 0.5))
        self.assertEqual(found[12], ("65+", "Female", "South", None))
        self.assertEqual(found[13], (None, "Other", "West", 2.0))

    def test_wave_columns(self) -> None:
        first = self.rows()[0]
        self.assertEqual(
            (first["wave"], first["wave_no"], str(first["end_date"]), first["topic"], first["concept"]),
            ("W7", 7.0, "2014-10-03", "2014 midterm pre-election", "politics"),
        )
        self.assertEqual((first["question_code"], first["question"]), ("TRUST", "Do you trust?"))


class Dates(unittest.TestCase):
    def test_a_missing_month_is_the_start_date_s(self) -> None:
        details = WaveDetails([{"name": "Wave 106", "start_date": "Apr. 11", "end_date": "17, 2022"}])
        self.assertEqual(str(details.end_date("W106")), "2022-04-17")
        self.assertIsNone(details.end_date("W1"))


class RealWaves(unittest.TestCase):
    def test_counts_and_weighted_shares_are_the_reference_s(self) -> None:
        if not DATA.exists():
            self.skipTest(f"no survey files under {DATA}")
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "responses.parquet"
            survey_oracle.write([DATA / "waves"], out, {}, WaveDetails([]), Rules())
            compared, faults = survey_oracle.check_scores(out, DATA / "reference_scores.json")
        self.assertEqual(faults, [])
        self.assertEqual(compared, len(json.loads((DATA / "reference_scores.json").read_text())["questions"]))

    def test_of_two_files_of_a_wave_the_larger_is_read(self) -> None:
        if not DATA.exists():
            self.skipTest(f"no survey files under {DATA}")
        self.assertEqual(dict(find_files([DATA / "waves"]))["W60"].name, "black faith all respondents.sav")


if __name__ == "__main__":
    unittest.main()
