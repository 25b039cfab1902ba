"""An imported lake, read by the independent reader, holds what the oracle makes of the same files."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import survey_lake
import survey_oracle

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Tools"))

from benchmarks.lake import find_binary  # noqa: E402

BINARY = find_binary(ROOT, "release", "debug")
DATA = Path(os.environ.get("ALPHALAKE_DATA") or ROOT.parent / "shared" / "data") / "atp"


@unittest.skipIf(BINARY is None, "no .build/release/alphalake nor .build/debug/alphalake (ALPHALAKE_BINARY)")
class Imports(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_lake(self, *arguments: object) -> None:
        done = subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def compare(self, waves: Path, catalog: Path, details: Path) -> None:
        lake, out = self.folder / "lake", self.folder / "responses.parquet"
        described = ["--catalog", str(catalog), "--waves", str(details)]
        self.run_lake("init", lake)
        self.run_lake("import", "survey", lake, waves, *described)
        self.assertEqual(survey_oracle.main([str(waves), "--out", str(out), *described]), 0)
        self.assertEqual(survey_lake.differences(lake, out), [])

    def test_generated_waves(self) -> None:
        made = self.folder / "made"
        self.run_lake("generate", "surveys", made)
        self.compare(made / "waves", made / "catalog.json", made / "survey-details.json")

    def test_real_waves(self) -> None:
        if not DATA.exists():
            self.skipTest(f"no survey files under {DATA}")
        self.compare(DATA / "waves", DATA / "opinionqa-xl.json", DATA / "survey-details.json")


if __name__ == "__main__":
    unittest.main()
