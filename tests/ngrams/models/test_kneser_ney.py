"""Both Kneser–Ney models against `nltk.lm` and against a slow version in exact fractions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.lm import KneserNeyInterpolated

from charnn.ngrams.model import fitting
from tests.ngrams.models.nltk_models import IDS, SYMBOLS, ngrams_and_others, scores, trained

V = 4
CONTEXTS = st.lists(st.integers(0, V - 1), max_size=6).map(lambda ids: np.array(ids, dtype=np.int64))


@pytest.mark.parametrize("discount", [0.1, 0.75])
@pytest.mark.parametrize("order", [2, 3, 4])
def test_kneser_ney_agrees_with_nltk(order: int, discount: float) -> None:
    """nltk does not discount single symbols, and gives unseen ones probability 0.

    Chen & Goodman (1999, section 4.1.6) interpolate them with 1/V like any other order. With their base, nltk's
    recursion is the book's, with one exception. If a context was seen but never with anything before it (it
    begins the text, and occurs nowhere else), its continuation counts are all 0, and nltk divides by zero. The
    contexts that are compared have something before them.
    """
    ids = np.concatenate([IDS, IDS[:order]])
    model = trained(KneserNeyInterpolated(order, discount), ids, order)
    pairs = set(pairwise(map(str, ids.tolist())))
    after = Counter(last for _, last in pairs)
    share = discount * len(after) / len(pairs)
    model.estimator.unigram_score = lambda word: max(after[word] - discount, 0) / len(pairs) + share / SYMBOLS
    ours = fitting("kneser-ney", [f"discount={discount}"])(ids, SYMBOLS, order)
    for context in ngrams_and_others(order):
        np.testing.assert_allclose(ours.distributions(context)[-1], scores(model, context, SYMBOLS), atol=1e-9)


class SlowKneserNey:
    """Kneser–Ney as the paper states it: dictionaries, exact fractions, one recursion."""

    def __init__(self, ids: Iterable[int], vocabulary: int, order: int, *, modified: bool) -> None:
        text = tuple(ids)
        self.vocabulary, self.order, self.modified = vocabulary, order, modified
        self.counts: dict[int, Counter[tuple[int, ...]]] = {}
        for length in range(1, order + 1):
            grams = [text[start : start + length] for start in range(len(text) - length + 1)]
            longer = {text[start : start + length + 1] for start in range(len(text) - length)}
            occurrences, contexts = Counter(grams), Counter(gram[1:] for gram in longer)
            self.counts[length] = occurrences if length == order else contexts
        self.followers: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for counter in self.counts.values():
            for gram, number in counter.items():
                self.followers[gram[:-1]].append(number)

    @cache  # noqa: B019
    def discount(self, length: int, number: int) -> Fraction:
        n = Counter(self.counts[length].values())
        if not self.modified:
            return Fraction(n[1], n[1] + 2 * n[2]) if n[1] and n[2] else Fraction(3, 4)
        fallback = [Fraction(1, 2), Fraction(1), Fraction(3, 2)]
        if not all(n[number] for number in (1, 2, 3, 4)):
            return fallback[min(number, 3) - 1]
        y = Fraction(n[1], n[1] + 2 * n[2])
        estimated = [1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]]
        usable = all(0 < discount <= count for count, discount in enumerate(estimated, start=1))
        return (estimated if usable else fallback)[min(number, 3) - 1]

    def p(self, symbol: int, context: tuple[int, ...]) -> Fraction:
        length = len(context) + 1
        shorter = self.p(symbol, context[1:]) if context else Fraction(1, self.vocabulary)
        total = sum(self.followers[context])
        if not total:
            return shorter
        number = self.counts[length][(*context, symbol)]
        kept = max(number - self.discount(length, number), Fraction(0)) if number else Fraction(0)
        left = sum((self.discount(length, count) for count in self.followers[context]), Fraction(0))
        return (kept + left * shorter) / total


@pytest.mark.parametrize("name", ["kneser-ney", "modified-kneser-ney"])
@given(ids=st.lists(st.integers(0, 2), min_size=8, max_size=200), order=st.integers(1, 4), context=CONTEXTS)
def test_kneser_ney_is_what_the_paper_says(name: str, ids: list[int], order: int, context: Any) -> None:
    slow = SlowKneserNey(ids, V, order, modified=name.startswith("modified"))
    before = tuple(context[max(0, len(context) - order + 1) :].tolist())
    expected = [float(slow.p(symbol, before)) for symbol in range(V)]
    ours = fitting(name)(np.array(ids), V, order)
    np.testing.assert_allclose(ours.distributions(context)[-1], expected, atol=1e-12)
