"""What the oracle takes a survey's columns and labels to mean: written from the issue and the labels themselves."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

DROPPED = re.compile(r"^(NEW_)?DEVICE_TYPE|^LANG(UAGE)?(_W|$)|^FORM(_W|$)|^XTABLET", re.I)
W60_PEOPLE = set(
    "BLACK SAMPLE LANGUAGE REGION DIVISION METRO VOLSUM SEX AGECAT GENERATIONS EDUCCAT2 RELIGMOD RACETHN ATTEND "
    "MARITAL INCOME PARTYSUM_FINAL IDEO CITIZEN REG ACS_WEB".split()
)
# Per factor, the columns that can carry it, best first; `{w}` is the wave. A suffix _FINAL, _TYPOLOGY or _RECRUITMENT
# may follow any of them.
COLUMNS = {
    "age": ["F_AGECAT", "AGECAT"],
    "sex": ["F_SEX", "F_GENDER", "SEX"],
    "education": ["F_EDUCCAT2", "EDUCCAT2"],
    "education3": ["F_EDUCCAT"],
    "race": ["F_RACETHNMOD", "RACETHNMOD_{w}", "F_RACETHN", "RACETHN"],
    "region": ["F_CREGION", "REGION"],
    "party": ["F_PARTY", "PARTY_{w}"],
    "ideology": ["F_IDEO", "IDEO"],
    "income": ["F_INCOME", "F_INC_SDT1", "INC_SDT1_{w}", "INCOME"],
    "income3": ["F_INCOME_RECODE", "F_INC_TIER2", "INC_TIER2_{w}"],
    "religion": ["F_RELIG", "RELIGMOD"],
}
SUFFIXES = ["", "_FINAL", "_TYPOLOGY", "_RECRUITMENT"]
REFUSED = re.compile(
    r"^(refused\b.*|dk/ref\b.*|dk/refused\b.*|don't know/\s*(no answer|ref).*|no answer|not answered.*|dk-ref.*)$"
)
VALUES = {
    "sex": {"male": "Male", "female": "Female", "a man": "Male", "a woman": "Female", "in some other way": "Other",
            "other": "Other"},
    "education": {
        "less than high school": "Less than high school", "high school graduate": "High school graduate",
        "high school diploma": "High school graduate", "some college, no degree": "Some college, no degree",
        "some college credit, but no degree": "Some college, no degree", "associate's degree": "Associate's degree",
        "associate's degree (for example: aa, as)": "Associate's degree",
        "college graduate/some post grad": "College graduate/some postgrad",
        "college graduate/some postgrad": "College graduate/some postgrad",
        "bachelor's degree (for example: ba, bs)": "College graduate/some postgrad",
        "postgraduate": "Postgraduate", "post graduate degree": "Postgraduate",
    },
    "education3": {"college graduate+": "College graduate+", "some college": "Some college",
                   "h.s. graduate or less": "H.S. graduate or less"},
    "race": {
        "white non-hispanic": "White", "black non-hispanic": "Black", "hispanic": "Hispanic", "other": "Other",
        "asian non-hispanic": "Asian", "single race white, non-hispanic": "White",
        "single race black, non-hispanic": "Black", "other, non-hispanic": "Other",
    },
    "party": {"republican": "Republican", "democrat": "Democrat", "independent": "Independent",
              "something else": "Something else", "(vol) no preference": "Something else",
              "(vol) other party": "Something else"},
}
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def plain(label: str) -> str:
    """A label in lower case with straight apostrophes and single spaces, to compare with."""
    return " ".join(str(label).replace("’", "'").replace("~", " ").lower().split())


class Rules:
    def column(self, factor: str, names: list[str], wave: str) -> str | None:
        have = set(names)
        for stem in COLUMNS[factor]:
            for suffix in SUFFIXES:
                if (name := stem.format(w=wave) + suffix) in have:
                    return name
        return None

    def value(self, factor: str, label: str) -> str | None:
        text = plain(label)
        if self.is_refused(None, label) or re.search(r"refused|dk/ref|not answered|don't know", text):
            return None
        if factor in VALUES:
            return VALUES[factor].get(text)
        return str(label).replace(" [OR]", "").strip()

    def is_refused(self, code, label: str | None) -> bool:
        if label is None:
            return False
        text = re.sub(r"^\(vol\.?\)\s*", "", plain(label))
        return bool(REFUSED.match(text))

    def number(self, value) -> float:
        try:
            return float(value)
        except ValueError:
            return float("nan")

    def respondent(self, names: list[str], wave: str) -> str:
        return next(name for name in ("QKEY", "CASEID") if name in names)

    def weight(self, names: list[str], wave: str) -> str:
        for name in (f"WEIGHT_{wave}", "MAINWEIGHT", f"WEIGHT_FORM_{wave}", f"WEIGHT_{wave}_SOCIALMEDIA", "DIARYWEIGHT", "WEIGHT"):
            if name in names:
                return name
        raise KeyError(f"{wave}: no weight column")

    def is_question(self, column: str, wave: str) -> bool:
        if column.startswith("F_") or DROPPED.search(column):
            return False
        return not (wave == "W60" and column in W60_PEOPLE)

    def question_code(self, column: str, wave: str, catalog: dict) -> str | None:
        for code in (column.removesuffix("_" + wave), column, column.removesuffix("_TEST")):
            if code in catalog:
                return code
        return None


class WaveDetails:
    """Topics and dates per wave, from the published list."""

    def __init__(self, entries: list[dict]) -> None:
        self.entries = {"W" + entry["name"].split()[-1]: entry for entry in entries}

    def _text(self, wave: str, name: str) -> str | None:
        return (self.entries.get(wave, {}).get(name) or "").strip() or None

    def topic(self, wave: str) -> str | None:
        return self._text(wave, "Topics")

    def concept(self, wave: str) -> str | None:
        return self._text(wave, "concept")

    def end_date(self, wave: str) -> datetime.date | None:
        text = self._text(wave, "end_date")
        if text is None:
            return None
        found = re.match(r"^([A-Za-z]+)[.,]*\s+(\d+),\s*(\d{4})$", text)
        if found is None:  # W106 ends "17, 2022": the month is the start date's
            month = re.match(r"^([A-Za-z]+)", self._text(wave, "start_date") or "")
            found = re.match(r"^(\w+)[.,]*\s+(\d+),\s*(\d{4})$", f"{month.group(1) if month else ''} {text}")
        if found is None or found.group(1)[:3].lower() not in MONTHS:
            return None
        return datetime.date(int(found.group(3)), MONTHS.index(found.group(1)[:3].lower()) + 1, int(found.group(2)))


def find_files(paths: list[Path]) -> list[tuple[str, Path]]:
    """The `.sav` files under the paths with their waves, in wave order; of two files of one wave the larger."""
    found: dict[str, Path] = {}
    for path in paths:
        for file in sorted(path.rglob("*.sav")) if path.is_dir() else [path]:
            if file.name.startswith("._") or "__MACOSX" in file.parts:
                continue
            name = re.search(r"W(\d+(?:\.\d+)?)", file.stem) or re.search(r"W(\d+(?:\.\d+)?)_", str(file))
            if name is None:
                continue
            wave = "W" + name.group(1)
            if wave not in found or file.stat().st_size > found[wave].stat().st_size:
                found[wave] = file
    return sorted(found.items(), key=lambda item: float(item[0][1:]))
