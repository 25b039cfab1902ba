"""What the oracle takes a survey's columns and labels to mean: the mapping file, read from its own words."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
MAPPING = Path(__file__).resolve().parents[3] / "Schemas" / "surveys" / "harmonisation.json"


class Rules:
    """The mapping file, applied to one file's columns and labels as its own `about` says."""

    def __init__(self, mapping: dict | None = None) -> None:
        self.mapping = json.loads(MAPPING.read_text()) if mapping is None else mapping
        self.factors = {factor["name"]: factor for factor in self.mapping["factors"]}

    def plain(self, label: str) -> str:
        """A label as the mapping compares it."""
        text = str(label).lower().translate(str.maketrans({"’": "'", "‘": "'", "“": "", "”": "", '"': "", "~": ""}))
        for aside in self.mapping["asides"]:
            text = text.replace(aside, "")
        return " ".join(text.split())

    def parts(self, label: str) -> list[str]:
        text = self.plain(label)
        for separator in self.mapping["refusals"]["separators"]:
            text = text.replace(separator, "\n")
        return [self.plain(label), *(part.strip() for part in text.split("\n"))]

    def is_refused(self, label: str | None) -> bool:
        if label is None:
            return False
        refusals = self.mapping["refusals"]
        return any(part in refusals["equal"] or part.startswith(tuple(refusals["begin"])) for part in self.parts(label))

    def is_absent(self, label: str) -> bool:
        return self.is_refused(label) or any(part in self.mapping["absent"] for part in self.parts(label))

    def first(self, patterns: list[str], names: list[str], wave: str) -> str | None:
        """The first column that a pattern names."""
        for pattern in patterns:
            for suffix in self.mapping["suffixes"] if "{final}" in pattern else [""]:
                for spelling in spellings(wave) if "{wave}" in pattern else [""]:
                    text = pattern.replace("{final}", suffix).replace("{wave}", spelling)
                    for name in names:
                        if matches(text, name) and not ("*" in text and foreign(name, wave)):
                            return name
        return None

    def special(self, wave: str) -> dict:
        return self.mapping["waves"].get(wave, {})

    def column(self, factor: str, names: list[str], wave: str) -> str | None:
        """The column that carries a factor; an empty list for the wave says that there is none."""
        own = self.special(wave).get("factors", {}).get(factor)
        if own == []:
            return None
        return self.first([*(own or []), *self.factors[factor]["columns"]], names, wave)

    def value(self, factor: str, label: str) -> str | None:
        if self.is_absent(label):
            return None
        known = self.factors[factor]
        if known.get("as_published"):
            return str(label)
        return self.listed(known["values"], label)

    def derived(self, factor: str) -> dict | None:
        return self.factors[factor].get("derived")

    def listed(self, values: list[dict], label: str) -> str | None:
        text = self.plain(label)
        return next((entry["value"] for entry in values if text in map(self.plain, entry["labels"])), None)

    def respondent(self, names: list[str], wave: str) -> str:
        return self.required("respondent_id", names, wave)

    def weight(self, names: list[str], wave: str) -> str:
        return self.required("weight", names, wave)

    def required(self, what: str, names: list[str], wave: str) -> str:
        found = self.first([*self.special(wave).get(what, []), *self.mapping[what]], names, wave)
        if found is None:
            raise KeyError(f"{wave}: no column for {what}")
        return found

    def questions(self, names: list[str], wave: str) -> list[str]:
        """The columns that hold answers: not the panel's profile, how the interview went, nor a factor's own column.

        A factor that was asked in the wave itself (the column bears its name) is an answer as well.
        """
        apart = [*self.mapping["profile"], *self.mapping["paradata"], *self.special(wave).get("profile", [])]
        taken = {self.respondent(names, wave), self.weight(names, wave)}
        for factor in self.factors:
            column = self.column(factor, names, wave)
            if column and not any(column.upper().endswith("_" + s.upper()) for s in spellings(wave)):
                taken.add(column)
        texts = [pattern.replace("{wave}", spelling) for pattern in apart for spelling in spellings(wave)]
        return [name for name in names if name not in taken and not any(matches(text, name) for text in texts)]

    def question(self, column: str, wave: str, catalog: dict, title: str | None) -> tuple[str, str | None]:
        """A column's question code and text: the catalog's where it knows the column, else from the file itself.

        A column repeated from another wave bears that wave's name and is looked up there; a diary repeats a question
        once per entry (`Q2C_1`, `Q2C_2` ...).
        """
        own = catalog.get(wave, {})
        bare = re.sub(rf"^(.*)_{re.escape(wave)}(?=_|$)", r"\1", column, flags=re.I)  # the last mention of the wave
        for code in (column.removesuffix("_" + wave), column, column.removesuffix("_TEST"), bare):
            if code in own:
                return code, own[code]["question"]
        if other := re.search(r"_(W\d+(?:\.\d+)?)$", column):
            code = column[: other.start()]
            if code in catalog.get(other.group(1), {}):
                return code, catalog[other.group(1)][code]["question"]
        code = re.sub(r"_\d+$", "", bare)
        if code in own:
            return code, own[code]["question"]
        return bare, title or None


def spellings(wave: str) -> list[str]:
    return list(dict.fromkeys([wave, wave.replace(".", "_"), wave.replace(".", "")]))


def matches(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.I) is not None


def foreign(name: str, wave: str) -> bool:
    """Whether a column bears the name of another wave."""
    own = [spelling.upper() for spelling in spellings(wave)]
    return any(token not in own for token in re.findall(r"W\d+(?:[._]\d)?(?=_|$|W)", name.upper()))


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
