"""Keywords of texts, chosen by the vectors of a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from alphalake._vectors import Encoder, encode

if TYPE_CHECKING:
    from alphalake._vectors import Matrix

_KEYWORDS = 5
# How much a keyword's difference from those chosen before counts beside its nearness to the text.
_DIVERSITY = 0.5
# Candidates that a text has at most: the first of them.
_CANDIDATES = 1_000
_TOKEN = re.compile(r"\[URL\]|[^\W_]+(?:['\u2019&-][^\W_]+)*|[^\w\s]|\n")
_SMALL = (
    "a about after again all also am an and any are as at be been before being but by can could did do does don't for "
    "from get had has have he her here him his how i if in into is it it's its just let let's like may me more most "
    "must my no nor not now of off on once one only or other our out over own s she should so some such t than that "
    "the their them then there these they this those through to too under until up us very via was we were what when "
    "where which while who whom why will with would you your"
)
_STOP = frozenset(_SMALL.split())


def keywords(encoder: Encoder, texts: list[str], vectors: Matrix, batch_size: int) -> list[list[str]]:
    """The keywords of each text, the best first: as KeyBERT chooses them, by maximal marginal relevance.

    Args:
        encoder: what made the vectors; it gets the words.
        texts: some texts.
        vectors: a row for each.
        batch_size: how many words the encoder gets at a time.
    """
    found = [list(candidates(text)) for text in texts]
    place = {word: number for number, word in enumerate(dict.fromkeys(word for words in found for word in words))}
    if not place:
        return [[] for _ in texts]
    units = _unit(encode(encoder, list(place), batch_size, vectors.shape[1], "the texts"))
    chosen = []
    for words, text in zip(found, _unit(vectors), strict=True):
        best = marginal(text, units[[place[word] for word in words]]) if words else []
        chosen.append([words[number] for number in best])
    return chosen


def candidates(text: str) -> Iterator[str]:
    """Words that say something, and pairs of them that stand side by side, each once, in the order of the text.

    Small letters throughout. What says nothing is known of English; of other languages such words come too.
    """
    before, seen = "", set()
    for match in _TOKEN.finditer(text):
        word = match.group().lower().replace("\u2019", "'")
        if not word[0].isalnum() or len(word) < 2 or word in _STOP:
            before = ""
            continue
        for candidate in (word, f"{before} {word}") if before and before != word else (word,):
            if candidate not in seen and not candidate.isdecimal():
                seen.add(candidate)
                yield candidate
                if len(seen) == _CANDIDATES:
                    return
        before = word


def marginal(text: Matrix, words: Matrix) -> list[int]:
    """Places of words that are near the text and far from each other; of equals the first.

    Args:
        text: its vector, of length one.
        words: a vector of length one for each.
    """
    import numpy as np

    near = words @ text
    chosen = [int(near.argmax())]
    nearest = words @ words[chosen[0]]
    while len(chosen) < min(_KEYWORDS, len(words)):
        gain = (1 - _DIVERSITY) * near - _DIVERSITY * nearest
        gain[chosen] = -np.inf
        chosen.append(int(gain.argmax()))
        nearest = np.maximum(nearest, words @ words[chosen[-1]])
    return chosen


def _unit(vectors: Matrix) -> Matrix:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    units: Matrix = vectors / lengths
    return units
