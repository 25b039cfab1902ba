"""Bodies of ads as words: how similar two are, and how far apart."""

from __future__ import annotations

import json
import re
from collections import Counter
from fractions import Fraction

import numpy as np
from ads_measures import SCHEMAS

# Ends in something other than the punctuation that follows a URL in a sentence.
URL = re.compile(r"""(?:https?://|(?<![0-9a-z])www\.)\S*[^\s.,;:!?)\]"']""", re.IGNORECASE)
WORD = re.compile("[0-9A-Za-z\u0080-\u1fff\u2070-\U0010ffff]+")
LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def body_of(frames: list[str]) -> str:
    """The frames without repeats, a line each, URLs replaced."""
    return URL.sub("[URL]", "\n".join(dict.fromkeys(frames)).strip())


def words(text: str) -> list[str]:
    """Runs of letters and digits; ASCII letters in lower case."""
    return [word.translate(LOWER) for word in WORD.findall(text)]


def stop_words() -> set[str]:
    """The words that similarity leaves out."""
    found = json.loads((SCHEMAS / "stopwords.json").read_text(encoding="utf-8"))
    return set(found["words"])


class Bodies:
    """Texts by number; what they have in common is found once per pair."""

    def __init__(self, texts: list[str], stop: set[str], above: str, below: str) -> None:
        self.number = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        self.words = [words(text) for text in self.number]
        self.similar = self._similar(stop, Fraction(above) ** 2, Fraction(below) ** 2)
        self._distances: dict[tuple[int, int], int] = {}

    def _similar(self, stop: set[str], above: Fraction, below: Fraction) -> list[list[bool]]:
        """Whether the cosine of two bodies' word counts lies between the bounds, squared and in whole numbers."""
        counts = [Counter(word for word in text if word not in stop) for text in self.words]
        place: dict[str, int] = {}
        for count in counts:
            for word in count:
                place.setdefault(word, len(place))
        matrix = np.zeros((len(counts), len(place)), np.int64)
        for row, count in enumerate(counts):
            for word, times in count.items():
                matrix[row, place[word]] = times
        dots = matrix @ matrix.T
        squares = np.diag(dots)
        product = squares[:, None] * squares[None, :]
        over = dots * dots * above.denominator > above.numerator * product
        under = dots * dots * below.denominator < below.numerator * product
        found: list[list[bool]] = (over & under).tolist()
        return found

    def distance(self, a: int, b: int) -> int:
        """The Levenshtein distance of two bodies in words."""
        pair = (a, b) if a < b else (b, a)
        if pair not in self._distances:
            self._distances[pair] = levenshtein(self.words[a], self.words[b])
        return self._distances[pair]


def levenshtein(a: list[str], b: list[str]) -> int:
    """Insertions, deletions and replacements of words that make `b` of `a`: the full table, a row at a time."""
    place: dict[str, int] = {}
    codes = np.array([place.setdefault(word, len(place)) for word in b], np.int64)
    steps = np.arange(len(b) + 1)
    row = steps.copy()
    for word in a:
        best = row + 1
        best[1:] = np.minimum(best[1:], row[:-1] + (codes != place.get(word, -1)))
        # An insertion costs one more than the cell to the left, however far left.
        row = np.minimum.accumulate(best - steps) + steps
    return int(row[-1])
